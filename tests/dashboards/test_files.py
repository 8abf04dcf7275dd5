"""The files are what the boards say, and every panel tells people what it shows."""

import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hack.dashboards.__main__ import FOLDERS, ROOT, files, main, stale
from hack.dashboards.board import TITLES
from hack.dashboards.queries import contents, panels
from tests.dashboards.choices import DASHBOARDS

BOARDS = {content["uid"]: content for content in contents(DASHBOARDS)}
PANELS = [(uid, panel) for uid, content in BOARDS.items() for panel in panels(content)]
NAMES = [f"{uid}: {panel['title']}" for uid, panel in PANELS]


def test_the_files_are_what_the_boards_say() -> None:
    assert stale() == [], "run `python -m hack.dashboards`"
    assert main(["--check"]) == 0


def test_a_file_that_differs_or_that_no_board_writes_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("hack.dashboards.__main__.ROOT", tmp_path)
    monkeypatch.setattr("hack.dashboards.__main__.FOLDERS", (tmp_path / "dashboards",))
    assert main([]) == 0
    assert main(["--check"]) == 0
    edited, left = tmp_path / "dashboards" / "brownfield-fleet.json", tmp_path / "dashboards" / "old.json"
    edited.write_text("{}")
    left.write_text("{}")
    capsys.readouterr()
    assert main(["--check"]) == 1
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [
        "dashboards/brownfield-fleet.json",
        "dashboards/old.json",
    ]
    assert main([]) == 0
    assert not left.exists()
    assert json.loads(edited.read_text())["uid"] == "brownfield-fleet"


def test_the_chart_has_the_same_files_and_each_fits_into_a_config_map() -> None:
    assert [folder.relative_to(ROOT).as_posix() for folder in FOLDERS] == [
        "dashboards",
        "charts/brownfield/files/dashboards",
    ]
    assert all(len(text.encode()) < 500_000 for text in files().values())


def test_each_dashboard_has_the_identity_that_links_and_bookmarks_name() -> None:
    assert BOARDS.keys() == TITLES.keys() == {path.stem for path in DASHBOARDS.iterdir()}
    for uid, content in BOARDS.items():
        assert content["title"] == TITLES[uid]
        assert content["tags"] == ["brownfield"]
        assert content["schemaVersion"] == 39
        assert "id" not in content


def test_every_dashboard_leads_to_every_other() -> None:
    for uid, content in BOARDS.items():
        reached = {link["url"] for link in content["links"]}
        assert reached == {f"/d/{other}?var-datasource=${{datasource}}" for other in BOARDS.keys() - {uid}}
        assert all(link["keepTime"] for link in content["links"])


def test_links_of_tables_lead_to_dashboards_with_variables_they_have() -> None:
    text = (DASHBOARDS / "brownfield-fleet.json").read_text()
    links = re.findall(r'"(/d/[\w-]+\?[^"]*__data[^"]*)"', text)
    assert len(links) == 2
    for link in links:
        uid = link.split("?")[0].removeprefix("/d/")
        given = set(re.findall(r"var-(\w+)=", link))
        assert given == {variable["name"] for variable in BOARDS[uid]["templating"]["list"]}


@pytest.mark.parametrize(("uid", "panel"), PANELS, ids=NAMES)
def test_a_panel_says_what_it_shows_in_one_sentence_and_a_unit(uid: str, panel: dict[str, Any]) -> None:
    assert panel["title"]
    assert re.fullmatch(r"[A-Z0-9][^.]*(\w\.\w[^.]*)*\.", panel["description"]), panel["description"]
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["targets"]
    assert {each["datasource"]["uid"] for each in (panel, *panel["targets"])} == {"${datasource}"}
    references = [target["refId"] for target in panel["targets"]]
    assert len(set(references)) == len(references)


@pytest.mark.parametrize("uid", BOARDS)
def test_panels_lie_side_by_side_and_fill_the_width(uid: str) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in BOARDS[uid]["panels"]:
        at = panel["gridPos"]
        cells = set(itertools.product(range(at["x"], at["x"] + at["w"]), range(at["y"], at["y"] + at["h"])))
        assert not cells & taken, panel["title"]
        taken |= cells
    height = max(y for _, y in taken) + 1
    assert len(taken) == 24 * height
    assert {x for x, _ in taken} == set(range(24))


@pytest.mark.parametrize("uid", BOARDS)
def test_panels_can_be_told_apart(uid: str) -> None:
    numbers = [panel["id"] for panel in BOARDS[uid]["panels"]]
    assert numbers == list(range(1, len(numbers) + 1))
    for _, row in itertools.groupby(BOARDS[uid]["panels"], lambda panel: panel["type"] == "row"):
        titles = [panel["title"] for panel in row]
        assert len(set(titles)) == len(titles)


def test_variables_that_are_used_are_offered() -> None:
    grafanas_own = {"__rate_interval", "__range", "datasource"}
    for uid, content in BOARDS.items():
        offered = {variable["name"] for variable in content["templating"]["list"]}
        used = {
            name
            for panel in panels(content)
            for target in panel["targets"]
            for name in re.findall(r"\$\{?(\w+)", target["expr"])
        }
        assert used - grafanas_own == offered - {"datasource"}, uid
        assert content["templating"]["list"][0]["type"] == "datasource"
