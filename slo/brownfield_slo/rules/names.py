"""Names of recorded series, `level:metric:operations`, and of resources in the texts of alerts.

Level `source_sli` is a resource (source or twin) and indicator, `source_sli_window` the same with the window of an
objective.
"""

EVENTS = "source_sli:brownfield_sli_events:max"
GOOD_EVENTS = "source_sli:brownfield_sli_good_events:max"
ALL_EVENTS = "all:brownfield_sli_events:count"
"""How many indicators are counted; one series, by which an exporter that vanished is remembered."""

OBJECTIVE = "source_sli_window:brownfield_objective_ratio:max"
BUDGET = "source_sli_window:brownfield_error_budget:ratio"
REMAINING = "source_sli_window:brownfield_error_budget_remaining_ratio:min"
BURN_RATE = "source_sli_window:brownfield_error_budget_burn_rate:ratio"
OWNER = "source:brownfield_objective_ratio:group"
"""1 for each resource with an objective, with the labels that say whom to ask."""

INDICATOR_LABELS = "namespace, source, twin, sli"
OBJECTIVE_LABELS = f"{INDICATOR_LABELS}, window"
OWNER_LABELS = "team, contact"

NOISE = "1e-9"
"""Shares are rounded to this: 199 of 200 events against 99.5 % is a burn of exactly 1, not of 1.00000000000000002."""

RESOURCE = "{{ if $labels.twin }}TwinModel {{ $labels.twin }}{{ else }}LegacySource {{ $labels.source }}{{ end }}"
"""In the text of an alert: the resource it is about."""


def errors(span: str) -> str:
    """The recorded share of bad events within a range, e.g. `56m`."""
    return f"source_sli:brownfield_sli_errors:ratio_increase{span}"
