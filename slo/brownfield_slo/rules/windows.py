"""From the window of an objective to the windows in which its burn is looked at.

The SRE Workbook, chapter 5, "6: Multiwindow, Multi-Burn-Rate Alerts", gives them for 30 days (1h, 6h, 24h, 3d). As
shares of the window W: a long window of W/720 in which a burn of 14.4 uses 2 % of the budget, W/120 at 6 (5 %), W/30 at
3 (10 %), W/10 at 1 (10 %), each with a short one of a twelfth, so that an alert ends soon after its cause has.
"""

from dataclasses import dataclass

from brownfield_slo.rules.group import Severity

SHORT_TO_LONG = 12
POINTS = 60
"""Most points per series that a range is evaluated over; a sixtieth of a range is precise enough. Over 67 hours,
recorded every 30 s, `x[67h12m:1h7m12s]` costs half the CPU of `x[67h12m]` (0.16 against 0.33 ms a series).
"""

_STEPS: tuple[tuple[int, float, Severity], ...] = (
    (720, 14.4, "page"),
    (120, 6.0, "page"),
    (30, 3.0, "ticket"),
    (10, 1.0, "ticket"),
)
_LEAST_POINTS = 4
"""In a short window: with fewer, one late evaluation leaves nothing to compare."""
_LEAST_RATIO = 3
"""Of a long window to its short one."""
_LONGEST_INTERVAL = 120
"""Seconds: a recorded series is forgotten after 300 s without a sample."""


@dataclass(frozen=True, slots=True)
class BurnWindow:
    """An alert needs a burn above `factor` both in `long` (enough of the budget went) and in `short` (it still goes);
    whole seconds.
    """

    long: int
    short: int
    factor: float
    severity: Severity


def burn_windows(window: float, interval: int) -> tuple[BurnWindow, ...]:
    """The four of an objective's window (seconds), the fastest burn first.

    Windows too small to be measured are widened: the short one to four times `interval` (seconds between evaluations,
    and at most so much between scrapes), the long one to three times the short. The factors stay, so more of the
    budget goes before such an alert.
    """
    found = []
    for part, factor, severity in _STEPS:
        short = max(round(window / part / SHORT_TO_LONG), _LEAST_POINTS * interval)
        long = max(round(window / part), _LEAST_RATIO * short)
        found.append(BurnWindow(long, short, factor, severity))
    return tuple(found)


def step(span: int, interval: int) -> int:
    """Seconds between the points at which a range of `span` seconds is evaluated."""
    return max(interval, -(-span // POINTS))


def slow_interval(interval: int) -> int:
    """Seconds between evaluations of ranges so long that their points are further apart than that."""
    return max(interval, min(4 * interval, _LONGEST_INTERVAL))


def duration_text(seconds: int) -> str:
    """Whole seconds as Prometheus writes a duration: `4m40s`, `67h12m`."""
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    parts = ((hours, "h"), (minutes, "m"), (rest, "s"))
    return "".join(f"{count}{unit}" for count, unit in parts if count) or "0s"
