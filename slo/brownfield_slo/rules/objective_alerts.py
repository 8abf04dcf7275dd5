"""Alerts about objectives that no single window owns: a budget that is gone, and figures that nobody reports.

A burn alert says nothing about series that are not there, so these two absences have alerts of their own. A resource
that was deleted takes objective and events with it and raises neither.
"""

from brownfield_slo.rules.group import Alert
from brownfield_slo.rules.names import (
    ALL_EVENTS,
    EVENTS,
    INDICATOR_LABELS,
    OBJECTIVE,
    OBJECTIVE_LABELS,
    REMAINING,
    RESOURCE,
)


def objective_alerts() -> tuple[Alert, ...]:
    """For every objective, whatever its window."""
    return _exhausted(), _absent(), _unknown()


def _exhausted() -> Alert:
    return Alert(
        name="BrownfieldErrorBudgetExhausted",
        severity="ticket",
        # The factor is 1: it lends the labels of the objective, which say whom to ask.
        expr=f"({REMAINING} < 0)\n* on ({OBJECTIVE_LABELS}) group_right ()\n({OBJECTIVE} > bool 0)",
        summary=f"{RESOURCE} misses the objective of its {{{{ $labels.sli }}}}",
        description=(
            f"The error budget of {{{{ $labels.sli }}}} of {RESOURCE} in namespace {{{{ $labels.namespace }}}} over "
            "{{ $labels.window }} is used up: {{ $value | humanizePercentage }} are left."
        ),
    )


def _absent() -> Alert:
    return Alert(
        name="BrownfieldServiceLevelAbsent",
        severity="ticket",
        expr=f"{OBJECTIVE}\nunless on ({INDICATOR_LABELS})\n{EVENTS}",
        lasting=300,
        summary=f"{RESOURCE} has an objective for {{{{ $labels.sli }}}} that nobody measures",
        description=(
            f"{RESOURCE} in namespace {{{{ $labels.namespace }}}} promises {{{{ $value | humanizePercentage }}}} "
            "{{ $labels.sli }}, but no events are counted: no burn alert can fire for it."
        ),
    )


def _unknown() -> Alert:
    """Fires while an adapter runs that nobody keeps the books of, and for a day after all of it vanished."""
    running = "count(brownfield_polls_scheduled_total)"
    remembered = f"count(present_over_time({ALL_EVENTS}[1d]))"
    return Alert(
        name="BrownfieldServiceLevelsUnknown",
        severity="page",
        expr=f"(\n  {running}\n  or\n  {remembered}\n)\nunless on ()\n{ALL_EVENTS}",
        lasting=600,
        summary="Nobody reports Brownfield's service levels",
        description=(
            "The counters of service levels are exported by the leading operator, or by brownfield run. Nobody does, "
            "so no burn alert can fire, whatever happens in the plant."
        ),
    )
