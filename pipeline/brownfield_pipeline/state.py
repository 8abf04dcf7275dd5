"""Everything a partition remembers between two batches; with a position in the input it is a checkpoint.

Arrays over slots and a few numbers per source. The stage changes them in place, because copying the
arrays of a hundred thousand slots for each batch would cost more than the batch.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from brownfield_api.status import Status
from brownfield_api.tables import AssetProperty, AssetTable
from brownfield_pipeline.sequences import NEVER, Memory


class SourceState(msgspec.Struct):
    """Where one source stands: the last batch of it, what it vouches for, and the tag table it uses.

    `vouched`: the `asOf` in force before the newest one (pieces of one batch share theirs). ns since 1970.
    """

    epoch: int = 0
    seq: int = 0
    as_of: int = 0
    vouched: int = 0
    table: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """Last sample of each slot, for expressions; `source_time` is `NEVER` for a slot that had none."""

    value: npt.NDArray[np.float64]
    status: npt.NDArray[np.uint32]
    reasons: npt.NDArray[np.uint16]
    source_time: npt.NDArray[np.int64]
    receive_time: npt.NDArray[np.int64]

    @classmethod
    def empty(cls, slots: int) -> "Held":
        """Slots that wait for their first sample."""
        return cls(
            value=np.full(slots, np.nan),
            status=np.full(slots, Status.BAD_WAITING_FOR_INITIAL_DATA, np.uint32),
            reasons=np.zeros(slots, np.uint16),
            source_time=np.full(slots, NEVER, np.int64),
            receive_time=np.full(slots, NEVER, np.int64),
        )


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """A partition's state over `slots` slots."""

    memory: Memory
    held: Held
    sources: dict[str, SourceState] = field(default_factory=dict)

    @classmethod
    def empty(cls, slots: int) -> "State":
        """Before the first batch."""
        return cls(Memory.empty(slots), Held.empty(slots))

    def arrays(self) -> Iterator[tuple[str, npt.NDArray[Any]]]:
        """Every array with its name, in a fixed order."""
        for part in ("memory", "held"):
            owner = getattr(self, part)
            for item in fields(owner):
                yield f"{part}.{item.name}", getattr(owner, item.name)

    def copy(self) -> "State":
        """A snapshot that later batches do not change."""
        return State.restored(dict(self.arrays()), _copied(self.sources), len(self.held.value))

    def carried_to(self, old: AssetTable, new: AssetTable) -> "State":
        """The state of table `old` for the slots of `new`: a property that means the same keeps its memory."""
        rows = {_meaning(item): row for row, item in enumerate(old.properties)}
        source = np.array([rows.get(_meaning(item), -1) for item in new.properties], dtype=np.intp)
        known = np.flatnonzero(source >= 0)
        fresh = State.empty(len(new.properties))
        for (_, target), (_, column) in zip(fresh.arrays(), self.arrays(), strict=True):
            target[known] = column[source[known]]
        fresh.sources.update(_copied(self.sources))
        return fresh

    @classmethod
    def restored(cls, arrays: Mapping[str, npt.NDArray[Any]], sources: dict[str, SourceState], slots: int) -> "State":
        """The state with these arrays; raises ValueError if one is missing or not of `slots` slots."""
        state = cls.empty(slots)
        for name, target in state.arrays():
            column = arrays.get(name)
            if column is None or column.shape != target.shape or column.dtype != target.dtype:
                raise ValueError(f"array {name} is missing or does not fit")
            target[:] = column
        state.sources.update(sources)
        return state


def _copied(sources: Mapping[str, SourceState]) -> dict[str, SourceState]:
    return {name: msgspec.structs.replace(source) for name, source in sources.items()}


def _meaning(item: AssetProperty) -> tuple[str, ...]:
    return (item.asset, item.property, item.type.value, item.unit, item.source, item.tag, item.expression)
