"""One source's files: half-written, renamed, rewritten, copied, broken, in every encoding."""

import os
import shutil
from pathlib import Path

import pytest

from brownfield_adapters.files import reader
from brownfield_adapters.files.folder import Listed
from brownfield_adapters.files.lines import MAX_LINE
from brownfield_adapters.files.reader import FilesReader
from brownfield_api.adapter_config import FilesOptions
from brownfield_api.errors import InvalidResource, LinkLost
from brownfield_api.status import Reason, Status
from brownfield_api.tables import Tag, ValueType

OPTIONS = FilesOptions(
    delimiter=";",
    decimal=",",
    encoding="latin-1",
    time_column="Zeit",
    time_format="%d.%m.%Y %H:%M:%S",
    time_zone="Europe/Paris",
)
TAGS = (Tag(name="row", address="row", type=ValueType.UINT32), Tag(name="energy", address="Zähler"))
HEADER = "Zeit;Zähler;row\r\n"


def line(row: int, energy: str = "1,5") -> str:
    return f"16.06.2014 {row // 3600:02}:{row // 60 % 60:02}:{row % 60:02};{energy};{row}\r\n"


def lines(first: int, last: int) -> str:
    return "".join(line(row) for row in range(first, last + 1))


class Source:
    """A folder and what was read from it; `restart` goes on from the last position."""

    def __init__(self, folder: Path, options: FilesOptions = OPTIONS, tags: tuple[Tag, ...] = TAGS) -> None:
        self.folder, self.options, self.tags = folder, options, tags
        self.rows: list[float] = []
        self.notes: dict[str, str] = {}
        self.position = ""
        self.reader = self.restart()

    def restart(self, piece_rows: int = 2000) -> FilesReader:
        self.reader = FilesReader(
            str(self.folder),
            self.options,
            self.tags,
            self.position,
            note=self.notes.__setitem__,
            clock=lambda: 5,
            piece_rows=piece_rows,
        )
        return self.reader

    def read(self) -> list[float]:
        """The numbers in column `row` that one more pass brings."""
        found: list[float] = []
        for piece in self.reader.pass_over():
            self.position = piece.position
            found += piece.batch.value[piece.batch.index == 0].tolist()
        self.rows += found
        return found

    def write(self, name: str, text: str, encoding: str = "latin-1") -> None:
        with (self.folder / name).open("ab") as file:
            file.write(text.encode(encoding))


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return Source(tmp_path)


def test_a_half_written_last_line_waits_until_it_is_complete(source: Source) -> None:
    text = line(3)
    source.write("a.csv", HEADER + lines(1, 2) + text[:20])
    assert source.read() == [1, 2]
    assert source.read() == []
    source.write("a.csv", text[20:])
    assert source.read() == [3]


def test_a_line_that_is_completed_while_it_is_looked_at_is_no_overlong_one(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = line(3)
    source.write("a.csv", HEADER + lines(1, 2) + text[:20])
    look = reader._Opened.whole_lines

    def look_and_be_late(opened: reader._Opened, offset: int, most: int) -> bytes:
        found = look(opened, offset, most)
        if not found:
            monkeypatch.setattr(reader._Opened, "whole_lines", look)
            source.write("a.csv", text[20:])
        return found

    monkeypatch.setattr(reader._Opened, "whole_lines", look_and_be_late)
    assert source.read() == [1, 2]
    assert source.read() == [3]


def test_a_file_with_half_a_header_or_half_a_first_row_waits(source: Source) -> None:
    for part in (HEADER[:7], HEADER[7:] + line(1)[:9]):
        source.write("a.csv", part)
        assert source.read() == []
    source.write("a.csv", line(1)[9:])
    assert source.read() == [1]


def test_a_renamed_file_is_recognised_also_after_a_restart(source: Source) -> None:
    source.write("current.csv", HEADER + lines(1, 3))
    source.read()
    (source.folder / "current.csv").rename(source.folder / "export_1.csv")
    source.write("export_1.csv", lines(4, 4))
    source.write("current.csv", HEADER + lines(5, 6))
    assert sorted(source.read()) == [4, 5, 6]
    source.restart()
    (source.folder / "export_1.csv").rename(source.folder / "z.csv")
    assert source.read() == []


def test_a_copy_that_is_cut_off_behind_us_loses_no_row(source: Source) -> None:
    source.write("current.csv", HEADER + lines(1, 3))
    source.read()
    source.write("current.csv", lines(4, 5))
    shutil.copyfile(source.folder / "current.csv", source.folder / "old.csv")
    os.truncate(source.folder / "current.csv", 0)
    source.write("current.csv", HEADER + lines(6, 7))
    assert sorted(source.read()) == [4, 5, 6, 7]


def test_a_copy_beside_its_original_is_said_and_not_read_twice(source: Source) -> None:
    source.write("a.csv", HEADER + lines(1, 3))
    source.read()
    shutil.copyfile(source.folder / "a.csv", source.folder / "b.csv")
    assert source.read() == []
    assert "b.csv begins like a file already read" in source.notes["files"]


def test_a_rewritten_file_is_read_anew(source: Source) -> None:
    source.write("a.csv", HEADER + lines(1, 3))
    source.read()
    (source.folder / "a.csv").write_bytes((HEADER + lines(7, 8)).encode("latin-1"))
    assert source.read() == [7, 8]


def test_a_file_that_shrank_behind_the_same_head_is_read_anew(source: Source) -> None:
    source.write("a.csv", HEADER + lines(1, 5))
    source.read()
    source.restart()
    (source.folder / "a.csv").write_bytes((HEADER + lines(1, 1) + line(9)).encode("latin-1"))
    assert source.read() == [1, 9]
    assert "a.csv was rewritten and is read anew" in source.notes["files"]


def test_several_files_are_read_in_the_order_of_their_names(source: Source) -> None:
    source.write("b.csv", HEADER + lines(3, 4))
    source.write("a.csv", HEADER + lines(1, 2))
    source.write("c.txt", HEADER + lines(8, 9))
    assert source.read() == [1, 2, 3, 4]


def test_a_broken_row_is_skipped_counted_and_said(source: Source) -> None:
    source.write("a.csv", HEADER + line(1) + "16.06.2014 00:00:02;1,5\r\nyesterday;1,5;3\r\n\r\n" + HEADER + line(4))
    assert source.read() == [1, 4]
    assert source.reader.skipped == 2
    assert "a.csv: broken rows are skipped, the first has 2 cells where 3 are expected" in source.notes["rows"]


def test_empty_and_unreadable_cells_are_bad_samples(source: Source) -> None:
    source.write("a.csv", HEADER + line(1, "") + line(2, "#WERT!"))
    (piece,) = source.reader.pass_over()
    energy = piece.batch.index == 1
    assert piece.batch.status[energy].tolist() == [Status.BAD_NO_DATA, Status.BAD]
    assert piece.batch.reasons[energy].tolist() == [0, Reason.UNREADABLE]
    assert piece.batch.source_time[0] == 1402869601 * 10**9
    assert piece.newest == 1402869602 * 10**9


def test_a_line_without_an_end_is_bounded_and_skipped(source: Source) -> None:
    source.write("a.csv", HEADER + line(1) + "x" * (3 * MAX_LINE))
    assert source.read() == [1]
    source.write("a.csv", "\r\n" + line(2))
    assert source.read() == [2]
    assert source.reader.skipped == 1


def test_a_file_without_the_time_column_is_named(source: Source) -> None:
    source.write("a.csv", "a;b\r\n1;2\r\n")
    source.write("b.csv", HEADER + line(1))
    assert source.read() == [1]
    assert "a.csv is not read: no column 'Zeit' among a, b" in source.notes["files"]


def test_a_tag_without_a_column_is_known_to_the_driver(tmp_path: Path) -> None:
    source = Source(tmp_path, tags=(*TAGS, Tag(name="gone", address="gone")))
    source.write("a.csv", HEADER + line(1))
    assert source.read() == [1]
    assert source.reader.unknown == {2}


@pytest.mark.parametrize(
    ("configured", "written"),
    [
        ("utf-8", "utf-8"),
        ("latin-1", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-8", "utf-16"),
        ("utf-16-be", "utf-16-be"),
    ],
)
def test_encodings_and_byte_order_marks_are_understood(tmp_path: Path, configured: str, written: str) -> None:
    options = FilesOptions(
        delimiter=";", decimal=",", encoding=configured, time_column="Zeit", time_format=OPTIONS.time_format
    )
    source = Source(tmp_path, options)
    source.write("a.csv", HEADER + lines(1, 3), written)
    assert source.read() == [1, 2, 3]
    assert source.reader.unknown == frozenset()
    source.write("a.csv", line(4), "utf-16-le" if written == "utf-16" else written.removesuffix("-sig"))
    assert source.read() == [4]


def test_a_quoted_cell_may_hold_the_delimiter_and_a_lost_quote_costs_one_row(tmp_path: Path) -> None:
    source = Source(tmp_path, tags=(TAGS[0], Tag(name="text", address="Zähler", type=ValueType.STRING)))
    source.write("a.csv", HEADER + line(1, '"a;b"') + line(2, '"lost') + line(3, "c"))
    (piece,) = source.reader.pass_over()
    assert piece.batch.texts() == ["", "a;b", "", "c"]


def test_a_file_nobody_may_read_is_said_and_read_once_it_can_be(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    source.write("a.csv", HEADER + line(1))
    original = Listed.open

    def refuse(file: Listed) -> object:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(Listed, "open", refuse)
        assert source.read() == []
    assert "a.csv cannot be read: Permission denied" in source.notes["files"]
    assert Listed.open is original
    assert source.read() == [1]
    assert source.notes["files"] == ""


def test_a_folder_that_is_not_there_is_a_lost_link(source: Source) -> None:
    source.folder.rmdir()
    with pytest.raises(LinkLost, match="folder cannot be read"):
        source.read()


def test_a_position_that_is_none_is_refused(source: Source) -> None:
    source.position = "7"
    with pytest.raises(InvalidResource, match="no watermark"):
        source.restart()
