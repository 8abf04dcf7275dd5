"""Checkpoints are whole or said to be broken; a changed mapping keeps what means the same."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brownfield_api.errors import CorruptBatch
from brownfield_api.pipeline_config import PropertyConfig, QualityConfig
from brownfield_api.status import Reason
from brownfield_pipeline.checkpoint import Checkpoint, CheckpointStore, decode_checkpoint, encode_checkpoint
from brownfield_pipeline.resume import Place
from brownfield_pipeline.slots import number_slots
from brownfield_pipeline.stage import Stage

PLACE = Place(stream="s", position=5, epoch=1, seq=5)


def checkpoint_of(plant: Any, position: int = 5) -> Checkpoint:
    bench = plant.bench(plant.config([PropertyConfig(name="a", tag="t0")]), plant.table(1))
    bench.feed(plant.sample(0, 1.0, 2.0))
    return Checkpoint(bench.stage.slots.table_name, plant.replace(PLACE, position=position), bench.stage.state)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_no_damaged_checkpoint_is_taken_for_a_whole_one(plant: Any, data: st.DataObject) -> None:
    content = bytearray(encode_checkpoint(checkpoint_of(plant)))
    at = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        content[at] ^= data.draw(st.integers(1, 255))
    else:
        del content[at:]
    with pytest.raises(CorruptBatch):
        decode_checkpoint(bytes(content))


def test_a_damaged_checkpoint_is_named_and_the_one_before_serves(plant: Any, tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    assert store.load().checkpoint is None
    store.save(checkpoint_of(plant, 5))
    store.save(checkpoint_of(plant, 6))
    newest = tmp_path / "checkpoint"
    newest.write_bytes(newest.read_bytes()[:-3])
    loaded = store.load()
    assert loaded.checkpoint is not None
    assert loaded.checkpoint.place.position == 5
    assert str(newest) in loaded.problems[0]
    (tmp_path / "checkpoint.before").write_bytes(b"")
    assert store.load().checkpoint is None
    assert len(store.load().problems) == 2


def test_a_changed_mapping_keeps_the_state_of_what_means_the_same(plant: Any, tmp_path: Path) -> None:
    rules = QualityConfig(flatline=10.0)
    before = plant.config(
        [
            PropertyConfig(name="a", tag="t0", quality=rules),
            PropertyConfig(name="b", tag="t1", quality=rules),
            PropertyConfig(name="c", tag="t0", quality=rules),
        ]
    )
    bench = plant.bench(before, plant.table(3))
    bench.feed(plant.sample(0, 1.0, 5.0), plant.sample(1, 1.0, 6.0))
    after = plant.config(
        [
            PropertyConfig(name="new", tag="t0", quality=rules),
            PropertyConfig(name="b", tag="t1", quality=rules),
            PropertyConfig(name="a", tag="t2", quality=rules),
            PropertyConfig(name="c", tag="t0", quality=plant.replace(rules, flatline=100.0)),
        ],
        generation="g2",
    )
    store, slots = CheckpointStore(tmp_path), bench.stage.slots
    store.save_table(slots.table_name, slots.packed_table)
    old_table = store.load_table(slots.table_name)
    assert old_table == slots.table
    assert store.load_table("0" * 32) is None
    carried = bench.stage.state.carried_to(slots.table, number_slots(after).table)
    bench.stage = Stage(after, state=carried)
    stored = bench.feed(plant.sample(0, 20.0, 5.0), plant.sample(1, 20.0, 6.0), plant.sample(2, 20.0, 5.0)).stored
    reasons = dict(zip(stored.index.tolist(), stored.reasons.tolist(), strict=True))
    assert reasons == {0: 0, 1: Reason.FLATLINE, 2: 0, 3: 0}
    store.forget_tables(set())
    assert store.load_table(slots.table_name) is None
