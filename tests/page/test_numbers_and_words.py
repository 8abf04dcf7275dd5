"""The page's pure modules: numbers, units, durations and words as people read them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.page.conftest import Stage, Watched

CASES: dict[str, dict[str, object]] = {
    "numbers.js#number": {
        '[1203.4, "kW"]': "1,203",
        '[447.83, "kW"]': "447.8",
        '[-0.994, "deg"]': "−1.0",
        '[6.5349, "m/s"]': "6.53",
        '[447.83, "kW", 3]': "448",
        "[61728]": "61,728",
        "[0.012345]": "0.0123",
        "[-0.00001]": "−1.000 × 10⁻⁵",
        "[2.5e12]": "2.500 × 10¹²",
        '[-0.01, "Cel"]': "0.0",
    },
    "numbers.js#signed": {'[71.04, "kW"]': "+71.0", '[-53.2, "kW"]': "−53.2", '[0.01, "kW"]': "±0.0"},
    "numbers.js#percent": {"[61776, 61777]": "99.9 %", "[7, 7]": "100 %", "[1, 0]": "–", "[1, 900]": "< 1 %"},
    "numbers.js#tick": {"[500, 500]": "500", "[0.25, 0.25]": "0.3", "[2, 0.5]": "2.0"},
    "units.js#unitText": {
        '["kW.h"]': "kWh",
        '["Cel"]': "°C",
        '["m3/h"]': "m³/h",
        '["m/s2"]': "m/s²",
        '["N.m"]': "N·m",
        '["{rpm}"]': "rpm",
        '["1"]': "",
        '["W/m2"]': "W/m²",
    },
    "units.js#isAdditive": {'["kW"]': True, '["m3/h"]': True, '["Cel"]': False, '["m/s"]': False, '["kW.h"]': True},
    "times.js#durationText": {
        "[0.4]": "0 s",
        "[45]": "45 s",
        "[200]": "3 min 20 s",
        "[7500]": "2 h 5 min",
        "[356400]": "4 d 3 h",
        "[3600]": "1 h",
    },
    "times.js#spanText": {"[0.0008]": "0.8 ms", "[0.0123]": "12 ms", "[1.25]": "1.25 s"},
    "levels.js#ratioText": {
        '[{"ratio": 1, "objective": 0.995}]': "100 %",
        '[{"ratio": 0.99999999, "objective": 0.995}]': "99.99 %",
        '[{"ratio": 0.994999, "objective": 0.995}]': "99.49 %",
        '[{"ratio": 0.99949999, "objective": 0.9995}]': "99.94 %",
        '[{"ratio": 0.9995, "objective": 0.9995}]': "99.95 %",
        '[{"ratio": 0.99989, "objective": 0.99999}]': "99.989 %",
        '[{"ratio": 0, "objective": 0.9}]': "0.00 %",
        '[{"ratio": null, "objective": 0.9}]': "–",
    },
    "levels.js#promiseText": {
        '[{"objective": 0.995, "window": "28d"}]': "promised 99.5 % over 28 d",
        '[{"objective": 0.57, "window": "90m"}]': "promised 57 % over 90 min",
        '[{"objective": 0.99999, "window": "12h"}]': "promised 99.999 % over 12 h",
    },
    "levels.js#budgetText": {
        '[{"ratio": 1, "budget": 1}]': "whole budget left",
        '[{"ratio": 0.999, "budget": 0.9996}]': "99.9 % of the budget left",
        '[{"ratio": 0.99, "budget": 0}]': "0 % of the budget left",
        '[{"ratio": 0.99, "budget": -0.001}]': "overdrawn: the budget is just used up",
        '[{"ratio": 0.99, "budget": -0.38}]': "overdrawn: 138 % of the budget used",
        '[{"ratio": null, "budget": 1}]': "nothing to judge yet",
    },
    "words.js#humanised": {
        '["windSpeed"]': "Wind speed",
        '["power-curve.expected"]': "Power curve expected",
        '["WindTurbine"]': "Wind turbine",
        '["Ba_avg"]': "Ba avg",
    },
    "words.js#why": {
        '[{"status": "Good", "reasons": []}]': "",
        '[{"status": "BadNodeIdUnknown", "reasons": []}]': "the source does not know this tag",
        '[{"status": "UncertainSensorNotAccurate", "reasons": ["Flatline"]}]': (
            "the sensor is not accurate; has not changed for suspiciously long"
        ),
        '[{"status": "Bad(0x80AB0000)", "reasons": []}]': "Bad(0x80AB0000)",
    },
    "views/scale.js#niceTicks": {"[0, 15.4, 8]": [0, 2, 4, 6, 8, 10, 12, 14, 16], "[3, 3, 5]": [3, 4]},
    "views/scale.js#spread": {"[[10, 11, 50], 15, 0, 100]": [10, 25, 50], "[[98, 99], 15, 0, 100]": [85, 100]},
    "views/scale.js#interpolate": {"[[[3, 0], [5, 100]], 4]": 50, "[[[3, 0], [5, 100]], 9]": 100},
}


@pytest.mark.browser
async def test_numbers_units_and_codes_read_as_people_write_them(watched: Watched, stage: Stage) -> None:
    await watched.page.goto(stage.url)
    for name, cases in CASES.items():
        module, function = name.split("#")
        call = f"(a) => import('./page/js/{module}').then((m) => a.map((args) => m.{function}(...args)))"
        got = await watched.page.evaluate(call, [json.loads(args) for args in cases])
        assert dict(zip(cases, got, strict=True)) == cases, name


@pytest.mark.browser
async def test_a_series_shows_holes_where_nobody_looked(watched: Watched, stage: Stage) -> None:
    await watched.page.goto(stage.url)
    spans = await watched.page.evaluate(
        """() => import('./page/js/series.js').then(({ Series }) => {
          const series = new Series();
          series.load({ time: [10, 11, 12, 60, 61], value: [1, 2, 3, 4, 5], quality: [0, 0, 1, 0, 0] });
          return [series.spans(0, 62, 10).map((s) => [s.from, s.to, s.quality]), series.drawn(10)];
        })"""
    )
    assert spans[0] == [[0, 10, 3], [10, 12, 0], [12, 13.25, 1], [13.25, 60, 3], [60, 62, 0]]
    assert spans[1] == [[10, 11, 12, 17, 60, 61], [1, 2, 3, None, 4, 5]]
