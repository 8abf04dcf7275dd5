"""A real Prometheus inside the cluster's network: scrapes our pods and evaluates our rules.

Debian builds it without discovery of Kubernetes, so it is told which pods there are.
"""

import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml
from hack.cluster_demo.deployment import FARM, SYSTEM
from tests.api_server.admin import Json
from tests.api_server.eventually import eventually
from tests.api_server.space import OURS
from tests.cluster.farm import Farm
from tests.cluster.operator_log import SELECTOR

from brownfield_operator.paths import METRICS_PORT
from brownfield_slo.rules import FILE_NAME, rule_file, rule_groups

INTERVAL = 5
"""Seconds between two scrapes, and between two evaluations."""

_PORT = 19090


@dataclass(frozen=True, slots=True)
class Prometheus:
    """The server, asked over HTTP."""

    url: str

    def query(self, expression: str) -> list[dict[str, Any]]:
        """An instant vector: elements with `metric` and `value`."""
        found: list[dict[str, Any]] = self._get("query", query=expression)["result"]
        return found

    def value(self, expression: str) -> float:
        """Of the one element; NaN if there is none."""
        found = self.query(expression)
        assert len(found) <= 1, found
        return float(found[0]["value"][1]) if found else float("nan")

    def alerts(self, state: str = "firing") -> list[dict[str, Any]]:
        """Alerts with `labels` and `annotations`."""
        return [alert for alert in self._get("alerts")["alerts"] if alert["state"] == state]

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/-/ready", timeout=2.0, trust_env=False).is_success
        except httpx.TransportError:
            return False

    def _get(self, what: str, **query: str) -> dict[str, Any]:
        answer = httpx.get(f"{self.url}/api/v1/{what}", params=query, timeout=10.0, trust_env=False)
        assert answer.is_success, answer.text
        data: dict[str, Any] = answer.json()["data"]
        return data


@contextmanager
def running_prometheus(farm: Farm, folder: Path, windows: Iterable[float]) -> Iterator[Prometheus]:
    """Started in the network namespace of a cluster of the provider `local`; ended afterwards."""
    (folder / FILE_NAME).write_text(rule_file(rule_groups(windows, interval=INTERVAL)))
    admin = farm.admin
    config = {
        "global": {"scrape_interval": f"{INTERVAL}s", "scrape_timeout": f"{INTERVAL}s"},
        "rule_files": [FILE_NAME],
        "scrape_configs": [
            # The figures of the ledger are of resources in other namespaces than its own.
            {**_job("operator", admin.list("Pod", SYSTEM, SELECTOR)), "honor_labels": True},
            _job("processes", admin.list("Pod", FARM, OURS)),
        ],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    address = f"{farm.cluster.entry.network.node}:{_PORT}"
    command = ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            ["nsenter", f"--net=/run/netns/bf-{farm.cluster.name}", *command, f"--web.listen-address={address}"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    server = Prometheus(f"http://{address}")

    def is_ready() -> bool:
        assert process.poll() is None, (folder / "log").read_text()
        return server.is_ready()

    try:
        eventually(is_ready, what="Prometheus answers")
        yield server
    finally:
        process.terminate()
        process.wait(timeout=30)


def _job(name: str, pods: Iterable[Json]) -> dict[str, Any]:
    groups = [
        {"targets": [f"{pod['status']['podIP']}:{METRICS_PORT}"], "labels": {"pod": pod["metadata"]["name"]}}
        for pod in pods
    ]
    return {"job_name": name, "static_configs": groups}


def pages_of(prometheus: Prometheus) -> set[tuple[str, str]]:
    """Name and source of the alerts that page now; of a twin's, no source."""
    paging = [alert["labels"] for alert in prometheus.alerts() if alert["labels"]["severity"] == "page"]
    return {(labels["alertname"], labels.get("source", "")) for labels in paging}


def seconds_until(prometheus: Prometheus, firing: set[tuple[str, str]], begun: float, *, seconds: float) -> float:
    """From `begun` (monotonic) until exactly these alerts page, each a name and its source."""
    eventually(lambda: pages_of(prometheus) == firing, what=f"pages are {firing or 'none'}", seconds=seconds, step=0.25)
    return time.monotonic() - begun
