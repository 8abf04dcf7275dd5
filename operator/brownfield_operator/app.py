"""The operator as a process: metrics at once, the lease when it is free, the work while it is held."""

import asyncio
import os
import socket
import tempfile
from collections.abc import Mapping
from pathlib import Path

from prometheus_client import CollectorRegistry

from brownfield_operator.kube.access import load_access
from brownfield_operator.kube.client import KubeClient
from brownfield_operator.kube.counting import Requests
from brownfield_operator.kube.election import Election
from brownfield_operator.kube.port import KubePort
from brownfield_operator.leading import assemble
from brownfield_operator.metrics import OperatorMetrics
from brownfield_operator.settings import OperatorSettings
from brownfield_spine.metrics import MetricsServer

LEASE = "brownfield-operator"


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
            async with asyncio.TaskGroup() as group:
                group.create_task(election.hold(), name="lease")
                group.create_task(_lead(settings, kube, metrics, namespace, replica), name="leading")
        finally:
            await election.release()
            await server.close()


async def _lead(
    settings: OperatorSettings, kube: KubePort, metrics: OperatorMetrics, namespace: str, replica: str
) -> None:
    with tempfile.TemporaryDirectory(prefix="brownfield-") as folder:
        leading = await assemble(kube, settings, namespace=namespace, replica=replica, folder=Path(folder))
        metrics.follow(leading)
        await leading.run()
