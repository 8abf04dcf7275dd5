"""Figures as a status shows them: rounded, and unchanged until they have moved materially.

Rounding alone does not make a figure quiet: one that wobbles about the border between two roundings changes with every
look. So the text that is shown already stays as long as the figure is near it.
"""

import math
import re

_SHARE = re.compile(r"(\d+(?:\.\d+)?)%")
_DURATION = re.compile(r"<?(\d+)(ms|s)")

NEAR_SHARE = 1 / 3
"""How far what is missing to 100 % may move, relative to what is shown as missing."""
LEAST_SHARE = 0.1
"""How far it may always move, in percentage points: the last digit shown."""
NEAR_BUDGET = 2.0
"""Percentage points by which a budget may move."""
NEAR_DURATION = 2.0
"""By which factor a duration may move. A p99 over one minute of a few dozen samples does so without any cause."""
SHORTEST = 0.010
"""Seconds below which durations are not told apart."""


def share(part: float, whole: float, shown: str | None) -> str | None:
    """`part` of `whole` in per cent, rounded down, so that 100% means all; None of nothing.

    Near 100 the tenths count, below 99 they do not.
    """
    if whole <= 0:
        return None
    if part >= whole:
        return "100%"
    percent = 100.0 * part / whole
    before = _SHARE.fullmatch(shown or "")
    if before is not None and before[1] != "100":
        missing = 100.0 - float(before[1])
        if abs(100.0 - percent - missing) <= max(LEAST_SHARE, NEAR_SHARE * missing):
            return shown
    return f"{math.floor(percent * 10) / 10:.1f}%" if percent >= 99.0 else f"{math.floor(percent)}%"


def budget(left: float, shown: str | None) -> str:
    """What is left of an error budget in whole per cent, rounded down; overdrawn ones say only that they are."""
    if left < 0:
        return "overdrawn"
    percent = 100.0 * left
    before = _SHARE.fullmatch(shown or "")
    if before is not None and abs(percent - float(before[1])) < NEAR_BUDGET:
        return shown or ""
    return f"{math.floor(percent)}%"


def duration(seconds: float, shown: str | None) -> str:
    """A duration with one significant digit, such as `<10ms`, `40ms`, `2s`."""
    before = _DURATION.fullmatch(shown or "")
    if shown is not None and before is not None:
        value = float(before[1]) * (0.001 if before[2] == "ms" else 1.0)
        if (shown.startswith("<") or seconds >= value / NEAR_DURATION) and seconds <= value * NEAR_DURATION:
            return shown
    if seconds < SHORTEST:
        return f"<{SHORTEST * 1000:.0f}ms"
    step = 10.0 ** math.floor(math.log10(seconds))
    rounded = round(seconds / step) * step
    return f"{rounded * 1000:.0f}ms" if rounded < 0.9999 else f"{rounded:.0f}s"
