"""Words stay legible on every ground in both themes (WCAG 2.2, 1.4.3 and 1.4.11)."""

import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).parents[2] / "twin/brownfield_twin/page/css/tokens.css"
LEGIBLE, DISTINCT = 4.5, 3.0


def themes() -> dict[str, dict[str, str]]:
    source = TOKENS.read_text(encoding="utf-8")
    blocks = re.findall(r"\{([^{}]*--ground[^{}]*)\}", source)
    parsed = [dict(re.findall(r"(--[\w-]+): (#[0-9a-f]{6});", block)) for block in blocks]
    assert len(parsed) == 3
    assert parsed[1] == parsed[2], "dark by choice and dark by system are the same"
    return {"light": parsed[0], "dark": parsed[0] | parsed[1]}


def luminance(colour: str) -> float:
    channels = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_is_legible_on_every_ground(theme: str) -> None:
    token = themes()[theme]
    pairs = [(ink, ground) for ink in ("--ink", "--ink-soft") for ground in ("--ground", "--panel", "--sunken")]
    pairs += [("--ink", "--stale-ground"), ("--ink-soft", "--stale-ground"), ("--stale", "--stale-ground")]
    pairs += [("--stale", "--panel"), ("--away", "--away-ground"), ("--away", "--panel"), ("--ink-faint", "--panel")]
    ratios = {(ink, ground): round(contrast(token[ink], token[ground]), 2) for ink, ground in pairs}
    assert {pair: ratio for pair, ratio in ratios.items() if ratio < LEGIBLE} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_marks_and_lines_stand_out(theme: str) -> None:
    token = themes()[theme]
    for mark in ("--good", "--uncertain-edge", "--bad", "--actual", "--expected", "--focus"):
        assert contrast(token[mark], token["--panel"]) >= DISTINCT, mark
