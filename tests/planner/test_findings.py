"""Bad input is named with file, line, resource and field, all at once: every case is a YAML file in `data`.

Beside `case.yaml` lies `case.expected` with one line per finding, and one `left out:` line per resource.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from brownfield_planner import Plan

PlanOf = Callable[..., Plan]

DATA = Path(__file__).parent / "data"
CASES = sorted(DATA.glob("*.yaml"))


def report(made: Plan) -> str:
    """The findings as a person reads them, and what does not run."""
    lines = [f"{item.severity} {item.reason} {item}" for item in made.findings]
    lines += [f"left out: {item.resource} because of {item.because}" for item in made.left_out]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_a_bad_file_is_reported_as_expected(case: Path, plan_of: PlanOf) -> None:
    assert report(plan_of(case)) == case.with_suffix(".expected").read_text(encoding="utf-8")


def test_every_case_has_its_expectation_and_nothing_else_lies_there() -> None:
    assert {path.stem for path in DATA.glob("*.expected")} == {path.stem for path in CASES}


def test_findings_of_many_files_are_sorted_by_file_and_line(plan_of: PlanOf) -> None:
    made = plan_of(*reversed(CASES))
    places = [(item.file, item.line) for item in made.findings]
    assert places == sorted(places)


def test_every_error_says_where_it_is(plan_of: PlanOf) -> None:
    for case in CASES:
        for finding in plan_of(case).findings:
            assert finding.file == case.name
            assert finding.line > 0
            assert finding.message
