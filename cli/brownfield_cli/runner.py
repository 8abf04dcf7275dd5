"""One run of the data plane on one machine: spine, processes, health, summary, an orderly stop.

The order of stopping is the order of the samples: adapters first, so that nothing new comes; then, when
everything that was read has arrived, pipelines and twins; the spine last.
"""

import asyncio
import shutil
import signal
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import msgspec
import structlog

from brownfield_api.errors import BrownfieldError, SpineUnavailable
from brownfield_api.health import HealthRecord
from brownfield_api.process import ProcessConfig, SpineConfig
from brownfield_api.twin_config import TwinConfig
from brownfield_cli.ports import is_free, split_listen
from brownfield_cli.process_statistics import ProcessStatistics
from brownfield_cli.report import HealthLog, RunReport, build_report
from brownfield_cli.state_folder import private_file
from brownfield_cli.supervisor import LineSink, ProcessSpec, SupervisedProcess
from brownfield_spine.broker import Broker
from brownfield_spine.connection import Spine, connect
from brownfield_spine.health import records, watch
from brownfield_spine.provision import Limits, provision

log = structlog.get_logger("run")

MODULES = {"adapter": "brownfield_adapters", "pipeline": "brownfield_pipeline", "twin": "brownfield_twin"}
"""Entry point of each kind of process; pods use the same."""

STOP_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Windows has no SIGHUP."""

STOP_ORDER = ("adapter", "pipeline", "twin")

LARGEST_STORE = 16 * 1024**3
"""Bytes of the spine's store on one machine, however large its disk is."""

SETTLE_SECONDS = 10.0
"""Longest wait for what is under way to arrive before the next kind of process is stopped."""


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """What to run: the configurations, by process name."""

    configs: Mapping[str, ProcessConfig]
    state: Path


class LocalSpine:
    """The spine of a run: a broker of our own, or an external one by URL. An async context manager."""

    def __init__(self, state: Path, external: str, credentials: Path | None) -> None:
        self._external = external
        self._credentials = credentials
        self.store_bytes = store_size(state)
        self.broker = None if external else Broker(state / "spine", max_file_store=self.store_bytes)

    async def __aenter__(self) -> SpineConfig:
        if self.broker is None:
            return SpineConfig(servers=(self._external,), credentials=str(self._credentials or ""))
        await self.broker.start()
        return self.broker.config

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.broker is not None:
            await self.broker.stop()

    @property
    def pid(self) -> int | None:
        """Process id of our own broker."""
        return self.broker.pid if self.broker else None

    @property
    def restarts(self) -> int:
        """How often our own broker had to be started again."""
        return self.broker.restarts if self.broker else 0


class Run:
    """The processes of one run while they are up."""

    def __init__(self, planned: PlannedRun, local: LocalSpine, spine: Spine, on_line: LineSink) -> None:
        self._planned = planned
        self._local = local
        self._spine = spine
        self._statistics = ProcessStatistics()
        self._health = HealthLog(baseline={})
        self._heard: Callable[[str, HealthRecord], None] = lambda _key, _record: None
        self._provisioned = spine.connections
        self._following: asyncio.Task[None] | None = None
        self._kinds = {name: config.kind for name, config in planned.configs.items()}
        self._processes = {
            name: SupervisedProcess(self._prepare(name, config), on_line) for name, config in planned.configs.items()
        }

    async def start(self) -> None:
        """Starts every process; what the health bucket holds from earlier runs becomes the baseline."""
        self._health = HealthLog(baseline=await records(self._spine))
        self._following = asyncio.create_task(self._follow_health(), name="health")
        for process in self._processes.values():
            process.start()

    async def observe(self) -> None:
        """Reads process statistics once; a spine that came back empty gets its streams again."""
        self._statistics.sample(self._pids())
        if not self._spine.connected:
            return
        try:
            if self._provisioned != self._spine.connections:
                await provision(self._spine, Limits.within(self._local.store_bytes))
                self._provisioned = self._spine.connections
        except SpineUnavailable as error:
            log.warning("spine does not answer", error=str(error))

    def listen(self, heard: Callable[[str, HealthRecord], None]) -> None:
        """Have `heard` told every record from now on, and the newest of each process now."""
        for key, record in self.latest().items():
            heard(key, record)
        self._heard = heard

    async def _follow_health(self) -> None:
        async for key, record in watch(self._spine):
            self._health.observe({key: record})
            self._heard(key, record)

    def latest(self) -> dict[str, HealthRecord]:
        """The newest health record of each process."""
        return self._health.latest()

    def report(self) -> RunReport:
        """The run so far."""
        restarts = {name: process.restarts for name, process in self._processes.items()}
        if self._local.broker is not None:
            restarts["spine"] = self._local.restarts
        return build_report(self._health, self._statistics.reports(restarts))

    async def stop(self) -> RunReport:
        """Stops the processes in the order of the samples.

        Returns the final counts, with states, tags and freshness as they were before the stop.
        """
        await self.observe()
        before = self.report()
        for kind in STOP_ORDER:
            stopping = [process for name, process in self._processes.items() if self._kinds[name] == kind]
            await asyncio.gather(*(process.stop() for process in stopping))
            await self._settle(kind)
        after = self.report()
        if self._following is not None:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)
        return msgspec.structs.replace(after, sources=before.sources, twins=before.twins, latency=before.latency)

    async def _settle(self, stopped: str) -> None:
        """Waits until the counts of the processes still up no longer change."""
        deadline = time.monotonic() + SETTLE_SECONDS
        last: object = None
        await self.observe()
        while stopped != STOP_ORDER[-1] and time.monotonic() < deadline:
            now = self.report().samples
            if now == last:
                return
            last = now
            await asyncio.sleep(1.5)  # records are renewed each second
            await self.observe()

    def _pids(self) -> dict[str, int | None]:
        pids = {name: process.pid for name, process in self._processes.items()}
        if self._local.broker is not None:
            pids["spine"] = self._local.pid
        return pids

    def _prepare(self, name: str, config: ProcessConfig) -> ProcessSpec:
        """Writes the process's configuration and says how to start it."""
        state = self._planned.state
        path = state / "configs" / f"{name}.json"
        private_file(path, msgspec.json.encode(config))
        Path(config.state_dir).mkdir(parents=True, exist_ok=True)
        (state / "logs").mkdir(exist_ok=True)
        return ProcessSpec(name, MODULES[config.kind], path, state / "logs" / f"{name}.log")


async def open_spine(config: SpineConfig, store_bytes: int) -> Spine:
    """A connection to the spine with its streams and buckets in place."""
    spine = await connect(config, name="brownfield-run")
    await provision(spine, Limits.within(store_bytes))
    return spine


def store_size(folder: Path) -> int:
    """Bytes the spine may keep here: half of what is free, at most `LARGEST_STORE`."""
    folder.mkdir(parents=True, exist_ok=True)
    return min(LARGEST_STORE, shutil.disk_usage(folder).free // 2)


def stop_signals() -> asyncio.Event:
    """An event that SIGINT, SIGTERM and SIGHUP (the terminal is gone) set; a second SIGINT interrupts as usual."""
    event = asyncio.Event()
    loop = asyncio.get_running_loop()

    def ask() -> None:
        event.set()
        loop.remove_signal_handler(signal.SIGINT)

    for number in STOP_SIGNALS:
        try:
            loop.add_signal_handler(number, ask)
        except NotImplementedError:  # Windows: its event loop has none, KeyboardInterrupt does the same there
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(event.set))
    return event


def refuse_ports_in_use(configs: Iterable[ProcessConfig]) -> None:
    """Raises `BrownfieldError` naming the first page whose port somebody else has."""
    for config in configs:
        if isinstance(config, TwinConfig) and not is_free(config.listen):
            raise BrownfieldError(
                f"port {split_listen(config.listen)[1]} is in use",
                f"page of twin {config.name}",
                "Give another: --listen",
            )


def names_of(configs: Sequence[ProcessConfig]) -> dict[str, ProcessConfig]:
    """Configurations by the name their process has on this machine."""
    return {f"{config.kind}-{config.name}": config for config in configs}
