"""One process: from what should be to what is. Level-triggered: it looks at both and does what is missing.

It may be called at any time, for any reason or none, as often as anybody likes: where nothing differs it sends
nothing. Every write is one that the plan and the cluster together call for, so that an interrupted reconcile is
finished by the next.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import structlog

from brownfield_operator import names
from brownfield_operator.children import Child, Children, child_of
from brownfield_operator.desired import DesiredProcess, ProcessKey
from brownfield_operator.drift import Drift, drift, needs_recreation, without_foreign
from brownfield_operator.kube.errors import Conflict
from brownfield_operator.kube.kinds import Json, Kind, kind_of
from brownfield_operator.kube.port import KubePort
from brownfield_operator.last_good import without_endpoints
from brownfield_operator.manifests.config_map import config_version
from brownfield_operator.manifests.manifest import Manifest
from brownfield_operator.manifests.process import render
from brownfield_operator.owners import Owners
from brownfield_operator.rollouts import Phase, Rollouts
from brownfield_operator.settings import OperatorSettings
from brownfield_operator.spine_secrets import SpineSecrets

_log = structlog.get_logger()

_CORRECTIONS = 3
"""Writes to one object in one reconcile, at most: who still contradicts us then, does so at once each time."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`intent` of the StatefulSet as it should be now; `held`: keys of endpoints that another process may still be
    connected to and that therefore wait; `in_line`: it works and must not be restarted yet.
    """

    intent: str = ""
    held: tuple[str, ...] = ()
    in_line: bool = False


@dataclass(slots=True)
class Reconciler:
    """Brings processes into being, keeps them, takes them away."""

    kube: KubePort
    children: Children
    secrets: SpineSecrets
    settings: OperatorSettings
    desired: Callable[[ProcessKey], DesiredProcess | None]
    rollouts: Rollouts = field(default_factory=Rollouts)
    owners: Owners = field(init=False)

    def __post_init__(self) -> None:
        self.owners = Owners(self.kube, self.children)

    async def reconcile(self, key: ProcessKey) -> Outcome:
        """Raises `KubeError` for what must be tried again."""
        process = self.desired(key)
        if process is None:
            await self._remove(key)
            return Outcome()
        startable, held = self._without_held(process)
        if startable is None:
            await self._let_go(process)
            return Outcome(held=held)
        manifests = render(startable, self.settings)
        intent = manifests[-1]["metadata"]["annotations"][names.INTENT]
        if not await self.owners.want(process, manifests):
            return Outcome(intent, held)
        if self._interrupts(manifests[-1]) and not self.rollouts.take(key):
            await self._keep(manifests)
            return Outcome(intent, held, in_line=True)
        await self.secrets.ensure(startable)
        for manifest in manifests:
            await self._bring(manifest)
        self.owners.complete(key)
        await self._prune(startable, manifests)
        return Outcome(intent, held)

    def _interrupts(self, stateful_set: Manifest) -> bool:
        """Whether applying it would end a pod that works.

        What somebody changed by hand bears the same intent still and is put back at once: they have restarted the
        pod already.
        """
        metadata = stateful_set["metadata"]
        known = self.children.get((Kind.STATEFUL_SET, metadata["namespace"], metadata["name"]))
        if known is None or known.phase is not Phase.WORKING:
            return False
        said: dict[str, str] = metadata["annotations"]
        return known.intent != said[names.INTENT] and known.template != said[names.TEMPLATE]

    async def _keep(self, manifests: Iterable[Manifest]) -> None:
        """Repairs what is as it should be apart from drift, and makes what is missing; all else waits for its turn.

        A policy that closes what the pod in line is still connected to, or credentials without what it publishes,
        would be the interruption that it waits to be spared.
        """
        for manifest in manifests:
            metadata = manifest["metadata"]
            known = self.children.get((kind_of(manifest), metadata["namespace"], metadata["name"]))
            if known is None or known.intent == metadata["annotations"][names.INTENT]:
                await self._bring(manifest)

    def _without_held(self, process: DesiredProcess) -> tuple[DesiredProcess | None, tuple[str, ...]]:
        """The process without endpoints that another one may still be connected to: a device bears one connection.
        None if none is left.

        Without waiting for all of them: two processes that exchange endpoints would wait for each other for ever.
        """
        by_hash = {names.endpoint_hash(endpoint): endpoint for endpoint in process.endpoints}
        held = tuple(sorted(by_hash[item] for item in self.children.holders(by_hash, process.key)))
        if not held:
            return process, ()
        content = without_endpoints(process.content, held)
        if content is None:
            return None, held
        left = tuple(endpoint for endpoint in process.endpoints if endpoint not in held)
        return replace(process, content=content, endpoints=left), held

    async def _let_go(self, process: DesiredProcess) -> None:
        """Ends the pod of a process that has to wait for all it shall read, and still reads what others shall: of two
        that exchange all their endpoints one has to be the first.
        """
        wanted = {names.endpoint_hash(endpoint) for endpoint in process.endpoints}
        for child in self.children.of(process.key):
            if child.kind is Kind.STATEFUL_SET and child.endpoints - wanted:
                await self._delete(child)

    async def _bring(self, manifest: Manifest) -> None:
        """Applies a child unless it is what it should be already."""
        kind, metadata = kind_of(manifest), manifest["metadata"]
        known = self.children.get((kind, metadata["namespace"], metadata["name"]))
        intent = metadata["annotations"][names.INTENT]
        if known and known.intent == intent and known.drift is Drift.NONE:
            return
        # What no watch has shown is not there; should that be wrong, the answer to the apply tells.
        live = await self.kube.get(kind, metadata["namespace"], metadata["name"]) if known else None
        for _ in range(_CORRECTIONS):
            difference = drift(manifest, live) if live else Drift.APPLY
            if difference is Drift.NONE and live:
                self._note(live, Drift.NONE)
                return
            live = await self._correct(manifest, live, difference)
        where = f"{kind} {metadata['namespace']}/{metadata['name']}"
        raise Conflict("somebody changes it as fast as the operator corrects it", where)

    async def _correct(self, manifest: Manifest, live: Json | None, difference: Drift) -> Json:
        """One write that brings a child nearer; what the API server then has."""
        if live and needs_recreation(manifest, live):
            # The pod of a StatefulSet runs on and is adopted by the new one, which replaces it as in any rollout.
            metadata, kind = live["metadata"], kind_of(manifest)
            orphan = kind is Kind.STATEFUL_SET
            await self.kube.delete(kind, metadata["namespace"], metadata["name"], uid=metadata["uid"], orphan=orphan)
            difference = Drift.APPLY
        if live and difference is Drift.REPLACE:
            answer = await self.kube.replace(dict(without_foreign(manifest, live)))
        else:
            answer = await self.kube.apply(dict(manifest))
        where = f"{answer['metadata']['namespace']}/{answer['metadata']['name']}"
        _log.info("applied", child=f"{manifest['kind']} {where}", why=difference.value)
        return answer

    def _note(self, live: Json, difference: Drift) -> None:
        child = child_of(live, difference)
        if child:
            self.children.put(child)

    async def _prune(self, process: DesiredProcess, wanted: Iterable[Manifest]) -> None:
        """Deletes children that are not wanted any more; the configuration before this one stays, for pods that
        start while the rollout is under way.
        """
        keep = {(item["kind"], process.namespace, item["metadata"]["name"]) for item in wanted}
        spare = [
            child for child in self.children.of(process.key) if child.key not in keep and child.kind is not Kind.POD
        ]
        configs = sorted((child for child in spare if child.kind is Kind.CONFIG_MAP), key=lambda child: child.created)
        previous = config_version(configs[-1].name) if configs else ""
        for child in spare:
            if child.kind is not Kind.CONFIG_MAP or config_version(child.name) != previous:
                await self._delete(child)

    async def _remove(self, key: ProcessKey) -> None:
        """Takes a process away, the StatefulSet first: pods must not lose their policy while they run. Its credentials
        go last, because its pod may still have something to publish.
        """
        self.owners.forget(key)
        members = self.children.of(key)
        mine = [child for child in members if child.kind is not Kind.POD]
        for child in sorted(mine, key=lambda child: child.kind is not Kind.STATEFUL_SET):
            await self._delete(child)
        if len(mine) == len(members):  # else the pod's end is seen, and brings us here again
            await self.secrets.forget(key)

    async def _delete(self, child: Child) -> None:
        try:
            await self.kube.delete(child.kind, child.namespace, child.name, uid=child.uid)
        except Conflict:
            return  # another object has the name: the watch tells of it
        _log.info("deleted", child=f"{child.kind} {child.namespace}/{child.name}")
        self.children.remove(child.key, child.uid)
