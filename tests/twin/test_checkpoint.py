"""Checkpoints: what is saved is what is restored, and damage is noticed."""

from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from brownfield_api.header import BatchHeader
from brownfield_twin import checkpoint
from brownfield_twin.core import Twin
from brownfield_twin.progress import Progress
from brownfield_twin.state import ARRAYS

SECOND = 1_000_000_000
NOW = 1_800_000_000 * SECOND


def lived(farm: Any, polls: int) -> Any:
    twin = farm.twin()
    for step in range(polls):
        moment = NOW + step * SECOND
        twin.arrivals.observe(farm.subject, BatchHeader(epoch=5, seq=step + 1, crc=0, table="t", as_of=0, source=""), 8)
        farm.take(twin, farm.poll("T1", moment, power=float(step), count=step), as_of=moment)
    return twin


def save(twin: Any, directory: Path, position: int = 7) -> None:
    progress = Progress(stream="s", position=position, subjects=frozenset({"a"}))
    checkpoint.write(directory, checkpoint.capture(twin, progress, {"a": "t"}))


def test_a_restored_twin_is_the_saved_one(farm: Any, tmp_path: Path) -> None:
    twin = lived(farm, 5)
    save(twin, tmp_path)
    saved = checkpoint.load(tmp_path)
    assert saved is not None
    assert (saved.progress.position, saved.tables) == (7, {"a": "t"})
    other = Twin(farm.config())
    checkpoint.restore(other, saved)
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(other.state, name), getattr(twin.state, name))
    assert other.state.texts == twin.state.texts
    assert other.sequence.standing.hop == twin.sequence.standing.hop
    assert other.vouching.as_of == twin.vouching.as_of
    hop = other.arrivals.hops[farm.subject]
    assert (hop.counter.epoch, hop.counter.seq, hop.total().batches) == (5, 5, 5)


def test_a_captured_checkpoint_is_not_touched_by_what_comes_later(farm: Any, tmp_path: Path) -> None:
    twin = lived(farm, 3)
    saved = checkpoint.capture(twin, Progress(), {})
    before = dict(saved.columns)
    farm.take(twin, farm.poll("T1", NOW + 60 * SECOND, power=999.0))
    assert saved.columns == before


def test_a_damaged_newest_checkpoint_falls_back_to_the_one_before(farm: Any, tmp_path: Path) -> None:
    save(lived(farm, 1), tmp_path, position=1)
    save(lived(farm, 2), tmp_path, position=2)
    (tmp_path / checkpoint.NAME).write_bytes(b"")
    saved = checkpoint.load(tmp_path)
    assert saved is not None
    assert saved.progress.position == 1


def test_no_checkpoint_is_none(tmp_path: Path) -> None:
    assert checkpoint.load(tmp_path / "nowhere") is None


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
def test_any_flipped_or_missing_byte_is_noticed(farm: Any, tmp_path: Path, data: st.DataObject) -> None:
    save(lived(farm, 1), tmp_path)
    (tmp_path / f"{checkpoint.NAME}.before").unlink(missing_ok=True)
    path = tmp_path / checkpoint.NAME
    content = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        content[at] ^= data.draw(st.integers(1, 255))
    else:
        del content[at:]
    path.write_bytes(bytes(content))
    assert checkpoint.load(tmp_path) is None


def test_slots_are_found_by_name_after_a_change(farm: Any, tmp_path: Path) -> None:
    twin = lived(farm, 2)
    save(twin, tmp_path)
    config = farm.config()
    changed = Twin(farm.config(assets=config.assets[::-1], behaviours=()))
    saved = checkpoint.load(tmp_path)
    assert saved is not None
    checkpoint.restore(changed, saved)
    assert changed.state.value[changed.layout.slot["T1", "power"]] == 1.0
    assert np.isnan(changed.state.value[changed.layout.slot["T2", "power"]])
    assert changed.state.texts == {changed.layout.slot["T1", "serial"]: "SN-T1"}


def test_what_each_source_has_proven_survives(farm: Any) -> None:
    before, after = farm.twin(), farm.twin()
    farm.take(before, farm.poll("T1", NOW), source="r1", as_of=NOW - SECOND)
    checkpoint.restore(after, checkpoint.capture(before, Progress(), {}))
    assert (after.vouching.as_of, after.vouching.heard) == ({"r1": NOW - SECOND}, {"r1": NOW})
