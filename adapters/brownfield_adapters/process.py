"""The adapter process: a spine, one writer per source, one coordinator per endpoint, a health record each second.

Everything runs on one event loop. While the spine is away whatever can only be read now is read, and kept in the
writers' journals; sources that keep history, and the health record, wait for it. A coordinator that fails in a way
nobody expected ends the process loudly; its supervisor starts it again, and the writers' journals go on where they
were.
"""

import asyncio
import random
import time
from collections.abc import Callable
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry

from brownfield_adapters.coordinator import Coordinator
from brownfield_adapters.metrics import SourceMetrics
from brownfield_adapters.registry import make_driver
from brownfield_adapters.source import Source, open_source
from brownfield_api.adapter_config import AdapterConfig, EndpointConfig, SourceConfig
from brownfield_api.health import HealthRecord
from brownfield_api.subjects import health_key
from brownfield_spine.connection import Spine, connect
from brownfield_spine.health import HealthPublisher
from brownfield_spine.process import MetricsServer, instance_id

TICK = 1.0
"""Seconds between two looks at heartbeats and missed polls."""

STOP_SECONDS = 5.0
"""What writers get at a stop to publish what is left; nothing while the spine is away, the journal keeps it."""

_log = structlog.get_logger()


async def run_adapter(config: AdapterConfig, *, clock: Callable[[], int] = time.time_ns) -> None:
    """Runs until cancelled: then drivers close, and writers get a few seconds to publish what is left."""
    sources: dict[str, Source] = {}
    registry = CollectorRegistry()
    registry.register(SourceMetrics(sources.values(), clock=clock))
    server = MetricsServer(registry, config.metrics_listen)
    metrics = await server.start()
    spine = await connect(config.spine, name=f"adapter.{config.name}", wait=False)
    try:
        await _run(config, spine, sources, metrics, clock)
    finally:
        await server.close()
        patience = STOP_SECONDS if spine.connected else 0.0
        await asyncio.gather(*(source.writer.close(timeout=patience) for source in sources.values()))
        await spine.close()


async def _run(
    config: AdapterConfig, spine: Spine, sources: dict[str, Source], metrics: str, clock: Callable[[], int]
) -> None:
    coordinators: list[Coordinator] = []
    names = [source.name for endpoint in config.endpoints for source in endpoint.sources]
    key = health_key(config.kind, config.namespace, config.name)
    health = HealthPublisher(spine, key)
    started, instance = clock(), instance_id()

    def record() -> HealthRecord:
        return HealthRecord(
            kind=config.kind,
            namespace=config.namespace,
            name=config.name,
            instance=instance,
            time=clock(),
            started=started,
            metrics=metrics,
            sources=tuple(sources[name].health() for name in names),
        )

    complete = asyncio.Event()

    async def serve(endpoint: EndpointConfig) -> None:
        await _open_sources(config, endpoint, spine, sources, clock)
        if len(sources) == len(names):
            complete.set()
        coordinator = _coordinator(config, endpoint, sources, clock)
        coordinators.append(coordinator)
        await coordinator.run()

    async def report() -> None:
        await complete.wait()
        await health.run(record)

    _log.info("adapter runs", endpoints=len(config.endpoints), metrics=metrics)
    try:
        async with asyncio.TaskGroup() as tasks:
            for endpoint in config.endpoints:
                tasks.create_task(serve(endpoint), name=f"endpoint {endpoint.key}")
            tasks.create_task(_tick(coordinators), name="tick")
            tasks.create_task(report(), name="health")
    finally:
        if complete.is_set():
            await health.publish(record())


async def _open_sources(
    config: AdapterConfig, endpoint: EndpointConfig, spine: Spine, sources: dict[str, Source], clock: Callable[[], int]
) -> None:
    """Puts each source of the endpoint into `sources` as soon as it is open."""
    journals = Path(config.state_dir) / "journals"

    async def opened(source: SourceConfig) -> None:
        table = config.tables[source.table]
        sources[source.name] = await open_source(spine, endpoint, source, table, journals=journals, clock=clock)

    await asyncio.gather(*(opened(source) for source in endpoint.sources))


def _coordinator(
    config: AdapterConfig, endpoint: EndpointConfig, sources: dict[str, Source], clock: Callable[[], int]
) -> Coordinator:
    state_dir = Path(config.state_dir)
    return Coordinator(
        endpoint,
        {source.name: sources[source.name].feed for source in endpoint.sources},
        make_driver=lambda active: make_driver(active, config.tables, state_dir),
        clock=clock,
        random=random.SystemRandom().random,
    )


async def _tick(coordinators: list[Coordinator]) -> None:
    now = asyncio.get_running_loop().time
    while True:
        for coordinator in coordinators:
            coordinator.tick(now())
        await asyncio.sleep(TICK)
