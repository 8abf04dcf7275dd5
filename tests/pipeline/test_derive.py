"""Expressions over batches: one result per asset and instant, from inputs as they stood then."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brownfield_api.errors import InvalidResource
from brownfield_api.pipeline_config import AssetConfig, PropertyConfig, QualityConfig
from brownfield_api.status import Reason, Status
from brownfield_api.tables import ValueType

SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND
PROPERTIES = [
    PropertyConfig(name="a", tag="t0"),
    PropertyConfig(name="b", tag="t1"),
    PropertyConfig(name="c", tag="t2"),
    PropertyConfig(name="sum", expression="a + b"),
    PropertyConfig(name="more", expression="sum * 2.0 + c"),
]


def rows(output: Any, slot: int) -> list[tuple[float, float, int, int]]:
    """(seconds after start, value, status, reasons) of one slot."""
    batch = output.stored
    return [
        ((int(batch.source_time[row]) - START) / SECOND, float(batch.value[row]), int(batch.status[row]),
         int(batch.reasons[row]))
        for row in np.flatnonzero(batch.index == slot)
    ]  # fmt: skip


@pytest.fixture
def bench(plant: Any) -> Any:
    return plant.bench(plant.config(PROPERTIES), plant.table(3))


def test_tags_read_together_give_one_result(plant: Any, bench: Any) -> None:
    s = plant.sample
    output = bench.feed(s(0, 1.0, 3.0), s(1, 1.0, 4.0), s(2, 1.0, 1.0))
    assert rows(output, 3) == [(1.0, 7.0, 0, 0)]
    assert rows(output, 4) == [(1.0, 15.0, 0, 0)]


def test_each_instant_of_a_batch_is_evaluated_with_inputs_as_they_stood(plant: Any, bench: Any) -> None:
    s = plant.sample
    output = bench.feed(s(0, 1.0, 1.0), s(1, 1.0, 10.0), s(0, 2.0, 2.0), s(1, 3.0, 30.0), s(0, 3.0, 3.0))
    assert [(time, value) for time, value, _, _ in rows(output, 3)] == [(1.0, 11.0), (2.0, 12.0), (3.0, 33.0)]


def test_an_input_without_a_value_makes_the_result_wait(plant: Any, bench: Any) -> None:
    [(time, value, status, reasons)] = rows(bench.feed(plant.sample(0, 1.0, 3.0)), 3)
    assert (time, status, reasons) == (1.0, Status.BAD_WAITING_FOR_INITIAL_DATA, Reason.INPUT)
    assert math.isnan(value)
    assert rows(bench.feed(plant.sample(1, 2.0, 4.0)), 3) == [(2.0, 7.0, 0, 0)]


def test_the_worst_input_decides_the_status_and_the_newest_the_time(plant: Any, bench: Any) -> None:
    s = plant.sample
    bench.feed(s(0, 5.0, 1.0), s(1, 5.0, 1.0))
    uncertain = int(Status.UNCERTAIN_SUB_NORMAL)
    assert rows(bench.feed(s(0, 6.0, 2.0, uncertain)), 3) == [(6.0, 3.0, uncertain, Reason.INPUT)]
    [(_, value, status, reasons)] = rows(bench.feed(s(1, 7.0, math.nan, int(Status.BAD_TIMEOUT))), 3)
    assert math.isnan(value)
    assert (status, reasons) == (Status.BAD_TIMEOUT, Reason.INPUT)


def test_what_is_held_makes_a_result_held_at_its_old_time(plant: Any, bench: Any) -> None:
    s = plant.sample
    bench.feed(s(0, 5.0, 1.0), s(1, 5.0, 1.0))
    held = int(Status.UNCERTAIN_NO_COMMUNICATION_LAST_USABLE_VALUE)
    output = bench.feed(s(0, 5.0, 1.0, held, int(Reason.HELD), 9.0), s(1, 5.0, 1.0, held, int(Reason.HELD), 9.0))
    assert rows(output, 3) == [(5.0, 2.0, held, Reason.HELD | Reason.INPUT)]


def test_late_and_absurdly_dated_inputs_move_nothing(plant: Any, bench: Any) -> None:
    s = plant.sample
    bench.feed(s(0, 5.0, 1.0), s(1, 5.0, 1.0))
    assert rows(bench.feed(s(0, 4.0, 9.0)), 3) == []
    assert rows(bench.feed(s(0, 1e8, 9.0, received=6.0)), 3) == []
    assert rows(bench.feed(s(0, 6.0, 2.0)), 3) == [(6.0, 3.0, 0, 0)]


def test_a_result_that_is_no_number_is_bad(plant: Any) -> None:
    properties = [PropertyConfig(name="a", tag="t0"), PropertyConfig(name="root", expression="a / 0.0")]
    bench = plant.bench(plant.config(properties), plant.table(1))
    [(_, value, status, reasons)] = rows(bench.feed(plant.sample(0, 1.0, 1.0)), 1)
    assert math.isnan(value)
    assert (status, reasons) == (Status.BAD, Reason.NON_FINITE)


def test_rules_hold_for_results_too_and_quarantined_ones_go_no_further(plant: Any) -> None:
    away = QualityConfig(range_max=10.0, on_violation="Quarantine")
    properties = [
        PropertyConfig(name="a", tag="t0"),
        PropertyConfig(name="double", expression="a * 2.0", quality=away),
        PropertyConfig(name="again", expression="double + 1.0"),
    ]
    bench = plant.bench(plant.config(properties), plant.table(1))
    output = bench.feed(plant.sample(0, 1.0, 4.0))
    assert rows(output, 2) == [(1.0, 9.0, 0, 0)]
    output = bench.feed(plant.sample(0, 2.0, 6.0))
    assert rows(output, 1) == []
    assert output.quarantined.index.tolist() == [1]
    assert output.quarantined.reasons.tolist() == [Reason.RANGE]
    assert rows(bench.feed(plant.sample(0, 3.0, 5.0)), 2) == [(3.0, 11.0, 0, 0)]


def test_inputs_in_quarantine_never_happened(plant: Any) -> None:
    away = QualityConfig(range_max=10.0, on_violation="Quarantine")
    properties = [PropertyConfig(name="a", tag="t0", quality=away), PropertyConfig(name="x", expression="a * 1.0")]
    bench = plant.bench(plant.config(properties), plant.table(1))
    output = bench.feed(plant.sample(0, 1.0, 4.0), plant.sample(0, 2.0, 40.0), plant.sample(0, 3.0, 5.0))
    assert [(time, value) for time, value, _, _ in rows(output, 1)] == [(1.0, 4.0), (3.0, 5.0)]


def test_booleans_are_booleans_in_an_expression(plant: Any) -> None:
    properties = [
        PropertyConfig(name="running", tag="t0", type=ValueType.BOOL),
        PropertyConfig(name="power", tag="t1"),
        PropertyConfig(name="useful", expression="running ? power : 0.0"),
        PropertyConfig(name="idle", expression="!running && power < 1.0", type=ValueType.BOOL),
    ]
    bench = plant.bench(plant.config(properties), plant.table(2))
    output = bench.feed(plant.sample(0, 1.0, 0.0), plant.sample(1, 1.0, 0.5))
    assert (rows(output, 2)[0][1], rows(output, 3)[0][1]) == (0.0, 1.0)


def test_an_expression_spans_sources_and_instants_of_each(plant: Any) -> None:
    properties = [
        PropertyConfig(name="a", tag="t0"),
        PropertyConfig(name="b", tag="t0", role="other"),
        PropertyConfig(name="sum", expression="a + b"),
    ]
    asset = AssetConfig(id="A0", class_name="Thing", sources={"default": "S0", "other": "S1"})
    config = plant.replace(plant.config(properties, assets=2), assets=(asset,))
    bench = plant.bench(config, plant.table(1))
    bench.feed(plant.sample(0, 1.0, 1.0), source="S0")
    assert rows(bench.feed(plant.sample(0, 2.0, 5.0), source="S1"), 2) == [(2.0, 6.0, 0, 0)]
    assert rows(bench.feed(plant.sample(0, 1.5, 2.0), source="S0"), 2) == [(2.0, 7.0, 0, 0)]


@pytest.mark.parametrize(
    ("expression", "what"),
    [
        ("b + 1.0", "no property"),
        ("circle + 1.0", "itself"),
        ("1.0 + 1.0", "at least one"),
        ("text == 'x'", "a string"),
    ],
)
def test_an_expression_that_cannot_be_is_refused_by_name(plant: Any, expression: str, what: str) -> None:
    properties = [
        PropertyConfig(name="a", tag="t0"),
        PropertyConfig(name="text", tag="t0", type=ValueType.STRING),
        PropertyConfig(name="circle", expression=expression),
    ]
    with pytest.raises(InvalidResource, match=what) as caught:
        plant.bench(plant.config(properties), plant.table(1))
    assert "A0" in str(caught.value)


_EVENT = st.tuples(
    st.integers(0, 5),
    st.sampled_from([1.0, 2.0, 3.0, 4.0]),
    st.sampled_from([1.0, 2.0, 5.0]),
    st.sampled_from([0, 0, int(Status.UNCERTAIN)]),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(_EVENT, min_size=1, max_size=8), min_size=1, max_size=4))
def test_results_equal_a_slow_reference(plant: Any, batches: list[list[tuple[int, float, float, int]]]) -> None:
    """Two assets of one source with three tags each; the reference goes event by event, level by level."""
    assets = tuple(
        AssetConfig(id=f"A{n}", class_name="Thing", sources={"default": "S0"}, vars={"n": str(n)}) for n in range(2)
    )
    properties = [
        plant.replace(item, tag=f"t${{n}}{number}") if item.tag else item for number, item in enumerate(PROPERTIES)
    ]
    bench = plant.bench(plant.replace(plant.config(properties), assets=assets), plant.tags("t00 t01 t02 t10 t11 t12"))
    references = [Reference(), Reference()]
    for events in batches:
        output = bench.feed(*(plant.sample(*event) for event in events))
        for number, reference in enumerate(references):
            own = [(tag % 3, *rest) for tag, *rest in events if tag // 3 == number]
            sums, mores = reference.batch(own)
            assert [row[:3] for row in map(repr_row, rows(output, 5 * number + 3))] == sums
            assert [row[:3] for row in map(repr_row, rows(output, 5 * number + 4))] == mores


Value = tuple[float, float, int]


class Reference:
    """sum = a + b and more = sum * 2 + c of one asset, one event at a time."""

    def __init__(self) -> None:
        self.tags: dict[int, Value] = {}
        self.fed: dict[int, Value] = {}

    def batch(self, events: list[tuple[Any, ...]]) -> tuple[list[Any], list[Any]]:
        current = []
        for position, (tag, time, value, status) in enumerate(events):
            if self.tags.get(tag, (0.0,))[0] <= time:
                self.tags[tag] = (time, value, status)
                current.append((position, time, tag, (time, value, status)))
        sums = self._results([event for event in current if event[2] < 2], (0, 1), lambda a, b: a + b)
        events_above = sorted(
            [event for event in current if event[2] == 2] + [(at, time, 3, value) for at, time, value in sums],
            key=lambda event: event[0],
        )
        mores = self._results(events_above, (3, 2), lambda total, c: total * 2.0 + c)
        return [repr_row(value) for _, _, value in sums], [repr_row(value) for _, _, value in mores]

    def _results(self, events: list[Any], inputs: tuple[int, int], combine: Any) -> list[tuple[int, float, Value]]:
        found: dict[float, tuple[int, Value]] = {}
        for position, instant, tag, value in events:
            self.fed[tag] = value
            found[instant] = (position, _combined([self.fed.get(name) for name in inputs], combine))
        return sorted((position, instant, value) for instant, (position, value) in found.items())


def repr_row(row: tuple[Any, ...]) -> tuple[str, ...]:
    """Comparable although NaN is not equal to itself."""
    return tuple(repr(item) for item in row[:3])


def _combined(inputs: list[Value | None], combine: Any) -> Value:
    known = [item for item in inputs if item is not None]
    time = max(item[0] for item in known)
    waiting = (time, math.nan, int(Status.BAD_WAITING_FOR_INITIAL_DATA))
    worst = max([item[2] for item in known] + [waiting[2]] * (len(known) < len(inputs)))
    return waiting if worst >> 31 else (time, combine(*(item[1] for item in known)), worst)
