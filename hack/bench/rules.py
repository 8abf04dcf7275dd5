"""`python -m hack.bench.rules`: what the rules of a fleet cost a real Prometheus.

`--sources 1000` scrapes so many for `--duration` seconds. With `--history` their recorded counters of the last 68 hours
are put into its database first, because a range that reaches back 67 hours costs what is in it. That file is 8,000
samples a series: take fewer sources for it, the cost is proportional.
"""

import argparse
import json
import socket
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import yaml
from hack.bench.fleet_metrics import Fleet, serving

from brownfield_slo.levels import window_text
from brownfield_slo.rules import FILE_NAME, rule_file, rule_groups

DAY = 86400.0
HISTORY = 68 * 3600.0
EVERY = 30.0

QUERIES = {
    "rules": "sum(prometheus_rule_group_rules)",
    "failed evaluations": "sum(prometheus_rule_evaluation_failures_total)",
    "late evaluations": "sum(prometheus_rule_group_iterations_missed_total)",
    "scraped series": 'scrape_samples_scraped{job="fleet"}',
    "recorded series": 'count({__name__=~".+:brownfield_.+"})',
    "firing alerts": 'count(ALERTS{alertstate="firing"})',
    "resident memory, MB": 'process_resident_memory_bytes{job="self"} / 1e6',
    "cores, scrapes and all": 'rate(process_cpu_seconds_total{job="self"}[2m])',
}


def main() -> int:
    """Measures and prints; the exit code is 1 if a rule could not be evaluated."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sources", type=int, default=1000)
    parser.add_argument("--windows", type=float, nargs="+", default=[28.0], help="days")
    parser.add_argument("--duration", type=int, default=150, help="seconds")
    parser.add_argument("--history", action="store_true")
    options = parser.parse_args()
    windows = [days * DAY for days in options.windows]
    fleet = Fleet(options.sources, tuple(window_text(window) for window in windows))
    with tempfile.TemporaryDirectory() as scratch, serving(fleet) as exporter:
        folder = Path(scratch)
        if options.history:
            _write_history(fleet, folder)
        with _prometheus(folder, windows, exporter) as (server, url):
            time.sleep(options.duration)
            figures = _figures(url) | _costs(server, url, windows)
    print(json.dumps({"sources": options.sources, "windows": fleet.windows} | figures, indent=2))
    return 1 if figures["failed evaluations"] else 0


def _write_history(fleet: Fleet, folder: Path) -> None:
    end = time.time()
    path = folder / "history.txt"
    with path.open("w") as file:
        file.writelines(fleet.history(end - HISTORY, end, EVERY))
    command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=80h", "--quiet"]
    subprocess.run([*command, str(path), str(folder / "data")], check=True)
    path.unlink()


@contextmanager
def _prometheus(folder: Path, windows: list[float], exporter: int) -> Iterator[tuple[psutil.Process, str]]:
    (folder / FILE_NAME).write_text(rule_file(rule_groups(windows)))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    jobs = [
        {"job_name": "fleet", "honor_labels": True, "static_configs": [{"targets": [f"127.0.0.1:{exporter}"]}]},
        {"job_name": "self", "static_configs": [{"targets": [address]}]},
    ]
    config = {"global": {"scrape_interval": "15s"}, "rule_files": [FILE_NAME], "scrape_configs": jobs}
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    command = ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
    with (folder / "log").open("w") as log, subprocess.Popen(
        [*command, f"--web.listen-address={address}"], stdout=log, stderr=log
    ) as process:  # fmt: skip
        try:
            yield psutil.Process(process.pid), f"http://{address}"
        finally:
            process.terminate()


def _figures(url: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, query in QUERIES.items():
        answer = _ask(url, query)
        found[name] = round(float(answer[0]["value"][1]), 3) if answer else 0.0
    return found


def _costs(server: psutil.Process, url: str, windows: list[float]) -> dict[str, Any]:
    """CPU of one evaluation of each group: wall time would tell of the machine's other work. And what that is in cores,
    with each group evaluated when it is due.
    """
    seconds = {}
    groups = rule_groups(windows)
    for group in groups:
        before = sum(server.cpu_times()[:2])
        for rule in group.rules:
            _ask(url, f"count({rule.expr})")
        seconds[group.name] = round(sum(server.cpu_times()[:2]) - before, 3)
    cores = sum(seconds[group.name] / group.interval for group in groups)
    return {"CPU seconds of one evaluation": seconds, "cores, rules": round(cores, 4)}


def _ask(url: str, query: str) -> list[dict[str, Any]]:
    with urllib.request.urlopen(  # noqa: S310  # our own Prometheus, on loopback
        f"{url}/api/v1/query?{urllib.parse.urlencode({'query': query})}", timeout=60
    ) as answer:
        result: list[dict[str, Any]] = json.load(answer)["data"]["result"]
    return result


if __name__ == "__main__":
    raise SystemExit(main())
