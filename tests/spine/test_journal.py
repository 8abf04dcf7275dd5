"""The journal keeps every frame in order through kills, torn tails and rot, and stays within its size."""

import tempfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brownfield_api.header import BatchHeader
from brownfield_spine.journal import Amount, Journal
from brownfield_spine.journal_frames import Frame, read, scan


def frame(seq: int, *, size: int = 40, time: int = 0, more: bool = False, epoch: int = 1) -> Frame:
    payload = bytes([seq % 256]) * size
    header = BatchHeader(
        epoch=epoch, seq=seq, crc=zlib.crc32(payload), table="t", as_of=seq, source="pump", input=f"row {seq}"
    )
    return Frame(header, payload, time, 3, more)


def drain(journal: Journal) -> list[int]:
    seqs = []
    while (head := journal.peek(0)[0]) is not None:
        seqs.append(head.header.seq)
        journal.acknowledged(head.place)
    return seqs


def files(directory: Path) -> list[Path]:
    return sorted(directory.glob("*.journal"))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("append"), st.integers(1, 12), st.integers(0, 3000)),
            st.tuples(st.just("acknowledge"), st.integers(1, 20), st.just(0)),
            st.tuples(st.just("reopen"), st.just(0), st.just(0)),
        ),
        max_size=40,
    )
)
def test_a_journal_is_a_fifo_that_survives_being_opened_again(steps: list[tuple[str, int, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder), size=1 << 16 << 6)
        appended = acknowledged = 0
        for step, count, size in steps:
            if step == "append":
                journal.append([frame(appended + n, size=size, more=n < count) for n in range(1, count + 1)])
                appended += count
            elif step == "acknowledge":
                acknowledged = min(acknowledged + count, appended)
                journal.acknowledged((1, acknowledged))
            else:
                journal.close()
                journal = Journal(Path(folder), size=1 << 16 << 6)
                journal.acknowledged((1, acknowledged))
                assert journal.damaged == 0
            head, given_up = journal.peek(0)
            assert given_up == Amount()
            assert (head.header.seq if head else None) == (acknowledged + 1 if acknowledged < appended else None)
            assert journal.pending == Amount(appended - acknowledged, 3 * (appended - acknowledged))
            assert (journal.last.header.seq if journal.last else 0) == appended
        assert drain(journal) == list(range(acknowledged + 1, appended + 1))
        assert journal.used == 0
        journal.close()


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 20), st.data())
def test_a_torn_tail_costs_only_the_append_it_tore(count: int, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder), size=1 << 22)
        for seq in range(1, count + 1):
            journal.append([frame(2 * seq - 1, more=True), frame(2 * seq)])
        journal.close()
        path = files(Path(folder))[0]
        whole = path.stat().st_size
        cut = data.draw(st.integers(0, whole - 1))
        path.write_bytes(path.read_bytes()[:cut])
        survived = cut * count // whole  # every append has the same size up to a digit or two
        again = Journal(Path(folder), size=1 << 22)
        seqs = drain(again)
        assert seqs == list(range(1, len(seqs) + 1))
        assert len(seqs) % 2 == 0
        assert abs(len(seqs) // 2 - survived) <= 1
        again.append([frame(99)])
        again.close()
        assert [found.header.seq for found, _, _ in scan(files(Path(folder))[-1].read_bytes())][-1] == 99


@settings(max_examples=100, deadline=None)
@given(st.integers(2, 12), st.integers(0, 10_000), st.integers(1, 255))
def test_a_flipped_byte_costs_at_most_the_frame_it_hit(count: int, position: int, flip: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder), size=1 << 22)
        for seq in range(1, count + 1):
            journal.append([frame(seq)])
        journal.close()
        path = files(Path(folder))[0]
        rotten = bytearray(path.read_bytes())
        rotten[position % len(rotten)] ^= flip
        path.write_bytes(rotten)
        again = Journal(Path(folder), size=1 << 22)
        assert again.damaged > 0
        seqs = drain(again)
        assert seqs == sorted(set(seqs))
        assert len(seqs) == count - 1
        again.close()


def test_rot_that_appears_while_the_journal_is_open_is_counted_and_stepped_over(tmp_path: Path) -> None:
    journal = Journal(tmp_path, size=1 << 22)
    for seq in range(1, 31):
        journal.append([frame(seq)])
    path = files(tmp_path)[0]
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle] ^= 0xFF
    path.write_bytes(content)
    seqs, lost = [], Amount()
    while True:
        head, given_up = journal.peek(0)
        lost += given_up
        if head is None:
            break
        seqs.append(head.header.seq)
        journal.acknowledged(head.place)
    assert len(seqs) + lost.batches == 30
    assert lost.batches >= 1
    assert seqs == sorted(set(seqs))
    journal.close()


def test_the_last_frame_stays_although_everything_is_acknowledged(tmp_path: Path) -> None:
    journal = Journal(tmp_path, size=1 << 18)
    for seq in range(1, 500):
        journal.append([frame(seq, size=1000)])
        journal.acknowledged((1, seq))
    assert len(files(tmp_path)) == 1
    journal.close()
    again = Journal(tmp_path, size=1 << 18)
    assert again.last is not None
    assert again.last.header.seq == 499
    assert again.last.header.input == "row 499"
    again.close()


def test_a_full_journal_gives_up_the_oldest_and_says_how_much(tmp_path: Path) -> None:
    size = 1 << 16
    journal = Journal(tmp_path, size=size)
    lost = Amount()
    for seq in range(1, 1001):
        lost += journal.append([frame(seq, size=500)])
        assert sum(path.stat().st_size for path in files(tmp_path)) <= size + 1000
    assert lost.batches > 800
    assert lost.samples == 3 * lost.batches
    assert drain(journal) == list(range(lost.batches + 1, 1001))
    journal.close()


def test_what_is_too_old_is_given_up(tmp_path: Path) -> None:
    journal = Journal(tmp_path, size=1 << 20, max_age=10.0)
    for seq in range(1, 21):
        journal.append([frame(seq, time=seq * 1_000_000_000)])
    head, given_up = journal.peek(15_000_000_000)
    assert head is not None
    assert head.header.seq == 5
    assert given_up == Amount(4, 12)
    journal.close()


def test_a_journal_set_aside_is_kept_for_people_and_forgotten_by_the_writer(tmp_path: Path) -> None:
    journal = Journal(tmp_path, size=1 << 20)
    journal.append([frame(1)])
    journal.set_aside((1, 1))
    assert journal.peek(0)[0] is None
    journal.append([frame(1, epoch=2)])
    journal.close()
    again = Journal(tmp_path, size=1 << 20)
    assert [again.last.place if again.last else None, len(list(tmp_path.glob("*.fenced")))] == [(2, 1), 1]
    again.close()


def test_a_file_of_rubbish_is_moved_away(tmp_path: Path) -> None:
    (tmp_path / "000000000007.journal").write_bytes(b"rubbish!" * 625)
    journal = Journal(tmp_path, size=1 << 20)
    assert journal.damaged == 5000
    assert journal.last is None
    journal.append([frame(1)])
    assert [path.name for path in files(tmp_path)] == ["000000000008.journal"]
    assert (tmp_path / "000000000007.journal.damaged").exists()
    journal.close()


def test_a_refused_write_leaves_the_journal_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path, size=1 << 20)
    journal.append([frame(1)])
    (tmp_path / "000000000002.journal").mkdir()  # the name of the next segment is taken
    journal.close()
    with pytest.raises(OSError, match="exists"):
        journal.append([frame(2)])
    assert drain(journal) == [1]
    (tmp_path / "000000000002.journal").rmdir()
    journal.append([frame(2)])
    assert drain(journal) == [2]
    journal.close()


@given(st.binary(max_size=300))
def test_any_bytes_can_be_scanned(data: bytes) -> None:
    assert list(scan(data)) == []
    packed = frame(1).pack()
    assert [found.header.seq for found, _, _ in scan(data + packed + data)] == [1]
    assert read(packed, 1) is None
