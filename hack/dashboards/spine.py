"""The spine: whether it is there, and how much of what it may keep it holds."""

from grafana_foundation_sdk.models import units
from hack.dashboards.board import Board, Row, any_of
from hack.dashboards.panels import Column, Query, Steps, figure, graph, rows

_HERE = 'namespace=~"$namespace"'
_BYTES = f"max by (stream) (brownfield_spine_stream_bytes{{{_HERE}}})"
_LIMIT = f"max by (stream) (brownfield_spine_stream_limit_bytes{{{_HERE}}})"
_MESSAGES = f"max by (stream) (brownfield_spine_stream_messages{{{_HERE}}})"
_APPENDED = f"max by (stream) (rate(brownfield_spine_stream_appended_total{{{_HERE}}}[$__rate_interval]))"
_FILLED = f"{_BYTES} / ({_LIMIT} > 0)"
_MESSAGES_PER_SECOND = "count:messages/s"
_FULL: Steps = ((0.6, "orange"), (0.8, "red"))


def board() -> Board:
    """For whoever looks after the broker."""
    return Board(
        uid="brownfield-spine",
        description="The broker between adapters, pipelines and twins: reachability, streams and their limits.",
        variables=(any_of("namespace", "Namespace", "label_values(brownfield_spine_connected, namespace)"),),
        rows=(_now(), _streams()),
    )


def _now() -> Row:
    return Row(
        "Now",
        (
            figure(
                "Spine",
                "Whether the spine answers whoever keeps its streams.",
                Query(f"max(brownfield_spine_connected{{{_HERE}}})"),
                width=6,
                base="red",
                steps=((1.0, "green"),),
                names={"0": "away", "1": "connected"},
            ),
            figure(
                "Fullest stream",
                "The stream that holds most of what it may; an alert comes above 80 %.",
                Query(f"max({_FILLED})"),
                unit=units.PercentUnit,
                width=6,
                base="green",
                steps=_FULL,
                decimals=1,
            ),
            figure(
                "Stored",
                "Bytes in all streams together.",
                Query(f"sum({_BYTES})"),
                unit=units.BytesIEC,
                width=6,
            ),
            figure(
                "Messages",
                "Messages in all streams together.",
                Query(f"sum({_MESSAGES})"),
                width=6,
            ),
        ),
    )


def _streams() -> Row:
    return Row(
        "Streams",
        (
            rows(
                "Streams",
                "What each stream holds, what it may hold, and how much comes in.",
                Column(title="Filled", expr=_FILLED, unit=units.PercentUnit, base="green", steps=_FULL),
                Column(title="Stored", expr=_BYTES, unit=units.BytesIEC),
                Column(title="Limit", expr=_LIMIT, unit=units.BytesIEC),
                Column(title="Messages", expr=_MESSAGES, unit=units.Short),
                Column(title="Incoming", expr=_APPENDED, unit=_MESSAGES_PER_SECOND),
                labels={"stream": "Stream"},
                sort="Filled",
                descending=True,
            ),
            graph(
                "Filled",
                "The part of its limit that each stream holds; a full one takes no more, and adapters buffer.",
                Query(_FILLED, "{{stream}}"),
                unit=units.PercentUnit,
                limits=(0.8,),
            ),
            graph(
                "Messages",
                "Messages in each stream.",
                Query(_MESSAGES, "{{stream}}"),
            ),
            graph(
                "Messages coming in",
                "Messages that each stream takes; none while sources are live means that nobody writes.",
                Query(_APPENDED, "{{stream}}"),
                unit=_MESSAGES_PER_SECOND,
            ),
        ),
    )
