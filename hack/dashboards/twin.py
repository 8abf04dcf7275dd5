"""One TwinModel: how fresh it is, how late it hears, and whether anything was missing on the way."""

from grafana_foundation_sdk.models import units
from hack.dashboards.board import Board, Row, one_of
from hack.dashboards.expressions import achieved, cells, good_share, lasting, per_second, quantile, remaining
from hack.dashboards.panels import BUDGET, GREEN_IF_NONE, SAMPLES_PER_SECOND, Query, distribution, figure, graph

from brownfield_slo.rules.names import BURN_RATE

_LEVEL = 'namespace="$namespace", twin="$twin"'
_PROCESS = 'namespace="$namespace", process=~"(twin-)?$twin"'
"""The process has the resource's name on one machine, that of its StatefulSet on a cluster."""
_OBJECTIVE = "{{sli}} within {{window}}"
_LATENCY = "brownfield_twin_latency_seconds"
_HOPS = (
    ("brownfield_twin_lost_batches_total", "Batches missing", "Missing on the twin's input, by contiguous numbers"),
    ("brownfield_twin_duplicated_batches_total", "Batches again", "Came a second time and were left out"),
    ("brownfield_twin_reordered_batches_total", "Batches late", "Came after a later one"),
    (
        "brownfield_twin_sequence_lost_samples_total",
        "Counts missing",
        "Missing end to end, in properties with `sequence: true`",
    ),
)
"""Counter, title, and what is counted."""


def board() -> Board:
    """For whoever relies on a twin."""
    return Board(
        uid="brownfield-twin",
        description="A TwinModel: freshness, latency, continuity of its input, and its clients.",
        variables=(
            one_of("namespace", "Namespace", 'label_values(brownfield_sli_events_total{twin!=""}, namespace)'),
            one_of("twin", "Twin", 'label_values(brownfield_sli_events_total{namespace="$namespace", twin!=""}, twin)'),
        ),
        rows=(_now(), _levels(), _input(), _continuity()),
    )


def _now() -> Row:
    return Row(
        "Now",
        (
            figure(
                "Assets",
                "Assets by the freshness of their properties.",
                Query(f"sum by (freshness) (brownfield_twin_assets{{{_PROCESS}}})", "{{freshness}}"),
                width=12,
            ),
            figure(
                "Budget left",
                "What is left of the error budget of each objective, over its window.",
                Query(remaining(_LEVEL), _OBJECTIVE),
                unit=units.PercentUnit,
                base="red",
                steps=BUDGET,
                decimals=1,
            ),
            figure(
                "Achieved",
                "The share of time that properties were fresh within the objective's window.",
                Query(achieved(_LEVEL), _OBJECTIVE),
                unit=units.PercentUnit,
                decimals=2,
            ),
            figure(
                "Clients",
                "Live streams that are open to this twin.",
                Query(f"sum(brownfield_twin_live_clients{{{_PROCESS}}})"),
            ),
        ),
    )


def _levels() -> Row:
    return Row(
        "Freshness",
        (
            graph(
                "Fresh properties",
                "The share of time that the twin's properties were fresh, a moment ago.",
                Query(good_share(f'sli="freshness", {_LEVEL}'), "{{sli}}"),
                unit=units.PercentUnit,
                width=12,
                least=None,
            ),
            graph(
                "Assets by freshness",
                "Assets of this twin by the freshness of their properties, over time.",
                Query(f"sum by (freshness) (brownfield_twin_assets{{{_PROCESS}}})", "{{freshness}}"),
                width=12,
                stacked=True,
            ),
            graph(
                "Budget left",
                "What is left of each error budget; below 0 the promise is broken.",
                Query(remaining(_LEVEL), _OBJECTIVE),
                unit=units.PercentUnit,
                width=12,
                limits=(0.0,),
            ),
            graph(
                "Burn rate",
                "How many times faster than sustainable a budget goes; alerts page above 14.4 and above 6 for longer.",
                Query(f"max by (sli, window) ({BURN_RATE}{{{_LEVEL}}})", _OBJECTIVE),
                width=12,
                limits=(6.0, 14.4),
            ),
        ),
    )


def _input() -> Row:
    return Row(
        "Input",
        (
            distribution(
                "Latency",
                "Age of live samples, from their source time, when the twin has them.",
                cells(_LATENCY, _PROCESS),
                unit=units.Seconds,
                width=8,
            ),
            graph(
                "Latency, quantiles",
                "The same as median, 90th and 99th percentile, interpolated within the histogram's buckets.",
                *(Query(quantile(share, _LATENCY, _PROCESS), f"p{share * 100:.0f}") for share in (0.5, 0.9, 0.99)),
                unit=units.Seconds,
            ),
            graph(
                "Samples by quality",
                "Samples that arrived, by the severity of their status codes.",
                Query(per_second("brownfield_twin_samples_total", _PROCESS, "quality"), "{{quality}}"),
                unit=SAMPLES_PER_SECOND,
                stacked=True,
            ),
        ),
    )


def _continuity() -> Row:
    figures = (
        figure(
            title,
            f"{words}, within the time shown.",
            Query(lasting(counter, _PROCESS)),
            width=6,
            base="green",
            steps=GREEN_IF_NONE,
        )
        for counter, title, words in _HOPS
    )
    over_time = graph(
        "Continuity over time",
        "Batches and counts that were missing, came again or came late, per second: all lines lie at 0.",
        *(Query(per_second(counter, _PROCESS), title.lower()) for counter, title, _ in _HOPS),
        unit="1/s",
        width=24,
    )
    return Row("Continuity", (*figures, over_time))
