"""The share of bad events within each range that some window needs; windows share ranges (a twelfth of 28 days' tenth
is 7 days' thirtieth), so they are recorded once for all of them.
"""

from collections.abc import Iterable

from brownfield_slo.rules.group import Group, Recording
from brownfield_slo.rules.names import EVENTS, GOOD_EVENTS, NOISE, errors
from brownfield_slo.rules.windows import burn_windows, duration_text, slow_interval, step


def error_groups(windows: Iterable[float], interval: int) -> tuple[Group, ...]:
    """Ranges of minutes, and ranges of hours and days, which are evaluated less often; no group that is empty."""
    pairs = [pair for window in windows for pair in burn_windows(window, interval)]
    spans = sorted({span for pair in pairs for span in (pair.long, pair.short)})
    slow = slow_interval(interval)
    fast_spans = [span for span in spans if step(span, interval) < slow]
    groups = (
        Group("brownfield-errors", interval, tuple(_errors(span, interval) for span in fast_spans)),
        Group("brownfield-errors-slow", slow, tuple(_errors(span, interval) for span in spans[len(fast_spans) :])),
    )
    return tuple(group for group in groups if group.rules)


def _errors(span: int, interval: int) -> Recording:
    """`increase` and not `rate`: of both only the quotient counts. No events, no series: never NaN.

    A difference with `offset` would be cheaper, but one missed scrape at that moment would lose it. What `increase`
    extrapolates cancels out; for a counter near its birth not quite, hence no less than zero.
    """
    text = duration_text(span)
    over = f"[{text}:{duration_text(step(span, interval))}]"
    share = f"1 - increase({GOOD_EVENTS}{over})\n    / (increase({EVENTS}{over}) > 0)"
    expr = f"clamp_min(\n  round(\n    {share},\n    {NOISE}\n  ),\n  0\n)"
    return Recording(errors(text), expr)
