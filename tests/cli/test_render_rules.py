"""`brownfield render rules` as a user types it."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

SOURCE = """
apiVersion: brownfield.dev/v1alpha1
kind: LegacySource
metadata: {{name: {name}}}
spec:
  modbus: {{endpoint: "tcp://127.0.0.1:502"}}
  tags:
  - {{name: pressure, address: "holding:0", type: float32, unit: bar}}
  {objectives}
---
"""
TWIN = """
apiVersion: brownfield.dev/v1alpha1
kind: TwinModel
metadata: {name: line}
spec:
  assets: [{mapping: line}]
  objectives: {freshness: "99", window: 7d}
"""


def render(tmp_path: Path, text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = tmp_path / "resources.yaml"
    path.write_text(text)
    command = [
        sys.executable,
        "-m",
        "brownfield_cli",
        "render",
        "rules",
        "-f",
        str(path),
        "-o",
        str(tmp_path / "rules"),
    ]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=60, check=False)


def written(tmp_path: Path) -> list[dict[str, Any]]:
    """The groups of the file."""
    groups: list[dict[str, Any]] = yaml.safe_load((tmp_path / "rules" / "brownfield-rules.yaml").read_text())["groups"]
    return groups


@pytest.mark.parametrize(
    ("resources", "windows"),
    [
        ([SOURCE.format(name="a", objectives='objectives: {uptime: "99.5"}')], ["28d"]),
        ([SOURCE.format(name="a", objectives='objectives: {uptime: "99.5", window: 672h}')], ["28d"]),
        (
            [
                SOURCE.format(name="a", objectives='objectives: {uptime: "99.5"}'),
                SOURCE.format(name="b", objectives='objectives: {quality: "98"}'),
                TWIN,
            ],
            ["7d", "28d"],
        ),
        ([SOURCE.format(name="a", objectives="")], []),
    ],
)
def test_each_window_has_one_set_of_rules(tmp_path: Path, resources: list[str], windows: list[str]) -> None:
    done = render(tmp_path, "".join(resources))
    assert done.returncode == 0, done.stderr
    names = [group["name"] for group in written(tmp_path)]
    assert [name for name in names if "burn" in name] == [f"brownfield-burn-{window}" for window in windows]


def test_without_objectives_it_says_so_and_writes_what_is_left(tmp_path: Path) -> None:
    done = render(tmp_path, SOURCE.format(name="a", objectives=""))
    assert done.returncode == 0
    assert "no resource has objectives" in done.stderr
    assert "brownfield-spine" in [group["name"] for group in written(tmp_path)]


def test_wrong_resources_give_no_rules(tmp_path: Path) -> None:
    done = render(tmp_path, SOURCE.format(name="a", objectives='objectives: {uptime: "101"}'))
    assert done.returncode == 1
    assert "at most 99.9999 per cent" in done.stderr
    assert not (tmp_path / "rules").exists()


def test_alerts_lead_where_the_user_says(tmp_path: Path) -> None:
    render(tmp_path, SOURCE.format(name="a", objectives=""), "--runbooks", "https://wiki.example.com/runbooks")
    rule = written(tmp_path)[-1]["rules"][0]
    assert rule["annotations"]["runbook_url"] == "https://wiki.example.com/runbooks/BrownfieldSpineDown.md"
