"""One subject's write-ahead FIFO on disk: what was read is here before anybody tries to publish it.

Segment files are appended to with one `write` and no fsync, which survives the death of the process
(SIGKILL), not a power cut. A segment goes when all of it is acknowledged and a newer one exists: the last
frame always stays, because a restarted writer proves its continuity with it. Acknowledgements are not
written down; the spine itself knows what it holds (see `brownfield_spine.writer`).

Frames are read back from disk one at a time, however long the backlog; the newest few are also kept
in memory, so that in quiet times nothing is read at all. No asyncio here, no spine, no clock.
"""

import errno
import io
import os
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from brownfield_spine.journal_frames import PREFIX, Frame, read, scan, sizes

_SEGMENT_BYTES = 1 << 20
_FULL = 0.8
_RECENT_FRAMES = 8
_RECENT_BYTES = 256 * 1024
_SUFFIX = ".journal"


@dataclass(frozen=True, slots=True)
class Amount:
    """A number of batches and the samples in them."""

    batches: int = 0
    samples: int = 0

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(self.batches + other.batches, self.samples + other.samples)


@dataclass(slots=True)
class _Segment:
    """A file of frames; `frames` and `rows` count what of it is pending, `last` is the place of the newest."""

    path: Path
    last: tuple[int, int] = (0, 0)
    size: int = 0
    frames: int = 0
    rows: int = 0


class Journal:
    """The journal in `directory`, of about `size` bytes; what is older than `max_age` seconds is given up (0: nothing).

    Opening and `append` raise `OSError` when the disk refuses; reading back never does.
    """

    def __init__(self, directory: Path, *, size: int, max_age: float = 0.0) -> None:
        self._directory = directory
        self._size = size
        self._max_age_ns = int(max_age * 1e9)
        self._segment_bytes = max(4096, min(_SEGMENT_BYTES, size // 8))
        self._segments: deque[_Segment] = deque()
        self._offset = 0  # of the oldest pending frame in the first segment
        self._head: tuple[Frame, int] | None = None
        self._recent: deque[tuple[Frame, int]] = deque()  # all that is pending, or nothing
        self._recent_bytes = 0
        self._file: io.FileIO | None = None
        self._number = 0
        self._unreadable = Amount()
        self.pending = Amount()
        """What is not acknowledged."""
        self.last: Frame | None = None
        """The newest frame, acknowledged or not."""
        self.damaged = 0
        """Bytes found unreadable, or torn off, when the journal was opened."""
        directory.mkdir(parents=True, exist_ok=True)
        self._recover()

    @property
    def used(self) -> int:
        """Bytes from the oldest pending frame to the end, 0 if nothing is pending."""
        return sum(segment.size for segment in self._segments) - self._offset if self.pending.batches else 0

    @property
    def has_room(self) -> bool:
        """Whether less than 80 % is pending; then the next append, however large, gives nothing up."""
        return self.used < self._size * _FULL

    def append(self, frames: Sequence[Frame]) -> Amount:
        """Store `frames`, all or none, and return what had to be given up to stay within the size."""
        had_room = self.has_room
        data = [frame.pack() for frame in frames]
        if self._file is None or self._segments[-1].size >= self._segment_bytes:
            self._begin_segment()
        self._write(b"".join(data))
        segment = self._segments[-1]
        rows = sum(frame.rows for frame in frames)
        segment.frames += len(frames)
        segment.rows += rows
        segment.last = frames[-1].place
        self._remember(frames, [len(packed) for packed in data])
        self.pending += Amount(len(frames), rows)
        self.last = frames[-1]
        return Amount() if had_room else self._shrink()

    def peek(self, now: int) -> tuple[Frame | None, Amount]:
        """The oldest pending frame, and what was given up: too old at `now` (ns since 1970 UTC) or unreadable."""
        given_up = Amount()
        while (frame := self._first()) is not None and self._max_age_ns and frame.time < now - self._max_age_ns:
            given_up += Amount(1, frame.rows)
            self._advance()
        given_up += self._unreadable
        self._unreadable = Amount()
        return frame, given_up

    def acknowledged(self, place: tuple[int, int]) -> None:
        """Let go of every pending frame up to and including `place` = (epoch, seq)."""
        while (frame := self._first()) is not None and frame.place <= place:
            self._advance()

    def set_aside(self, place: tuple[int, int]) -> None:
        """Forget everything up to and including `place`: somebody else has taken over, or the spine has it.

        Segments that end there are renamed to `*.fenced`. Each opening begins a segment of its own, so what an
        earlier writer left never shares one with what is to stay.
        """
        while self._segments and self._segments[0].last <= place:
            segment = self._segments[0]
            if len(self._segments) == 1:
                self.close()
            segment.path.rename(segment.path.with_name(f"{segment.path.name}.fenced"))
            gone = Amount(segment.frames, segment.rows)
            self._settle(gone)
            self._drop_recent(min(gone.batches, len(self._recent)))
            self._segments.popleft()
            self._offset = 0
        self.acknowledged(place)
        if not self._segments:
            self.last = None

    def close(self) -> None:
        """Release the file; a later append opens a new one."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _first(self) -> Frame | None:
        """The oldest pending frame, from memory or disk."""
        if self._head is None:
            if not self.pending.batches:
                return None
            self._head = self._recent[0] if self._recent else self._read_head()
        return self._head[0] if self._head else None

    def _advance(self) -> None:
        """Let go of the frame `_first` returned."""
        if self._head is None:
            return
        frame, size = self._head
        self._head = None
        self._offset += size
        if self._recent:
            self._drop_recent(1)
        self._settle(Amount(1, frame.rows))
        self._drop_finished()

    def _settle(self, gone: Amount) -> None:
        segment = self._segments[0]
        segment.frames -= gone.batches
        segment.rows -= gone.samples
        self.pending += Amount(-gone.batches, -gone.samples)

    def _read_head(self) -> tuple[Frame, int] | None:
        while self.pending.batches:
            found = self._read_at(self._segments[0].path, self._offset) or self._resynchronise()
            if found is not None:
                return found
            segment = self._segments[0]
            gone = Amount(segment.frames, segment.rows)
            self._unreadable += gone
            self._offset = segment.size
            self._settle(gone)
            self._drop_finished()
        return None

    def _read_at(self, path: Path, offset: int) -> tuple[Frame, int] | None:
        try:
            with path.open("rb", buffering=0) as file:
                file.seek(offset)
                prefix = file.read(PREFIX.size)
                found = sizes(prefix)
                if found is None:
                    return None
                data = prefix + file.read(found[1] + found[2])
        except OSError:
            return None  # counted as unreadable by the caller, who is told with the next peek
        return read(data, 0)

    def _resynchronise(self) -> tuple[Frame, int] | None:
        segment = self._segments[0]
        try:
            data = segment.path.read_bytes()
        except OSError:
            return None  # as above
        for frame, start, end in scan(data, self._offset):
            self._offset = start
            return frame, end - start
        return None

    def _remember(self, frames: Sequence[Frame], lengths: Sequence[int]) -> None:
        """Keep the frames in memory if all that is pending can be kept there, else nothing at all."""
        whole = len(self._recent) == self.pending.batches
        small = self._recent_bytes + sum(lengths) <= _RECENT_BYTES and len(self._recent) + len(frames) <= _RECENT_FRAMES
        if whole and small:
            self._recent.extend(zip(frames, lengths, strict=True))
            self._recent_bytes += sum(lengths)
        else:
            self._drop_recent(len(self._recent))

    def _drop_recent(self, count: int) -> None:
        for _ in range(count):
            self._recent_bytes -= self._recent.popleft()[1]
        self._head = None

    def _drop_finished(self) -> None:
        while len(self._segments) > 1 and not self._segments[0].frames:
            self._unlink_first()

    def _unlink_first(self) -> None:
        self._segments.popleft().path.unlink(missing_ok=True)
        self._offset = 0

    def _shrink(self) -> Amount:
        lost = Amount()
        total = sum(segment.size for segment in self._segments)
        while total > self._size and len(self._segments) > 1:
            segment = self._segments[0]
            total -= segment.size
            gone = Amount(segment.frames, segment.rows)
            self._settle(gone)
            self._drop_recent(min(gone.batches, len(self._recent)))
            self._unlink_first()
            lost += gone
        return lost

    def _begin_segment(self) -> None:
        self.close()
        path = self._directory / f"{self._number + 1:012d}{_SUFFIX}"
        self._file = io.FileIO(path, "xb")
        self._number += 1
        self._segments.append(_Segment(path))
        self._drop_finished()

    def _write(self, data: bytes) -> None:
        segment = self._segments[-1]
        if self._file is None:
            raise OSError(errno.EBADF, "journal is closed", str(segment.path))
        try:
            if self._file.write(data) != len(data):
                raise OSError(errno.ENOSPC, "only part of a batch was written", str(segment.path))  # noqa: TRY301
        except OSError:
            self._take_back(segment)
            raise
        segment.size += len(data)

    def _take_back(self, segment: _Segment) -> None:
        """Cut off what a failed write left; if even that fails the next append begins a new segment."""
        if self._file is None:
            return
        try:
            self._file.truncate(segment.size)
            self._file.seek(segment.size)
        except OSError:
            self.close()

    def _recover(self) -> None:
        paths = sorted(path for path in self._directory.iterdir() if _SUFFIX in path.name)
        self._number = max((int(path.name.partition(".")[0]) for path in paths), default=0)
        for path in paths:
            if path.suffix == _SUFFIX:
                self._recover_segment(path)
        if self._segments:
            self._drop_finished()

    def _recover_segment(self, path: Path) -> None:
        data = path.read_bytes()
        found = list(scan(data))
        while found and found[-1][0].more:
            found.pop()  # the rest of this append was torn off, so none of it was ever published
        self.damaged += len(data) - sum(end - start for _, start, end in found)
        if not found:
            path.rename(path.with_name(f"{path.name}.damaged")) if data else path.unlink()
            return
        size = found[-1][2]
        if size < len(data):
            os.truncate(path, size)
        rows = sum(frame.rows for frame, _, _ in found)
        self._segments.append(_Segment(path, found[-1][0].place, size, len(found), rows))
        self.pending += Amount(len(found), rows)
        self.last = found[-1][0]
