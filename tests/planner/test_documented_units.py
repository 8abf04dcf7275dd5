"""Every code that docs/units.md shows is one that the planner reads."""

import re
from pathlib import Path

import pytest

from brownfield_planner.ucum import parse_unit

DOCUMENT = (Path(__file__).parents[2] / "docs" / "units.md").read_text()
NOT_CODES = {"tagUnit", "{annotation}"}
CODES = sorted(set(re.findall(r"`([^`]+)`", DOCUMENT)) - NOT_CODES)


@pytest.mark.parametrize("code", CODES)
def test_a_documented_code_is_read(code: str) -> None:
    assert parse_unit(code).quantity
