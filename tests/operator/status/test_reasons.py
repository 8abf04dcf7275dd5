"""Every reason belongs to one condition, and to one row of docs/conditions.md."""

import re
from collections import Counter
from pathlib import Path

from brownfield_api.resources import Reason
from brownfield_api.resources.status import ConditionType
from brownfield_operator.status.reasons import _BY_CONDITION, CONDITION_OF

PAGE = Path(__file__).resolve().parents[3] / "docs" / "conditions.md"


def _sections() -> dict[str, list[str]]:
    """Heading -> the first cells of its table's rows."""
    sections: dict[str, list[str]] = {}
    heading = ""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ")
        row = re.match(r"\| `(\w+)`", line)
        if row is not None:
            sections.setdefault(heading, []).append(row[1])
    return sections


def test_every_reason_belongs_to_exactly_one_condition() -> None:
    listed = Counter(reason for reasons in _BY_CONDITION.values() for reason in reasons)
    assert listed == Counter(Reason)


def test_every_condition_that_is_shown_is_on_the_page_and_no_other() -> None:
    assert set(_sections()["Conditions"]) == set(ConditionType)


def test_every_reason_is_on_the_page_once_under_its_condition() -> None:
    sections = _sections()
    both = {ConditionType.CONNECTED, ConditionType.FRESH}
    for condition in set(ConditionType) - both:
        wanted = [reason.value for reason, kind in CONDITION_OF.items() if kind is condition]
        assert Counter(sections[f"Reasons of {condition}"]) == Counter(wanted)
    wanted = [reason.value for reason, kind in CONDITION_OF.items() if kind in both]
    assert Counter(sections["Reasons of Connected and Fresh"]) == Counter(wanted)


def test_every_row_of_the_page_says_what_to_do() -> None:
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("| `"):
            assert all(cell.strip() for cell in line.strip("|").split(" | ")[:-1]), line
            assert line.count(" | ") >= 2, line
