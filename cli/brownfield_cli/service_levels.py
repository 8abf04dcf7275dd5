"""The ledger of service levels of a run: kept beside the processes, shown on the page and under `/metrics`."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog
from prometheus_client import CollectorRegistry

from brownfield_api.errors import SpineUnavailable
from brownfield_api.health import HealthRecord
from brownfield_planner.resource_set import Resources
from brownfield_planner.sources import DEFAULT_INTERVAL
from brownfield_slo.bookkeeper import Bookkeeper
from brownfield_slo.exposition import ServiceLevelMetrics
from brownfield_slo.indicators import Measured, measured_source, measured_twin
from brownfield_spine.connection import Spine
from brownfield_spine.metrics import MetricsServer
from brownfield_spine.stream_metrics import StreamMetrics
from brownfield_spine.tasks import spawn, stop

_log = structlog.get_logger("run")


def measured_resources(resources: Resources, site: str) -> tuple[Measured, ...]:
    """What is measured of the resources of this site."""
    sources = (item for item in resources.sources if item.model.spec.site in {None, site})
    twins = (item for item in resources.twins if item.model.spec.site in {None, site})
    return (
        *(measured_source(item.namespace, item.model, DEFAULT_INTERVAL) for item in sources),
        *(measured_twin(item.namespace, item.model) for item in twins),
    )


@asynccontextmanager
async def kept_levels(
    spine: Spine, measured: tuple[Measured, ...], listen: Callable[[Callable[[str, HealthRecord], None]], None]
) -> AsyncIterator[Bookkeeper]:
    """Keeps the ledger while the run is up; what was counted last is saved before the spine goes. `listen` is given
    what is to be told every health record.
    """
    subjects = {item.subject for item in measured}
    keeper = Bookkeeper(measured=lambda: measured, exists=subjects.__contains__)
    listen(keeper.hear)
    registry = CollectorRegistry()
    registry.register(ServiceLevelMetrics(lambda: keeper.figures))
    streams = StreamMetrics()
    registry.register(streams)
    server = MetricsServer(registry, "127.0.0.1:0")
    keeper.metrics = await server.start()
    keeping: asyncio.Task[None] = spawn(keeper.run(spine), name="service levels")
    looking: asyncio.Task[None] = spawn(streams.follow(spine), name="figures of the spine")
    try:
        yield keeper
    finally:
        await stop(looking)
        await stop(keeping)
        try:
            await keeper.keep(spine)
            await keeper.close(spine)
        except SpineUnavailable as error:
            _log.warning("the last service levels are not saved", error=str(error))
        await server.close()
