"""All rules for a set of windows: a generic set for each distinct window, and one that is always the same."""

from collections.abc import Iterable

from brownfield_api.errors import BrownfieldError
from brownfield_slo.rules.burn import burn_group
from brownfield_slo.rules.errors import error_groups
from brownfield_slo.rules.group import Group
from brownfield_slo.rules.objective_alerts import objective_alerts
from brownfield_slo.rules.operator_alerts import operator_alerts
from brownfield_slo.rules.recording import counter_recordings, objective_recordings
from brownfield_slo.rules.source_alerts import source_alerts
from brownfield_slo.rules.spine_alerts import spine_alerts

INTERVAL = 30
"""Seconds between evaluations."""
LONGEST_INTERVAL = 120
"""Seconds: a recorded series is forgotten after 300 s without a sample, and rules look at one another's."""


def rule_groups(windows: Iterable[float], *, interval: int = INTERVAL) -> tuple[Group, ...]:
    """Groups in the order of a rule file; `windows` in seconds, in any order. Scrape at least every `interval` seconds.

    Raises `BrownfieldError` unless 1 <= interval <= 120.
    """
    if not 1 <= interval <= LONGEST_INTERVAL:
        raise BrownfieldError(
            f"rules cannot be evaluated every {interval} s", "interval", f"Give 1 to {LONGEST_INTERVAL} seconds"
        )
    distinct = sorted(set(windows))
    return (
        Group("brownfield-counters", interval, counter_recordings()),
        Group("brownfield-objectives", interval, (*objective_recordings(), *objective_alerts())),
        *error_groups(distinct, interval),
        *(burn_group(window, interval) for window in distinct),
        Group("brownfield-sources", interval, source_alerts()),
        Group("brownfield-operator", interval, operator_alerts()),
        Group("brownfield-spine", interval, spine_alerts()),
    )
