"""A reconciler on a fake API server, and processes for it."""

import secrets as random
from dataclasses import dataclass, field, replace

from tests.operator import cluster_objects as objects
from tests.operator.adapter_configs import adapter_config, endpoint, source
from tests.operator.fake_kube import FakeKube
from tests.operator.manifests import processes

from brownfield_api.adapter_config import EndpointConfig
from brownfield_api.process import render_config
from brownfield_operator.access.trust import new_trust
from brownfield_operator.children import Child, Children, child_of
from brownfield_operator.desired import DesiredProcess, Owner, ProcessKey
from brownfield_operator.drift import Drift
from brownfield_operator.kube.kinds import Kind
from brownfield_operator.names import endpoint_hash, process_object
from brownfield_operator.reconcile import Outcome, Reconciler
from brownfield_operator.spine_secrets import SpineSecrets

ONE, TWO = "tcp://one:502", "tcp://two:502"
NOW = 1_800_000_000


@dataclass
class Bench:
    """A reconciler on a fake API server, whose children are seen as soon as they are looked for."""

    desired: dict[ProcessKey, DesiredProcess] = field(default_factory=dict)
    kube: FakeKube = field(default_factory=FakeKube)
    children: Children = field(default_factory=Children)
    withdrawn: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        trust = new_trust(random.token_bytes, now=NOW)
        self.reconciler = Reconciler(
            kube=self.kube,
            children=self.children,
            secrets=SpineSecrets(
                kube=self.kube,
                trust=lambda: trust,
                desired=self.desired.values,
                now=lambda: NOW,
                random=random.token_bytes,
                withdrawn=self.withdrawn.append,
            ),
            settings=processes.settings(),
            desired=self.desired.get,
        )

    async def bring(self, process: DesiredProcess) -> Outcome:
        self.desired[process.key] = process
        for owner in process.owners:
            self.kube.hold(objects.body(owner.kind, owner.name, {}, uid=owner.uid))
        return await self.reconciler.reconcile(process.key)

    async def end(self, process: DesiredProcess) -> None:
        del self.desired[process.key]
        await self.reconciler.reconcile(process.key)

    def kinds(self) -> list[str]:
        """Of children, not of what they are made for."""
        return sorted(kind for kind, _, _ in self.kube.objects if kind != Kind.LEGACY_SOURCE)

    def works(self, process: DesiredProcess) -> None:
        """Its pod is ready, and of the newest revision."""
        key = (Kind.STATEFUL_SET, process.namespace, process_object(process.key))
        status = {"updateRevision": "r", "currentRevision": "r", "updatedReplicas": 1, "readyReplicas": 1}
        self.kube.objects[key] |= {"status": status}
        child = child_of(self.kube.objects[key], Drift.NONE)
        assert child is not None
        self.children.put(child)

    def forget_asked(self) -> None:
        self.kube.asked.clear()


def process(*endpoints: EndpointConfig, name: str = "a", **changes: object) -> DesiredProcess:
    config = adapter_config(*(endpoints or (endpoint(ONE, source("a")),)), name=name)
    made = DesiredProcess(
        kind="adapter",
        namespace="farm",
        name=name,
        content=render_config(config),
        owners=(Owner(kind="LegacySource", name="a", uid="u"),),
        endpoints=tuple(each.key for each in config.endpoints),
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # a test's own fields


def pod_of(process: DesiredProcess, name: str = "pod", endpoints: tuple[str, ...] | None = None) -> Child:
    return Child(
        kind=Kind.POD,
        namespace="farm",
        name=name,
        uid=f"uid-{name}",
        version="1",
        process=process.key,
        intent="",
        created="",
        endpoints=frozenset(map(endpoint_hash, process.endpoints if endpoints is None else endpoints)),
    )
