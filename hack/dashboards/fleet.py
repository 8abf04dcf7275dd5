"""All sources and twins at once: who answers, which promises are in danger, how samples flow."""

from grafana_foundation_sdk.models import units
from hack.dashboards.board import Board, Row, any_of
from hack.dashboards.expressions import achieved, objective, per_second, quantile, remaining
from hack.dashboards.panels import BUDGET, GREEN_IF_NONE, SAMPLES_PER_SECOND, Column, Link, Query, figure, graph, rows

from brownfield_slo.rules.names import BURN_RATE

_HERE = 'namespace=~"$namespace"'
_RESOURCE = "{{source}}{{twin}} {{sli}}"
_CONNECTED = f"max by (namespace, source) (brownfield_source_connected{{{_HERE}}})"
_SHOWN = 50
"""Rows of the table: of thousands of objectives, those in danger."""


def board() -> Board:
    """For whoever looks after the whole plant."""
    return Board(
        uid="brownfield-fleet",
        description="Sources and twins at a glance: states, service levels, flow of samples.",
        variables=(any_of("namespace", "Namespace", "label_values(brownfield_sli_events_total, namespace)"),),
        rows=(_states(), _levels(), _flow(), _buffers()),
    )


def _states() -> Row:
    known = f'group by (namespace, source) (brownfield_sli_events_total{{sli="uptime", {_HERE}}})'
    return Row(
        "Now",
        (
            figure(
                "Sources that answer",
                "LegacySources whose device answers their adapter.",
                Query(f"sum({_CONNECTED})"),
                base="green",
                width=4,
            ),
            figure(
                "Sources that do not answer",
                "LegacySources whose adapter runs but has no connection, suspended ones among them.",
                Query(f"count({_CONNECTED} == 0) or vector(0)"),
                base="green",
                steps=((1.0, "orange"),),
            ),
            figure(
                "Sources without an adapter",
                "LegacySources that are measured although no adapter reports them: its process is dead or not scraped.",
                Query(f"count({known} unless on (namespace, source) {_CONNECTED}) or vector(0)"),
                base="green",
                steps=GREEN_IF_NONE,
            ),
            figure(
                "Objectives",
                "Promises that are measured, of sources and twins.",
                Query(f"count({objective(_HERE)}) or vector(0)"),
            ),
            figure(
                "Objectives missed",
                "Objectives whose error budget is overdrawn within their window.",
                Query(f"count({remaining(_HERE)} < 0) or vector(0)"),
                base="green",
                steps=GREEN_IF_NONE,
            ),
            figure(
                "Lowest budget",
                "What is left of the error budget of the objective that is worst off.",
                Query(f"min({remaining(_HERE)})"),
                unit=units.PercentUnit,
                base="red",
                steps=BUDGET,
                decimals=1,
            ),
        ),
    )


def _levels() -> Row:
    worst = f"bottomk({_SHOWN}, {remaining(_HERE)})"
    shared = f"on (namespace, source, twin, sli, window) {worst}"
    burn = f"max by (namespace, source, twin, sli, window) ({BURN_RATE}{{{_HERE}}})"
    page = (
        "/d/brownfield-{0}?var-datasource=${{datasource}}&var-namespace=${{__data.fields.Namespace}}"
        "&var-{0}=${{__value.raw}}&${{__url_time_range}}"
    )
    return Row(
        "Service levels",
        (
            rows(
                "Worst budgets",
                f"The {_SHOWN} objectives with the least error budget left, with what was promised and what was kept.",
                Column(title="Budget left", expr=worst, unit=units.PercentUnit, base="red", steps=BUDGET),
                Column(title="Objective", expr=f"{objective(_HERE)} and {shared}", unit=units.PercentUnit),
                Column(title="Achieved", expr=f"{achieved(_HERE)} and {shared}", unit=units.PercentUnit),
                Column(
                    title="Burn rate",
                    expr=f"{burn} and {shared}",
                    unit=units.Short,
                    base="green",
                    steps=((1.0, "orange"), (6.0, "red")),
                ),
                labels={
                    "namespace": "Namespace",
                    "source": "Source",
                    "twin": "Twin",
                    "sli": "Indicator",
                    "window": "Window",
                },
                sort="Budget left",
                links=(
                    Link("Source", "This source", page.format("source")),
                    Link("Twin", "This twin", page.format("twin")),
                ),
            ),
            graph(
                "Budget left, ten lowest",
                "Error budgets of the objectives that are worst off; below 0 a promise is broken.",
                Query(f"bottomk(10, {remaining(_HERE)})", f"{_RESOURCE} {{{{window}}}}"),
                unit=units.PercentUnit,
                width=12,
                limits=(0.0,),
            ),
            graph(
                "Burn rate, ten highest",
                "How many times faster than sustainable budgets go; alerts page above 14.4 and above 6 for longer.",
                Query(f"topk(10, {burn})", f"{_RESOURCE} {{{{window}}}}"),
                width=12,
                limits=(6.0, 14.4),
            ),
        ),
    )


def _flow() -> Row:
    latencies = (
        ("brownfield_source_latency_seconds", "on the spine"),
        ("brownfield_pipeline_latency_seconds", "after the pipeline"),
        ("brownfield_twin_latency_seconds", "in the twin"),
    )
    counters = (
        ("brownfield_samples_total", "adapters"),
        ("brownfield_pipeline_samples_total", "pipelines"),
        ("brownfield_twin_samples_total", "twins"),
    )
    return Row(
        "Flow of samples",
        (
            graph(
                "Samples per second",
                "Samples read by adapters, sent on by pipelines and received by twins.",
                *(Query(per_second(counter, _HERE), who) for counter, who in counters),
                unit=SAMPLES_PER_SECOND,
            ),
            graph(
                "Samples read, by quality",
                "What adapters read, by the severity of its status code.",
                Query(per_second("brownfield_samples_total", _HERE, "quality"), "{{quality}}"),
                unit=SAMPLES_PER_SECOND,
                stacked=True,
            ),
            graph(
                "Latency by stage",
                "Age of live samples, from their source time, at each stage of their way: median and 99th percentile.",
                *(
                    Query(quantile(share, name, _HERE), f"{label} {where}")
                    for name, where in latencies
                    for share, label in ((0.5, "p50"), (0.99, "p99"))
                ),
                unit=units.Seconds,
            ),
            graph(
                "Latency to the spine, ten slowest sources",
                "99th percentile of the age of live samples when the spine has them.",
                Query(
                    f"topk(10, {quantile(0.99, 'brownfield_source_latency_seconds', _HERE, 'namespace, source')})",
                    "{{source}}",
                ),
                unit=units.Seconds,
            ),
            graph(
                "Reconnects",
                "Links to devices that were lost and are back, per hour and source.",
                Query(
                    f"3600 * topk(10, {per_second('brownfield_reconnects_total', _HERE, 'namespace, source')})",
                    "{{source}}",
                ),
                unit="reconnects/h",
            ),
            graph(
                "Assets by freshness",
                "Assets of all twins, by the freshness of their properties.",
                Query(f"sum by (freshness) (brownfield_twin_assets{{{_HERE}}})", "{{freshness}}"),
                stacked=True,
            ),
        ),
    )


def _buffers() -> Row:
    oldest = f"max by (namespace, source) (brownfield_buffer_oldest_age_seconds{{{_HERE}}})"
    losses = (
        ("brownfield_samples_dropped_total", "samples dropped by adapters"),
        ("brownfield_pipeline_lost_batches_total", "batches missing in pipelines"),
        ("brownfield_twin_lost_batches_total", "batches missing in twins"),
    )
    return Row(
        "Buffers and losses",
        (
            graph(
                "Oldest sample in a buffer",
                "How long samples have waited in adapters for the spine, the ten longest.",
                Query(f"topk(10, {oldest})", "{{source}}"),
                unit=units.Seconds,
            ),
            graph(
                "Buffered",
                "Bytes that adapters have read and the spine does not have yet.",
                Query(f"sum(brownfield_buffer_bytes{{{_HERE}}})", "bytes"),
                unit=units.BytesIEC,
            ),
            graph(
                "Losses",
                "What was given up or is missing, per second: all lines lie at 0.",
                *(Query(per_second(counter, _HERE), words) for counter, words in losses),
                unit="1/s",
            ),
        ),
    )
