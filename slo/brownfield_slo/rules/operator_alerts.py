"""Alerts about the operator, after those of the Prometheus operator's mixin. The plant is read on without it; what
stops is change, repair and the counting of service levels.

Where no operator was ever seen (`brownfield run`) none of them fires.
"""

from brownfield_slo.rules.group import Alert


def operator_alerts() -> tuple[Alert, ...]:
    """For the leading operator of a cluster."""
    return _down(), _failing(), _stuck(), _resync(), _watch()


def _down() -> Alert:
    seen = "count(present_over_time(brownfield_operator_leader[1d]))"
    return Alert(
        name="BrownfieldOperatorDown",
        severity="ticket",
        expr=f"{seen}\nunless on ()\n(max(brownfield_operator_leader) == 1)",
        lasting=300,
        summary="No Brownfield operator leads",
        description=(
            "No operator was seen to lead. The data plane goes on; changes wait, nothing is repaired, and service "
            "levels are not reported. Operators seen within the last day: {{ $value }}."
        ),
    )


def _failing() -> Alert:
    return Alert(
        name="BrownfieldOperatorReconcileFailing",
        severity="ticket",
        expr=(
            "sum by (namespace, queue) (rate(brownfield_operator_retries_total[5m]))\n"
            "/ (sum by (namespace, queue) (rate(brownfield_operator_reconciles_total[5m])) > 0)\n"
            "> 0.1"
        ),
        lasting=600,
        summary="The operator's work fails in queue {{ $labels.queue }}",
        description=(
            "{{ $value | humanizePercentage }} of what the operator in namespace {{ $labels.namespace }} takes from "
            "its queue {{ $labels.queue }} fails and is tried again."
        ),
    )


def _stuck() -> Alert:
    return Alert(
        name="BrownfieldOperatorQueueStuck",
        severity="ticket",
        expr="max by (namespace, queue) (brownfield_operator_queue_oldest_seconds) > 300",
        lasting=300,
        summary="Work waits in the operator's queue {{ $labels.queue }}",
        description=(
            "The oldest key in the queue {{ $labels.queue }} of the operator in namespace {{ $labels.namespace }} has "
            "waited {{ $value | humanizeDuration }}."
        ),
    )


def _resync() -> Alert:
    """An hour is six of the default `operator.resyncSeconds`."""
    return Alert(
        name="BrownfieldOperatorResyncOld",
        severity="ticket",
        expr="max by (namespace) (brownfield_operator_resync_age_seconds) > 3600",
        lasting=300,
        summary="The operator has not looked at everything for a long time",
        description=(
            "The last complete look at resources and children by the operator in namespace {{ $labels.namespace }} was "
            "{{ $value | humanizeDuration }} ago: what its watches missed is not repaired."
        ),
    )


def _watch() -> Alert:
    return Alert(
        name="BrownfieldOperatorWatchOld",
        severity="ticket",
        expr="max by (namespace, kind) (brownfield_operator_watch_age_seconds) > 900",
        lasting=300,
        summary="The operator no longer hears of changes of {{ $labels.kind }}",
        description=(
            "The watch on {{ $labels.kind }} of the operator in namespace {{ $labels.namespace }} was last alive "
            "{{ $value | humanizeDuration }} ago: changes are seen at the next resync only."
        ),
    )
