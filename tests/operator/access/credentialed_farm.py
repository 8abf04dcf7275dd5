"""The wind farm with credentials: the real processes, each with its own, simulated devices and a real broker."""

import asyncio
import contextlib
import secrets
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import msgspec
from tests.operator.access.trusted_broker import TrustedBroker, trusted_broker

from brownfield_api.process import ProcessConfig, SpineConfig, render_config
from brownfield_cli.example import example_folder
from brownfield_cli.planning import Place, make_plan, read_resources
from brownfield_cli.ports import fixed_port
from brownfield_cli.simulate_command import export_volumes
from brownfield_operator.access.credentials import issue
from brownfield_operator.access.permissions import operator_permissions, process_permissions
from brownfield_operator.access.trust import Trust, new_trust
from brownfield_plant.config import ExportConfig, load_plant
from brownfield_plant.plant import Plant
from brownfield_plant.records import load_records
from brownfield_spine.connection import connect
from brownfield_spine.provision import Limits, provision

MODULES = {"adapter": "brownfield_adapters", "pipeline": "brownfield_pipeline", "twin": "brownfield_twin"}


@dataclass
class CredentialedFarm:
    """A farm that is up. Processes go by `kind-name`."""

    broker: TrustedBroker
    trust: Trust
    folder: Path
    configs: Mapping[str, ProcessConfig]
    processes: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)

    def credentials(self, name: str) -> Path:
        """The creds file of a process."""
        return self.folder / f"{name}.creds"

    def log(self, name: str) -> str:
        """What a process has said."""
        return (self.folder / f"{name}.log").read_text()

    def name_of(self, kind: str) -> str:
        """The first process of a kind."""
        return next(name for name in sorted(self.configs) if name.startswith(kind))

    async def start(self, name: str) -> None:
        config = self.configs[name]
        path = self.folder / f"{name}.json"
        path.write_bytes(render_config(config))
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = await asyncio.create_subprocess_exec(
                sys.executable, "-m", MODULES[config.kind], str(path), stdout=log, stderr=log
            )

    async def kill(self, name: str) -> None:
        """SIGKILL and start again."""
        process = self.processes.pop(name)
        process.kill()
        await process.wait()
        await self.start(name)

    async def stop(self) -> None:
        for process in self.processes.values():
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        for process in self.processes.values():
            await process.wait()
        self.processes.clear()

    async def twin(self) -> dict[str, Any]:
        """What the twin shows; empty while it does not answer."""
        listen = self.configs[self.name_of("twin")].listen  # type: ignore[attr-defined]  # a TwinConfig
        async with httpx.AsyncClient() as client:
            with contextlib.suppress(httpx.HTTPError):
                answer = await client.get(f"http://{listen}/api/v1/twin", timeout=5)
                found: dict[str, Any] = answer.json()
                return found
        return {}

    async def until_twin(self, condition: Callable[[dict[str, Any]], bool], what: str, seconds: float = 45) -> None:
        deadline = time.monotonic() + seconds
        while not condition(await self.twin()):
            assert time.monotonic() < deadline, f"not within {seconds} s: {what}\n{self._last_words()}"
            await asyncio.sleep(0.1)

    def _last_words(self) -> str:
        logs = "\n".join(f"{name}: {self.log(name)[-1500:]}" for name in sorted(self.configs))
        return f"{logs}\nbroker: {self.broker.log()[-3000:]}"


@contextlib.asynccontextmanager
async def credentialed_farm(tmp_path: Path) -> AsyncIterator[CredentialedFarm]:
    """Broker, devices and all processes of the example, with credentials issued for their configurations."""
    trust = new_trust(secrets.token_bytes, now=int(time.time()))
    async with trusted_broker(tmp_path / "broker", trust) as broker, _plant(tmp_path / "plant") as plant:
        await _provision(broker, trust)
        folder = tmp_path / "processes"
        folder.mkdir()
        farm = CredentialedFarm(broker, trust, folder, _configs(plant, tmp_path, broker, folder))
        for name, config in farm.configs.items():
            write_credentials(farm, name, config)
        try:
            for name in farm.configs:
                await farm.start(name)
            yield farm
        finally:
            await farm.stop()


def write_credentials(farm: CredentialedFarm, name: str, config: ProcessConfig) -> None:
    """Issue what the operator would put into the process's Secret."""
    now, random = int(time.time()), secrets.token_bytes
    farm.credentials(name).write_text(issue(farm.trust, name, process_permissions(config), now=now, random=random))


@contextlib.asynccontextmanager
async def _plant(folder: Path) -> AsyncIterator[Plant]:
    example = example_folder() / "plant"
    config = load_plant(example)
    devices = [
        device if isinstance(device, ExportConfig) else device.model_copy(update={"listen": "127.0.0.1:0"})
        for device in config.devices
    ]
    config = config.model_copy(update={"devices": tuple(devices)})
    plant = Plant(config, load_records(example / config.records), folder / "exports", pki=folder / "pki")
    await plant.start()
    try:
        yield plant
    finally:
        await plant.stop()


def _configs(plant: Plant, tmp_path: Path, broker: TrustedBroker, folder: Path) -> dict[str, ProcessConfig]:
    place = Place(
        files=[example_folder()],
        state=tmp_path / "state",
        listen=fixed_port("127.0.0.1:0"),
        volumes=export_volumes(plant, tmp_path / "plant" / "exports"),
        resolve={address: f"{host}:{port}" for address, (host, port) in plant.addresses().items()},
    )
    found = make_plan(read_resources(place), place, broker.spine_config(""))
    assert not found.errors
    configs: dict[str, ProcessConfig] = {}
    for process in found.processes:
        name = f"{process.kind}-{process.name}"
        spine = SpineConfig(servers=broker.servers, credentials=str(folder / f"{name}.creds"))
        configs[name] = msgspec.structs.replace(process.config, spine=spine)
    return configs


async def _provision(broker: TrustedBroker, trust: Trust) -> None:
    path = broker.directory / "operator.creds"
    permissions = operator_permissions("operator-0")
    path.write_text(issue(trust, "operator", permissions, now=int(time.time()), random=secrets.token_bytes))
    spine = await connect(broker.spine_config(path), name="operator")
    await provision(spine, Limits.within(1 << 27))
    await spine.close()
