"""What a health record says of one indicator of one resource."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from brownfield_api.health import HealthRecord
from brownfield_slo.indicators import Sli, Subject
from brownfield_slo.ledger.account import Events


@dataclass(frozen=True, slots=True)
class Sighting:
    """`events` since the process `instance` began at `started`, as of `time` (ns since 1970 UTC). `rate`: events a
    second by the process's own account, 0 if it has none. `process` is its key in the health bucket.
    """

    process: str
    instance: str
    started: int
    time: int
    events: Events
    rate: float = 0.0


Heard = tuple[str, HealthRecord]
"""Key and record; of one key there may be several, of processes that came one after the other."""


def sightings(records: Iterable[Heard]) -> Iterator[tuple[Subject, Sli, Sighting]]:
    """Everything the records say."""
    for key, record in records:
        for subject, sli, events, rate in _of(record):
            yield subject, sli, Sighting(key, record.instance, record.started, record.time, events, rate)


def _of(record: HealthRecord) -> Iterator[tuple[Subject, Sli, Events, float]]:
    for source in record.sources:
        subject = Subject("source", record.namespace, source.name)
        yield subject, Sli.UPTIME, Events(source.polls_succeeded, source.polls_scheduled), 0.0
        yield subject, Sli.LATENCY, Events(source.timely.good, source.timely.total), 0.0
    sli = Sli.TWIN_LATENCY if record.kind == "twin" else Sli.QUALITY
    for name, counted in record.of_sources.items():
        yield Subject("source", record.namespace, name), sli, Events(counted.good, counted.total), 0.0
    if record.twin is not None:
        fresh = record.twin.freshness
        rate = float(record.twin.properties)
        yield Subject("twin", record.namespace, record.name), Sli.FRESHNESS, Events(fresh.good, fresh.total), rate
