"""From the rows of a source's tag table to slots: compiled once per table, applied to every batch.

Scale, offset and unit conversion collapse into one factor and one offset per (tag, slot) here, so that a
batch costs one multiplication and one addition. A polled source sends the same tags in the same order
again and again: what follows from that order alone is a `Selection`, kept by the bytes of the index.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from brownfield_api.errors import CorruptBatch
from brownfield_api.pipeline_config import Conversion, PropertyConfig
from brownfield_api.status import Status
from brownfield_api.tables import Tag, TagTable, ValueType
from brownfield_pipeline.derive import Derivations, Touch
from brownfield_pipeline.rules import Layout, RuleSet
from brownfield_pipeline.slots import Slots

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]

_WIDE = {ValueType.INT64, ValueType.UINT64}
_MAX_SELECTIONS = 64


@dataclass(frozen=True, slots=True)
class Refusal:
    """A slot that this table cannot feed: its status, and why in plain words."""

    slot: int
    status: Status
    message: str


@dataclass(frozen=True, slots=True)
class Selection:
    """What to do with one order of tags.

    `rows`: raw rows, one per output row, None if every row maps to just one slot in place. `slots`: uint32,
    the index column of the result. `factor`, `offset`: per output row, None if all are 1 and 0.
    """

    rows: Rows | None
    slots: npt.NDArray[np.uint32]
    factor: Floats | None
    offset: Floats | None
    layout: Layout
    touch: Touch


class Binding:
    """One source's tag table bound to the slots; `refused` lists those it cannot feed."""

    def __init__(
        self,
        source: str,
        table: TagTable,
        slots: Slots,
        *,
        conversions: Mapping[tuple[str, str], Conversion],
        rules: RuleSet,
        derivations: Derivations,
    ) -> None:
        self.refused: tuple[Refusal, ...]
        self._tags = len(table.tags)
        self._rules = rules
        self._derivations = derivations
        self._selections: dict[bytes, Selection] = {}
        by_name = {tag.name: row for row, tag in enumerate(table.tags)}
        edges: list[tuple[int, int, float, float]] = []
        refused: list[Refusal] = []
        for slot in slots.by_source.get(source, ()):
            bound = slots.properties[slot]
            where = f"{bound.asset}.{bound.config.name}"
            if bound.tag not in by_name:
                what = f"{where}: source {source} has no tag {bound.tag!r}"
                refused.append(Refusal(slot, Status.BAD_NODE_ID_UNKNOWN, what))
                continue
            row = by_name[bound.tag]
            scaling = _scaling(table.tags[row], bound.config, conversions)
            if isinstance(scaling, str):
                refused.append(Refusal(slot, Status.BAD_TYPE_MISMATCH, f"{where}: {scaling}"))
                continue
            edges.append((row, slot, *scaling))
        self.refused = tuple(refused)
        self._index_edges(edges)

    def _index_edges(self, edges: Sequence[tuple[int, int, float, float]]) -> None:
        """Edges sorted by tag row, with the run of each row: a tag may feed many slots, or none."""
        ordered = sorted(edges)
        self._slot = np.array([edge[1] for edge in ordered], dtype=np.uint32)
        self._factor = np.array([edge[2] for edge in ordered], dtype=np.float64)
        self._offset = np.array([edge[3] for edge in ordered], dtype=np.float64)
        fed = np.array([edge[0] for edge in ordered], dtype=np.intp)
        self._begin = np.searchsorted(fed, np.arange(self._tags), side="left")
        self._count = np.searchsorted(fed, np.arange(self._tags), side="right") - self._begin

    def select(self, index: npt.NDArray[np.uint32]) -> Selection:
        """The selection for a batch's index column; raises `CorruptBatch` if it points outside the table."""
        key = index.tobytes()
        found = self._selections.get(key)
        if found is None:
            if len(index) and int(index.max()) >= self._tags:
                raise CorruptBatch(f"index {int(index.max())} in a table of {self._tags} tags")
            if len(self._selections) >= _MAX_SELECTIONS:
                self._selections.clear()  # a source that sends what changed has no order worth remembering
            found = self._selections[key] = self._make(index)
        return found

    def _make(self, index: npt.NDArray[np.uint32]) -> Selection:
        count = self._count[index]
        if bool((count == 1).all()):
            rows = None
            edge = self._begin[index]
        else:
            rows = np.repeat(np.arange(len(index)), count)
            first = np.repeat(np.cumsum(count) - count, count)
            edge = self._begin[index[rows]] + np.arange(len(rows)) - first
        slots, factor, offset = self._slot[edge], self._factor[edge], self._offset[edge]
        return Selection(
            rows=rows,
            slots=slots,
            factor=None if bool((factor == 1.0).all()) else factor,
            offset=None if bool((offset == 0.0).all()) else offset,
            layout=self._rules.layout(slots),
            touch=self._derivations.touch(slots),
        )


def _scaling(
    tag: Tag, config: PropertyConfig, conversions: Mapping[tuple[str, str], Conversion]
) -> tuple[float, float] | str:
    """Factor and offset from the raw value to the property's unit, or why there are none."""
    if (tag.type is ValueType.STRING) != (config.type is ValueType.STRING):
        return f"tag {tag.name!r} is {tag.type.value}, the property {config.type.value}"
    if config.type is ValueType.STRING:
        return 1.0, 0.0
    if config.type in _WIDE:
        # The exact integer travels beside the double; scaled it would be exact no longer.
        return (
            (1.0, 0.0) if tag.type is config.type else f"tag {tag.name!r} is {tag.type.value}, not {config.type.value}"
        )
    unit = config.tag_unit or tag.unit
    if not unit or not config.unit or unit == config.unit:
        return tag.scale, tag.offset
    conversion = conversions.get((unit, config.unit))
    if conversion is None:
        return f"there is no conversion from {unit!r} to {config.unit!r}"
    return tag.scale * conversion.factor, tag.offset * conversion.factor + conversion.offset
