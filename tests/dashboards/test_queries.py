"""What panels ask for exists and can be asked for: names against the documentation, queries against Prometheus."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hack.dashboards.queries import PanelQuery, queries, selections
from tests.dashboards.choices import DASHBOARDS, chosen

from brownfield_slo.rules import Recording, rule_file, rule_groups

HERE = Path(__file__).parent
METRICS = HERE.parents[1] / "docs" / "metrics.md"
WINDOWS = [28 * 86400.0]
PANELS = list(queries(DASHBOARDS, chosen))
CHOICES = list(selections(DASHBOARDS, chosen))


def documented() -> Iterator[str]:
    """Names of series that processes export, by the tables of docs/metrics.md: a histogram is three."""
    for line in METRICS.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `brownfield_"):
            parts = ("_bucket", "_sum", "_count") if cells[1] == "histogram" else ("",)
            yield from (name + part for name in re.findall(r"`(brownfield_\w+)", cells[0]) for part in parts)


def named(expr: str) -> set[str]:
    """The series of an expression."""
    return set(re.findall(r"(?:\w+:)?brownfield_\w+(?::\w+)?", re.sub(r'"[^"]*"', "", expr)))


def promtool(folder: Path, verb: tuple[str, str], content: dict[str, Any]) -> str:
    """What it prints about a file with this content; fails the test unless it is content."""
    path = folder / f"{verb[0]}.yaml"
    path.write_text(yaml.safe_dump(content, width=1000), encoding="utf-8")
    done = subprocess.run(["promtool", *verb, str(path)], capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_there_are_queries_of_every_dashboard() -> None:
    assert len(PANELS) > 100
    assert {query.dashboard for query in PANELS} == {path.stem for path in DASHBOARDS.iterdir()}
    assert {query.panel for query in CHOICES} == {"namespace", "source", "twin"}


def test_every_series_of_a_query_is_exported_or_recorded() -> None:
    recorded = {rule.record for group in rule_groups(WINDOWS) for rule in group.rules if isinstance(rule, Recording)}
    known = recorded | set(documented())
    asked = {(query.dashboard, query.panel, name) for query in (*PANELS, *CHOICES) for name in named(query.expr)}
    assert {each for each in asked if each[2] not in known} == set()
    assert all(named(query.expr) for query in PANELS)


def test_a_name_that_nobody_exports_is_noticed() -> None:
    assert named('sum(rate(brownfield_polls_total{a="brownfield_b"}[2m])) / source:brownfield_x:max') == {
        "brownfield_polls_total",
        "source:brownfield_x:max",
    }
    assert "brownfield_polls_total" not in set(documented())
    assert "brownfield_source_latency_seconds" not in set(documented())


def test_variables_are_replaced_in_each_way_of_writing_them(tmp_path: Path) -> None:
    target = {"expr": 'a{b="$source", c=~"(x-)?${twin}"}[$__range] > ${source:regex}'}
    panel = {"type": "stat", "title": "One", "targets": [target]}
    variable = {"type": "query", "name": "twin", "definition": 'label_values(a{b="$source", c!=""}, twin)'}
    board = {"uid": "u", "panels": [{"type": "row"}, panel], "templating": {"list": [{"type": "datasource"}, variable]}}
    (tmp_path / "u.json").write_text(json.dumps(board))

    def shouted(dashboard: str, name: str) -> str:
        return f"{dashboard}.{name.upper()}"

    assert list(queries(tmp_path, shouted)) == [
        PanelQuery("u", "One", 'a{b="u.SOURCE", c=~"(x-)?u.TWIN"}[u.__RANGE] > u.SOURCE')
    ]
    assert list(selections(tmp_path, shouted)) == [PanelQuery("u", "twin", 'a{b="u.SOURCE", c!=""}')]


@pytest.mark.prometheus
def test_every_query_is_promql(tmp_path: Path) -> None:
    rules = [{"record": f"query:{at}", "expr": query.expr} for at, query in enumerate((*PANELS, *CHOICES))]
    found = promtool(tmp_path, ("check", "rules"), {"groups": [{"name": "queries", "rules": rules}]})
    assert f"SUCCESS: {len(rules)} rules found" in found


@pytest.mark.prometheus
def test_every_query_finds_what_a_small_plant_exports(tmp_path: Path) -> None:
    """On one machine processes bear the names of their resources, on a cluster those of their StatefulSets."""
    (tmp_path / "rules.yaml").write_text(rule_file(rule_groups(WINDOWS)), encoding="utf-8")
    series = (HERE / "series.yaml").read_text(encoding="utf-8")
    one = {"labels": "{}", "value": 1}
    checks = [
        {"expr": f"count({query.expr}) > bool 0", "eval_time": "110m", "exp_samples": [one]}
        for query in (*PANELS, *CHOICES)
    ]
    plants = [yaml.safe_load(text) for text in (series, series.replace('process="twin-', 'process="'))]
    tests = [{"interval": "30s", "input_series": plant, "promql_expr_test": checks} for plant in plants]
    promtool(tmp_path, ("test", "rules"), {"rule_files": ["rules.yaml"], "evaluation_interval": "30s", "tests": tests})


@pytest.mark.prometheus
def test_the_figures_of_the_fleet_count_what_they_say(tmp_path: Path) -> None:
    """Three sources: t1 answers, t2 does not and has overdrawn its budget, nobody reports t3."""
    figures = {
        "Sources that answer": 1,
        "Sources that do not answer": 1,
        "Sources without an adapter": 1,
        "Objectives": 3,
        "Objectives missed": 1,
        "Lowest budget": -2,
    }
    exprs = {query.panel: query.expr for query in PANELS if query.dashboard == "brownfield-fleet"}
    checks = [
        {"expr": exprs[title], "eval_time": "110m", "exp_samples": [{"labels": "{}", "value": value}]}
        for title, value in figures.items()
    ]
    plant = yaml.safe_load((HERE / "series.yaml").read_text(encoding="utf-8"))
    promtool(
        tmp_path, ("test", "rules"), {"tests": [{"interval": "30s", "input_series": plant, "promql_expr_test": checks}]}
    )


def test_the_small_plant_exports_what_is_documented() -> None:
    plant = yaml.safe_load((HERE / "series.yaml").read_text(encoding="utf-8"))
    assert {item["series"].partition("{")[0] for item in plant} <= set(documented())
