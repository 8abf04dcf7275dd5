"""Expressions grouped by text: one array operation computes a property for all assets of a class.

A group's rows are assets, its columns the expression's inputs. Groups stand in levels: an expression
over another expression of its asset is one level higher, so that going through them in order is enough.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from brownfield_api.batch import SampleBatch
from brownfield_api.errors import InvalidResource
from brownfield_api.status import Reason, Status, severity
from brownfield_pipeline.expressions import Expression
from brownfield_pipeline.slots import Slots

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """Inputs of an expression, one row per evaluation and one column per input."""

    value: npt.NDArray[np.float64]
    status: npt.NDArray[np.uint32]
    reasons: npt.NDArray[np.uint16]
    source_time: npt.NDArray[np.int64]
    receive_time: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """One expression for many assets. `inputs`: slots, assets x inputs; `output`: slots, per asset."""

    expression: Expression
    inputs: npt.NDArray[np.intp]
    output: npt.NDArray[np.uint32]
    cells: Rows
    """Order that sorts `inputs` flattened, so that a slot is found by bisection."""

    def find(self, slots: npt.NDArray[np.uint32]) -> tuple[Rows, Rows, Rows]:
        """Where `slots` are inputs of this group: positions in `slots`, and their rows and columns here."""
        flat = self.inputs.reshape(-1)
        at = np.searchsorted(flat, slots, sorter=self.cells)
        cell = self.cells[np.minimum(at, len(flat) - 1)]
        found = np.flatnonzero(flat[cell] == slots)
        row, column = np.divmod(cell[found], self.inputs.shape[1])
        return found, row, column

    def evaluate(self, rows: Rows, matrix: Matrix) -> SampleBatch:
        """One sample per row of `matrix`, which belongs to the group's row in `rows`.

        The status is that of the worst input, the source time that of the newest; a Bad result has no number.
        """
        each, level = np.arange(len(rows)), severity(matrix.status)
        worst, newest = level.argmax(axis=1), matrix.source_time.argmax(axis=1)
        level = level[each, worst]
        status = np.where(level == 0, np.uint32(Status.GOOD), matrix.status[each, worst])
        held = (matrix.reasons & np.uint16(Reason.HELD)).max(axis=1)
        reasons = held | (matrix.reasons[each, newest] & np.uint16(Reason.INITIAL))
        reasons = np.where(level == 0, reasons, reasons | np.uint16(Reason.INPUT))
        value = self.expression.evaluate(
            {name: matrix.value[:, column] for column, name in enumerate(self.expression.inputs)}
        )
        none = ~np.isfinite(value) & (level < 2)
        if bool(none.any()):
            status = np.where(none, np.uint32(Status.BAD), status)
            reasons = np.where(none, reasons | np.uint16(Reason.NON_FINITE), reasons)
        return SampleBatch(
            index=self.output[rows],
            value=np.where(none | (level == 2), np.nan, value),
            status=status,
            reasons=reasons,
            source_time=matrix.source_time[each, newest],
            receive_time=matrix.receive_time.max(axis=1),
        )


def group_expressions(slots: Slots) -> tuple[Group, ...]:
    """All groups of a partition, lowest level first; raises `InvalidResource` for an unknown input or a cycle."""
    by_asset: dict[str, dict[str, int]] = {}
    for slot, bound in enumerate(slots.properties):
        by_asset.setdefault(bound.asset, {})[bound.config.name] = slot
    levels: dict[int, int] = {}
    members: dict[tuple[int, str, Expression], list[tuple[list[int], int]]] = {}
    for slot, expression in slots.expressions.items():
        if not expression.inputs:
            raise InvalidResource("an expression needs at least one property", _where(slots, slot))
        names = by_asset[slots.properties[slot].asset]
        level = _level(slot, slots, names, levels, ())
        inputs = [names[name] for name in expression.inputs]
        members.setdefault((level, slots.properties[slot].config.name, expression), []).append((inputs, slot))
    ordered = sorted(members.items(), key=lambda item: item[0][0])
    return tuple(_group(expression, rows) for (_, _, expression), rows in ordered)


def _group(expression: Expression, rows: Sequence[tuple[list[int], int]]) -> Group:
    inputs = np.array([row[0] for row in rows], dtype=np.intp)
    output = np.array([row[1] for row in rows], dtype=np.uint32)
    return Group(expression, inputs, output, np.argsort(inputs.reshape(-1), kind="stable"))


def _level(slot: int, slots: Slots, names: Mapping[str, int], levels: dict[int, int], path: tuple[int, ...]) -> int:
    """0 for a tag, else one more than the highest input."""
    expression = slots.expressions.get(slot)
    if expression is None:
        return 0
    if slot in path:
        raise InvalidResource("the expression depends on itself", _where(slots, slot))
    if slot not in levels:
        for name in expression.inputs:
            if name not in names:
                raise InvalidResource(f"the asset has no property {name!r}", _where(slots, slot))
            if slots.text[names[name]]:
                raise InvalidResource(
                    f"property {name!r} is a string, expressions compute numbers", _where(slots, slot)
                )
        below = [_level(names[name], slots, names, levels, (*path, slot)) for name in expression.inputs]
        levels[slot] = 1 + max(below, default=0)
    return levels[slot]


def _where(slots: Slots, slot: int) -> str:
    bound = slots.properties[slot]
    return f"asset {bound.asset}, property {bound.config.name}, expression {bound.config.expression!r}"
