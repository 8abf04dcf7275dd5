"""Alerts about the spine. While it is away adapters buffer, and nothing is lost; but twins age meanwhile."""

from brownfield_slo.rules.group import Alert


def spine_alerts() -> tuple[Alert, ...]:
    """For the broker between the processes."""
    return _down(), _filling()


def _down() -> Alert:
    return Alert(
        name="BrownfieldSpineDown",
        severity="page",
        expr="max by (namespace, job) (brownfield_spine_connected) == 0",
        lasting=300,
        summary="The spine cannot be reached",
        description=(
            "{{ $labels.job }} cannot reach the spine. Adapters keep what they read on their disks, twins grow stale, "
            "and service levels stand still until it is back."
        ),
    )


def _filling() -> Alert:
    return Alert(
        name="BrownfieldSpineStreamFilling",
        severity="ticket",
        expr=(
            "max by (namespace, stream) (brownfield_spine_stream_bytes)\n"
            "/ (max by (namespace, stream) (brownfield_spine_stream_limit_bytes) > 0)\n"
            "> 0.8"
        ),
        lasting=900,
        summary="The spine's stream {{ $labels.stream }} is nearly full",
        description=(
            "The stream {{ $labels.stream }} holds {{ $value | humanizePercentage }} of what it may. A full stream "
            "takes no more: adapters then buffer, and drop what is older than their buffers hold."
        ),
    )
