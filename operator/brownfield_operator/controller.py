"""What happens when something is seen: the wiring between watches, planner, reconciler and statuses.

Nothing is decided here. What is seen goes into the store or among the children; whoever it concerns gets its key
into a queue; the queues' workers look at what should be and what is.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace

import structlog

from brownfield_api.health import HealthRecord
from brownfield_api.subjects import health_key
from brownfield_operator import names
from brownfield_operator.children import Child, ChildKey, Children, child_of, is_known
from brownfield_operator.desired import DesiredProcess, ProcessKey
from brownfield_operator.drift import Drift, drift
from brownfield_operator.failures import EndingNamespaces, told
from brownfield_operator.kube.errors import Forbidden, Invalid, KubeError, NamespaceEnding
from brownfield_operator.kube.kinds import Json, Kind
from brownfield_operator.kube.port import EventType, KubePort
from brownfield_operator.last_good import Ident
from brownfield_operator.listing import show_all
from brownfield_operator.manifests.process import render
from brownfield_operator.planned_facts import planned_facts
from brownfield_operator.planner_loop import PlannerLoop
from brownfield_operator.planning import Desired
from brownfield_operator.queue import TokenBucket, WorkQueue
from brownfield_operator.reconcile import Outcome, Reconciler
from brownfield_operator.rollouts import Phase, at_once
from brownfield_operator.settings import OperatorSettings
from brownfield_operator.spine_link import is_news
from brownfield_operator.spine_secrets import SpineSecrets
from brownfield_operator.status_writer import ProcessState, StatusWriter
from brownfield_operator.store import Store, ident_of
from brownfield_operator.watched import CHILDREN, RESOURCES, WATCHED

_log = structlog.get_logger()

SPINE_PATIENCE = 5.0
"""Seconds that statuses wait for the spine's word at a start: without it every status would change to "nobody knows"
and back again. Processes are brought into being meanwhile.
"""

WORKERS = 16
"""Processes reconciled at a time: as many as there are connections to the API server."""

STATUS_WORKERS = 4
"""Statuses written at a time: fewer, because what is told must not hold up what is told about."""

STATUS_PATIENCE = 5.0
"""Seconds a status waits for processes that are being brought into being, for the same reason."""


@dataclass(slots=True)
class Controller:
    """Takes in what is seen (`kube.sink.Sink`) and what the spine says; `informed`: the spine has said all it has."""

    kube: KubePort
    settings: OperatorSettings
    store: Store
    children: Children
    planner: PlannerLoop
    reconciler: Reconciler
    secrets: SpineSecrets
    statuses: StatusWriter
    informed: asyncio.Event
    processes: WorkQueue[ProcessKey] = field(init=False)
    resources: WorkQueue[Ident] = field(init=False)
    complete: asyncio.Event = field(default_factory=asyncio.Event)
    _ending: EndingNamespaces = field(default_factory=EndingNamespaces)
    _planned_once: asyncio.Event = field(default_factory=asyncio.Event)
    _listed: set[tuple[Kind, str | None]] = field(default_factory=set)
    _waiting: dict[str, set[ProcessKey]] = field(default_factory=lambda: defaultdict(set))
    _of_health_key: dict[str, ProcessKey] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.children.released = self._released
        self.children.rolled = self._rolled
        self.processes = WorkQueue(self._reconcile, told("reconcile"), TokenBucket(rate=500.0, burst=1000.0))
        self.resources = WorkQueue(self._write_status, told("status"), TokenBucket(rate=300.0, burst=600.0))

    async def run(self) -> None:
        """Plans when all lists are complete, and works when there is a plan, until cancelled.

        Without this barrier a half-filled store would look like a plant from which most sources were deleted, and
        children seen before the first plan like leftovers.
        """
        await self.complete.wait()
        async with asyncio.TaskGroup() as group:
            group.create_task(self.planner.run(), name="planner")
            await self._planned_once.wait()
            await self._compare_children()
            group.create_task(self.processes.run(WORKERS), name="processes")
            with suppress(TimeoutError):
                async with asyncio.timeout(SPINE_PATIENCE):
                    await self.informed.wait()
            group.create_task(self.resources.run(STATUS_WORKERS), name="resources")

    async def _compare_children(self) -> None:
        """Children were listed before there was a plan. A second list, page by page, compares each with it; without
        it every reconcile would have to get every child by itself.
        """
        for watched in CHILDREN:
            for namespace in self.settings.watch_namespaces or (None,):
                try:
                    await show_all(self.kube, watched, self, namespace)
                except KubeError as error:
                    _log.warning("children are compared one by one", kind=str(watched.kind), why=str(error))

    # What is seen.

    def seen(self, kind: Kind, event: EventType, found: Json) -> None:
        """An object of the cluster."""
        if kind in RESOURCES or (
            kind is Kind.CONFIG_MAP and names.PROCESS_KIND not in (found["metadata"].get("labels") or {})
        ):
            self._seen_resource(kind, event, found)
        elif kind is Kind.SECRET:
            gone = {**found, "data": {}} if event == "DELETED" else found
            self._enqueue(self.secrets.seen(gone))
        else:
            self._seen_child(kind, event, found)

    def listed(self, kind: Kind, namespace: str | None, existing: frozenset[tuple[str, str]]) -> None:
        """A complete list of a kind."""
        if kind is Kind.SECRET:  # of one name, which the list does not tell
            self._enqueue(self.secrets.doubt())
            self._sweep_credentials()
            return
        if (kind in RESOURCES or kind is Kind.CONFIG_MAP) and self.store.keep_only(kind, namespace, existing):
            self.planner.soon()
        if kind not in RESOURCES:
            for child in self.children.absent(kind, namespace, existing):
                self._gone(child)
        self._listed.add((kind, namespace))
        spaces = self.settings.watch_namespaces or (None,)
        if self._listed >= {(watched.kind, space) for watched in WATCHED for space in spaces}:
            self.complete.set()

    def _seen_resource(self, kind: Kind, event: EventType, found: Json) -> None:
        ident = ident_of(kind, found)
        if event == "DELETED":
            changed = self.store.remove(ident, found["metadata"]["uid"])
        else:
            changed = self.store.put(kind, found)
        if changed:
            self.planner.soon()
        elif kind in RESOURCES:
            self.resources.add(ident)

    def _seen_child(self, kind: Kind, event: EventType, found: Json) -> None:
        found.setdefault("kind", str(kind))
        found.setdefault("apiVersion", kind.api_version)
        child = child_of(found)
        if child is None:
            self._unidentified((kind, found["metadata"]["namespace"], found["metadata"]["name"]))
            return
        if event == "DELETED":
            gone = self.children.remove(child.key, child.uid)
            if gone is not None:
                self._gone(gone)
            return
        before = self.children.get(child.key)
        if before and is_known(before, child):
            return
        child = child_of(found, self._compare(child, found)) or child
        self.children.put(child)
        if kind is not Kind.POD and child.drift is not Drift.NONE:
            self.processes.add(child.process)
        if kind in {Kind.POD, Kind.STATEFUL_SET} and (before is None or before.body != child.body):
            self._tell_resources(child.process)

    def _unidentified(self, key: ChildKey) -> None:
        """One of our children has lost the label or annotation that says whose it is: that is drift, too."""
        known = self.children.get(key)
        if known is not None:
            self.children.put(replace(known, drift=Drift.APPLY))
            self.processes.add(known.process)

    def _compare(self, child: Child, found: Json) -> Drift | None:
        """Whether a child is what its process wants; None where that cannot be said here and now."""
        process = self._desired(child.process)
        if process is None or child.kind is Kind.POD:
            return None
        for manifest in render(process, self.settings):
            if (manifest["kind"], manifest["metadata"]["name"]) == (child.kind, child.name):
                same = manifest["metadata"]["annotations"][names.INTENT] == child.intent
                return drift(manifest, found) if same else None
        return Drift.NONE if child.kind is Kind.CONFIG_MAP and self.planner.desired else None

    def _gone(self, child: Child) -> None:
        self.processes.add(child.process)
        self._tell_resources(child.process)

    def _released(self, endpoints: Iterable[str]) -> None:
        for endpoint in endpoints:
            self._enqueue(self._waiting.pop(endpoint, ()))

    def _rolled(self, key: ProcessKey, phase: Phase | None) -> None:
        rollouts = self.reconciler.rollouts
        if rollouts.gone(key) if phase is None else rollouts.seen(key, phase):
            self._call_next()

    def _call_next(self) -> None:
        """Whoever is first in line for a restart gets a turn when there is a place for it."""
        for key, delay in self.reconciler.rollouts.turns():
            self.processes.add(key, delay)

    def credentials_listed(self, name: str, secrets: Iterable[Json]) -> None:
        """A complete list of the Secrets of one name."""
        self._enqueue(self.secrets.listed(name, secrets))

    def _sweep_credentials(self) -> None:
        """Credentials of processes that ended while no operator was there are taken away as well."""
        if self.planner.desired:
            self._enqueue(self.secrets.leftovers({*self.planner.desired.processes, *self.children.processes()}))

    def requeue_due(self) -> None:
        """Credentials that want a look by now."""
        self._enqueue(self.secrets.due())

    # What the planner and the spine say.

    def planned(self, desired: Desired, before: Desired | None) -> None:
        """A new plan: whoever it changes, gets its turn, and adapters theirs before pipelines and twins."""
        self._planned_once.set()
        old = before.processes if before else {}
        changed = {key for key in {*old, *desired.processes} if old.get(key) != desired.processes.get(key)}
        self.reconciler.rollouts.limit = at_once(len(desired.processes))
        self._of_health_key = {health_key(*key): key for key in desired.processes}
        self._enqueue(sorted(changed | (self.children.processes() - desired.processes.keys())))
        self._sweep_credentials()
        facts = planned_facts(self.store, desired, self.settings.site)
        for ident in self.statuses.planned(facts):
            self.resources.add(ident)

    def heard(self, key: str, before: HealthRecord | None, record: HealthRecord) -> None:
        """A health record: the resources of its process are told where it is news to them."""
        process = self._of_health_key.get(key)
        if process is not None and is_news(before, record):
            self._tell_resources(process)

    def look_at(self, idents: Iterable[Ident]) -> None:
        """The ledger has another verdict on these resources: their statuses shall not say the old one for a minute."""
        for ident in idents:
            self.resources.add(ident)

    def look_at_all(self, within: float) -> None:
        """Something happened that concerns every status."""
        for ident in self.statuses.everybody():
            self.resources.add(ident, random.uniform(0.0, within))  # noqa: S311 - spreads load

    def _tell_resources(self, process: ProcessKey) -> None:
        for ident in self.statuses.resources_of(process):
            self.resources.add(ident)

    # Work.

    async def _reconcile(self, key: ProcessKey) -> None:
        outcome = Outcome()
        try:
            outcome = await self.reconciler.reconcile(key)
        except (Forbidden, Invalid) as error:
            self._brought(key, ProcessState(refusal=error.what))
            raise
        except NamespaceEnding:  # the next plan will not have it any more
            self._ending.say(key[1])
            return
        finally:
            if not outcome.in_line:
                self.reconciler.rollouts.leave(key)
            self._call_next()
        self._wait_for(key, {names.endpoint_hash(endpoint) for endpoint in outcome.held})
        self._brought(key, ProcessState(intent=outcome.intent, held=outcome.held, in_line=outcome.in_line))

    async def _write_status(self, ident: Ident) -> None:
        await self.processes.until_idle(STATUS_PATIENCE)
        try:
            await self.statuses.write(ident)
        except NamespaceEnding:
            self._ending.say(ident[1])

    def _wait_for(self, key: ProcessKey, held: set[str]) -> None:
        for endpoint in held:
            self._waiting[endpoint].add(key)
        if held - self.children.holders(held, key):  # let go of while the rest was applied
            self.processes.add(key)

    def _brought(self, key: ProcessKey, state: ProcessState) -> None:
        if self.statuses.brought(key, state):
            self._tell_resources(key)

    def _desired(self, key: ProcessKey) -> DesiredProcess | None:
        return self.planner.desired.processes.get(key) if self.planner.desired else None

    def _enqueue(self, keys: Iterable[ProcessKey]) -> None:
        for key in keys:
            self.processes.add(key)
