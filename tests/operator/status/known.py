"""Facts for tests: a source, a mapping and a twin that are well, to be changed in one point each."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from brownfield_api.health import (
    HealthRecord,
    LinkState,
    QualityCounts,
    Quantiles,
    SourceHealth,
    TwinHealth,
)
from brownfield_api.resources import Reason
from brownfield_operator.status.facts import ProcessFacts, ResourceFacts, Workload
from brownfield_planner.findings import Finding, Place, Severity
from brownfield_slo.indicators import Measured, Sli, Subject
from brownfield_slo.ledger.account import Events
from brownfield_slo.levels import Figures, Level

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
NANOSECONDS = 1_000_000_000
RUNS = Workload(ready=True, reason=Reason.AVAILABLE, message="")


def waits(reason: Reason, message: str = "It waits.", missing: str = "") -> Workload:
    return Workload(ready=False, reason=reason, message=message, missing=missing)


def source_health(**changes: Any) -> SourceHealth:
    fields: dict[str, Any] = {
        "name": "r80711",
        "protocol": "modbus",
        "endpoint": "tcp://r80711.plant:502",
        "state": LinkState.CONNECTED,
        "since": int(NOW.timestamp()) * NANOSECONDS,
        "tags": 120,
        "quality": QualityCounts(good=120),
        "polls_scheduled": 1000,
        "polls_succeeded": 1000,
        "last_sample": int(NOW.timestamp()) * NANOSECONDS,
        "latency": Quantiles(count=60, p50=0.011, p99=0.020, max=0.030),
    }
    return SourceHealth(**{**fields, **changes})


def record(kind: str, name: str, **changes: Any) -> HealthRecord:
    fields: dict[str, Any] = {
        "kind": kind,
        "namespace": "farm",
        "name": name,
        "instance": "pod-1",
        "time": int(NOW.timestamp()) * NANOSECONDS,
        "started": 0,
        "metrics": "",
    }
    return HealthRecord(**{**fields, **changes})


def process(kind: str, name: str, **changes: Any) -> ProcessFacts:
    fields: dict[str, Any] = {"key": (kind, "farm", name), "workload": RUNS, "record_age": 1.0}
    return ProcessFacts(**{**fields, **changes})


def source(health: SourceHealth | None = None, **changes: Any) -> ResourceFacts:
    """A LegacySource that is Ready and Connected; `changes` of its facts."""
    adapter = record("adapter", "r80711-plant-502", sources=(health or source_health(),))
    facts = ResourceFacts(
        kind="LegacySource",
        namespace="farm",
        name="r80711",
        generation=3,
        inputs=(("ConfigMap/senvion-mm82", "abc"),),
        processes=(process("adapter", "r80711-plant-502", record=adapter),),
        protocol="modbus",
        endpoint="tcp://r80711.plant:502",
    )
    return replace(facts, **changes)


def figures(uptime: Events, quality: Events, objective: float = 0.99) -> Figures:
    """What the ledger says of the source, which was promised the same uptime and quality."""
    subject = Subject("source", "farm", "r80711")
    promises = {Sli.UPTIME: objective, Sli.QUALITY: objective}
    measured = Measured(subject=subject, rate=1.0, window=3600.0, objectives=promises)
    within = {Sli.UPTIME: uptime, Sli.QUALITY: quality}
    levels = tuple(Level(subject, sli, objective, 3600.0, within[sli]) for sli in promises)
    return Figures(measured, within, within, levels)


def mapping(**changes: Any) -> ResourceFacts:
    pipeline = process("pipeline", "la-haute-borne", record=record("pipeline", "la-haute-borne"))
    facts = ResourceFacts(
        kind="AssetMapping",
        namespace="farm",
        name="la-haute-borne",
        generation=1,
        processes=(pipeline,),
        assets=5,
        properties=24,
    )
    return replace(facts, **changes)


def twin(health: TwinHealth | None = None, **changes: Any) -> ResourceFacts:
    held = record("twin", "wind-farm", twin=health or TwinHealth(assets=4, fresh=4, stale=0))
    facts = ResourceFacts(
        kind="TwinModel",
        namespace="farm",
        name="wind-farm",
        generation=1,
        processes=(process("twin", "wind-farm", record=held),),
        assets=4,
        url="http://twin-wind-farm.farm.svc",
    )
    return replace(facts, **changes)


def with_process(facts: ResourceFacts, **changes: Any) -> ResourceFacts:
    """The facts with their first process changed."""
    first, *others = facts.processes
    return replace(facts, processes=(replace(first, **changes), *others))


def finding(
    reason: Reason,
    *,
    resource: str = "LegacySource/r80711",
    field: str = "spec.tags[3].unit",
    message: str = "'kWh' is not a unit",
    do: str = "Did you mean kW.h?",
    severity: Severity = Severity.ERROR,
) -> Finding:
    return Finding(
        severity=severity, reason=reason, place=Place(resource=resource, field=field), message=message, do=do
    )
