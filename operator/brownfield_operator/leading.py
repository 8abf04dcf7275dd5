"""Everything that runs while this replica leads, wired together and run together."""

import asyncio
import random
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from brownfield_api.health import EXPIRES
from brownfield_api.subjects import health_key
from brownfield_operator.alert_rules import AlertRules
from brownfield_operator.children import Children
from brownfield_operator.controller import Controller
from brownfield_operator.kube.port import KubePort
from brownfield_operator.kube.reflector import WatchAges, run_reflectors
from brownfield_operator.measured import MeasuredResources, resource_of
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
from brownfield_operator.watched import CREDENTIALS, WATCHED
from brownfield_slo.bookkeeper import Bookkeeper
from brownfield_slo.indicators import windows_of
from brownfield_spine.stream_metrics import StreamMetrics

_SPINE_LOOK = 5.0
"""Seconds between looks at who has fallen silent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leading:
    """The parts of a leading operator."""

    kube: KubePort
    settings: OperatorSettings
    controller: Controller
    planner: PlannerLoop
    link: SpineLink
    resync: Resync
    rules: AlertRules
    watches: WatchAges = field(default_factory=dict)

    async def run(self) -> None:
        """Until cancelled, or until something happens that nobody expected."""
        watched, namespaces = (*WATCHED, *CREDENTIALS), self.settings.watch_namespaces
        async with asyncio.TaskGroup() as group:
            reflectors = run_reflectors(self.kube, watched, self.controller, namespaces, self.watches)
            group.create_task(reflectors, name="reflectors")
            group.create_task(self.controller.run(), name="controller")
            group.create_task(self.link.run(), name="spine")
            group.create_task(self.resync.run(), name="resync")
            group.create_task(self.rules.run(), name="rules")
            group.create_task(self._follow_silence(), name="silence")

    async def _follow_silence(self) -> None:
        """Tells resources when a process falls silent, and all of them when the spine comes or goes."""
        was_reachable, silent = self.link.reachable, frozenset[str]()
        while True:
            await asyncio.sleep(_SPINE_LOOK)
            now = asyncio.get_running_loop().time()
            quiet = frozenset(key for key, heard in self.link.heard.items() if now - heard.at > EXPIRES)
            for key in quiet ^ silent:
                self.controller.heard(key, None, self.link.heard[key].record)
            silent = quiet - self._forget_removed(quiet)
            if self.link.reachable != was_reachable:
                was_reachable = self.link.reachable
                self.controller.look_at_all(within=_SPINE_LOOK)

    def _forget_removed(self, silent: frozenset[str]) -> frozenset[str]:
        """Drops what was heard of processes that fell silent because nobody wants them any more. The bucket does the
        same after an hour by itself.
        """
        if not silent or self.planner.desired is None:
            return frozenset()
        removed = silent - {health_key(*key) for key in self.planner.desired.processes}
        for key in removed:
            del self.link.heard[key]
        return removed


async def assemble(
    kube: KubePort, settings: OperatorSettings, *, namespace: str, replica: str, folder: Path
) -> Leading:
    """The parts, wired; `folder` is private to this process. Raises `BrownfieldError` for a damaged root of trust."""
    trust = await load_or_create(kube, namespace)
    store, children = Store(), Children()
    measured = MeasuredResources(store, settings.site)
    keeper = Bookkeeper(
        measured=measured,
        exists=measured.exists,
        judged=lambda subjects: controller.look_at(map(resource_of, subjects)),
    )
    link = SpineLink(
        kube=kube,
        settings=settings,
        namespace=namespace,
        replica=replica,
        folder=folder,
        trust=trust,
        keeper=keeper,
        streams=StreamMetrics(),
        changed=lambda key, before, record: controller.heard(key, before, record),  # noqa: PLW0108 - made below
    )
    rules = AlertRules(kube, namespace, settings.rules, windows=lambda: windows_of(measured()))

    def planned(desired: Desired, before: Desired | None) -> None:
        controller.planned(desired, before)
        rules.planned()

    planner = PlannerLoop(kube=kube, store=store, children=children, settings=settings, planned=planned)
    spine_secrets = SpineSecrets(
        kube=kube,
        trust=lambda: link.trust,
        desired=lambda: planner.desired.processes.values() if planner.desired else (),
        now=seconds,
        random=secrets.token_bytes,
        withdrawn=link.revoke,
    )
    statuses = StatusWriter(
        kube=kube,
        store=store,
        children=children,
        heard=lambda: link.heard,
        spine_reachable=lambda: link.reachable,
        figures=lambda subject: keeper.figures.get(subject),  # noqa: PLW0108 - they are replaced
        again=lambda ident, delay: controller.resources.add(ident, delay * random.uniform(1.0, 1.1)),  # noqa: S311
        instance=replica,
    )
    controller = Controller(
        kube=kube,
        settings=settings,
        store=store,
        children=children,
        planner=planner,
        reconciler=Reconciler(
            kube=kube,
            children=children,
            secrets=spine_secrets,
            settings=settings,
            desired=lambda key: planner.desired.processes.get(key) if planner.desired else None,
        ),
        secrets=spine_secrets,
        statuses=statuses,
        informed=link.informed,
        complete=link.listed,
    )
    return Leading(
        kube=kube,
        settings=settings,
        controller=controller,
        planner=planner,
        link=link,
        resync=Resync(kube=kube, controller=controller, rules=rules, settings=settings),
        rules=rules,
    )
