"""The adapter process: a spine, one writer per source, one coordinator per endpoint, a health record each second.

Everything runs on one event loop. A coordinator that fails in a way nobody expected ends the process loudly; its
supervisor starts it again, and the writers' journals go on where they were.
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
from brownfield_api.adapter_config import AdapterConfig, EndpointConfig
from brownfield_api.health import HealthRecord
from brownfield_api.subjects import health_key
from brownfield_spine.connection import Spine, connect
from brownfield_spine.health import HealthPublisher
from brownfield_spine.process import MetricsServer, instance_id

TICK = 1.0
"""Seconds between two looks at heartbeats and missed polls."""

_log = structlog.get_logger()


async def run_adapter(config: AdapterConfig, *, clock: Callable[[], int] = time.time_ns) -> None:
    """Runs until cancelled: then drivers close, and writers get a few seconds to publish what is left."""
    spine = await connect(config.spine, name=f"adapter.{config.name}")
    sources: dict[str, Source] = {}
    try:
        sources = await _open_sources(config, spine, clock)
        registry = CollectorRegistry()
        registry.register(SourceMetrics(tuple(sources.values()), clock=clock))
        server = MetricsServer(registry, config.metrics_listen)
        metrics = await server.start()
        try:
            await _run(config, spine, sources, metrics, clock)
        finally:
            await server.close()
    finally:
        await asyncio.gather(*(source.writer.close() for source in sources.values()))
        await spine.close()


async def _open_sources(config: AdapterConfig, spine: Spine, clock: Callable[[], int]) -> dict[str, Source]:
    journals = Path(config.state_dir) / "journals"
    opening = [
        open_source(spine, endpoint, source, config.tables[source.table], journals=journals, clock=clock)
        for endpoint in config.endpoints
        for source in endpoint.sources
    ]
    return {source.name: source for source in await asyncio.gather(*opening)}


async def _run(
    config: AdapterConfig, spine: Spine, sources: dict[str, Source], metrics: str, clock: Callable[[], int]
) -> None:
    coordinators = [_coordinator(config, endpoint, sources, clock) for endpoint in config.endpoints]
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
            sources=tuple(source.health() for source in sources.values()),
        )

    _log.info("adapter runs", endpoints=len(coordinators), sources=len(sources), metrics=metrics)
    try:
        async with asyncio.TaskGroup() as tasks:
            for coordinator in coordinators:
                tasks.create_task(coordinator.run(), name=f"coordinator {coordinator.key}")
            tasks.create_task(_tick(coordinators), name="tick")
            tasks.create_task(health.run(record), name="health")
    finally:
        await health.publish(record())


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
