"""Plans anew when something changed, but not for every change: a second of quiet first, and never more than a few.

Two hundred sources that are applied at once are one plan, and one rollout of the process they share. What a plan
needs and the watches do not bring (ConfigMaps without our label, Services behind endpoints' names, the configuration
that wrong resources go on with) is looked up here, in between.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass, field, replace

import structlog

from brownfield_operator.children import Children
from brownfield_operator.desired import ProcessKey
from brownfield_operator.egress import ServiceView, view_of
from brownfield_operator.kube.errors import Forbidden, KubeError
from brownfield_operator.kube.kinds import Kind
from brownfield_operator.kube.port import KubePort, Listing
from brownfield_operator.last_good import Ident, Running
from brownfield_operator.manifests.config_map import config_version
from brownfield_operator.manifests.policy_reading import egress_in
from brownfield_operator.names import process_object
from brownfield_operator.planning import Desired, broken, desire, plan_resources, services_wanted
from brownfield_operator.references import config_maps_wanted
from brownfield_operator.settings import OperatorSettings
from brownfield_operator.store import CONFIG_MAP, Store
from brownfield_planner.processes import Plan
from brownfield_planner.resource_set import Resources

QUIET = 1.0
"""Seconds without a change before planning."""

LONGEST_WAIT = 4.0
"""Seconds after which changes are planned, however many still come."""

Place = tuple[str, str]
"""Namespace and name."""

LOOK_AGAIN = 30.0
"""Seconds before what was not found is looked for again; what was found, at the resync."""

_RETRY = 5.0

_log = structlog.get_logger()


@dataclass(slots=True)
class PlannerLoop:
    """`planned` is told of each plan. `desired` is None before the first."""

    kube: KubePort
    store: Store
    children: Children
    settings: OperatorSettings
    planned: Callable[[Desired, Desired | None], None]
    desired: Desired | None = None
    seconds: float = 0.0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _first: float = 0.0
    _last: float = 0.0
    _services: dict[Place, ServiceView | None] = field(default_factory=dict)
    _absent: set[Place] = field(default_factory=set)

    def soon(self) -> None:
        """Something changed."""
        now = time.monotonic()
        if not self._changed.is_set():
            self._first = now
        self._last = now
        self._changed.set()

    def forget_lookups(self) -> None:
        """At a resync everything is looked up again."""
        self._services.clear()
        self._absent.clear()
        for ident in [i for i, entry in self.store.entries.items() if i[0] == CONFIG_MAP and not entry.labelled]:
            del self.store.entries[ident]
        self.soon()

    async def run(self) -> None:
        """Until cancelled; call it when the store is complete."""
        self.soon()
        while True:
            await self._until_quiet()
            try:
                await self._plan()
            except KubeError as error:
                _log.warning("cannot plan yet", error=str(error))
                await self._again_later()
            except Exception:  # noqa: BLE001 - what the planner trips over must not stop the plants of all others
                _log.exception("planning failed; everything stays as it was planned last")
                await self._again_later()

    async def _again_later(self) -> None:
        await asyncio.sleep(_RETRY)
        self.soon()

    async def _until_quiet(self) -> None:
        while not self._changed.is_set():
            missing = bool(self._absent) or None in self._services.values()
            try:
                async with asyncio.timeout(LOOK_AGAIN if missing else None):
                    await self._changed.wait()
            except TimeoutError:
                await self._look_again()
        while self.desired and (left := self._left()) > 0:  # noqa: ASYNC110 - what is waited for is time
            await asyncio.sleep(left)
        self._changed.clear()

    def _left(self) -> float:
        return min(self._last + QUIET, self._first + LONGEST_WAIT) - time.monotonic()

    async def _look_again(self) -> None:
        """Looks for what was not there; what is not there still, is no reason to plan."""
        tables, self._absent = self._absent, set()
        services = {place for place, view in self._services.items() if view is None}
        try:
            await self._look_up_tables(tables)
            await self._look_up_services(services)
        except KubeError as error:
            self._absent = tables
            _log.warning("cannot look for what is missing", error=str(error))
            return
        if self._absent != tables or any(self._services[place] for place in services):
            self.soon()

    async def _plan(self) -> None:
        resources = await self._with_tables(self.store.resources())
        begun = time.perf_counter()
        made = plan_resources(resources, self.settings)
        wanted = services_wanted(made.links)
        self._services = {place: view for place, view in self._services.items() if place in wanted}
        await self._look_up_services(wanted - self._services.keys())
        running = await self._running(broken(made))
        desired = desire(
            resources,
            made,
            running=running,
            uids=self.store.uids(),
            services={name: view for name, view in self._services.items() if view is not None},
            settings=self.settings,
        )
        self.seconds = time.perf_counter() - begun
        before, self.desired = self.desired, desired
        self.planned(desired, before)
        # Of the plan nothing is needed any more; five thousand configurations as objects are twenty megabytes.
        self.desired = replace(desired, plan=Plan())

    async def _with_tables(self, resources: Resources) -> Resources:
        """Looks up ConfigMaps that nobody labelled, once each."""
        named = config_maps_wanted(resources)
        self._absent &= named
        wanted = {place for place in named - self._absent if (CONFIG_MAP, *place) not in self.store.entries}
        await self._look_up_tables(wanted)
        return self.store.resources() if wanted else resources

    async def _look_up_tables(self, wanted: Iterable[Place]) -> None:
        for place in sorted(wanted):
            found = await self.kube.get(Kind.CONFIG_MAP, *place)
            if found is None:
                self._absent.add(place)
            else:
                self.store.put(CONFIG_MAP, found)

    async def _look_up_services(self, wanted: Set[Place]) -> None:
        """By namespace, because a thousand devices of one domain would be a thousand requests otherwise."""
        for namespace in sorted({namespace for namespace, _ in wanted}):
            try:
                listing = await self.kube.list(Kind.SERVICE, namespace=namespace)
            except Forbidden:  # not ours to see: as good as names that lead outside
                listing = Listing((), "")
            there = {item["metadata"]["name"]: item for item in listing.objects}
            for place in wanted:
                if place[0] == namespace:
                    self._services[place] = view_of(there[place[1]]) if place[1] in there else None

    async def _running(self, wrong: frozenset[Ident]) -> dict[ProcessKey, Running]:
        """Processes of all that wrong resources have a part in: as last planned, or as an operator before us left them
        in the cluster.
        """
        found = {
            key: Running(content=process.content, egress=process.egress, owners=process.idents)
            for key, process in (self.desired.processes if self.desired else {}).items()
            if process.idents & wrong
        }
        owned = {
            child.process: child.owners for child in self.children.of_kind(Kind.CONFIG_MAP) if child.owners & wrong
        }
        for key in [key for key in owned if key not in found]:
            content = await self._content(key[1], self._configs(key))
            if content:
                policy = await self.kube.get(Kind.NETWORK_POLICY, key[1], process_object(key))
                egress = egress_in(policy) if policy else ()
                found[key] = Running(content=content, egress=egress, owners=owned[key])
        return found

    def _configs(self, key: ProcessKey) -> tuple[str, ...]:
        """The ConfigMaps that a process's pods use; should its StatefulSet be gone, the newest ones."""
        members = self.children.of(key)
        used = next((child.configs for child in members if child.kind is Kind.STATEFUL_SET), ())
        configs = sorted((child for child in members if child.kind is Kind.CONFIG_MAP), key=lambda child: child.created)
        newest = config_version(configs[-1].name) if configs else ""
        return used or tuple(sorted(child.name for child in configs if config_version(child.name) == newest))

    async def _content(self, namespace: str, configs: tuple[str, ...]) -> bytes:
        parts: list[str] = []
        for name in configs:
            live = await self.kube.get(Kind.CONFIG_MAP, namespace, name)
            if live is None:
                return b""
            parts.extend(text for _, text in sorted((live.get("data") or {}).items()))
        return "".join(parts).encode()
