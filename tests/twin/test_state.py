"""The state is a function of the samples in order: cuts, restarts and late ones do not change it."""

from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from brownfield_api.batch import SampleBatch
from brownfield_api.status import Reason, Status
from brownfield_twin.state import ARRAYS, empty_state, keep_proofs

SECOND = 1_000_000_000
NOW = 1_800_000_000 * SECOND

samples = st.lists(
    st.tuples(
        st.sampled_from(["T1", "T2"]),
        st.sampled_from(["power", "windSpeed", "count"]),
        st.integers(0, 40),
        st.integers(0, 30),
        st.sampled_from([Status.GOOD, Status.GOOD, Status.UNCERTAIN, Status.BAD_SENSOR_FAILURE]),
        st.sampled_from([0, 0, 0, int(Reason.HELD), int(Reason.INITIAL)]),
    ),
    max_size=40,
)


def feed(farm: Any, rows: list[Any], cuts: set[int]) -> Any:
    twin = farm.twin()
    batch: list[Any] = []
    for position, (asset, name, value, time, status, reasons) in enumerate(rows):
        if position in cuts:
            farm.take(twin, batch)
            batch = []
        moment = NOW + time * SECOND
        batch.append(farm.sample(asset, name, float(value), moment, NOW + position * SECOND, status, reasons))
    farm.take(twin, batch)
    return twin


@given(rows=samples, cuts=st.sets(st.integers(0, 40)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
def test_where_batches_are_cut_does_not_matter(farm: Any, rows: list[Any], cuts: set[int]) -> None:
    one, other = feed(farm, rows, set()), feed(farm, rows, cuts)
    stored = one.layout.stored
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(one.state, name)[stored], getattr(other.state, name)[stored])
    assert one.sequence.standing.hop == other.sequence.standing.hop


@given(rows=samples)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
def test_without_vouching_no_slot_ever_moves_back(farm: Any, rows: list[Any]) -> None:
    twin = farm.twin()
    seen = np.zeros(len(twin.layout), np.int64)
    for position, (asset, name, value, time, status, _) in enumerate(rows):
        arrived = NOW + position
        farm.take(twin, [farm.sample(asset, name, float(value), NOW + time * SECOND, arrived, status)])
        stored = twin.layout.stored
        assert (twin.state.source_time[stored] >= seen[stored]).all()
        seen = twin.state.source_time.copy()


def test_an_older_sample_is_for_history_only(farm: Any) -> None:
    twin = farm.twin()
    slot = twin.layout.slot["T1", "power"]
    farm.take(twin, [farm.sample("T1", "power", 2.0, NOW)], as_of=NOW)
    farm.take(twin, [farm.sample("T1", "power", 1.0, NOW - 60 * SECOND, NOW + SECOND)], as_of=NOW + SECOND)
    assert twin.state.value[slot] == 2.0
    assert twin.ring.read(slot, 0, 2**62).value.tolist() == [1.0, 2.0]


def test_a_clock_that_was_put_back_does_not_freeze_the_twin(farm: Any) -> None:
    twin = farm.twin()
    slot = twin.layout.slot["T1", "power"]
    farm.take(twin, [farm.sample("T1", "power", 1.0, NOW + 3600 * SECOND, NOW)], as_of=NOW)
    for second in range(1, 5):
        moment = NOW + second * SECOND
        farm.take(twin, [farm.sample("T1", "power", 10.0 + second, moment, moment)], as_of=moment)
    assert twin.state.value[slot] == 14.0


def test_rows_of_an_old_file_never_move_the_twin_back(farm: Any) -> None:
    twin = farm.twin()
    slot = twin.layout.slot["T1", "power"]
    farm.take(twin, [farm.sample("T1", "power", 1.0, NOW - 600 * SECOND, NOW)], as_of=NOW - 600 * SECOND)
    old = farm.sample("T1", "power", 2.0, NOW - 900 * SECOND, NOW + 60 * SECOND)
    farm.take(twin, [old], as_of=NOW - 600 * SECOND)
    assert twin.state.value[slot] == 1.0


def test_exact_integers_and_texts_survive(farm: Any) -> None:
    twin = farm.twin()
    farm.take(twin, farm.poll("T1", NOW, count=7), as_of=NOW)
    slot = twin.layout.slot["T1", "pulses"]
    assert int(twin.state.exact[slot].view(np.uint64)) == 2**63 + 7
    assert twin.state.texts == {twin.layout.slot["T1", "serial"]: "SN-T1"}


def test_the_last_good_value_outlives_a_bad_one(farm: Any) -> None:
    twin = farm.twin()
    slot = twin.layout.slot["T1", "power"]
    farm.take(twin, [farm.sample("T1", "power", 3.0, NOW)])
    farm.take(twin, [farm.sample("T1", "power", np.nan, NOW + 1, NOW + 1, Status.BAD_DEVICE_FAILURE)])
    assert (twin.state.good_value[slot], twin.state.good_time[slot]) == (3.0, NOW)


def test_a_held_sample_leaves_a_quiet_value_as_young_as_it_was_vouched_for() -> None:
    state = empty_state(1)
    slots = np.array([0], np.intp)

    def sample(status: int, reasons: int) -> SampleBatch:
        return SampleBatch(
            np.zeros(1, np.uint32), np.ones(1), np.array([status], np.uint32), np.array([reasons], np.uint16),
            np.array([100], np.int64), np.array([100], np.int64),
        )  # fmt: skip

    state.usable_time[0], state.status[0], state.reasons[0] = 100, Status.GOOD, 0
    held = sample(int(Status.UNCERTAIN_NO_COMMUNICATION_LAST_USABLE_VALUE), int(Reason.HELD))
    keep_proofs(state, slots, held, np.array([900], np.int64))
    assert state.usable_time[0] == 900
    keep_proofs(state, slots, sample(0, 0), np.array([950], np.int64))
    assert state.usable_time[0] == 900
