"""Every alert has a page that says what it means and what to do, and every page an alert."""

from pathlib import Path

import pytest
import yaml

from brownfield_slo.rules import DEFAULT_RUNBOOKS, rule_file, rule_groups

RUNBOOKS = Path(__file__).parents[3] / "docs" / "runbooks"
SECTIONS = ("## What it means", "## What to look at", "## What to do")
ALERTS = [
    rule
    for group in yaml.safe_load(rule_file(rule_groups([28 * 86400.0])))["groups"]
    for rule in group["rules"]
    if "alert" in rule
]


def test_alerts_and_pages_are_the_same_list() -> None:
    assert {path.stem for path in RUNBOOKS.glob("*.md")} == {alert["alert"] for alert in ALERTS}


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: f"{alert['alert']}-{alert['labels']['severity']}")
def test_an_alert_says_how_bad_it_is_and_leads_to_its_page(alert: dict[str, dict[str, str]]) -> None:
    assert alert["labels"]["severity"] in {"page", "ticket"}
    assert alert["annotations"]["runbook_url"] == f"{DEFAULT_RUNBOOKS}/{alert['alert']}.md"
    assert alert["annotations"]["summary"]
    assert alert["annotations"]["description"]


@pytest.mark.parametrize("path", sorted(RUNBOOKS.glob("*.md")), ids=lambda path: path.stem)
def test_a_page_has_its_name_and_its_sections(path: Path) -> None:
    text = path.read_text()
    assert text.startswith(f"# {path.stem}\n")
    assert [section for section in SECTIONS if section not in text] == []
    assert len(text.splitlines()) <= 60
