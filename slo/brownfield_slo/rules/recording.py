"""What is recorded for all windows: the ledger's counters and objectives without the process that exported them.

The ledger moves between replicas, and for a moment two may be seen. The higher of two counters that never fall is the
right one; of two figures for what is left of a budget, the lower is the careful one.
"""

from brownfield_slo.rules.group import Recording
from brownfield_slo.rules.names import (
    ALL_EVENTS,
    BUDGET,
    EVENTS,
    GOOD_EVENTS,
    INDICATOR_LABELS,
    NOISE,
    OBJECTIVE,
    OBJECTIVE_LABELS,
    OWNER,
    OWNER_LABELS,
    REMAINING,
)


def counter_recordings() -> tuple[Recording, ...]:
    """Events and good events of each resource and indicator, whether promised or not."""
    return (
        Recording(EVENTS, f"max by ({INDICATOR_LABELS}) (brownfield_sli_events_total)"),
        Recording(GOOD_EVENTS, f"max by ({INDICATOR_LABELS}) (brownfield_sli_good_events_total)"),
        Recording(ALL_EVENTS, f"count({EVENTS})"),
    )


def objective_recordings() -> tuple[Recording, ...]:
    """Objectives, their error budgets and what is left of them, and who owns the resource."""
    owned = f"{OBJECTIVE_LABELS}, {OWNER_LABELS}"
    return (
        Recording(OBJECTIVE, f"max by ({owned}) (brownfield_objective_ratio)"),
        Recording(BUDGET, f"round(1 - {OBJECTIVE}, {NOISE})"),
        Recording(REMAINING, f"min by ({OBJECTIVE_LABELS}) (brownfield_error_budget_remaining_ratio)"),
        Recording(OWNER, f"group by (namespace, source, twin, {OWNER_LABELS}) ({OBJECTIVE})"),
    )
