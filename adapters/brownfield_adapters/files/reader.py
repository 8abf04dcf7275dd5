"""Reads a source's files from its watermark on: one pass over the folder at a time, in pieces that fit a batch.

Each piece carries the watermark that stands behind it. Only whole lines are read; what an exporter has not
finished writing is left until it has. Blocking file access throughout: the driver runs it in a thread, because a
network share may take seconds to answer.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from brownfield_adapters.files.folder import Head, Listed, head_of, listing, tail_before
from brownfield_adapters.files.ledger import Ledger
from brownfield_adapters.files.lines import MAX_LINE, cells
from brownfield_adapters.files.table import FileTable, Rows
from brownfield_adapters.files.times import Clock, TimeReader
from brownfield_adapters.files.watermark import FileMark, dump, load
from brownfield_api.adapter_config import FilesOptions
from brownfield_api.batch import MAX_BATCH_ROWS, SampleBatch
from brownfield_api.tables import Tag

MAX_ROWS = 2000
"""Rows in one piece at most; fewer where many columns would make the writer split it (see `MAX_BATCH_ROWS`)."""

_BLOCK = 128 * 1024


@dataclass(frozen=True, slots=True)
class Piece:
    """Samples in order and the position behind them. `newest` is the newest row's time so far, ns since 1970."""

    batch: SampleBatch
    position: str
    newest: int


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
        self._note = note
        self._clock = clock
        self._rows = max(1, min(piece_rows, MAX_BATCH_ROWS // max(len(tags), 1)))
        self._seen: dict[str, tuple[int, int, int]] = {}

    @property
    def newest(self) -> int:
        """The newest row's time, ns since 1970; 0 before the first."""
        return self._ledger.newest

    def pass_over(self) -> Iterator[Piece]:
        """Everything new in the folder, file by file; raises `LinkLost` if the folder cannot be read."""
        files = listing(self._directory, self._options.pattern)
        self._ledger.begin_pass(file.changed for file in files)
        present = {file.inode: file for file in files}
        self._seen = {file.name: self._seen[file.name] for file in files if file.name in self._seen}
        for file in files:
            state = (file.inode, file.size, file.changed)
            if self._seen.get(file.name) == state:
                continue
            self._ledger.reach(file.name)
            try:
                with file.path.open("rb") as opened:
                    yield from self._read_file(file, opened, present)
            except FileNotFoundError:
                self._note("vanished", f"{file.name} vanished while it was read")
                continue
            except OSError as error:
                self._note("unreadable", f"{file.name} cannot be read: {error.strerror or error}")
                continue
            self._seen[file.name] = state
        self._ledger.end_pass()

    def _read_file(self, file: Listed, opened: BinaryIO, present: dict[int, Listed]) -> Iterator[Piece]:
        try:
            head = head_of(opened, self._options.encoding)
            if head is None:
                return
            table = self._table(head)
        except (ValueError, LookupError) as error:
            self._note("header", f"{file.name} is not read: {error}")
            return
        mark = self._ledger.mark_of(head.identity)
        if mark is None and file.name not in self._seen and self._ledger.done_before(file.name, file.changed):
            return
        if mark is not None and self._is_copy(file, mark, head, present):
            self._note("copy", f"{file.name} begins like a file already read and is taken for a copy of it")
            return
        offset, clock = self._continue_at(file, opened, head, mark)
        self.unknown = table.unknown
        yield from self._read_rows(file, opened, head, table, offset, clock)
        self._ledger.passed(head.identity)

    def _table(self, head: Head) -> FileTable:
        header = cells(head.header + "\n", self._options.delimiter)[0] or []
        return FileTable(header, self._tags, self._times, self._options.time_column)

    def _is_copy(self, file: Listed, mark: FileMark, head: Head, present: dict[int, Listed]) -> bool:
        """Whether the file this one was read from is still there, unchanged: then this is another."""
        if file.inode == mark.inode or not mark.inode or mark.inode not in present:
            return False
        try:
            with present[mark.inode].path.open("rb") as other:
                original = head_of(other, self._options.encoding)
        except (OSError, ValueError):
            return False
        return original is not None and original.identity == head.identity

    def _continue_at(self, file: Listed, opened: BinaryIO, head: Head, mark: FileMark | None) -> tuple[int, Clock]:
        if mark is None:
            return head.start, self._ledger.clock
        if tail_before(opened, mark.offset) == mark.tail:
            return mark.offset, mark.clock
        self._note("rewritten", f"{file.name} was rewritten and is read anew")
        return head.start, self._ledger.clock

    def _read_rows(
        self, file: Listed, opened: BinaryIO, head: Head, table: FileTable, offset: int, clock: Clock
    ) -> Iterator[Piece]:
        while True:
            block = self._whole_lines(opened, offset, head)
            if not block:
                step = self._over_long_line(file, opened, offset, head)
                if not step:
                    break
                offset = step
                continue
            text = block.decode(head.encoding.codec, "replace")
            rows = table.read(cells(text, self._options.delimiter), self._options.decimal, clock, self._clock())
            offset += len(block)
            clock = rows.clock
            self._tell(file, rows)
            self._advance(file, opened, head, offset, rows)
            if rows.batch is not None:
                yield Piece(rows.batch, dump(self._ledger.watermark()), self._ledger.newest)

    def _advance(self, file: Listed, opened: BinaryIO, head: Head, offset: int, rows: Rows) -> None:
        ledger = self._ledger
        ledger.clock = rows.clock
        ledger.newest = max(ledger.newest, rows.newest)
        tail = tail_before(opened, offset)
        mark = FileMark(offset, tail, file.changed, file.inode, rows.clock.local, rows.clock.fold)
        ledger.note(head.identity, mark)

    def _whole_lines(self, opened: BinaryIO, offset: int, head: Head) -> bytes:
        """As many whole lines from `offset` on as one piece may have; nothing if not even one is complete."""
        size = _BLOCK
        while True:
            opened.seek(offset)
            data = opened.read(size)
            ends = head.encoding.line_ends(data)
            if len(ends):
                return data[: int(ends[min(len(ends), self._rows) - 1])]
            if len(data) < size or size >= MAX_LINE:
                return b""
            size = MAX_LINE

    def _over_long_line(self, file: Listed, opened: BinaryIO, offset: int, head: Head) -> int:
        """Where the line after an overlong one begins; 0 if the line at `offset` is just not complete yet."""
        opened.seek(offset)
        if len(opened.read(MAX_LINE)) < MAX_LINE:
            return 0
        at = offset
        while True:
            opened.seek(at)
            data = opened.read(MAX_LINE)
            ends = head.encoding.line_ends(data)
            if len(ends):
                self.skipped += 1
                self._note("rows", f"{file.name}: a line of more than {MAX_LINE} bytes is skipped")
                return at + int(ends[0])
            if len(data) < MAX_LINE:
                return 0
            at += MAX_LINE

    def _tell(self, file: Listed, rows: Rows) -> None:
        if rows.skipped:
            self.skipped += rows.skipped
            self._note("rows", f"{file.name}: broken rows are skipped, the first has {rows.broken}")
        if rows.missing:
            self._note(
                "clock", f"{file.name}: times in the hour that clocks skip in spring are read as if they had not"
            )
