"""A controller on a fake API server, for tests that say what is seen and look at what comes of it."""

import asyncio
import secrets as random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from tests.operator.cluster_objects import Body
from tests.operator.fake_kube import FakeKube
from tests.operator.test_planning import settings

from brownfield_operator.access.trust import new_trust
from brownfield_operator.children import Children
from brownfield_operator.controller import Controller
from brownfield_operator.desired import ProcessKey
from brownfield_operator.kube.kinds import Json, Kind
from brownfield_operator.names import ENDPOINTS, PROCESS, PROCESS_KIND, PROCESS_NAME, endpoint_hash, process_object
from brownfield_operator.planner_loop import PlannerLoop
from brownfield_operator.reconcile import Reconciler
from brownfield_operator.spine_secrets import SpineSecrets
from brownfield_operator.status_writer import StatusWriter
from brownfield_operator.store import Store
from brownfield_operator.watched import WATCHED

NOW = 1_800_000_000
TRUST = new_trust(random.token_bytes, now=NOW)
KINDS = {str(kind): kind for kind in Kind}
SECONDS = 5.0
"""A real second is all that any of these waits for, and the planner's is one of them."""


@dataclass
class Bench:
    """A controller on a fake API server. Tests say what is seen; nothing is seen by itself."""

    watch_namespaces: tuple[str, ...] = ()
    kube: FakeKube = field(default_factory=FakeKube)
    children: Children = field(default_factory=Children)
    store: Store = field(default_factory=Store)

    def __post_init__(self) -> None:
        chosen = settings(watch_namespaces=self.watch_namespaces)
        self.informed = asyncio.Event()
        self.informed.set()
        self.planner = PlannerLoop(
            kube=self.kube,
            store=self.store,
            children=self.children,
            settings=chosen,
            planned=lambda desired, before: self.controller.planned(desired, before),  # noqa: PLW0108 - made below
        )
        spine_secrets = SpineSecrets(
            kube=self.kube,
            trust=lambda: TRUST,
            desired=lambda: self.planner.desired.processes.values() if self.planner.desired else (),
            now=lambda: NOW,
            random=random.token_bytes,
            withdrawn=lambda _: None,
        )
        self.controller = Controller(
            kube=self.kube,
            settings=chosen,
            store=self.store,
            children=self.children,
            planner=self.planner,
            reconciler=Reconciler(
                kube=self.kube,
                children=self.children,
                secrets=spine_secrets,
                settings=chosen,
                desired=lambda key: self.planner.desired.processes.get(key) if self.planner.desired else None,
            ),
            secrets=spine_secrets,
            statuses=StatusWriter(
                kube=self.kube,
                store=self.store,
                children=self.children,
                heard=dict,
                spine_reachable=lambda: True,
                figures=lambda _subject: None,
                again=lambda _ident, _delay: None,
                instance="operator-0",
            ),
            informed=self.informed,
        )

    def apply(self, *bodies: Body) -> None:
        """Somebody applies something, and it is seen."""
        for body in bodies:
            self.kube.hold(body)
            self.controller.seen(KINDS[body["kind"]], "MODIFIED", live_of(self.kube, body))

    def list_all(self) -> None:
        """Every list is complete, and holds what is on the API server."""
        for watched in WATCHED:
            there = frozenset((space, name) for kind, space, name in self.kube.objects if kind == watched.kind)
            for namespace in self.watch_namespaces or (None,):
                self.controller.listed(watched.kind, namespace, there)

    async def until(self, condition: Callable[[], object], what: str) -> None:
        async with asyncio.timeout(SECONDS):
            while not condition():
                await asyncio.sleep(0.01)
        assert condition(), what

    def stateful_sets(self) -> set[str]:
        return {name for kind, _, name in self.kube.objects if kind == Kind.STATEFUL_SET}


def live_of(kube: FakeKube, body: Body) -> Json:
    metadata = body["metadata"]
    return kube.objects[body["kind"], metadata["namespace"], metadata["name"]]


async def running(bench: Bench, scenario: Callable[[], Awaitable[None]]) -> None:
    task = asyncio.create_task(bench.controller.run())
    try:
        await scenario()
    finally:
        task.cancel()


def pod(of: ProcessKey, name: str, *endpoints: str) -> Body:
    """A pod of a process, as it is seen."""
    metadata: dict[str, Any] = {
        "name": name,
        "namespace": of[1],
        "uid": f"uid-{name}",
        "resourceVersion": "5",
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "labels": {PROCESS_KIND: of[0], PROCESS: process_object(of)},
        "annotations": {PROCESS_NAME: of[2], ENDPOINTS: ",".join(map(endpoint_hash, endpoints))},
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {}}
