"""What a run did, as numbers: the JSON object behind `--report` and the live summary.

Pure: health records and process statistics in, one frozen report out. Counters of adapters and pipelines
begin with each start, so those of all starts are added up; a twin's are part of its checkpoint and outlive
a restart, so what was there when the run began is taken off.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from brownfield_api.health import HealthRecord, Hop, QualityCounts, Quantiles, SourceHealth


class LatencyReport(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds; `p50` is the mean of the processes' medians weighted by samples, `p99` and `max` the worst."""

    p50: float = 0.0
    p99: float = 0.0
    max: float = 0.0


class SequenceReport(msgspec.Struct, frozen=True, kw_only=True):
    """Counter tags compared from the source to the twin, in samples."""

    delivered: int = 0
    lost: int = 0
    duplicated: int = 0
    reordered: int = 0


class SamplesReport(msgspec.Struct, frozen=True, kw_only=True):
    """`read` from the devices, `published` = acknowledged by the spine, `delivered` = arrived at the twins
    (a pipeline drops unmapped tags and adds expressions, so the two need not be equal). `lost`,
    `duplicated` and `reordered` are batches over all hops, by contiguous sequence number.
    """

    read: int = 0
    published: int = 0
    delivered: int = 0
    lost: int = 0
    duplicated: int = 0
    reordered: int = 0
    quarantined: int = 0
    dropped: int = 0
    end_to_end: SequenceReport = SequenceReport()


class SourceReport(msgspec.Struct, frozen=True, kw_only=True):
    """One LegacySource at the end of the run; `good` tags of `tags`."""

    state: str
    tags: int
    good: int
    polls: int
    requests: int


class TwinReport(msgspec.Struct, frozen=True, kw_only=True):
    """One twin's assets at the end of the run."""

    assets: int
    fresh: int
    stale: int


class ProcessReport(msgspec.Struct, frozen=True, kw_only=True):
    """One process over the whole run, all its starts together."""

    cpu_seconds: float
    rss_bytes: int
    restarts: int


class RunReport(msgspec.Struct, frozen=True, kw_only=True):
    """The whole run."""

    samples: SamplesReport
    quality: QualityCounts
    latency: dict[str, LatencyReport]
    sources: dict[str, SourceReport]
    twins: dict[str, TwinReport]
    processes: dict[str, ProcessReport]


@dataclass
class HealthLog:
    """The newest record of every start of every process, and those found before the run began."""

    baseline: Mapping[str, HealthRecord]
    by_start: dict[tuple[str, str], HealthRecord] = field(default_factory=dict)

    def observe(self, records: Mapping[str, HealthRecord]) -> None:
        """Takes in what the health bucket holds now; records from before the run are left out."""
        for key, record in records.items():
            before = self.baseline.get(key)
            if before is None or before.instance != record.instance:
                self.by_start[(key, record.instance)] = record

    def latest(self) -> dict[str, HealthRecord]:
        """The record of each process's newest start."""
        newest: dict[str, HealthRecord] = {}
        for (key, _), record in self.by_start.items():
            if key not in newest or record.started >= newest[key].started:
                newest[key] = record
        return newest


def build_report(health: HealthLog, processes: Mapping[str, ProcessReport]) -> RunReport:
    """The report of what `health` and the process statistics say."""
    latest = health.latest()
    twins = {key: record for key, record in latest.items() if record.twin is not None}
    return RunReport(
        samples=_samples(health, latest),
        quality=_quality(health, twins),
        latency={
            "spine": _latency(source.latency for source in _sources(latest)),
            "twin": _latency(record.latency for record in twins.values()),
        },
        sources={
            source.name: SourceReport(
                state=source.state.value,
                tags=source.tags,
                good=source.quality.good,
                polls=source.polls_succeeded,
                requests=source.requests,
            )
            for source in _sources(latest)
        },
        twins={
            record.name: TwinReport(assets=record.twin.assets, fresh=record.twin.fresh, stale=record.twin.stale)
            for record in twins.values()
            if record.twin is not None
        },
        processes=dict(processes),
    )


def _sources(latest: Mapping[str, HealthRecord]) -> list[SourceHealth]:
    return [source for record in latest.values() for source in record.sources]


def _samples(health: HealthLog, latest: Mapping[str, HealthRecord]) -> SamplesReport:
    starts = [source for record in health.by_start.values() for source in record.sources]
    before = health.baseline
    stage_hops = [hop for record in health.by_start.values() if record.twin is None for hop in record.hops.values()]
    twin_hops = [
        hop for key, record in latest.items() if record.twin is not None for hop in _hops_since(record, before.get(key))
    ]
    sequences = [
        _since(record.twin.sequence, _twin_sequence(before.get(key)))
        for key, record in latest.items()
        if record.twin is not None
    ]
    return SamplesReport(
        read=sum(source.samples_read for source in starts),
        published=sum(source.samples_published for source in starts),
        delivered=sum(hop.samples for hop in twin_hops),
        lost=sum(hop.lost for hop in stage_hops + twin_hops),
        duplicated=sum(hop.duplicated for hop in stage_hops + twin_hops),
        reordered=sum(hop.reordered for hop in stage_hops + twin_hops),
        quarantined=sum(record.quarantined for record in health.by_start.values()),
        dropped=sum(source.samples_dropped for source in starts),
        end_to_end=SequenceReport(
            delivered=sum(hop.samples for hop in sequences),
            lost=sum(hop.lost for hop in sequences),
            duplicated=sum(hop.duplicated for hop in sequences),
            reordered=sum(hop.reordered for hop in sequences),
        ),
    )


def _quality(health: HealthLog, twins: Mapping[str, HealthRecord]) -> QualityCounts:
    good = uncertain = bad = 0
    for key, record in twins.items():
        before = health.baseline.get(key)
        old = before.twin.quality if before is not None and before.twin is not None else QualityCounts()
        if record.twin is not None:
            good += record.twin.quality.good - old.good
            uncertain += record.twin.quality.uncertain - old.uncertain
            bad += record.twin.quality.bad - old.bad
    return QualityCounts(good=good, uncertain=uncertain, bad=bad)


def _twin_sequence(before: HealthRecord | None) -> Hop:
    return before.twin.sequence if before is not None and before.twin is not None else Hop()


def _hops_since(record: HealthRecord, before: HealthRecord | None) -> list[Hop]:
    old = before.hops if before is not None else {}
    return [_since(hop, old.get(subject, Hop())) for subject, hop in record.hops.items()]


def _since(now: Hop, before: Hop) -> Hop:
    """The difference of two readings of one counter; a counter that began anew counts from nothing."""
    if now.batches < before.batches or now.samples < before.samples:
        return now
    return Hop(
        batches=now.batches - before.batches,
        samples=now.samples - before.samples,
        lost=now.lost - before.lost,
        duplicated=now.duplicated - before.duplicated,
        reordered=now.reordered - before.reordered,
        epochs=now.epochs - before.epochs,
        corrupt=now.corrupt - before.corrupt,
    )


def _latency(quantiles: Iterable[Quantiles]) -> LatencyReport:
    known = [item for item in quantiles if item.count]
    total = sum(item.count for item in known)
    if not total:
        return LatencyReport()
    return LatencyReport(
        p50=sum(item.p50 * item.count for item in known) / total,
        p99=max(item.p99 for item in known),
        max=max(item.max for item in known),
    )
