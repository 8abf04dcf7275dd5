"""Rules and alerts for Prometheus, kept on the cluster as one object in the operator's own namespace.

A PrometheusRule where that kind exists, else a ConfigMap with the same rules as a file. What the rules hold depends on
the windows of all objectives and on nothing else, so it is looked at when those change and at the resync, and written
only where it differs: at rest nothing is. What somebody adds beside the rules stays.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog

from brownfield_operator import names
from brownfield_operator.containment import contains
from brownfield_operator.failures import told
from brownfield_operator.kube.kinds import Kind
from brownfield_operator.kube.port import KubePort
from brownfield_operator.manifests.manifest import Manifest, sealed
from brownfield_operator.queue import TokenBucket, WorkQueue
from brownfield_operator.settings import AlertRuleSettings
from brownfield_slo.rules import config_map, prometheus_rule, rule_groups

NAME = "brownfield-rules"
"""Of the object, of either kind; the operator's role names it."""

_log = structlog.get_logger()

Windows = tuple[float, ...]
"""Distinct windows of objectives, seconds, ascending."""


@dataclass(slots=True)
class AlertRules:
    """`windows` gives those of all objectives as they are now; `namespace` is the operator's own."""

    kube: KubePort
    namespace: str
    settings: AlertRuleSettings
    windows: Callable[[], Windows]
    queue: WorkQueue[str] = field(init=False)
    _kept: Windows | None = None

    def __post_init__(self) -> None:
        self.queue = WorkQueue(self._keep, told("rules"), TokenBucket(rate=1.0, burst=10.0))

    async def run(self) -> None:
        """Works until cancelled."""
        await self.queue.run(1)

    def planned(self) -> None:
        """Resources may have changed, and objectives with them."""
        if self.settings.enabled and self.windows() != self._kept:
            self.queue.add(NAME)

    def doubt(self) -> None:
        """Somebody may have changed the object, and the kind PrometheusRule may have come or gone."""
        if self.settings.enabled:
            self.queue.add(NAME)

    async def _keep(self, name: str) -> None:
        """Raises `KubeError` for what must be tried again."""
        windows = self.windows()
        kind = Kind.PROMETHEUS_RULE if await self.kube.serves(Kind.PROMETHEUS_RULE) else Kind.CONFIG_MAP
        wanted = alert_rules(kind, windows, self.namespace, self.settings)
        live = await self.kube.get(kind, self.namespace, name)
        # The hash among the annotations tells whether more was asked for once, the rest whether all is still there.
        if live is None or not contains(live, wanted):
            await self.kube.apply(dict(wanted))
            _log.info("rules applied", kind=str(kind), name=name, windows=len(windows))
        if kind is Kind.PROMETHEUS_RULE:
            await self._remove_file(name)
        self._kept = windows

    async def _remove_file(self, name: str) -> None:
        """The ConfigMap of the time before there was the better kind: two sets of rules would alert twice."""
        old = await self.kube.get(Kind.CONFIG_MAP, self.namespace, name)
        if old is not None and names.INTENT in (old["metadata"].get("annotations") or {}):
            await self.kube.delete(Kind.CONFIG_MAP, self.namespace, name, uid=old["metadata"]["uid"])
            _log.info("rules moved into a PrometheusRule", name=name)


def alert_rules(kind: Kind, windows: Windows, namespace: str, settings: AlertRuleSettings) -> Manifest:
    """The object with the rules of `windows`, of the kind PrometheusRule or ConfigMap."""
    render = prometheus_rule if kind is Kind.PROMETHEUS_RULE else config_map
    manifest: dict[str, Any] = render(
        rule_groups(windows, interval=round(settings.interval)),
        name=NAME,
        namespace=namespace,
        labels={**settings.labels, names.MANAGED_BY: names.OPERATOR, "app.kubernetes.io/part-of": "brownfield"},
        runbooks=settings.runbooks,
    )
    return sealed(manifest)
