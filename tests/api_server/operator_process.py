"""The operator as it runs on a cluster: its own process, its own identity, its own log."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import psutil
import yaml
from prometheus_client.parser import text_string_to_metric_families
from tests.api_server.eventually import eventually

NAMESPACE = "brownfield"
ACCOUNT = "brownfield-operator"
USER = f"system:serviceaccount:{NAMESPACE}:{ACCOUNT}"
"""As the audit log has it."""

LEASE = "brownfield-operator"


def write_settings(path: Path, **changes: Any) -> Path:
    """Settings as the chart writes them; the spine they name is not there, which must be nobody's concern."""
    settings = {
        "site": "local",
        "adapter": {"image": "brownfield-adapter:test"},
        "pipeline": {"image": "brownfield-pipeline:test"},
        "twin": {"image": "brownfield-twin:test"},
        "spine": {"servers": [f"nats://127.0.0.1:{free_port()}"], "cidrs": ["127.0.0.1/32"]},
    }
    path.write_text(yaml.safe_dump(settings | changes), encoding="utf-8")
    return path


class OperatorProcess:
    """`python -m brownfield_operator`, started, stopped and killed as often as a test likes. `log` grows on."""

    def __init__(self, folder: Path, kubeconfig: Path, settings: Path, replica: str = "operator-0") -> None:
        self.replica = replica
        self.log = folder / f"{replica}.log"
        self.settings = settings
        self._kubeconfig = kubeconfig
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0
        self._from = 0

    def start(self, *, lead: bool = True, kubeconfig: Path | None = None) -> None:
        """Returns when it leads and has planned (or, with `lead` False, at once)."""
        assert self._process is None, "it runs already"
        self._port = free_port()
        self._from = self.log.stat().st_size if self.log.exists() else 0
        environment = {
            **os.environ,
            "KUBECONFIG": str(kubeconfig or self._kubeconfig),
            "POD_NAMESPACE": NAMESPACE,
            "POD_NAME": self.replica,
            "METRICS_LISTEN": f"127.0.0.1:{self._port}",
        }
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "brownfield_operator", str(self.settings)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environment,
                start_new_session=True,
            )
        if lead:
            eventually(self.has_planned, what=f"{self.replica} leads and has planned", seconds=60.0, step=0.1)

    def stop(self) -> None:
        """As a kubelet does: SIGTERM, and SIGKILL for who does not listen."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(number)
        try:
            self._process.wait(timeout=20.0)
        finally:
            self._process.kill()
            self._process.wait()
            self._process = None

    @property
    def pid(self) -> int:
        assert self._process is not None, "it does not run"
        return self._process.pid

    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def resident(self) -> int:
        """Resident memory, bytes."""
        return int(psutil.Process(self.pid).memory_info().rss)

    def cpu(self) -> float:
        """Seconds of processor time so far."""
        times = psutil.Process(self.pid).cpu_times()
        return float(times.user + times.system)

    def metrics(self) -> dict[str, float]:
        """Every sample by its name and labels, `name{label="value"}`; empty while nothing answers."""
        try:
            text = httpx.get(f"http://127.0.0.1:{self._port}/metrics", timeout=5.0, trust_env=False).text
        except httpx.HTTPError:
            return {}
        samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
        return {_written(sample.name, sample.labels): sample.value for sample in samples}

    def has_planned(self) -> bool:
        """Whether it leads and has made its first plan."""
        assert self.is_alive(), f"the operator ended: {self.lines()[-3:]}"
        return self.metrics().get("brownfield_operator_plan_seconds", 0.0) > 0.0

    def settled(self) -> bool:
        """Whether it has planned, and no process waits to be reconciled."""
        return self.has_planned() and self.metrics()['brownfield_operator_queue_depth{queue="process"}'] == 0

    def lines(self) -> list[dict[str, Any]]:
        """What it has said since its last start; what is no JSON (a traceback) as `{"raw": line}`."""
        if not self.log.exists():
            return []
        with self.log.open("rb") as log:
            log.seek(self._from)
            return [_line(line) for line in log.read().decode(errors="replace").splitlines() if line]

    def said(self, event: str) -> list[dict[str, Any]]:
        """Log lines of that event."""
        return [line for line in self.lines() if line.get("event") == event]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as held:
        return int(held.getsockname()[1])


def seconds_since(begun: float) -> float:
    return time.monotonic() - begun


def _written(name: str, labels: dict[str, str]) -> str:
    inside = ",".join(f'{key}="{value}"' for key, value in sorted(labels.items()))
    return f"{name}{{{inside}}}" if inside else name


def _line(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {"raw": line}
    return found if isinstance(found, dict) else {"raw": line}
