"""The rules of one and of two windows, compared with files, and what holds for every set."""

import re
from pathlib import Path

import pytest

from brownfield_api.errors import BrownfieldError
from brownfield_slo.rules import Recording, rule_file, rule_groups

DAY = 86400.0
GOLDEN = Path(__file__).parent / "golden"
DOCUMENTS = Path(__file__).parents[3] / "docs"


def names_in(expr: str) -> set[str]:
    """The metrics of an expression: ours, exported or recorded."""
    return set(re.findall(r"(?:[\w]+:)?brownfield_\w+(?::\w+)?", re.sub(r'"[^"]*"', "", expr)))


def expressions(windows: list[float]) -> list[str]:
    return [rule.expr for group in rule_groups(windows) for rule in group.rules]


def recorded(windows: list[float]) -> list[str]:
    return [rule.record for group in rule_groups(windows) for rule in group.rules if isinstance(rule, Recording)]


@pytest.mark.parametrize(("windows", "file"), [([28 * DAY], "28d.yaml"), ([28 * DAY, 7 * DAY], "28d-7d.yaml")])
def test_the_rules_are_those_of_the_file(windows: list[float], file: str) -> None:
    assert rule_file(rule_groups(windows)) == (GOLDEN / file).read_text()


def test_order_and_repetition_of_windows_change_nothing() -> None:
    assert rule_groups([7 * DAY, 28 * DAY, 7 * DAY]) == rule_groups([28 * DAY, 7 * DAY])


def test_a_range_that_two_windows_need_is_recorded_once() -> None:
    names = [name for name in recorded([28 * DAY, 7 * DAY]) if "sli_errors" in name]
    assert len(names) == len(set(names)) == 12
    assert len([name for name in recorded([28 * DAY]) if "sli_errors" in name]) == 7


def test_the_number_of_rules_depends_on_windows_alone() -> None:
    assert [len(expressions(windows)) for windows in ([], [28 * DAY], [28 * DAY, 7 * DAY])] == [20, 30, 38]


def test_without_objectives_there_is_nothing_to_burn() -> None:
    names = [group.name for group in rule_groups([])]
    assert names == [
        "brownfield-counters", "brownfield-objectives", "brownfield-sources", "brownfield-operator", "brownfield-spine",
    ]  # fmt: skip


@pytest.mark.parametrize("interval", [0, -30, 121])
def test_an_interval_at_which_series_would_be_forgotten_is_refused(interval: int) -> None:
    with pytest.raises(BrownfieldError, match="Give 1 to 120 seconds"):
        rule_groups([28 * DAY], interval=interval)


def test_whatever_is_used_is_recorded_or_documented() -> None:
    documented = set(re.findall(r"`(brownfield_\w+)", (DOCUMENTS / "metrics.md").read_text()))
    windows = [28 * DAY, 7 * DAY]
    known = documented | set(recorded(windows))
    unknown = {name for expr in expressions(windows) for name in names_in(expr)} - known
    assert unknown == set()
    assert {"brownfield_sli_events_total", "brownfield_spine_connected"} <= documented


def test_names_say_level_metric_and_operation() -> None:
    form = re.compile(r"^(source|source_sli|source_sli_window|all):brownfield_[a-z_]+:[a-z]+(_[a-z0-9]+)?$")
    assert [name for name in recorded([28 * DAY, 7 * DAY]) if not form.match(name)] == []


def test_no_rule_names_a_resource() -> None:
    selected = {found for expr in expressions([28 * DAY]) for found in re.findall(r"(\w+)=~?\"", expr)}
    assert selected == {"window"}
