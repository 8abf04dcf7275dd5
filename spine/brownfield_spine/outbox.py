"""What a writer still has to publish: the journal, and a little memory for when the disk refuses.

The order is strict: journal first, memory behind it. As soon as the disk takes data again, memory
moves into the journal before anything newer does.
"""

from collections import deque
from collections.abc import Callable, Sequence

import structlog

from brownfield_spine.journal import Amount, Journal
from brownfield_spine.journal_frames import Frame

_MEMORY_FRAMES = 64
_MEMORY_BYTES = 4 * 1024 * 1024

_log = structlog.get_logger()


class Outbox:
    """FIFO of frames to publish. `dropped` counts what was given up; `trouble` is the disk's complaint or ""."""

    def __init__(self, journal: Journal, *, subject: str, clock: Callable[[], int]) -> None:
        self._journal = journal
        self._subject = subject
        self._clock = clock
        self._memory: deque[Frame] = deque()
        self._memory_bytes = 0
        self._dropping = False
        self.dropped = Amount()
        self.trouble = ""

    @property
    def last(self) -> Frame | None:
        """The newest frame on disk, acknowledged or not."""
        return self._journal.last

    @property
    def pending(self) -> Amount:
        """Batches and samples not acknowledged yet."""
        in_memory = Amount(len(self._memory), sum(frame.rows for frame in self._memory)) if self._memory else Amount()
        return self._journal.pending + in_memory

    @property
    def used(self) -> int:
        """Bytes not acknowledged yet."""
        return self._journal.used + self._memory_bytes

    @property
    def has_room(self) -> bool:
        """Whether a source that can wait should go on reading."""
        return not self._memory and self._journal.has_room

    @property
    def oldest(self) -> int:
        """When the oldest pending frame was appended, ns since 1970 UTC, 0 if none is pending."""
        frame = self.head()
        return frame.time if frame else 0

    def add(self, frames: Sequence[Frame]) -> bool:
        """Take `frames` of one append; whether they are on disk now."""
        try:
            self._move_to_disk()
            self._drop(self._journal.append(frames), "journal is full")
        except OSError as error:
            self._refused(error)
            self._hold(frames)
            return False
        if self.trouble:
            _log.info("journal takes data again", subject=self._subject)
            self.trouble = ""
        return True

    def head(self) -> Frame | None:
        """The frame to publish next."""
        frame, given_up = self._journal.peek(self._clock())
        self._drop(given_up, "journal holds data too old or unreadable")
        return frame or (self._memory[0] if self._memory else None)

    def acknowledged(self, place: tuple[int, int]) -> None:
        """The spine holds everything up to `place`."""
        self._journal.acknowledged(place)
        while self._memory and self._memory[0].place <= place:
            self._memory_bytes -= len(self._memory.popleft().payload)
        if self._dropping and not self._journal.pending.batches:
            self._dropping = False
            _log.info("journal has drained", subject=self._subject, dropped_batches=self.dropped.batches)

    def set_aside(self, place: tuple[int, int]) -> Amount:
        """Let go of everything up to `place`, which is not ours to send any more; how much that was.

        Raises `OSError`.
        """
        before = self._journal.pending
        self._journal.set_aside(place)
        left = self._journal.pending
        return Amount(before.batches - left.batches, before.samples - left.samples)

    def close(self) -> None:
        """Move what is in memory to disk if that works, and release the files."""
        try:
            self._move_to_disk()
        except OSError as error:
            self._refused(error)
            if self._memory:
                _log.error("batches are lost with this process", subject=self._subject, batches=len(self._memory))
        self._journal.close()

    def _move_to_disk(self) -> None:
        while self._memory:
            frames = [self._memory[0]]
            while frames[-1].more and len(frames) < len(self._memory):
                frames.append(self._memory[len(frames)])
            self._drop(self._journal.append(frames), "journal is full")
            for frame in frames:
                self._memory.popleft()
                self._memory_bytes -= len(frame.payload)

    def _hold(self, frames: Sequence[Frame]) -> None:
        self._memory.extend(frames)
        self._memory_bytes += sum(len(frame.payload) for frame in frames)
        lost = Amount()
        while len(self._memory) > len(frames) and (
            len(self._memory) > _MEMORY_FRAMES or self._memory_bytes > _MEMORY_BYTES
        ):
            frame = self._memory.popleft()
            self._memory_bytes -= len(frame.payload)
            lost += Amount(1, frame.rows)
        self._drop(lost, "journal cannot be written and memory is full")

    def _refused(self, error: OSError) -> None:
        if not self.trouble:
            _log.error("journal cannot be written", subject=self._subject, error=str(error))
        self.trouble = str(error)

    def _drop(self, lost: Amount, why: str) -> None:
        if not lost.batches:
            return
        self.dropped += lost
        if not self._dropping:
            self._dropping = True
            _log.warning("oldest unsent batches are dropped", subject=self._subject, reason=why)
