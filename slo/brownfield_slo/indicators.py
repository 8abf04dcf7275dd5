"""What is measured of a resource, and what was promised of it: read from the resource, and from nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from brownfield_api.resources import LegacySource, TwinModel

DEFAULT_WINDOW = 28 * 86400.0
"""Seconds: whole weeks, so that every window holds as many weekends as the next."""


class Sli(StrEnum):
    """Service level indicators; what each counts is in `docs/slo.md`."""

    UPTIME = "uptime"
    LATENCY = "latency"
    TWIN_LATENCY = "twin_latency"
    QUALITY = "quality"
    FRESHNESS = "freshness"


SOURCE_INDICATORS = (Sli.UPTIME, Sli.LATENCY, Sli.TWIN_LATENCY, Sli.QUALITY)
TWIN_INDICATORS = (Sli.FRESHNESS,)


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """A resource as the ledger knows it: `kind` is `source` or `twin`, which is also its label in Prometheus."""

    kind: str
    namespace: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A resource whose service levels are kept. `rate`: events of uptime per second by schedule, 0 while suspended and
    for a twin, which says itself how many properties it holds. `objectives` are shares between 0 and 1. `uid` tells a
    resource from another that had its name, where there is such a thing.
    """

    subject: Subject
    rate: float
    window: float
    objectives: dict[Sli, float]
    team: str = ""
    contact: str = ""
    uid: str = ""

    @property
    def indicators(self) -> tuple[Sli, ...]:
        """What is counted of it, promised or not: an objective given later shall find a history."""
        return SOURCE_INDICATORS if self.subject.kind == "source" else TWIN_INDICATORS


def measured_source(namespace: str, source: LegacySource, default_interval: float) -> Measured:
    """What is measured of a source; `default_interval` is the planner's, in seconds."""
    spec = source.spec
    promised: dict[Sli, float] = {}
    if spec.objectives is not None:
        latency = spec.objectives.latency
        shares = {
            Sli.UPTIME: spec.objectives.uptime,
            Sli.LATENCY: latency.ratio if latency else None,
            Sli.TWIN_LATENCY: latency.ratio if latency else None,
            Sli.QUALITY: spec.objectives.quality,
        }
        promised = {sli: float(share) / 100.0 for sli, share in shares.items() if share is not None}
    return Measured(
        subject=Subject("source", namespace, source.metadata.name),
        rate=0.0 if spec.suspend else 1.0 / (spec.interval or default_interval),
        window=(spec.objectives.window if spec.objectives else None) or DEFAULT_WINDOW,
        objectives=promised,
        team=spec.owner.team if spec.owner else "",
        contact=(spec.owner.contact or "") if spec.owner else "",
    )


def measured_twin(namespace: str, twin: TwinModel) -> Measured:
    """What is measured of a twin."""
    objectives, owner = twin.spec.objectives, twin.spec.owner
    promised = {} if objectives is None else {Sli.FRESHNESS: float(objectives.freshness) / 100.0}
    return Measured(
        subject=Subject("twin", namespace, twin.metadata.name),
        rate=0.0,
        window=(objectives.window if objectives else None) or DEFAULT_WINDOW,
        objectives=promised,
        team=owner.team if owner else "",
        contact=(owner.contact or "") if owner else "",
    )


def windows_of(measured: Iterable[Measured]) -> tuple[float, ...]:
    """The distinct windows of all objectives, in seconds, ascending."""
    return tuple(sorted({item.window for item in measured if item.objectives}))
