"""What a commissioning engineer is told about a folder."""

from pathlib import Path

from brownfield_adapters.files.probe import probe
from brownfield_api.adapter_config import EndpointConfig, FilesEndpoint, FilesOptions, LoadConfig, SourceConfig
from brownfield_api.tables import Tag, TagTable, ValueType

OPTIONS = FilesOptions(
    delimiter=";", decimal=",", encoding="latin-1", time_column="Zeit", time_format="%d.%m.%Y", time_zone="Europe/Paris"
)
SOURCE = SourceConfig(name="s", subject="raw", interval=1, table="t", timestamps="source", options=OPTIONS)
TABLE = TagTable(
    tags=(Tag(name="e", address="E"), Tag(name="n", address="N", type=ValueType.INT32), Tag(name="x", address="X"))
)


def endpoint(folder: Path) -> EndpointConfig:
    directory = FilesEndpoint(directory=str(folder))
    return EndpointConfig(key="folder", endpoint=directory, load=LoadConfig(), sources=(SOURCE,))


async def test_files_cells_and_columns_are_shown_as_they_are_and_as_they_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "Zeit;E;N;Zähler\n01.06.2014;1,5;7;F1\n02.06.2014;2,5;x;F1\nbad\n", encoding="latin-1"
    )
    (tmp_path / "b.csv").write_text("Zeit;E\n", encoding="latin-1")
    report = await probe(endpoint(tmp_path), SOURCE, TABLE, tmp_path)
    assert [block.label for block in report.blocks] == ["a.csv, 60 bytes", "b.csv, 7 bytes"]
    assert report.blocks[0].error == "1 of 3 rows are broken, the first has 1 cells where 4 are expected"
    assert "not both complete" in report.blocks[1].error
    energy, number, missing = report.tags
    assert (energy.raw, energy.value, energy.status) == ("2,5", "2.5", "Good")
    assert number.remark == "'x' is no int32: check decimal and type"
    assert (missing.status, missing.remark) == ("BadNodeIdUnknown", "no file has this column")
    assert "columns that no tag names: Zähler" in report.remarks
    assert "the newest row that was read is of 2014-06-01 22:00:00 UTC" in report.remarks


async def test_an_empty_and_a_missing_folder_are_said(tmp_path: Path) -> None:
    assert (await probe(endpoint(tmp_path), SOURCE, TABLE, tmp_path)).remarks == ("no file matches *.csv",)
    assert "folder cannot be read" in (await probe(endpoint(tmp_path / "none"), SOURCE, TABLE, tmp_path)).error
