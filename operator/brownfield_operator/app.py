"""The operator as a process: metrics at once, the lease when it is free, the work while it is held."""

import asyncio
import os
import socket
import tempfile
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any

import structlog
from prometheus_client import CollectorRegistry

from brownfield_operator.kube.access import load_access
from brownfield_operator.kube.client import KubeClient
from brownfield_operator.kube.counting import Requests
from brownfield_operator.kube.election import Election
from brownfield_operator.kube.leader_only import LeaderOnly
from brownfield_operator.kube.port import KubePort
from brownfield_operator.leading import assemble
from brownfield_operator.metrics import OperatorMetrics
from brownfield_operator.settings import OperatorSettings
from brownfield_spine.metrics import MetricsServer
from brownfield_spine.process import EXIT_CRASHED
from brownfield_spine.tasks import stop

LEASE = "brownfield-operator"

STOPPING = 10.0
"""Seconds for everything to come to its end."""

_log = structlog.get_logger()


async def run_operator(settings: OperatorSettings, environment: Mapping[str, str] = os.environ) -> None:
    """Until it is stopped or loses the lease. `POD_NAMESPACE` and `POD_NAME` say who it is."""
    namespace = environment.get("POD_NAMESPACE", "default")
    replica = environment.get("POD_NAME") or socket.gethostname().partition(".")[0]
    registry = CollectorRegistry()
    requests, metrics = Requests(registry), OperatorMetrics(registry)
    server = MetricsServer(registry, environment.get("METRICS_LISTEN", "0.0.0.0:9090"))
    await server.start()
    configuration = await load_access(environment)
    async with KubeClient(configuration, requests) as kube, KubeClient(configuration, requests) as lease_client:
        if not settings.leader_election:
            await _lead(settings, kube, metrics, namespace, replica)
            return
        election = Election(lease_client, namespace=namespace, name=LEASE, identity=replica)
        await election.acquire()
        try:
            writer = LeaderOnly(kube, election)
            await _first_to_end(election.hold(), _lead(settings, writer, metrics, namespace, replica))
        finally:
            await election.release()
            await server.close()


async def _first_to_end(*works: Coroutine[Any, Any, None]) -> None:
    """Runs all until one ends, then stops the others, and raises what it ended with.

    A leader that cannot stop must not look alive, least of all while it renews its lease: if something does not end
    within `STOPPING`, the process does.
    """
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        try:
            async with asyncio.timeout(STOPPING):
                for task in tasks:
                    await stop(task)
        except TimeoutError:
            _log.critical("stopping takes too long; the process ends", tasks=[str(task) for task in tasks])
            os._exit(EXIT_CRASHED)
    for task in done:
        task.result()


async def _lead(
    settings: OperatorSettings, kube: KubePort, metrics: OperatorMetrics, namespace: str, replica: str
) -> None:
    with tempfile.TemporaryDirectory(prefix="brownfield-") as folder:
        leading = await assemble(kube, settings, namespace=namespace, replica=replica, folder=Path(folder))
        metrics.follow(leading)
        await leading.run()
