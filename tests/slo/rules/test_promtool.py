"""What Prometheus' own tool says of the rules: they are correct, and the alerts fire and end when they should.

The cases are files of `promtool test rules` in `promtool/`, against the rules in `golden/`: one process runs them all.
"""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

FOLDER = Path(__file__).parent
CASES = sorted((FOLDER / "promtool").glob("*.yaml"))
GOLDEN = sorted((FOLDER / "golden").glob("*.yaml"))


def promtool(*arguments: str) -> str:
    """What it prints; fails the test unless it is content."""
    done = subprocess.run(["promtool", *arguments], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def checks() -> list[dict[str, Any]]:
    """All checks of alerts in all cases."""
    tests = [test for path in CASES for test in yaml.safe_load(path.read_text())["tests"]]
    return [check for test in tests for check in test.get("alert_rule_test", ())]


def rises(values: str) -> bool:
    """Whether a series in promtool's notation (`0+60x10`, `stale`, `_x5`) never falls."""
    last = float("-inf")
    for part in values.split():
        found = re.fullmatch(r"(-?[\d.]+)(?:([+-])([\d.]+))?(?:x(\d+))?", part)
        if found is None:
            assert re.fullmatch(r"stale|_(x\d+)?", part), part
            continue
        first, sign, slope, times = found.groups()
        if float(first) < last or sign == "-":
            return False
        last = float(first) + float(slope or 0) * int(times or 0)
    return True


@pytest.mark.prometheus
def test_the_rules_are_correct() -> None:
    assert promtool("check", "rules", *map(str, GOLDEN)).count("SUCCESS") == len(GOLDEN)


@pytest.mark.prometheus
@pytest.mark.timeout(360)
def test_alerts_fire_and_end_when_they_should() -> None:
    assert promtool("test", "rules", *map(str, CASES)).count("SUCCESS") == len(CASES)


def test_each_alert_is_seen_to_fire_and_seen_to_be_silent() -> None:
    rules = yaml.safe_load((FOLDER / "golden" / "28d.yaml").read_text())
    alerts = {rule["alert"] for group in rules["groups"] for rule in group["rules"] if "alert" in rule}
    assert {check["alertname"] for check in checks() if check["exp_alerts"]} == alerts
    # Burn alerts are seen to be silent in what `ALERTS` holds.
    silent = {check["alertname"] for check in checks() if not check["exp_alerts"]}
    assert silent == alerts - {"BrownfieldErrorBudgetBurn"}


def test_counters_of_the_cases_never_fall() -> None:
    tests = [test for path in CASES for test in yaml.safe_load(path.read_text())["tests"]]
    series = [series for test in tests for series in test["input_series"] if "_total{" in series["series"]]
    assert len(series) > 30
    assert [item["series"] for item in series if not rises(str(item["values"]))] == []


@pytest.mark.parametrize("values", ["5 4", "0+60x10 599", "10-1x3", "0+60x10 stale 0+60x5"])
def test_a_counter_that_falls_is_noticed(values: str) -> None:
    assert not rises(values)
