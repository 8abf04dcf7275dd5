"""Links in a folder that others may write to, and names in it that nobody should have to read."""

from pathlib import Path

import pytest

from brownfield_adapters.files.folder import LEADS_OUT, listing
from brownfield_adapters.files.probe import probe
from brownfield_adapters.files.quoting import listed, plain
from brownfield_adapters.files.reader import FilesReader
from brownfield_api.adapter_config import EndpointConfig, FilesEndpoint, FilesOptions, LoadConfig, SourceConfig
from brownfield_api.tables import Tag, TagTable

OPTIONS = FilesOptions(time_column="time", time_format="%Y-%m-%d", time_zone="UTC")
TAGS = (Tag(name="energy", address="energy"),)
SECRET = "secret:x:0\nmore\n"
ROWS = "time,energy\n2014-06-01,1\n2014-06-02,2\n"


class Folder:
    """A folder beside a file that is none of the reader's business, and what a reader says and finds."""

    def __init__(self, around: Path) -> None:
        self.path = around / "export"
        self.path.mkdir()
        self.secret = around / "secret.csv"
        self.secret.write_text(SECRET)
        self.notes: list[tuple[str, str]] = []
        self.reader = FilesReader(
            str(self.path), OPTIONS, TAGS, "", note=lambda *said: self.notes.append(said), clock=lambda: 5
        )

    def read(self) -> list[float]:
        return [value for piece in self.reader.pass_over() for value in piece.batch.value.tolist()]

    def said(self) -> str:
        return self.notes[-1][1]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.mark.parametrize("through", ["", "again.lnk"])
def test_a_link_that_leads_out_is_not_followed_and_said_without_content(folder: Folder, through: str) -> None:
    if through:
        (folder.path / through).symlink_to("../secret.csv")
    (folder.path / "link.csv").symlink_to(through or folder.secret)
    (folder.path / "rows.csv").write_text(ROWS)
    assert folder.read() == [1, 2]
    assert folder.read() == []
    assert {text for _, text in folder.notes} == {f"link.csv {LEADS_OUT}"}


def test_rows_behind_a_link_that_leads_out_are_none_of_ours(folder: Folder) -> None:
    folder.secret.write_text(ROWS)
    (folder.path / "link.csv").symlink_to(folder.secret)
    assert folder.read() == []
    (folder.path / "link.csv").unlink()
    (folder.path / "link.csv").write_text(ROWS)
    assert folder.read() == [1, 2]
    assert folder.said() == ""


def test_a_link_that_stays_inside_is_read(folder: Folder) -> None:
    (folder.path / "2014").mkdir()
    (folder.path / "2014" / "june").write_text(ROWS)
    (folder.path / "link.csv").symlink_to("2014/june")
    assert folder.read() == [1, 2]
    with (folder.path / "2014" / "june").open("a") as file:
        file.write("2014-06-03,3\n")
    assert folder.read() == [3]
    assert folder.said() == ""


def test_the_folder_itself_may_be_a_link(folder: Folder, tmp_path: Path) -> None:
    (folder.path / "rows.csv").write_text(ROWS)
    (tmp_path / "current").symlink_to(folder.path)
    (found,) = listing(str(tmp_path / "current"), "*.csv")
    with found.open() as file:
        assert file.read() == ROWS.encode()


def test_a_file_that_becomes_a_link_after_the_listing_is_not_opened(folder: Folder) -> None:
    (folder.path / "rows.csv").write_text(ROWS)
    (found,) = listing(str(folder.path), "*.csv")
    found.path.unlink()
    found.path.symlink_to(folder.secret)
    with pytest.raises(OSError, match="symbolic links"):
        found.open()
    (found,) = listing(str(folder.path), "*.csv")
    with pytest.raises(PermissionError, match="leads out"):
        found.open()


async def test_the_probe_follows_no_link_that_leads_out_either(folder: Folder, tmp_path: Path) -> None:
    (folder.path / "link.csv").symlink_to(folder.secret)
    source = SourceConfig(name="s", subject="raw", interval=1, table="t", timestamps="source", options=OPTIONS)
    endpoint = EndpointConfig(
        key="folder", endpoint=FilesEndpoint(directory=str(folder.path)), load=LoadConfig(), sources=(source,)
    )
    report = await probe(endpoint, source, TagTable(tags=TAGS), tmp_path)
    assert report.blocks == ()
    assert f"link.csv {LEADS_OUT}" in report.remarks
    assert "secret:x" not in repr(report)


def test_a_strange_header_is_told_shortly_and_without_control_characters(folder: Folder) -> None:
    header = ",".join(["\x1b[31mred\x07\u202e", "n" * 5000, *(f"c{at}" for at in range(30))])
    (folder.path / "a.csv").write_text(header + "\n1\n", encoding="utf-8")
    assert folder.read() == []
    assert folder.said().startswith("a.csv is not read: no column 'time' among [31mred, nnn")
    assert folder.said().endswith("c5 and 24 more")
    assert folder.said().isprintable()
    assert len(folder.said()) < 200


def test_names_of_ordinary_length_are_told_as_they_are() -> None:
    assert plain("Zähler [kWh] €") == "Zähler [kWh] €"
    assert plain("x" * 60) == "x" * 60
    assert plain("x" * 61) == "x" * 59 + "…"
    assert listed(["a", "b"]) == "a, b"
    assert listed([]) == ""
