"""Prometheus finds every process; what it finds there is checked on a real run in test_commands."""

import json
from pathlib import Path

from brownfield_api.health import HealthRecord
from brownfield_cli.scrape_targets import FILE_NAME, write_targets


def record(kind: str, metrics: str) -> HealthRecord:
    return HealthRecord(kind=kind, namespace="default", name="farm", instance="1", time=1, started=1, metrics=metrics)


def test_each_process_with_metrics_is_a_target(tmp_path: Path) -> None:
    write_targets(
        tmp_path, {"b": record("twin", "127.0.0.1:2"), "a": record("adapter", "127.0.0.1:1"), "c": record("x", "")}
    )
    assert json.loads((tmp_path / FILE_NAME).read_text()) == [
        {"targets": ["127.0.0.1:1"], "labels": {"kind": "adapter", "namespace": "default", "process": "farm"}},
        {"targets": ["127.0.0.1:2"], "labels": {"kind": "twin", "namespace": "default", "process": "farm"}},
    ]


def test_the_file_is_left_alone_while_nothing_changes(tmp_path: Path) -> None:
    write_targets(tmp_path, {"a": record("twin", "127.0.0.1:2")})
    before = (tmp_path / FILE_NAME).stat().st_ino
    write_targets(tmp_path, {"a": record("twin", "127.0.0.1:2")})
    assert (tmp_path / FILE_NAME).stat().st_ino == before
