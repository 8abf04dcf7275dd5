"""Killed anywhere and restored from a checkpoint taken anywhere before: the outputs are the same bytes."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from brownfield_api.batch import encode
from brownfield_api.header import BatchHeader
from brownfield_api.pipeline_config import AssetConfig, PropertyConfig, QualityConfig
from brownfield_api.status import Reason, Status
from brownfield_pipeline.checkpoint import Checkpoint, decode_checkpoint, encode_checkpoint
from brownfield_pipeline.outputs import numbered
from brownfield_pipeline.resume import Covered, Place, resume
from brownfield_pipeline.stage import Stage

RULES = QualityConfig(range_max=4.0, max_rate=2.0, flatline=2.0, max_gap=2.0, duplicates=True, out_of_order=True)
AWAY = QualityConfig(range_max=3.0, max_skew=1.0, on_violation="Quarantine")
PROPERTIES = [
    PropertyConfig(name="a", tag="t0", quality=RULES),
    PropertyConfig(name="b", tag="t1", quality=AWAY, role="other"),
    PropertyConfig(name="missing", tag="t9"),
    PropertyConfig(name="ratio", expression="a / b", quality=RULES),
    PropertyConfig(name="above", expression="ratio + a"),
]
_SAMPLE = st.tuples(
    st.integers(0, 1),
    st.sampled_from([0.0, 0.5, 1.0, 3.0]),
    st.sampled_from([0.0, 1.0, 1.0, 2.0, 5.0]),
    st.sampled_from([0, 0, 0, int(Status.BAD_TIMEOUT)]),
    st.sampled_from([0, 0, 0, int(Reason.HELD), int(Reason.INITIAL)]),
)
_BATCH = st.tuples(st.sampled_from(["S0", "S1"]), st.lists(_SAMPLE, max_size=4), st.integers(1, 2), st.booleans())

Message = tuple[str, BatchHeader, bytes]
Outputs = dict[tuple[str, int], tuple[str, bytes]]


def messages_of(plant: Any, bench: Any, batches: list[Any]) -> list[Message]:
    """The batches as messages; a step of 2 in the sequence loses one, a true flag repeats the message."""
    clock, found = 10.0, []
    for source, rows, step, twice in batches:
        samples = []
        for tag, ahead, value, status, reasons in rows:
            clock += ahead
            samples.append(plant.sample(tag, clock, value, status, reasons, clock + ahead / 2))
        payload = encode(plant.batch(samples))
        bench.seqs[source] = bench.seqs.get(source, 0) + step - 1
        header = bench.header(source, payload, clock)
        found += [(source, header, payload)] * (2 if twice else 1)
    return found


class Life:
    """One life of a pipeline without a network: the very order of `Pipeline.take`."""

    def __init__(self, bench: Any, stage: Stage, place: Place, outputs: Outputs) -> None:
        self.bench, self.stage, self.place, self.outputs = bench, stage, place, outputs

    def take(self, position: int, message: Message) -> None:
        source, header, payload = message
        if not self.stage.knows(source, header.table):
            self.stage.bind(source, header.table, self.bench.table)
        output = self.stage.step(source, header, payload)
        if output is None:
            return
        seqs = {"asset": self.place.seq, "quarantine": self.place.quarantine_seq}
        for name, batch in (("quarantine", output.quarantined), ("asset", output.asset)):
            if batch is None:
                continue
            for part, made_from, seq in numbered(batch, position=position, before=self.place.position, seq=seqs[name]):
                stored = (made_from, encode(part) + repr((output.as_of, output.source)).encode())
                assert self.outputs.setdefault((name, seq), stored) == stored
                seqs[name] = seq
        self.place = Place(
            stream="s", position=position, epoch=self.place.epoch, seq=seqs["asset"], quarantine_seq=seqs["quarantine"]
        )

    def checkpoint(self) -> bytes:
        return encode_checkpoint(Checkpoint(self.stage.slots.table_name, self.place, self.stage.state.copy()))


@settings(max_examples=150, deadline=None)
@given(st.lists(_BATCH, min_size=1, max_size=10), st.data())
def test_a_killed_pipeline_puts_out_the_same_bytes(plant: Any, batches: list[Any], data: st.DataObject) -> None:
    asset = AssetConfig(id="A0", class_name="Thing", sources={"default": "S0", "other": "S1"})
    config = plant.replace(plant.config(PROPERTIES, assets=2), assets=(asset,))
    bench = plant.bench(config, plant.table(2))
    messages = messages_of(plant, bench, batches)
    unkilled = Life(bench, bench.stage, Place(stream="s", epoch=1), {})
    for position, message in enumerate(messages, 1):
        unkilled.take(position, message)

    life = Life(bench, Stage(config), Place(stream="s", epoch=1), {})
    checkpoint = life.checkpoint()
    for _ in range(data.draw(st.integers(1, 4))):
        killed = data.draw(st.integers(life.place.position, len(messages)))
        saved = data.draw(st.integers(life.place.position, killed))
        for position in range(life.place.position + 1, killed + 1):
            life.take(position, messages[position - 1])
            if position == saved:
                checkpoint = life.checkpoint()
        restored = decode_checkpoint(checkpoint)
        covered = Covered(1, life.place.seq, str(life.place.position))
        decision = resume(restored.place, covered, Covered(), stream="s", now=9)
        assert decision.place == restored.place
        life = Life(bench, Stage(config, state=restored.state), restored.place, life.outputs)
    for position in range(life.place.position + 1, len(messages) + 1):
        life.take(position, messages[position - 1])
    assert life.outputs == unkilled.outputs
    assert encode_without_place(life) == encode_without_place(unkilled)


def encode_without_place(life: Life) -> bytes:
    return encode_checkpoint(Checkpoint("", Place(stream=""), life.stage.state))
