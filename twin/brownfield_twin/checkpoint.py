"""The twin's memory across restarts: state, counters and position in one file, consistent with each other.

Written to a temporary name and renamed, so a kill leaves the old file or the new one; the one before is
kept too. A CRC tells a file that a power cut or a disk damaged; it is said and the one before is used,
or the twin is rebuilt from the start of the stream. Slots are found by name: after a change of
configuration what still exists keeps its state.
"""

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np
import numpy.typing as npt
import structlog

from brownfield_api.errors import UNDECODABLE, BrownfieldError
from brownfield_api.health import Hop, QualityCounts
from brownfield_spine.hops import HopCounter
from brownfield_twin.arrivals import HopTotals
from brownfield_twin.core import Twin
from brownfield_twin.progress import Progress
from brownfield_twin.sequence import Standing
from brownfield_twin.state import ARRAYS

NAME = "twin.checkpoint"

_MAGIC = b"BFTWIN1\n"

Row = TypeVar("Row", bound=np.generic)
_log = structlog.get_logger(__name__)


class DamagedCheckpoint(BrownfieldError):
    """A checkpoint file that is not what was written."""


class SavedHop(msgspec.Struct, frozen=True):
    """Where a subject's counting stands, and its counts."""

    epoch: int
    seq: int
    counts: Hop


class SavedSequence(msgspec.Struct, frozen=True):
    """`brownfield_twin.sequence.Standing`, columns as bytes over the slots `names`."""

    names: list[str]
    last: bytes
    time: bytes
    seen: bytes
    hop: Hop


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that must survive. `columns` are the arrays of `State` as bytes, one row
    per name; `tables` the hash of the newest table of each subject.
    """

    progress: Progress
    tables: dict[str, str]
    names: tuple[str, ...]
    columns: dict[str, bytes]
    texts: dict[str, str]
    as_of: dict[str, int]
    heard: dict[str, int]
    hops: dict[str, SavedHop]
    quality: QualityCounts
    sequence: SavedSequence


def capture(twin: Twin, progress: Progress, tables: dict[str, str]) -> Saved:
    """A copy of the twin as of `progress`; later changes of the twin do not touch it. `tables`: as in `Saved`."""
    names = twin.layout.names
    standing = twin.sequence.standing
    return Saved(
        progress=progress,
        tables=dict(tables),
        names=names,
        columns={name: getattr(twin.state, name).tobytes() for name in ARRAYS},
        texts={names[slot]: text for slot, text in twin.state.texts.items()},
        as_of=twin.vouching.as_of,
        heard=twin.vouching.heard,
        hops={
            subject: SavedHop(hop.counter.epoch, hop.counter.seq, hop.total())
            for subject, hop in twin.arrivals.hops.items()
        },
        quality=twin.arrivals.quality,
        sequence=SavedSequence(
            [names[slot] for slot in twin.sequence.slots.tolist()],
            standing.last.tobytes(),
            standing.time.tobytes(),
            standing.seen.tobytes(),
            standing.hop,
        ),
    )


def restore(twin: Twin, saved: Saved) -> None:
    """Bring a new twin to the saved state; slots that are gone are forgotten, new ones stay empty."""
    rows, slots = _matching(saved.names, twin.layout.names)
    for name in ARRAYS:
        column = getattr(twin.state, name)
        column[slots] = np.frombuffer(saved.columns[name], column.dtype)[rows]
    position = {name: slot for slot, name in enumerate(twin.layout.names)}
    twin.state.texts.update({position[name]: text for name, text in saved.texts.items() if name in position})
    for source, as_of in saved.as_of.items():
        twin.vouching.renew(source, as_of)
    for source, proven in saved.heard.items():
        twin.vouching.hear(source, proven)
    for subject, hop in saved.hops.items():
        twin.arrivals.hops[subject] = HopTotals(HopCounter(hop.epoch, hop.seq), hop.counts)
    twin.arrivals.quality = saved.quality
    _restore_sequence(twin, saved.sequence)


def _restore_sequence(twin: Twin, saved: SavedSequence) -> None:
    names = twin.layout.names
    rows, counters = _matching(saved.names, [names[slot] for slot in twin.sequence.slots.tolist()])
    standing = twin.sequence.standing
    twin.sequence.standing = Standing(
        last=_fill(standing.last, counters, saved.last, rows),
        time=_fill(standing.time, counters, saved.time, rows),
        seen=_fill(standing.seen, counters, saved.seen, rows),
        hop=saved.hop,
    )


def _fill(column: npt.NDArray[Row], where: list[int], content: bytes, rows: list[int]) -> npt.NDArray[Row]:
    """A copy of `column` with the saved rows put in."""
    filled = column.copy()
    filled[where] = np.frombuffer(content, column.dtype)[rows]
    return filled


def _matching(old: Sequence[str], new: Sequence[str]) -> tuple[list[int], list[int]]:
    """Rows of `old` and of `new` that have the same name."""
    where = {name: row for row, name in enumerate(old)}
    pairs = [(where[name], row) for row, name in enumerate(new) if name in where]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def write(directory: Path, saved: Saved) -> None:
    """Put a checkpoint into `directory`, keeping the one before; raises `OSError` (the old ones stay)."""
    content = msgspec.msgpack.encode(saved)
    path, new, before = directory / NAME, directory / f"{NAME}.new", directory / f"{NAME}.before"
    directory.mkdir(parents=True, exist_ok=True)
    new.write_bytes(_MAGIC + zlib.crc32(content).to_bytes(4, "big") + content)
    if path.exists():
        path.replace(before)
    new.replace(path)


def load(directory: Path) -> Saved | None:
    """The newest checkpoint that is whole; None (said, unless this is the first start) if there is none."""
    for name in (NAME, f"{NAME}.before"):
        path = directory / name
        try:
            return _read(path)
        except FileNotFoundError:
            continue
        except (DamagedCheckpoint, OSError) as error:
            _log.warning("checkpoint cannot be used; an older one or the start of the stream is", error=str(error))
    return None


def _read(path: Path) -> Saved:
    content = path.read_bytes()
    head = len(_MAGIC) + 4
    if content[: len(_MAGIC)] != _MAGIC or zlib.crc32(content[head:]) != int.from_bytes(content[len(_MAGIC) : head]):
        raise DamagedCheckpoint("its checksum is wrong", str(path))
    try:
        saved = msgspec.msgpack.decode(content[head:], type=Saved)
    except UNDECODABLE as error:
        raise DamagedCheckpoint(str(error), str(path)) from error
    if {len(saved.columns.get(name, b"")) // 8 for name in _WIDE} - {len(saved.names)}:
        raise DamagedCheckpoint("its columns are of unequal length", str(path))
    return saved


_WIDE = tuple(name for name in ARRAYS if name not in {"status", "reasons"})
