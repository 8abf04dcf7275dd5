"""Writes statuses: gathers what is known of a resource, has the pure core decide, and sends what is worth a write."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import msgspec

from brownfield_api.resources import Reason
from brownfield_api.subjects import health_key
from brownfield_operator.children import Child, Children
from brownfield_operator.desired import ProcessKey
from brownfield_operator.kube.errors import Conflict, KubeError, NotFound
from brownfield_operator.kube.events import events_of, record_event
from brownfield_operator.kube.kinds import Json, Kind
from brownfield_operator.kube.port import KubePort
from brownfield_operator.last_good import Ident
from brownfield_operator.measured import SUBJECT_KINDS
from brownfield_operator.planned_facts import PlannedFacts
from brownfield_operator.spine_link import Heard
from brownfield_operator.status.deciding import decide
from brownfield_operator.status.facts import ProcessFacts, Workload
from brownfield_operator.status.resource_status import resource_status
from brownfield_operator.status.transitions import transitions
from brownfield_operator.status.workload import IN_LINE, diagnose
from brownfield_operator.store import Store
from brownfield_slo.indicators import Subject
from brownfield_slo.levels import Figures

RESOURCE_KINDS = {str(kind): kind for kind in (Kind.LEGACY_SOURCE, Kind.ASSET_MAPPING, Kind.TWIN_MODEL)}

REFRESH = 60.0
"""Seconds between two looks at a resource that nothing calls for: its figures may have moved."""

UNREADY = 10.0
"""Seconds between two looks at a process that does not come up: Events may tell why, and nobody watches those."""


@dataclass(slots=True)
class ProcessState:
    """What the reconciler last did for a process. `intent` of its StatefulSet, `in_line`: that is not applied yet,
    others are restarted first; `refusal`: what the API server said.
    """

    intent: str = ""
    held: tuple[str, ...] = ()
    in_line: bool = False
    refusal: str = ""


@dataclass(slots=True)
class StatusWriter:
    """`again` asks for another look at a resource after some seconds."""

    kube: KubePort
    store: Store
    children: Children
    heard: Callable[[], Mapping[str, Heard]]
    spine_reachable: Callable[[], bool]
    figures: Callable[[Subject], Figures | None]
    again: Callable[[Ident, float], None]
    instance: str
    _planned: dict[Ident, PlannedFacts] = field(default_factory=dict)
    _states: dict[ProcessKey, ProcessState] = field(default_factory=dict)
    _resources: dict[ProcessKey, list[Ident]] = field(default_factory=dict)
    _unready_since: dict[ProcessKey, float] = field(default_factory=dict)
    _differs_since: dict[Ident, float] = field(default_factory=dict)

    def planned(self, facts: dict[Ident, PlannedFacts]) -> list[Ident]:
        """Takes a plan's facts; the resources about which it says something new."""
        changed = [ident for ident, fact in facts.items() if self._planned.get(ident) != fact]
        self._planned = facts
        self._resources = {}
        for ident, fact in facts.items():
            for key in fact.processes:
                self._resources.setdefault(key, []).append(ident)
        for known in (self._states, self._unready_since):
            for key in [key for key in known if key not in self._resources]:
                del known[key]
        return changed

    def resources_of(self, process: ProcessKey) -> list[Ident]:
        return self._resources.get(process, [])

    def everybody(self) -> list[Ident]:
        return list(self._planned)

    def brought(self, process: ProcessKey, state: ProcessState) -> bool:
        """The reconciler is done with a process; whether that is news."""
        if process not in self._resources or self._states.get(process) == state:
            return False
        self._states[process] = state
        return True

    async def write(self, ident: Ident) -> None:
        """Writes the status of a resource if it is worth it. Raises `KubeError` for what must be tried again."""
        planned, entry = self._planned.get(ident), self.store.entries.get(ident)
        if planned is None or entry is None:
            self._differs_since.pop(ident, None)
            return
        if any(key not in self._states for key in planned.processes):
            return  # nobody has looked at its process yet: after a restart that would be news of nothing
        facts = replace(
            planned.facts,
            processes=tuple([await self._process(key) for key in planned.processes]),
            spine_reachable=self.spine_reachable(),
            figures=self._figures(ident),
        )
        live = msgspec.json.decode(entry.status)
        wanted = resource_status(facts, live, datetime.now(UTC))
        decision = decide(live, wanted, self._differs_since.get(ident), time.monotonic())
        if decision.differs_since is None:
            self._differs_since.pop(ident, None)
        else:
            self._differs_since[ident] = decision.differs_since
        if decision.patch is not None:
            await self._send(ident, entry.uid, live, dict(decision.patch))
        unready = any(process.workload is None or not _settled(process.workload) for process in facts.processes)
        # What was just written may hold the first, half empty figures of a process: they settle from the next look on.
        soon = unready or decision.patch is not None
        self.again(ident, UNREADY if soon else min(REFRESH, decision.again or REFRESH))

    def _figures(self, ident: Ident) -> Figures | None:
        kind = SUBJECT_KINDS.get(ident[0])
        return self.figures(Subject(kind, ident[1], ident[2])) if kind else None

    async def _send(self, ident: Ident, uid: str, live: Json, status: Json) -> None:
        kind, namespace, name = RESOURCE_KINDS[ident[0]], ident[1], ident[2]
        try:
            answer = await self.kube.patch_status(kind, namespace, name, status, uid=uid)
        except (NotFound, Conflict):
            return  # gone, or made anew: the watch tells of it
        self.store.put(kind, answer)
        answer.setdefault("kind", str(kind))
        answer.setdefault("apiVersion", kind.api_version)
        for item in transitions(live, status):
            await record_event(
                self.kube,
                answer,
                severity=item.type,
                reason=item.reason,
                message=item.message,
                at=datetime.now(UTC),
                instance=self.instance,
            )

    async def _process(self, key: ProcessKey) -> ProcessFacts:
        workload = await self._workload(key)
        now = time.monotonic()
        if workload is not None and _settled(workload) and not self._states[key].held:
            self._unready_since.pop(key, None)
        else:
            self._unready_since.setdefault(key, now)
        heard = self.heard().get(health_key(*key))
        return ProcessFacts(
            key=key,
            workload=workload,
            not_ready_for=now - self._unready_since[key] if key in self._unready_since else 0.0,
            held_back=self._states[key].held,
            record=heard.record if heard else None,
            record_age=now - heard.at if heard else None,
        )

    async def _workload(self, key: ProcessKey) -> Workload | None:
        state, members = self._states[key], self.children.of(key)
        if state.refusal:
            message = f"The API server refuses what its process needs. It says: {state.refusal}"
            return Workload(ready=False, reason=Reason.FORBIDDEN, message=message)
        stateful_set = next((child for child in members if child.kind is Kind.STATEFUL_SET), None)
        if stateful_set is None:
            return None
        body: Json = msgspec.json.decode(stateful_set.body)
        pods = [msgspec.json.decode(child.body) for child in members if child.kind is Kind.POD]
        found = diagnose(body, pods, (), intent=state.intent, in_line=state.in_line)
        since = self._unready_since.get(key)
        if found.ready or since is None or time.monotonic() - since < UNREADY / 2:
            return found
        events = await self._events(stateful_set, pods)
        return diagnose(body, pods, events, intent=state.intent, in_line=state.in_line)

    async def _events(self, stateful_set: Child, pods: list[Json]) -> list[Json]:
        """Events of the StatefulSet, its pods and their claims; without the right to see them, none."""
        found: list[Json] = []
        try:
            for uid in (stateful_set.uid, *(pod["metadata"]["uid"] for pod in pods)):
                found.extend(await events_of(self.kube, stateful_set.namespace, uid))
            for claim in {claim for pod in pods for claim in _claims(pod)}:
                listing = await self.kube.list(
                    Kind.EVENT,
                    namespace=stateful_set.namespace,
                    fields=f"involvedObject.kind=PersistentVolumeClaim,involvedObject.name={claim}",
                )
                found.extend(listing.objects)
        except KubeError:
            return found  # they explain a status; they are no reason to have none
        return found


def _settled(workload: Workload) -> bool:
    """Whether nothing about it will change by itself."""
    return workload.ready or workload == IN_LINE


def _claims(pod: Mapping[str, Any]) -> list[str]:
    volumes = pod["spec"].get("volumes") or ()
    return [volume["persistentVolumeClaim"]["claimName"] for volume in volumes if volume.get("persistentVolumeClaim")]
