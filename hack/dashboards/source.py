"""One LegacySource: what it promises and keeps, how it is read, and how much is asked of the device."""

from grafana_foundation_sdk.models import units
from hack.dashboards.board import Board, Row, one_of
from hack.dashboards.expressions import achieved, cells, good_share, objective, per_second, quantile, remaining
from hack.dashboards.panels import (
    BUDGET,
    SAMPLES_PER_SECOND,
    Query,
    distribution,
    figure,
    graph,
)

from brownfield_slo.rules.names import BURN_RATE

_HERE = 'namespace="$namespace", source="$source"'
_OBJECTIVE = "{{sli}} within {{window}}"
_LATENCY = "brownfield_source_latency_seconds"


def board() -> Board:
    """For whoever has to say what is wrong with a device."""
    return Board(
        uid="brownfield-source",
        description="A LegacySource: its service levels, polls, quality, latency, load and buffer.",
        variables=(
            one_of("namespace", "Namespace", 'label_values(brownfield_sli_events_total{source!=""}, namespace)'),
            one_of(
                "source",
                "Source",
                'label_values(brownfield_sli_events_total{namespace="$namespace", source!=""}, source)',
            ),
        ),
        rows=(_now(), _levels(), _reading(), _device()),
    )


def _now() -> Row:
    return Row(
        "Now",
        (
            figure(
                "Device",
                "Whether the device answers its adapter; a suspended source has no connection.",
                Query(f"max(brownfield_source_connected{{{_HERE}}})"),
                base="orange",
                steps=((1.0, "green"),),
                names={"0": "no connection", "1": "answers"},
            ),
            figure(
                "Budget left",
                "What is left of the error budget of each objective, over its window.",
                Query(remaining(_HERE), _OBJECTIVE),
                unit=units.PercentUnit,
                width=8,
                base="red",
                steps=BUDGET,
                decimals=1,
            ),
            figure(
                "Achieved",
                "The share of events that was good within the objective's window.",
                Query(achieved(_HERE), _OBJECTIVE),
                unit=units.PercentUnit,
                width=6,
                decimals=2,
            ),
            figure(
                "Objective",
                "The share that was promised.",
                Query(objective(_HERE), _OBJECTIVE),
                unit=units.PercentUnit,
                width=6,
                decimals=2,
            ),
        ),
    )


def _levels() -> Row:
    burn = f"max by (sli, window) ({BURN_RATE}{{{_HERE}}})"
    return Row(
        "Service levels",
        (
            graph(
                "Good events",
                "The share of events that were good, by indicator, a moment ago.",
                Query(good_share(_HERE), "{{sli}}"),
                unit=units.PercentUnit,
                least=None,
            ),
            graph(
                "Budget left",
                "What is left of each error budget; below 0 the promise is broken.",
                Query(remaining(_HERE), _OBJECTIVE),
                unit=units.PercentUnit,
                limits=(0.0,),
            ),
            graph(
                "Burn rate",
                "How many times faster than sustainable a budget goes; alerts page above 14.4 and above 6 for longer.",
                Query(burn, _OBJECTIVE),
                limits=(6.0, 14.4),
            ),
        ),
    )


def _reading() -> Row:
    polls = (("brownfield_polls_scheduled_total", "due"), ("brownfield_polls_succeeded_total", "delivered"))
    return Row(
        "Reading",
        (
            graph(
                "Polls",
                "Polls, or expected publishing intervals, that were due and that delivered.",
                *(Query(per_second(counter, _HERE), words) for counter, words in polls),
                unit="count:polls/s",
                width=12,
            ),
            graph(
                "Samples by quality",
                "Samples read, by the severity of their status codes.",
                Query(per_second("brownfield_samples_total", _HERE, "quality"), "{{quality}}"),
                unit=SAMPLES_PER_SECOND,
                width=12,
                stacked=True,
            ),
            distribution(
                "Latency",
                "Age of live samples, from their source time, when the spine has them.",
                cells(_LATENCY, _HERE),
                unit=units.Seconds,
            ),
            graph(
                "Latency, quantiles",
                "The same as median, 90th and 99th percentile, interpolated within the histogram's buckets.",
                *(Query(quantile(share, _LATENCY, _HERE), f"p{share * 100:.0f}") for share in (0.5, 0.9, 0.99)),
                unit=units.Seconds,
                width=12,
            ),
        ),
    )


def _device() -> Row:
    requests = per_second("brownfield_device_requests_total", _HERE)
    polls = per_second("brownfield_polls_scheduled_total", _HERE)
    return Row(
        "Device and buffer",
        (
            graph(
                "Requests to the device",
                "What is asked of the device, to be compared with the `load.maxRequestsPerSecond` of its resource.",
                Query(requests, "requests"),
                unit=units.RequestsPerSecond,
            ),
            graph(
                "Requests per poll",
                "How many requests one poll of all due tags takes; more, where blocks are split or read again.",
                Query(f"{requests} / ({polls} > 0)", "requests per poll"),
            ),
            graph(
                "Reconnects",
                "Links that were lost and are back.",
                Query(f"3600 * {per_second('brownfield_reconnects_total', _HERE)}", "reconnects"),
                unit="reconnects/h",
            ),
            graph(
                "Oldest sample in the buffer",
                "How long samples have waited for the spine.",
                Query(f"max(brownfield_buffer_oldest_age_seconds{{{_HERE}}})", "age"),
                unit=units.Seconds,
                width=6,
            ),
            graph(
                "Buffered",
                "Bytes read that the spine does not have yet.",
                Query(f"sum(brownfield_buffer_bytes{{{_HERE}}})", "bytes"),
                unit=units.BytesIEC,
                width=6,
            ),
            graph(
                "Batches in the buffer",
                "Batches read that the spine does not have yet.",
                Query(f"sum(brownfield_buffer_batches{{{_HERE}}})", "batches"),
                width=6,
            ),
            graph(
                "Samples dropped",
                "Samples given up because the buffer was full, which are recorded as a gap: the line lies at 0.",
                Query(per_second("brownfield_samples_dropped_total", _HERE), "dropped"),
                unit=SAMPLES_PER_SECOND,
                width=6,
            ),
        ),
    )
