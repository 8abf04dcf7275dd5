"""What devices and files say is shown as it is: never as markup, never as terminal commands."""

import io

from rich.console import Console

from brownfield_adapters.probe import ProbeReport, TagReport
from brownfield_api.tables import Tag, TagTable, ValueType
from brownfield_cli.console import plain_console
from brownfield_cli.probe_command import engineering, show
from brownfield_cli.summary import readable_line


def shown(report: ProbeReport, table: TagTable) -> str:
    console: Console = plain_console()
    console.file = io.StringIO()
    console.width = 240
    show(report, table, console)
    return console.file.getvalue()


def test_text_of_a_device_is_no_markup_and_no_escape_sequence() -> None:
    tag = TagReport(name="[/red]oops", address="a", type="string", unit="[degF]", value=":x: \x1b[31m", remark="[/foo]")
    text = shown(
        ProbeReport(source="s", protocol="files", endpoint="e", connect_milliseconds=1, tags=(tag,)), TagTable(tags=())
    )
    for expected in ("[/red]oops", "[degF]", ":x: ·[31m", "[/foo]"):
        assert expected in text
    assert "\x1b[31m" not in text


def test_a_log_line_cannot_steer_the_terminal() -> None:
    assert readable_line("adapter", '{"event": "odd \\u001b[2J header", "level": "info"}').endswith("odd ·[2J header")
    assert readable_line("adapter", "raw \x07 line") == "adapter: raw · line"


def test_a_probe_shows_values_in_the_unit_beside_them() -> None:
    tag = Tag(name="t", address="holding:0", type=ValueType.INT16, unit="Cel", scale=0.1, offset=1.0)
    assert engineering("-7", tag) == "0.3"
    assert engineering("R80711", tag) == "R80711"
    assert engineering("-7", None) == "-7"
