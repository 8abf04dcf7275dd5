"""State -> what the API serves (`brownfield_api.twin_view`). Everything here is a fresh look at one frame."""

import asyncio
from collections.abc import Callable, Iterable

import numpy as np

from brownfield_api.status import Severity, severity
from brownfield_api.twin_view import (
    AssetDetailView,
    AssetView,
    BehaviourView,
    LevelView,
    LineageView,
    PropertyView,
    SourceView,
    TwinView,
)
from brownfield_twin.columns import Rows
from brownfield_twin.core import Twin
from brownfield_twin.freshness import FRESHNESS_NAMES, Frame
from brownfield_twin.headline import headline_slots
from brownfield_twin.sources import SourceBoard
from brownfield_twin.summary import Summary, summarise
from brownfield_twin.wording import reason_words, status_words, time_text, typed_value

_YIELD_EVERY = 500
"""Properties after which the event loop gets a turn, so that a large view never holds up the samples."""


class Views:
    """Builds views of one twin. `clock` is wall time in nanoseconds; `catching_up` tells of backlog."""

    def __init__(
        self, twin: Twin, sources: SourceBoard, *, clock: Callable[[], int], catching_up: Callable[[], bool]
    ) -> None:
        self.twin = twin
        self.clock = clock
        self.catching_up = catching_up
        self._sources = sources
        self._index = {asset.id: position for position, asset in enumerate(twin.config.assets)}
        self._headline = headline_slots(twin.layout)

    def position(self, asset: str) -> int | None:
        """Position of an asset by its id."""
        return self._index.get(asset)

    def look(self) -> tuple[Frame, Summary]:
        """The twin now, and its assets in one word each."""
        frame = self.twin.frame(self.clock())
        return frame, self.summary(frame)

    def summary(self, frame: Frame) -> Summary:
        """The assets of a frame in one word each."""
        usable = severity(self.twin.state.status) != Severity.BAD
        return summarise(self.twin.layout, frame, self.twin.measured, usable)

    def sources(self) -> list[SourceView]:
        """The legacy systems behind the twin."""
        return self._sources.views(self.clock())

    def levels(self) -> list[LevelView]:
        """What was promised of the twin itself."""
        return self._sources.levels(self.clock())

    async def whole(self) -> TwinView:
        """The whole twin."""
        frame, summary = self.look()
        config = self.twin.config
        return TwinView(
            name=config.name,
            site=config.site,
            namespace=config.namespace,
            time=time_text(frame.now) or "",
            catching_up=self.catching_up(),
            fresh=config.staleness.fresh,
            expired=config.staleness.expired,
            behaviours=self._behaviours(),
            assets=await self.assets(range(len(config.assets)), frame, summary),
            sources=self.sources(),
            levels=self.levels(),
        )

    async def assets(self, positions: Iterable[int], frame: Frame, summary: Summary) -> list[AssetView]:
        """Views of assets among others, made in small steps; abridged in a large twin."""
        views: list[AssetView] = []
        made = 0
        for position in positions:
            views.append(self.asset(position, frame, summary, self._headline[position]))
            made += len(views[-1].properties)
            if made >= _YIELD_EVERY:
                made = 0
                await asyncio.sleep(0)
        return views

    def asset(self, position: int, frame: Frame, summary: Summary, slots: Rows) -> AssetView:
        """One asset of a frame, with these of its slots."""
        asset = self.twin.config.assets[position]
        good, uncertain, bad = summary.counts[position].tolist()
        return AssetView(
            id=asset.id,
            class_name=asset.class_name,
            path=asset.path,
            aliases=asset.aliases,
            sources=asset.sources,
            freshness=FRESHNESS_NAMES[summary.freshness[position]],
            stale_since=time_text(int(summary.stale_since[position])),
            quality=status_words(int(summary.quality[position]) << 30)[0],
            good=good,
            uncertain=uncertain,
            bad=bad,
            abridged=len(slots) < len(self._all_slots(position)),
            properties=self._properties(slots, frame),
        )

    def detail(self, position: int) -> AssetDetailView:
        """One asset now, whole, with its lineage."""
        frame, summary = self.look()
        shallow = self.asset(position, frame, summary, self._all_slots(position))
        fields = {name: getattr(shallow, name) for name in AssetView.model_fields}
        return AssetDetailView(**fields, lineage=self.lineage(position))

    def lineage(self, position: int) -> list[LineageView]:
        """Where the values of an asset come from: pipelines' lineage, then that of behaviours."""
        layout = self.twin.layout
        slots = self._all_slots(position).tolist()
        views = [self._stored_lineage(slot) for slot in slots if slot in self.twin.lineage]
        asset = self.twin.config.assets[position]
        for curve in layout.curves:
            for kind in ("expected", "residual", "error"):
                name = f"{curve.config.name}.{kind}"
                if (asset.id, name) in layout.slot:
                    x, y = curve.config.inputs["x"], curve.config.outputs["y"]
                    expression = _BEHAVIOUR_WORDS[kind].format(curve=curve.config.name, x=x, y=y)
                    inputs = [x] if kind == "expected" else [x, y]
                    views.append(_lineage(name, expression=expression, inputs=inputs, mapping=asset.mapping))
        return views

    def _stored_lineage(self, slot: int) -> LineageView:
        found = self.twin.lineage[slot]
        row = found.definition
        return LineageView(
            property=row.property,
            source=row.source,
            tag=row.tag,
            tag_unit=row.tag_unit,
            expression=row.expression,
            inputs=list(row.inputs),
            mapping=found.mapping,
            generation=found.generation,
        )

    def _behaviours(self) -> list[BehaviourView]:
        return [
            BehaviourView(
                name=item.name,
                kind="Curve",
                active=item.name == self.twin.config.active,
                inputs=item.inputs,
                outputs=item.outputs,
                points=list(item.points),
            )
            for item in self.twin.config.behaviours
        ]

    def _all_slots(self, position: int) -> Rows:
        start = self.twin.layout.start
        return np.arange(start[position], start[position + 1])

    def _properties(self, slots: Rows, frame: Frame) -> list[PropertyView]:
        layout, state = self.twin.layout, self.twin.state
        columns = (frame.value, frame.status, frame.reasons, frame.freshness, frame.age, frame.stale_since)
        more = (state.source_time, state.exact, frame.estimated, frame.withdrawn)
        lists = [column[slots].tolist() for column in (*columns, *more)]
        views: list[PropertyView] = []
        for slot, row in zip(slots.tolist(), zip(*lists, strict=True), strict=True):
            value, status, reasons, freshness, age, stale_since, source_time, exact, estimated, withdrawn = row
            item = layout.properties[slot]
            quality, name = status_words(status)
            typed = value if estimated else typed_value(item.type, value, exact, state.texts.get(slot, ""))
            views.append(
                PropertyView(
                    name=item.name,
                    kind=self.twin.kind(slot),
                    unit=item.unit,
                    value=None if withdrawn else typed,
                    quality=quality,
                    status=name,
                    reasons=list(reason_words(reasons)),
                    freshness=FRESHNESS_NAMES[freshness],
                    age=None if np.isnan(age) else round(age, 3),
                    stale_since=time_text(stale_since),
                    source_time=time_text(source_time),
                    estimated=estimated,
                )
            )
        return views


_BEHAVIOUR_WORDS = {
    "expected": "{curve}({x})",
    "residual": "{y} - {curve}({x})",
    "error": "running mean of |{y} - {curve}({x})|",
}


def _lineage(name: str, *, expression: str, inputs: list[str], mapping: str) -> LineageView:
    return LineageView(
        property=name,
        source="",
        tag="",
        tag_unit="",
        expression=expression,
        inputs=inputs,
        mapping=mapping,
        generation="",
    )
