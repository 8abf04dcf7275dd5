"""Alerts about the data plane: samples that wait, samples given up, batches missing. They carry the owner's labels
where the resource has an objective, because objectives are what tells Prometheus of owners.
"""

from brownfield_slo.rules.group import Alert
from brownfield_slo.rules.names import OWNER


def source_alerts() -> tuple[Alert, ...]:
    """For every adapter, pipeline and twin."""
    return _filling(), _dropped(), _lost()


def _of_owner(expr: str) -> str:
    """A vector by namespace and source, with `team` and `contact` where they are known."""
    indented = expr.replace("\n", "\n  ")
    owned = f"(\n  {indented}\n)\n* on (namespace, source) group_right ()\n{OWNER}"
    return f"{owned}\nor on (namespace, source)\n(\n  {indented}\n)"


def _filling() -> Alert:
    return Alert(
        name="BrownfieldBufferFilling",
        severity="ticket",
        expr=_of_owner("max by (namespace, source) (brownfield_buffer_oldest_age_seconds) > 600"),
        lasting=300,
        summary="Samples of LegacySource {{ $labels.source }} wait in the adapter",
        description=(
            "The oldest sample of LegacySource {{ $labels.source }} in namespace {{ $labels.namespace }} has waited "
            "{{ $value | humanizeDuration }} for the spine. Nothing is lost until the buffer's size or age is reached."
        ),
    )


def _dropped() -> Alert:
    return Alert(
        name="BrownfieldSamplesDropped",
        severity="ticket",
        expr=_of_owner("sum by (namespace, source) (increase(brownfield_samples_dropped_total[15m])) > 0"),
        summary="Samples of LegacySource {{ $labels.source }} were given up",
        description=(
            "The buffer of LegacySource {{ $labels.source }} in namespace {{ $labels.namespace }} was full: "
            "{{ $value | humanize }} samples were dropped within 15m. They are recorded as a gap."
        ),
    )


def _lost() -> Alert:
    """By process, with whatever labels its target has: a hop belongs to a pair of processes, not to a source."""
    return Alert(
        name="BrownfieldBatchesLost",
        severity="ticket",
        expr=(
            "increase(brownfield_pipeline_lost_batches_total[15m]) > 0\n"
            "or\n"
            "increase(brownfield_twin_lost_batches_total[15m]) > 0"
        ),
        summary="Batches are missing on the input of {{ $labels.process }}{{ $labels.brownfield_dev_process }}",
        description=(
            "Process {{ $labels.process }}{{ $labels.brownfield_dev_process }} at {{ $labels.instance }} in namespace "
            "{{ $labels.namespace }} found {{ $value | humanize }} batches missing within 15m, by contiguous numbers."
        ),
    )
