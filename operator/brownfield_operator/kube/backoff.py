"""How long to wait after a failure: pure, with the chance handed in."""

FIRST = 0.5
LONGEST = 30.0


def delay(failures: int, chance: float, *, asked: float = 0.0) -> float:
    """Seconds to wait after `failures` failures in a row: twice as long each time up to `LONGEST`, at least `asked`
    (the server's Retry-After), spread by `chance` (0 to 1) over the upper half so that clients do not come in step.
    """
    longest = min(FIRST * 2.0 ** min(failures - 1, 16), LONGEST)
    return asked + longest * (0.5 + 0.5 * chance)
