"""What becomes of values on their way: marked first ones, held ones, heartbeats, counts."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from brownfield_adapters.deadband import Deadband
from brownfield_adapters.feed import HEARTBEAT, RENEWAL, SourceFeed
from brownfield_adapters.samples import without_value
from brownfield_api.adapter_config import ModbusOptions, SourceConfig
from brownfield_api.batch import SampleBatch, empty_batch, utf8_column
from brownfield_api.health import LinkState, QualityCounts
from brownfield_api.status import Reason, Status
from brownfield_api.tables import Tag, TagTable, ValueType

SECOND = 10**9
START = 1_800_000_000 * SECOND
TABLE = TagTable(
    tags=(
        Tag(name="a", address="holding:0"),
        Tag(name="b", address="holding:4", deadband=0.5),
        Tag(name="n", address="holding:8", type=ValueType.INT64),
        Tag(name="s", address="holding:12[4]", type=ValueType.STRING),
    )
)


@dataclass
class Sent:
    """What an outlet was given."""

    batch: SampleBatch
    as_of: int
    position: str


@dataclass
class RecordingOutlet:
    """The end of a feed: keeps what it is given."""

    last_input: str = ""
    sent: list[Sent] = field(default_factory=list)

    def append(self, batch: SampleBatch, *, table: str, as_of: int, input: str = "") -> None:  # noqa: A002
        assert table == "hash"
        self.sent.append(Sent(batch, as_of, input))

    async def room(self) -> None:
        return


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now


@dataclass
class Bench:
    """A feed between a hand that plays the driver and an outlet that records."""

    feed: SourceFeed
    outlet: RecordingOutlet
    clock: Clock

    @property
    def last(self) -> Sent:
        return self.outlet.sent[-1]


def make_bench(*, keeps_history: bool = False, resumed: bool = False) -> Bench:
    outlet, clock = RecordingOutlet(), Clock()
    config = SourceConfig(
        name="s1", subject="bf.raw.x.y.s1", interval=1.0, table="t", timestamps="gather", options=ModbusOptions()
    )
    feed = SourceFeed(
        config, TABLE, outlet, table_hash="hash", clock=clock, keeps_history=keeps_history, resumed=resumed
    )
    return Bench(feed, outlet, clock)


@pytest.fixture
def bench() -> Bench:
    return make_bench()


def samples(*rows: int, value: float = 1.0, time: int = START, status: Status = Status.GOOD) -> SampleBatch:
    count = len(rows)
    times = np.full(count, time, np.int64)
    integers = np.array([2**62 + 1 if row == 2 else 0 for row in rows], np.int64)
    return SampleBatch(
        index=np.array(rows, np.uint32),
        value=np.full(count, value),
        status=np.full(count, status, np.uint32),
        reasons=np.zeros(count, np.uint16),
        source_time=times,
        receive_time=times,
        value_i64=integers,
        value_utf8=utf8_column(["text" if row == 3 else "" for row in rows]),
    )


def test_only_the_first_sample_of_a_tag_after_connecting_is_initial(bench: Bench) -> None:
    bench.feed.linked()
    bench.feed.deliver(samples(0, 1, 0), as_of=START)
    bench.feed.deliver(samples(0, 3), as_of=START)
    first, second = (sent.batch.reasons.tolist() for sent in bench.outlet.sent)
    assert first == [Reason.INITIAL, Reason.INITIAL, 0]
    assert second == [0, Reason.INITIAL]


def test_on_link_loss_each_good_value_is_held_with_its_original_times(bench: Bench) -> None:
    bench.feed.linked()
    bench.feed.deliver(samples(0, 2, 3, value=7.0), as_of=START)
    bench.clock.now += 5 * SECOND
    bench.feed.unlinked("cable out")
    held = bench.last
    assert held.as_of == 0
    assert held.batch.index.tolist() == [0, 1, 2, 3]
    last_usable = Status.UNCERTAIN_NO_COMMUNICATION_LAST_USABLE_VALUE
    assert held.batch.status.tolist() == [last_usable, Status.BAD_WAITING_FOR_INITIAL_DATA, last_usable, last_usable]
    assert held.batch.reasons.tolist() == [Reason.HELD, 0, Reason.HELD, Reason.HELD]
    assert held.batch.source_time.tolist() == [START, START + 5 * SECOND, START, START]
    assert held.batch.receive_time.tolist() == held.batch.source_time.tolist()
    assert held.batch.value[0] == 7.0
    assert np.isnan(held.batch.value[1])
    assert held.batch.value_i64 is not None
    assert held.batch.value_i64[2] == 2**62 + 1
    assert held.batch.texts() == ["", "", "", "text"]
    assert bench.feed.counts() == QualityCounts(uncertain=3, bad=1)
    assert (bench.feed.state, bench.feed.message) == (LinkState.BACKOFF, "cable out")


def test_a_tag_whose_last_word_was_bad_does_not_become_better_by_being_held(bench: Bench) -> None:
    bench.feed.linked()
    bench.feed.deliver(samples(0, 1, 2, 3), as_of=START)
    bench.feed.deliver(without_value([0], Status.BAD_NOT_READABLE, now=START), as_of=START)
    bench.feed.unlinked("cable out")
    assert bench.last.batch.index.tolist() == [1, 2, 3]


def test_held_values_are_said_once_then_with_each_heartbeat(bench: Bench) -> None:
    bench.feed.linked()
    bench.feed.deliver(samples(0, 1, 2, 3), as_of=START)
    for _ in range(3):
        bench.feed.unlinked("cable out")
    assert len(bench.outlet.sent) == 2
    for _ in range(25):
        bench.clock.now += SECOND
        bench.feed.tick(1.0)
    assert len(bench.outlet.sent) == 4
    assert bench.last.batch.source_time.tolist() == [START] * 4


@pytest.mark.parametrize(
    ("keeps_history", "expected"), [(False, Reason.INITIAL | Reason.GAP_BEFORE), (True, Reason.INITIAL)]
)
def test_the_gap_of_a_lost_link_is_on_record_unless_the_source_keeps_history(
    keeps_history: bool, expected: Reason
) -> None:
    bench = make_bench(keeps_history=keeps_history)
    bench.feed.linked()
    bench.feed.deliver(samples(0), as_of=START)
    assert bench.last.batch.reasons.tolist() == [Reason.INITIAL]
    bench.feed.unlinked("cable out")
    assert bench.feed.linked()
    bench.feed.deliver(samples(0), as_of=START)
    assert bench.last.batch.reasons.tolist() == [expected]
    assert bench.feed.reconnects == 1


def test_a_restarted_process_records_the_gap_of_a_register() -> None:
    bench = make_bench(resumed=True)
    bench.feed.linked()
    bench.feed.deliver(samples(0), as_of=START)
    assert bench.last.batch.reasons.tolist() == [Reason.INITIAL | Reason.GAP_BEFORE]


def test_empty_batches_renew_as_of_at_most_each_second_and_the_last_one_is_not_forgotten(bench: Bench) -> None:
    bench.feed.linked()
    bench.feed.deliver(samples(0), as_of=START)
    for step in range(1, 10):
        bench.clock.now = START + step * RENEWAL // 10
        bench.feed.deliver(empty_batch(), as_of=bench.clock.now)
    assert len(bench.outlet.sent) == 1
    bench.clock.now = START + RENEWAL
    bench.feed.tick(0.0)
    assert len(bench.outlet.sent) == 2
    assert (len(bench.last.batch), bench.last.as_of) == (0, START + 9 * RENEWAL // 10)


def test_a_clock_that_is_set_back_does_not_silence_the_heartbeats(bench: Bench) -> None:
    bench.feed.linked()
    bench.feed.deliver(samples(0, 1, 2, 3), as_of=START)
    bench.feed.unlinked("cable out")
    bench.clock.now -= 3600 * SECOND
    bench.feed.tick(1.0)
    assert len(bench.outlet.sent) == 3


def test_an_empty_batch_that_moves_the_position_is_sent_at_once(bench: Bench) -> None:
    bench.feed.linked()
    bench.feed.deliver(samples(0), as_of=START, position="row 1")
    bench.feed.deliver(empty_batch(), as_of=START, position="row 1")
    bench.feed.deliver(empty_batch(), as_of=START, position="row 2")
    assert [sent.position for sent in bench.outlet.sent] == ["row 1", "row 2"]
    assert bench.feed.position == "row 2"


def test_tags_without_any_sample_are_said_to_be_waiting_once_the_link_is_up_a_while(bench: Bench) -> None:
    bench.feed.linked()
    bench.feed.deliver(samples(0), as_of=START)
    bench.clock.now += HEARTBEAT
    bench.feed.tick(0.0)
    bench.feed.tick(0.0)
    waiting = [sent for sent in bench.outlet.sent if Status.BAD_WAITING_FOR_INITIAL_DATA in sent.batch.status]
    assert [sent.batch.index.tolist() for sent in waiting] == [[1, 2, 3]]


def test_polls_that_were_due_while_nobody_could_poll_are_counted(bench: Bench) -> None:
    for _ in range(10):
        bench.feed.tick(0.25)
    assert bench.feed.scheduled == 2


def test_samples_are_counted_by_quality_and_tags_by_their_last_word(bench: Bench) -> None:
    bench.feed.linked()
    bench.feed.deliver(samples(0, 1), as_of=START)
    bench.feed.deliver(samples(0, 2, status=Status.UNCERTAIN), as_of=START)
    bench.feed.deliver(without_value([3], Status.BAD_NO_DATA, now=START), as_of=START)
    assert bench.feed.samples == QualityCounts(good=2, uncertain=2, bad=1)
    assert bench.feed.counts() == QualityCounts(good=1, uncertain=2, bad=1)


def test_a_deadband_lets_only_changes_through_and_every_change_of_status() -> None:
    deadband = Deadband.of(TABLE)
    assert deadband is not None
    kept = [deadband.changed(samples(0, 1, value=value)).index.tolist() for value in (1.0, 1.4, 1.5, 1.6)]
    assert kept == [[0, 1], [0], [0], [0, 1]]
    assert deadband.changed(samples(1, value=1.6, status=Status.UNCERTAIN)).index.tolist() == [1]
    deadband.reset()
    assert deadband.changed(samples(1, value=1.6, status=Status.UNCERTAIN)).index.tolist() == [1]
