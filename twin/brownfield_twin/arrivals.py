"""Counts of what arrived: per subject, by quality, and how long it took from the source.

Latency is measured on live samples only: not on a first value after a connect, a held one, one behind a
recorded gap, one whose source's clock is known to be off, nor on backlog. Those are counted by what they
are (quality, gaps, catching up) and would say nothing about speed.
"""

from dataclasses import dataclass, field

import numpy as np

from brownfield_api.batch import SampleBatch
from brownfield_api.header import BatchHeader
from brownfield_api.health import Hop, QualityCounts
from brownfield_api.status import NOT_LIVE, VOUCHED_WITHIN, severity
from brownfield_spine.hops import HopCounter, Verdict
from brownfield_twin.columns import Bools, Times


@dataclass(slots=True)
class HopTotals:
    """One subject: the counter of this process on top of what a checkpoint brought along."""

    counter: HopCounter = field(default_factory=HopCounter)
    before: Hop = field(default_factory=Hop)

    def total(self) -> Hop:
        """Counts since the twin's state began, restarts included."""
        return add_hops(self.before, self.counter.snapshot())


class Arrivals:
    """Everything counted on the way in."""

    def __init__(self) -> None:
        self.hops: dict[str, HopTotals] = {}
        self.quality = QualityCounts()

    def observe(self, subject: str, header: BatchHeader, samples: int) -> bool:
        """Count a batch; False if it must not be used (it came twice, or too late)."""
        hop = self.hops.setdefault(subject, HopTotals())
        return hop.counter.observe(header, samples) is Verdict.NEW

    def corrupt(self, subject: str) -> None:
        """Count a batch that cannot be read."""
        self.hops.setdefault(subject, HopTotals()).counter.corrupt()

    def count_quality(self, batch: SampleBatch) -> QualityCounts:
        """Count the samples of a batch by severity; what this batch added."""
        good, uncertain, bad = np.bincount(severity(batch.status), minlength=3).tolist()
        old = self.quality
        self.quality = QualityCounts(good=old.good + good, uncertain=old.uncertain + uncertain, bad=old.bad + bad)
        return QualityCounts(good=good, uncertain=uncertain, bad=bad)


def add_hops(one: Hop, other: Hop) -> Hop:
    """The sum of two counts."""
    return Hop(
        batches=one.batches + other.batches,
        samples=one.samples + other.samples,
        lost=one.lost + other.lost,
        duplicated=one.duplicated + other.duplicated,
        reordered=one.reordered + other.reordered,
        epochs=one.epochs + other.epochs,
        corrupt=one.corrupt + other.corrupt,
    )


def live_rows(batch: SampleBatch, as_of: int) -> Bools:
    """Which samples tell how long it takes from the source to here."""
    plain: Bools = (batch.reasons & NOT_LIVE) == 0
    return plain & (batch.receive_time - as_of <= VOUCHED_WITHIN)


def live_latencies(batch: SampleBatch, as_of: int, now: int) -> Times:
    """Nanoseconds from source time to `now` of the live samples."""
    latencies: Times = now - batch.source_time[live_rows(batch, as_of)]
    return latencies
