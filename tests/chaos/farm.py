"""The wind farm as a user runs it: `brownfield run` in a process of its own, the plant and the broker in the test's.

The broker is the test's, so that it can be taken away for as long as a test likes; everything else is
started and supervised by the command under test.
"""

import asyncio
import contextlib
import json
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psutil

from brownfield_cli.demo_command import simulated_plant
from brownfield_cli.example import example_folder
from brownfield_cli.simulate_command import export_volumes
from brownfield_plant.plant import Plant
from brownfield_spine.broker import Broker

STORE_BYTES = 32 * 1024**3


@dataclass
class Farm:
    """A running farm. `kill` and `pid` take a part of a process's configuration path, such as `pipeline-`."""

    plant: Plant
    broker: Broker
    state: Path
    report_path: Path
    log_path: Path
    process: asyncio.subprocess.Process
    page: str

    def pid(self, name: str) -> int | None:
        """The process whose configuration file is named so, if it is up."""
        for child in psutil.Process(self.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                if any(f"/configs/{name}" in word for word in child.cmdline()):
                    return child.pid
        return None

    def names(self) -> list[str]:
        """The processes of the run by the names of their configurations."""
        return sorted(path.stem for path in (self.state / "configs").glob("*.json"))

    async def kill(self, name: str) -> None:
        """SIGKILL, and wait until the supervisor has started another."""
        pid = self.pid(name)
        assert pid is not None, f"{name} is not up"
        psutil.Process(pid).send_signal(signal.SIGKILL)
        await until(lambda: self.pid(name) not in {None, pid}, 30, f"{name} started again")
        await self.until_sampled(f"new values after {name} was killed")

    async def until_sampled(self, what: str) -> None:
        """Waits until every turbine has given a value a second from now or later, and the twin shows it."""
        await self.until_twin(sampled_since(datetime.now(UTC) + timedelta(seconds=1)), 60, what)

    async def twin(self) -> dict[str, Any]:
        """What the page shows."""
        async with httpx.AsyncClient() as client:
            answer = await client.get(f"{self.page}api/v1/twin", timeout=10)
            answer.raise_for_status()
            found: dict[str, Any] = answer.json()
            return found

    async def until_twin(self, condition: Callable[[dict[str, Any]], bool], seconds: float, what: str) -> float:
        """Seconds until the page shows it."""
        started = time.monotonic()
        while True:
            with contextlib.suppress(httpx.HTTPError):
                if condition(await self.twin()):
                    return time.monotonic() - started
            assert time.monotonic() - started < seconds, f"not within {seconds} s: {what}\n{self.log_tail()}"
            await asyncio.sleep(0.1)

    async def stop(self) -> dict[str, Any]:
        """Ends the run as Ctrl-C does; returns its report."""
        self.process.send_signal(signal.SIGINT)
        await asyncio.wait_for(self.process.wait(), 90)
        report: dict[str, Any] = json.loads(self.report_path.read_text())
        return report

    def log_tail(self) -> str:
        """The last lines the run printed."""
        return "\n".join(self.log_path.read_text().splitlines()[-40:])


def fresh(view: dict[str, Any]) -> bool:
    """All four turbines are there and fresh, and no backlog is being read."""
    states = [asset["freshness"] for asset in view["assets"]]
    return states == ["Fresh"] * 4 and not view["catchingUp"]


def sampled_since(moment: datetime) -> Callable[[dict[str, Any]], bool]:
    """The farm is fresh, with values that each turbine gave after that moment."""

    def condition(view: dict[str, Any]) -> bool:
        newest = [max(p["sourceTime"] or "" for p in asset["properties"]) for asset in view["assets"]]
        return fresh(view) and all(datetime.fromisoformat(time) > moment for time in newest)

    return condition


async def until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Waits for a condition with a deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def running_farm(tmp_path: Path) -> AsyncIterator[Farm]:
    """The farm with four fresh turbines; what is still up at the end is killed."""
    state, log = tmp_path / "state", tmp_path / "run.log"
    broker = Broker(tmp_path / "broker", max_file_store=STORE_BYTES)
    await broker.start()
    async with simulated_plant(example_folder() / "plant", tmp_path / "plant") as (plant, _):
        options = [f"--resolve={name}={host}:{port}" for name, (host, port) in plant.addresses().items()]
        exports = export_volumes(plant, tmp_path / "plant" / "exports").items()
        options += [f"--volume={name}={folder}" for name, folder in exports]
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "brownfield_cli", "run", "-f", str(example_folder()), *options,
                "--state", str(state), "--listen", "127.0.0.1:0", "--report", str(tmp_path / "report.json"),
                "--spine", broker.config.servers[0], "--spine-credentials", broker.config.credentials,
                stdout=output, stderr=output,
            )  # fmt: skip
        farm = Farm(plant, broker, state, tmp_path / "report.json", log, process, "")
        try:
            await until(lambda: "page: http" in log.read_text() or process.returncode is not None, 60, "a page")
            assert process.returncode is None, farm.log_tail()
            farm.page = log.read_text().split("page: ")[1].split()[0]
            await farm.until_twin(fresh, 30, "four fresh turbines")
            yield farm
        finally:
            if process.returncode is None:
                for child in psutil.Process(process.pid).children(recursive=True):
                    child.kill()
                process.kill()
                await process.wait()
            await broker.stop()
