"""Expressions over a batch: evaluated once per asset and instant, with inputs as they stood at that instant.

An *event* is a sample of a property that some expression reads. Inputs are filled forward in the order
of the stream, over the batch and from what earlier batches left; of the events of one asset with one
source time the last one counts, so that six tags read together give one result. An event older than what
its property already holds does not move it back; one dated more than a day ahead is not believed.
"""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from brownfield_api.batch import SampleBatch
from brownfield_pipeline.columns import join, with_quality
from brownfield_pipeline.groups import Group, Matrix, group_expressions
from brownfield_pipeline.rules import RuleSet
from brownfield_pipeline.sequences import BELIEVABLE_FUTURE, newest_before
from brownfield_pipeline.slots import Slots
from brownfield_pipeline.state import Held, State

Rows = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Touch:
    """What an order of slots sets off: `events` are its rows that expressions read, `groups` what they
    reach with the assets concerned, lowest level first.
    """

    events: Rows
    groups: tuple[tuple[Group, Rows], ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Pool:
    """Events of a batch and the results they set off, each with the row of the batch that caused it and that
    row's source time: a result belongs to the instant of its cause, whatever its own source time is.
    """

    events: SampleBatch
    position: Rows
    instant: npt.NDArray[np.int64]

    def joined(self, results: SampleBatch, causes: Rows) -> "_Pool":
        return _Pool(
            join((self.events, results)),
            np.concatenate((self.position, self.position[causes])),
            np.concatenate((self.instant, self.instant[causes])),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Derived:
    """Results, and those of them that a rule took out of the way."""

    kept: tuple[SampleBatch, ...] = ()
    quarantined: tuple[SampleBatch, ...] = ()


class Derivations:
    """All expressions of a partition."""

    def __init__(self, slots: Slots, rules: RuleSet) -> None:
        self._groups = group_expressions(slots)
        self._rules = rules
        self._is_input = np.zeros(len(slots), np.bool_)
        for group in self._groups:
            self._is_input[group.inputs] = True

    def touch(self, slots: npt.NDArray[np.uint32]) -> Touch:
        """What samples of these slots set off."""
        events = np.flatnonzero(self._is_input[slots])
        hot = np.zeros(len(self._is_input), np.bool_)
        hot[slots] = True
        reached: list[tuple[Group, Rows]] = []
        for group in self._groups if len(events) else ():
            rows = np.flatnonzero(hot[group.inputs].any(axis=1))
            if len(rows):
                hot[group.output[rows]] = True
                reached.append((group, rows))
        return Touch(events, tuple(reached))

    def derive(self, batch: SampleBatch, touch: Touch, state: State, *, unique: bool, dropped: Flags | None) -> Derived:
        """The results that `batch` (index = slot) sets off; `state.held` moves on.

        `unique`: no slot occurs twice. `dropped`: rows that are in quarantine and never happened.
        """
        rows = touch.events
        if dropped is not None:
            rows = rows[~dropped[rows]]
        rows = _current(batch, rows, state.held, unique=unique)
        if not len(rows):
            return Derived()
        times = batch.source_time[rows]
        if unique and bool((times == times[0]).all()):
            reached = touch if len(rows) == len(touch.events) else self.touch(batch.index[rows])
            return self._one_instant(batch, rows, reached, state)
        return self._instants(batch, rows, state)

    def _one_instant(self, batch: SampleBatch, rows: Rows, touch: Touch, state: State) -> Derived:
        held = state.held
        _hold(held, batch, rows)
        kept: list[SampleBatch] = []
        removed: list[SampleBatch] = []
        for group, assets in touch.groups:
            matrix = _held_matrix(held, group.inputs[assets])
            result, quarantined = self._judge(group.evaluate(assets, matrix), state)
            _split(result, quarantined, kept, removed)
            _hold(held, kept[-1], np.arange(len(kept[-1])))
        return Derived(tuple(kept), tuple(removed))

    def _instants(self, batch: SampleBatch, rows: Rows, state: State) -> Derived:
        pool = _Pool(batch.take(rows), rows, batch.source_time[rows])
        kept: list[SampleBatch] = []
        removed: list[SampleBatch] = []
        for group in self._groups:
            filled = _fill_forward(group, pool, state.held)
            if filled is None:
                continue
            assets, matrix, causes = filled
            result, quarantined = self._judge(group.evaluate(assets, matrix), state)
            _split(result, quarantined, kept, removed)
            pool = pool.joined(kept[-1], causes if quarantined is None else causes[~quarantined])
        _hold(state.held, pool.events, np.arange(len(pool.events)))
        return Derived(tuple(kept), tuple(removed))

    def _judge(self, result: SampleBatch, state: State) -> tuple[SampleBatch, Flags | None]:
        if not bool(self._rules.ruled[result.index].any()):
            return result, None
        judgement = self._rules.judge(result, self._rules.layout(result.index), state.memory, 0)
        return with_quality(result, judgement.value, judgement.status, judgement.reasons), judgement.quarantined


def _split(result: SampleBatch, quarantined: Flags | None, kept: list[SampleBatch], removed: list[SampleBatch]) -> None:
    if quarantined is None:
        kept.append(result)
        return
    kept.append(result.take(np.flatnonzero(~quarantined)))
    removed.append(result.take(np.flatnonzero(quarantined)))


def _current(batch: SampleBatch, rows: Rows, held: Held, *, unique: bool) -> Rows:
    """The rows that are events: neither older than what is held nor dated in the future."""
    slot, time = batch.index[rows], batch.source_time[rows]
    before = held.source_time[slot]
    if not unique:
        order = np.argsort(slot, kind="stable")
        first = np.ones(len(rows), np.bool_)
        first[1:] = slot[order][1:] != slot[order][:-1]
        previous = before[order]
        previous[1:][~first[1:]] = time[order][:-1][~first[1:]]
        before = np.empty_like(before)
        before[order] = newest_before(previous, first)
    current = (time >= before) & (time <= batch.receive_time[rows] + BELIEVABLE_FUTURE)
    return rows if bool(current.all()) else rows[current]


def _hold(held: Held, batch: SampleBatch, rows: Rows) -> None:
    slot = batch.index[rows]
    for item in fields(Held):
        getattr(held, item.name)[slot] = getattr(batch, item.name)[rows]  # the last row of a slot stays


def _held_matrix(held: Held, cells: npt.NDArray[np.intp]) -> Matrix:
    return Matrix(*(getattr(held, item.name)[cells] for item in fields(Matrix)))


def _fill_forward(group: Group, pool: _Pool, held: Held) -> tuple[Rows, Matrix, Rows] | None:
    """Inputs at each instant of each asset: rows of the group, their inputs, and which of the pool completed them."""
    events = pool.events
    found, row, column = group.find(events.index)
    if not len(found):
        return None
    order = np.lexsort((pool.position[found], row))
    found, row, column = found[order], row[order], column[order]
    at = np.arange(len(found))
    first = np.ones(len(found), np.bool_)
    first[1:] = row[1:] != row[:-1]
    start = np.maximum.accumulate(np.where(first, at, 0))
    last = _last_of_each_instant(row, pool.instant[found])
    row, matrix = row[last], _held_matrix(held, group.inputs[row[last]])
    for input_column in range(group.inputs.shape[1]):
        newest = np.maximum.accumulate(np.where(column == input_column, at, -1))[last]
        fresh = newest >= start[last]
        source = found[newest[fresh]]
        for item in fields(Matrix):
            getattr(matrix, item.name)[fresh, input_column] = getattr(events, item.name)[source]
    return row, matrix, found[last]


def _last_of_each_instant(row: Rows, time: npt.NDArray[np.int64]) -> Rows:
    """Of events sorted by row, the last of each (row, time), in their order."""
    order = np.lexsort((time, row))
    ends = np.ones(len(row), np.bool_)
    sorted_row, sorted_time = row[order], time[order]
    ends[:-1] = (sorted_row[1:] != sorted_row[:-1]) | (sorted_time[1:] != sorted_time[:-1])
    return np.sort(order[ends])
