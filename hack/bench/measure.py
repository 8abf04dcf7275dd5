"""Runs one scenario through `brownfield run` and turns its report into figures.

CPU is that of whole processes, user + system, as the operating system counts it. The report's is over the
whole run, start-up included; what is quoted per tag is that of the window after `WARM_UP`.
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

import psutil
from hack.bench.scenarios import Scenario

Report = dict[str, Any]

WARM_UP = 8.0
"""Seconds after which processes have imported, connected and settled."""


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
        with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
            steady = _steady_cores(process.pid, seconds)
            code = process.wait()
        if code:
            raise RuntimeError(f"scenario {scenario.name} ended with {code}:\n{log.read_text()[-4000:]}")
        elapsed = time.monotonic() - started
        report: Report = json.loads(report_path.read_text())
    report["scenario"] = scenario.name
    report["duration"] = seconds
    report["seconds"] = round(elapsed, 2)
    report["cores"] = round(sum(process["cpu_seconds"] for process in report["processes"].values()) / seconds, 3)
    report["steady_cores"] = steady
    return report


def _steady_cores(run_pid: int, seconds: int) -> dict[str, float]:
    """CPU seconds per second of each kind of process between `WARM_UP` and two seconds before the end."""
    time.sleep(WARM_UP)
    before, began = _cpu_by_kind(run_pid), time.monotonic()
    time.sleep(max(1.0, seconds - WARM_UP - 2.0))
    after, window = _cpu_by_kind(run_pid), time.monotonic() - began
    return {kind: (after[kind] - before.get(kind, 0.0)) / window for kind in after}


def _cpu_by_kind(run_pid: int) -> dict[str, float]:
    """User + system CPU seconds of the run's children so far, by the module or program they run."""
    found: dict[str, float] = {}
    for process in psutil.Process(run_pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            arguments = process.cmdline()
            kind = next((word for word in arguments if word.startswith("brownfield_")), "spine")
            times = process.cpu_times()
            found[kind] = found.get(kind, 0.0) + times.user + times.system
    return found


def figures(scenario: Scenario, report: Report) -> dict[str, float]:
    """The figures of a report that mean something for this scenario."""
    adapters = [value for name, value in report["processes"].items() if name.startswith("adapter")]
    steady = report["steady_cores"]
    found = {
        "tags/s wanted": float(scenario.tags_per_second),
        "samples/s, start-up included": report["samples"]["published"] / report["duration"],
        "adapter µs CPU/tag": 1e6 * steady["brownfield_adapters"] / scenario.tags_per_second,
        "adapter RSS MB": max(process["rss_bytes"] for process in adapters) / 1e6,
        "cores, all processes": sum(steady.values()),
        "lost": float(report["samples"]["lost"]),
        "source → spine p50 ms": 1e3 * report["latency"]["spine"]["p50"],
        "source → spine p99 ms": 1e3 * report["latency"]["spine"]["p99"],
    }
    if scenario.twin:
        found["source → twin p50 ms"] = 1e3 * report["latency"]["twin"]["p50"]
        found["source → twin p99 ms"] = 1e3 * report["latency"]["twin"]["p99"]
    return found
