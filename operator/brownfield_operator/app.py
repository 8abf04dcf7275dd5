"""The operator as a process: settings, leader election, and everything that runs while it leads."""

import asyncio
import os
import random
import secrets
import socket
import tempfile
from collections.abc import Mapping
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry

from brownfield_api.health import EXPIRES
from brownfield_operator.children import Children
from brownfield_operator.controller import WATCHED, Controller
from brownfield_operator.desired import DesiredProcess, ProcessKey
from brownfield_operator.kube.access import load_access
from brownfield_operator.kube.client import KubeClient
from brownfield_operator.kube.counting import Requests
from brownfield_operator.kube.election import Election
from brownfield_operator.kube.reflector import run_reflectors
from brownfield_operator.last_good import Ident
from brownfield_operator.metrics import OperatorMetrics
from brownfield_operator.planner_loop import PlannerLoop
from brownfield_operator.planning import Desired
from brownfield_operator.reconcile import Reconciler
from brownfield_operator.resync import Resync
from brownfield_operator.root_of_trust import load_or_create, seconds
from brownfield_operator.settings import OperatorSettings
from brownfield_operator.spine_link import SpineLink
from brownfield_operator.spine_secrets import SpineSecrets
from brownfield_operator.status_writer import StatusWriter
from brownfield_operator.store import Store
from brownfield_spine.metrics import MetricsServer

LEASE = "brownfield-operator"
_SPINE_LOOK = 5.0

_log = structlog.get_logger()


async def run_operator(settings: OperatorSettings, environment: Mapping[str, str] = os.environ) -> None:
    """Serves metrics at once, leads when it may, works until it is stopped or loses the lease."""
    namespace = environment.get("POD_NAMESPACE", "default")
    replica = environment.get("POD_NAME") or socket.gethostname().partition(".")[0]
    registry = CollectorRegistry()
    requests = Requests(registry)
    server = MetricsServer(registry, environment.get("METRICS_LISTEN", "0.0.0.0:9090"))
    await server.start()
    configuration = await load_access(environment)
    async with KubeClient(configuration, requests) as kube, KubeClient(configuration, requests) as lease_client:
        election = Election(lease_client, namespace=namespace, name=LEASE, identity=replica)
        await election.acquire()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(election.hold(), name="lease")
                group.create_task(_lead(settings, kube, OperatorMetrics(registry), namespace, replica), name="leading")
        finally:
            await election.release()
            await server.close()


async def _lead(
    settings: OperatorSettings, kube: KubeClient, metrics: OperatorMetrics, namespace: str, replica: str
) -> None:
    with tempfile.TemporaryDirectory(prefix="brownfield-") as folder:
        work = await _assemble(settings, kube, namespace, replica, Path(folder))
        metrics.follow(work.controller, work.planner, work.resync)
        async with asyncio.TaskGroup() as group:
            group.create_task(
                run_reflectors(kube, WATCHED, work.controller, settings.watch_namespaces), name="reflectors"
            )
            group.create_task(work.controller.run(), name="controller")
            group.create_task(work.link.run(), name="spine")
            group.create_task(work.resync.run(), name="resync")
            group.create_task(_watch_health(work.controller, work.link), name="health")


class _Work:
    """Everything that runs while this operator leads, wired together."""

    def __init__(
        self,
        settings: OperatorSettings,
        kube: KubeClient,
        link: SpineLink,
    ) -> None:
        self.link = link
        store, children = Store(), Children()
        self.planner = PlannerLoop(kube=kube, store=store, children=children, settings=settings, planned=self._planned)
        spine_secrets = SpineSecrets(
            kube=kube,
            trust=lambda: link.trust,
            now=seconds,
            random=secrets.token_bytes,
            withdrawn=link.revoke,
        )
        reconciler = Reconciler(
            kube=kube, children=children, secrets=spine_secrets, settings=settings, desired=self._desired
        )
        statuses = StatusWriter(
            kube=kube,
            store=store,
            children=children,
            heard=lambda: link.heard,
            spine_reachable=lambda: link.reachable,
            again=self._again,
            instance=link.replica,
        )
        self.controller = Controller(
            settings=settings,
            store=store,
            children=children,
            planner=self.planner,
            reconciler=reconciler,
            secrets=spine_secrets,
            statuses=statuses,
        )
        link.changed = self.controller.heard
        self.resync = Resync(kube=kube, controller=self.controller, settings=settings)

    def _planned(self, desired: Desired, before: Desired | None) -> None:
        self.controller.planned(desired, before)

    def _desired(self, key: ProcessKey) -> DesiredProcess | None:
        return self.planner.desired.processes.get(key) if self.planner.desired else None

    def _again(self, ident: Ident, delay: float) -> None:
        self.controller.resources.add(ident, delay * random.uniform(0.9, 1.1))  # noqa: S311 - spreads load


async def _assemble(settings: OperatorSettings, kube: KubeClient, namespace: str, replica: str, folder: Path) -> _Work:
    trust = await load_or_create(kube, namespace)
    link = SpineLink(kube=kube, settings=settings, namespace=namespace, replica=replica, folder=folder, trust=trust)
    return _Work(settings, kube, link)


async def _watch_health(controller: Controller, link: SpineLink) -> None:
    """Tells resources when a process falls silent, and all of them when the spine comes or goes."""
    was_reachable = link.reachable
    silent: frozenset[str] = frozenset()
    while True:
        await asyncio.sleep(_SPINE_LOOK)
        now = asyncio.get_running_loop().time()
        quiet = frozenset(key for key, heard in link.heard.items() if now - heard.at > EXPIRES)
        for key in quiet ^ silent:
            controller.heard(key, None, link.heard[key].record)
        silent = quiet
        if link.reachable != was_reachable:
            was_reachable = link.reachable
            for ident in controller.statuses.everybody():
                controller.resources.add(ident, random.uniform(0.0, _SPINE_LOOK))  # noqa: S311 - spreads load
