"""Runs one scenario through `brownfield run` and turns its report into figures.

CPU is that of whole processes (user + system, as the operating system counts it) over the whole run,
start-up included, so short runs look worse than they are.
"""

import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hack.bench.scenarios import Scenario

Report = dict[str, Any]


@contextlib.contextmanager
def devices(scenario: Scenario) -> Iterator[list[str]]:
    """The scenario's simulated devices, running; yields their addresses."""
    command = [sys.executable, "-m", "hack.bench.simulators", *scenario.devices]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the simulators' pipes were asked for and are missing")
        yield json.loads(process.stdout.readline())
        process.stdin.close()


def run(scenario: Scenario, seconds: int) -> Report:
    """The report of one run of `seconds`, with `seconds` and `cores` added."""
    with devices(scenario) as addresses, tempfile.TemporaryDirectory() as folder:
        resources = Path(folder) / "scenario.yaml"
        resources.write_text(scenario.documents(addresses), encoding="utf-8")
        report_path = Path(folder) / "report.json"
        command = [
            sys.executable, "-m", "brownfield_cli", "run", "-f", str(resources), "--state", str(Path(folder) / "state"),
            "--duration", f"{seconds}s", "--report", str(report_path), "--listen", "127.0.0.1:0",
        ]  # fmt: skip
        started = time.monotonic()
        log = Path(folder) / "run.log"
        with log.open("wb") as output:
            code = subprocess.run(command, stdout=output, stderr=output, check=False).returncode
        if code:
            raise RuntimeError(f"scenario {scenario.name} ended with {code}:\n{log.read_text()[-4000:]}")
        elapsed = time.monotonic() - started
        report: Report = json.loads(report_path.read_text())
    report["scenario"] = scenario.name
    report["seconds"] = round(elapsed, 2)
    report["cores"] = round(sum(process["cpu_seconds"] for process in report["processes"].values()) / seconds, 3)
    return report


def figures(scenario: Scenario, report: Report) -> dict[str, float]:
    """The figures of a report that mean something for this scenario."""
    adapters = [value for name, value in report["processes"].items() if name.startswith("adapter")]
    published = max(report["samples"]["published"], 1)
    found = {
        "tags/s wanted": float(scenario.tags_per_second),
        "samples published": float(report["samples"]["published"]),
        "adapter µs CPU/tag": 1e6 * sum(process["cpu_seconds"] for process in adapters) / published,
        "adapter RSS MB": max(process["rss_bytes"] for process in adapters) / 1e6,
        "cores, all processes": report["cores"],
        "lost": float(report["samples"]["lost"]),
        "source → spine p50 ms": 1e3 * report["latency"]["spine"]["p50"],
        "source → spine p99 ms": 1e3 * report["latency"]["spine"]["p99"],
    }
    if scenario.twin:
        found["source → twin p50 ms"] = 1e3 * report["latency"]["twin"]["p50"]
        found["source → twin p99 ms"] = 1e3 * report["latency"]["twin"]["p99"]
    return found
