"""One twin process: its page is there at once, its state as soon as the spine answers, and it never stops halfway.

Every part is a task of one group: if one fails, the process ends loudly. On the way out, and every two
seconds, the checkpoint is written, so that the next start goes on where this one ends.
"""

import asyncio
import gc
import threading
import time
from contextlib import aclosing
from pathlib import Path

import structlog

from brownfield_api.health import HealthRecord, TwinHealth
from brownfield_api.subjects import health_key
from brownfield_api.twin_config import TwinConfig
from brownfield_spine.connection import Spine, connect
from brownfield_spine.health import HealthPublisher, watch
from brownfield_spine.process import MetricsServer, instance_id
from brownfield_twin import checkpoint
from brownfield_twin.api import make_app
from brownfield_twin.core import Twin
from brownfield_twin.guard import Guard
from brownfield_twin.history import History
from brownfield_twin.history_files import HistoryFiles
from brownfield_twin.intake import Intake
from brownfield_twin.live import Live
from brownfield_twin.metrics import make_registry
from brownfield_twin.server import open_listener, page_url, parse_listen, serve
from brownfield_twin.sources import SourceBoard
from brownfield_twin.views import Views

CHECKPOINT_INTERVAL = 2.0

_log = structlog.get_logger(__name__)


async def run_twin(config: TwinConfig) -> None:
    """One twin, until cancelled."""
    await TwinProcess(config).run()


class TwinProcess:
    """All parts of a twin, put together; `run` runs them until it is cancelled."""

    def __init__(self, config: TwinConfig) -> None:
        self._config = config
        self._directory = Path(config.state_dir)
        self._twin = Twin(config)
        self._intake = Intake(self._twin, clock=time.time_ns)
        self._saving_fails = False
        self._saving = threading.Lock()
        saved = checkpoint.load(self._directory)
        if saved is not None:
            checkpoint.restore(self._twin, saved)
            self._intake.progress, self._intake.tables = saved.progress, dict(saved.tables)
        self._sources = SourceBoard(config)
        self._views = Views(self._twin, self._sources, clock=time.time_ns, catching_up=self._intake.catching_up)
        self._live = Live(self._views, monotonic=time.monotonic)
        self._registry = make_registry(self._twin, self._live, self._intake.histogram)
        self._registry.register(self._intake.counts)
        self._started = time.time_ns()
        self._instance = instance_id()

    async def run(self) -> None:
        """Serve, read and remember, until cancelled. Raises `BrownfieldError` if a port is in use."""
        listener = open_listener(self._config.listen)
        metrics = MetricsServer(self._registry, self._config.metrics_listen)
        try:
            metrics_at, page = await metrics.start(), page_url(listener)
            files = HistoryFiles(*self._config.history.parquet)
            history = History(self._twin.layout, self._twin.ring, files, self._twin.curves)
            app = make_app(self._views, history, self._live, self._registry)
            # All that is here now stays; a full collection would walk it for 60 ms, and the event loop with it.
            gc.freeze()
            _log.info("twin is up", page=page, metrics=metrics_at, assets=len(self._config.assets))
            async with asyncio.TaskGroup() as group:
                group.create_task(serve(Guard(app, listen_host=parse_listen(self._config.listen)[0]), listener))
                group.create_task(self._live.watch())
                group.create_task(self._follow(page=page, metrics=metrics_at))
        finally:
            listener.close()
            await metrics.close()

    async def _follow(self, *, page: str, metrics: str) -> None:
        """Everything that needs the spine."""
        config = self._config
        spine = await connect(config.spine, name=f"twin {config.name}")
        try:
            await self._intake.prepare(spine)
            health = HealthPublisher(spine, health_key("twin", config.namespace, config.name))
            async with asyncio.TaskGroup() as group:
                group.create_task(self._intake.run(spine))
                group.create_task(self._intake.refill(spine))
                group.create_task(health.run(lambda: self.health(page=page, metrics=metrics)))
                group.create_task(self._watch_sources(spine))
                group.create_task(self._save_for_ever())
        finally:
            self._save(checkpoint.capture(self._twin, self._intake.progress, self._intake.tables))
            await spine.close()

    async def _watch_sources(self, spine: Spine) -> None:
        async with aclosing(watch(spine, namespace=self._config.namespace)) as records:
            async for _, record in records:
                self._sources.take([record])

    async def _save_for_ever(self) -> None:
        position = -1
        while True:
            await asyncio.sleep(CHECKPOINT_INTERVAL)
            if self._intake.progress.position != position:
                saved = checkpoint.capture(self._twin, self._intake.progress, self._intake.tables)
                if await asyncio.to_thread(self._save, saved):
                    position = saved.progress.position

    def _save(self, saved: checkpoint.Saved) -> bool:
        """Write a checkpoint; a disk that refuses is said once, and tried again at the next."""
        try:
            with self._saving:
                checkpoint.write(self._directory, saved)
        except OSError as error:
            if not self._saving_fails:
                _log.error("checkpoint cannot be written; a restart would go on from the last one", error=str(error))
            self._saving_fails = True
            return False
        if self._saving_fails:
            _log.info("checkpoint is written again")
        self._saving_fails = False
        return True

    def health(self, *, page: str, metrics: str) -> HealthRecord:
        """What this process says of itself."""
        frame, summary = self._live.latest
        counts = self._intake.counts
        counts.look(frame)
        freshness = summary.freshness.tolist()
        full = "The checkpoint cannot be written: is the disk full?" if self._saving_fails else ""
        twin = TwinHealth(
            assets=len(freshness),
            fresh=freshness.count(0),
            stale=freshness.count(1) + freshness.count(2),
            quality=self._twin.arrivals.quality,
            sequence=self._twin.sequence.standing.hop,
            catching_up=self._intake.catching_up(),
            properties=counts.properties,
            freshness=counts.freshness,
            page=page,
        )
        return HealthRecord(
            kind="twin",
            namespace=self._config.namespace,
            name=self._config.name,
            instance=self._instance,
            time=time.time_ns(),
            started=self._started,
            metrics=metrics,
            hops={subject: hop.total() for subject, hop in self._twin.arrivals.hops.items()},
            latency=self._intake.latency.quantiles(),
            of_sources=dict(counts.timely),
            twin=twin,
            message="; ".join(text for text in (full, self._intake.trouble) if text),
        )
