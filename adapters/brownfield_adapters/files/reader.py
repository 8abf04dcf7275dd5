"""Reads a source's files from its watermark on: one pass over the folder at a time, in pieces that fit a batch.

Each piece carries the watermark that stands behind it. Only whole lines are read; what an exporter has not
finished writing is left until it has. Blocking file access throughout: the driver runs it in a thread, because a
network share may take seconds to answer.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from brownfield_adapters.files.folder import LEADS_OUT, Head, Listed, head_of, listing, tail_before
from brownfield_adapters.files.ledger import Ledger
from brownfield_adapters.files.lines import MAX_LINE, cells
from brownfield_adapters.files.quoting import plain
from brownfield_adapters.files.table import FileTable, Rows
from brownfield_adapters.files.times import Clock, TimeReader
from brownfield_adapters.files.watermark import FileMark, dump, load
from brownfield_api.adapter_config import FilesOptions
from brownfield_api.batch import MAX_BATCH_ROWS, SampleBatch
from brownfield_api.tables import Tag

MAX_ROWS = 2000
"""Rows in one piece at most; fewer where many columns would make the writer split it (see `MAX_BATCH_ROWS`)."""

_BLOCK = 128 * 1024
_TOLD = 3
"""Files that a note names; the others are counted."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Samples in order and the position behind them. `newest` is the newest row's time so far, ns since 1970."""

    batch: SampleBatch
    position: str
    newest: int


@dataclass(frozen=True, slots=True)
class _Opened:
    """A file that is being read."""

    listed: Listed
    file: BinaryIO
    head: Head

    def whole_lines(self, offset: int, most: int) -> bytes:
        """At most `most` whole lines from `offset` on; nothing if not even one is complete."""
        size = _BLOCK
        while True:
            self.file.seek(offset)
            data = self.file.read(size)
            ends = self.head.encoding.line_ends(data)
            if len(ends):
                return data[: int(ends[min(len(ends), most) - 1])]
            if len(data) < size or size >= MAX_LINE:
                return b""
            size = MAX_LINE

    def after_long_line(self, offset: int) -> int:
        """Where the line after one of more than `MAX_LINE` bytes begins; 0 if the line just is not complete yet, or
        has become complete since `whole_lines` looked.
        """
        at = offset
        while True:
            self.file.seek(at)
            data = self.file.read(MAX_LINE)
            ends = self.head.encoding.line_ends(data)
            if len(ends):
                return at + int(ends[0]) if at > offset else 0
            if len(data) < MAX_LINE:
                return 0
            at += MAX_LINE

    def last_line_end(self) -> int:
        """Where the last whole line ends."""
        at = max(self.head.start, self.listed.size - MAX_LINE)
        # Code units begin at even places in encodings of two bytes; so does every block.
        at -= (at - self.head.start) % 2
        self.file.seek(at)
        ends = self.head.encoding.line_ends(self.file.read(self.listed.size - at))
        return at + int(ends[-1]) if len(ends) else at

    def mark(self, offset: int, clock: Clock) -> FileMark:
        tail = tail_before(self.file, offset)
        return FileMark(offset, tail, self.listed.changed, self.listed.inode, clock.local, clock.fold)


class FilesReader:
    """The files of one source. `note(matter, text)` tells people; `clock` gives ns since 1970."""

    def __init__(
        self,
        directory: str,
        options: FilesOptions,
        tags: Sequence[Tag],
        position: str,
        *,
        note: Callable[[str, str], None],
        clock: Callable[[], int],
        piece_rows: int = MAX_ROWS,
        look: Callable[[str, str], list[Listed]] = listing,
    ) -> None:
        """Raises `InvalidResource` for a zone nobody knows or a position that is none."""
        self.unknown: frozenset[int] = frozenset()
        """Tags (by position) that the file read last has no column for."""
        self.skipped = 0
        """Rows skipped because they were broken."""
        self._directory = directory
        self._options = options
        self._tags = tags
        self._times = TimeReader(options.time_format, options.time_zone)
        self._ledger = Ledger(load(position))
        self._look = look
        self._note = note
        self._clock = clock
        self._rows = max(1, min(piece_rows, MAX_BATCH_ROWS // max(len(tags), 1)))
        self._seen: dict[str, tuple[int, int, int]] = {}
        self._odd: dict[str, str] = {}

    @property
    def newest(self) -> int:
        """The newest row's time, ns since 1970; 0 before the first."""
        return self._ledger.newest

    def pass_over(self) -> Iterator[Piece]:
        """Everything new in the folder, file by file; raises `LinkLost` if the folder cannot be read."""
        everything = self._look(self._directory, self._options.pattern)
        names = {file.name for file in everything}
        files = [file for file in everything if file.target is not None]
        inside = {file.name for file in files}
        self._seen = {name: state for name, state in self._seen.items() if name in inside}
        self._odd = {name: text for name, text in self._odd.items() if name in names}
        self._odd.update((name, LEADS_OUT) for name in sorted(names - inside))
        self._ledger.begin_pass(file.changed for file in files)
        present = {file.inode: file for file in files}
        for file in files:
            state = (file.inode, file.size, file.changed)
            if self._seen.get(file.name) == state:
                continue
            self._ledger.reach(file.name)
            self._odd.pop(file.name, None)
            try:
                with file.open() as opened:
                    yield from self._read_file(file, opened, present)
                self._seen[file.name] = state
            except FileNotFoundError:
                self._odd[file.name] = "vanished while it was read"
            except OSError as error:
                self._odd[file.name] = f"cannot be read: {error.strerror or error}"
                self._ledger.failed(file.changed)
        self._ledger.end_pass()
        self._tell_odd()

    def _read_file(self, file: Listed, opened: BinaryIO, present: dict[int, Listed]) -> Iterator[Piece]:
        try:
            head = head_of(opened, self._options.encoding)
            if head is None:
                return
            header = cells(head.header + "\n", self._options.delimiter)[0] or []
            table = FileTable(header, self._tags, self._times, self._options.time_column)
        except (ValueError, LookupError) as error:
            self._odd[file.name] = f"is not read: {error}"
            return
        reading = _Opened(file, opened, head)
        mark = self._ledger.mark_of(head.identity)
        if mark is None and self._ledger.done_before(file.name, file.changed):
            self._ledger.note(head.identity, reading.mark(reading.last_line_end(), Clock()))
        elif mark is not None and self._is_copy(reading, mark, present):
            self._odd[file.name] = "begins like a file already read and is taken for a copy of it"
        else:
            self.unknown = table.unknown
            yield from self._read_rows(reading, table, *self._continue_at(reading, mark))
        self._ledger.passed(head.identity)

    def _is_copy(self, reading: _Opened, mark: FileMark, present: dict[int, Listed]) -> bool:
        """Whether the file that was read is still there, with the same head: then this one is another."""
        if reading.listed.inode == mark.inode or not mark.inode or mark.inode not in present:
            return False
        try:
            with present[mark.inode].open() as other:
                original = head_of(other, self._options.encoding)
        except (OSError, ValueError):
            return False
        return original is not None and original.identity == reading.head.identity

    def _continue_at(self, reading: _Opened, mark: FileMark | None) -> tuple[int, Clock]:
        if mark is not None:
            if tail_before(reading.file, mark.offset) == mark.tail:
                return mark.offset, mark.clock
            self._odd[reading.listed.name] = "was rewritten and is read anew"
        return reading.head.start, self._ledger.clock

    def _read_rows(self, reading: _Opened, table: FileTable, offset: int, clock: Clock) -> Iterator[Piece]:
        while True:
            block = reading.whole_lines(offset, self._rows)
            if not block:
                following = reading.after_long_line(offset)
                if not following:
                    return
                self._skip(reading.listed, 1, f"more than {MAX_LINE} bytes in one line")
                offset = following
                continue
            text = block.decode(reading.head.encoding.codec, "replace")
            rows = table.read(cells(text, self._options.delimiter), self._options.decimal, clock, self._clock())
            offset += len(block)
            clock = rows.clock
            self._advance(reading, offset, rows)
            if rows.batch is not None:
                yield Piece(rows.batch, dump(self._ledger.watermark()), self._ledger.newest)

    def _advance(self, reading: _Opened, offset: int, rows: Rows) -> None:
        ledger = self._ledger
        ledger.clock = rows.clock
        ledger.newest = max(ledger.newest, rows.newest)
        ledger.note(reading.head.identity, reading.mark(offset, rows.clock))
        if rows.skipped:
            self._skip(reading.listed, rows.skipped, rows.broken)
        if rows.missing:
            name = plain(reading.listed.name)
            self._note("clock", f"{name}: times in the hour that clocks skip in spring are read as if they had not")

    def _skip(self, file: Listed, count: int, why: str) -> None:
        self.skipped += count
        self._note("rows", f"{plain(file.name)}: broken rows are skipped, the first has {why}")

    def _tell_odd(self) -> None:
        told = [f"{plain(name)} {text}" for name, text in self._odd.items()][:_TOLD]
        more = len(self._odd) - len(told)
        self._note("files", "; ".join(told) + (f"; and {more} more files" if more else ""))
