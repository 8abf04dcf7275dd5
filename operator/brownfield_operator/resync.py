"""Now and then everything is looked at once more, whatever the watches said.

A watch can lose what vanished in a gap, a Service behind an endpoint's name can change, credentials come of age. A
resync lists, compares, and requeues what is missing, unexpected or due; where all is well it writes nothing.
"""

import asyncio
import random
import time
from dataclasses import dataclass, field

import structlog

from brownfield_operator import names
from brownfield_operator.alert_rules import AlertRules
from brownfield_operator.controller import Controller
from brownfield_operator.kube.errors import KubeError
from brownfield_operator.kube.kinds import Kind
from brownfield_operator.kube.port import KubePort
from brownfield_operator.listing import show_all
from brownfield_operator.settings import OperatorSettings
from brownfield_operator.watched import WATCHED

_JITTER = 0.2
_RETRY = 30.0

_log = structlog.get_logger()


@dataclass(slots=True)
class Resync:
    """`last` is when the last one was complete (monotonic seconds)."""

    kube: KubePort
    controller: Controller
    rules: AlertRules
    settings: OperatorSettings
    last: float = field(default_factory=time.monotonic)

    async def run(self) -> None:
        """Until cancelled."""
        await self.controller.complete.wait()
        self.last = time.monotonic()
        while True:
            spread = random.uniform(1.0 - _JITTER, 1.0 + _JITTER)  # noqa: S311 - spreads load
            await asyncio.sleep(self.settings.resync_seconds * spread)
            while not await self._once():  # noqa: ASYNC110 - what is waited for is time
                await asyncio.sleep(_RETRY)

    async def _once(self) -> bool:
        try:
            for watched in WATCHED:
                for namespace in self.settings.watch_namespaces or (None,):
                    await show_all(self.kube, watched, self.controller, namespace)
            for name in names.SPINE_SECRETS:
                await self._secrets(name)
        except KubeError as error:
            _log.warning("resync is tried again", error=str(error))
            return False
        self.controller.planner.forget_lookups()
        self.controller.requeue_due()
        self.rules.doubt()
        self.last = time.monotonic()
        return True

    async def _secrets(self, name: str) -> None:
        for namespace in self.settings.watch_namespaces or (None,):
            listing = await self.kube.list(Kind.SECRET, namespace=namespace, fields=f"metadata.name={name}")
            self.controller.credentials_listed(name, listing.objects)
