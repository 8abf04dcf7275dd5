"""The one small record each process keeps in the spine's health bucket.

The operator derives statuses from it, `brownfield run` its live summary and report, the twin's page
its list of sources. Rates and quantiles are computed where the truth is, so that nobody needs
Prometheus to see them. A record older than `EXPIRES` says nothing.
"""

from enum import StrEnum

import msgspec

EXPIRES = 15.0
"""Seconds after which a record no longer speaks for its process; records are renewed every second."""


class LinkState(StrEnum):
    """State of the connection to a legacy system."""

    CONNECTING = "Connecting"
    CONNECTED = "Connected"
    BACKOFF = "Backoff"
    SUSPENDED = "Suspended"
    STOPPED = "Stopped"


class Quantiles(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds, over the last minute; NaN-free: `count` 0 means the others say nothing."""

    count: int = 0
    p50: float = 0.0
    p99: float = 0.0
    max: float = 0.0


class Hop(msgspec.Struct, frozen=True, kw_only=True):
    """What arrived on one subject since the process began, by contiguous sequence number.

    `batches` and `samples` count what was used; `lost`, `duplicated` and `reordered` count batches;
    `epochs` how often a writer could not prove continuity; `corrupt` batches refused by checksum.
    """

    batches: int = 0
    samples: int = 0
    lost: int = 0
    duplicated: int = 0
    reordered: int = 0
    epochs: int = 0
    corrupt: int = 0


class QualityCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Tags, properties or samples by severity."""

    good: int = 0
    uncertain: int = 0
    bad: int = 0


class EventCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Events that count for a service level since the process began, and how many of them were good; seconds where
    an indicator is a share of time (`docs/slo.md`).
    """

    good: float = 0
    total: float = 0


class SourceHealth(msgspec.Struct, frozen=True, kw_only=True):
    """One LegacySource as its adapter sees it. Times are ns since 1970 UTC, 0 = never. Counts are since the
    process began. `timely`: samples the spine had in time, of all whose latency says something. `message` says in
    plain words why it is not well, "" if it is.
    """

    name: str
    protocol: str
    endpoint: str
    state: LinkState
    since: int
    tags: int
    quality: QualityCounts
    polls_scheduled: int = 0
    polls_succeeded: int = 0
    requests: int = 0
    reconnects: int = 0
    last_sample: int = 0
    samples_read: int = 0
    samples_published: int = 0
    samples_dropped: int = 0
    latency: Quantiles = Quantiles()
    timely: EventCounts = EventCounts()
    buffer_batches: int = 0
    buffer_bytes: int = 0
    buffer_oldest: int = 0
    message: str = ""


class TwinHealth(msgspec.Struct, frozen=True, kw_only=True):
    """A twin's own counts. An asset is fresh if all its stored properties are. `sequence` compares counter
    tags end to end, in samples; `quality` counts samples that arrived. `catching_up`: reading backlog. `properties`:
    how many stored ones it holds; `freshness`: their seconds, and the fresh ones of them.
    """

    assets: int
    fresh: int
    stale: int
    quality: QualityCounts = QualityCounts()
    sequence: Hop = Hop()
    catching_up: bool = False
    properties: int = 0
    freshness: EventCounts = EventCounts()
    page: str = ""


class LevelHealth(msgspec.Struct, frozen=True, kw_only=True):
    """What has become of one promise, by the ledger (`docs/slo.md`). `kind` is source or twin; `objective` and `ratio`
    are shares between 0 and 1, `ratio` None without events; `budget` is the share of the error budget that is left,
    below 0 when it is overdrawn; `window` as a duration, such as 28d.
    """

    kind: str
    name: str
    sli: str
    objective: float
    window: str
    ratio: float | None
    budget: float


class HealthRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One process. `instance` is unique to this start (a pod's UID, or pid and time); `hops` by input
    subject; `latency` is source time -> this process, `message` "" if all is well. `of_sources`: by source, of a
    pipeline samples whose code is Good after its rules, of a twin samples it had in time. `levels`: of the ledger,
    which is no process of its own and reports as kind `levels`.
    """

    kind: str
    namespace: str
    name: str
    instance: str
    time: int
    started: int
    metrics: str
    sources: tuple[SourceHealth, ...] = ()
    hops: dict[str, Hop] = {}
    latency: Quantiles = Quantiles()
    of_sources: dict[str, EventCounts] = {}
    quarantined: int = 0
    twin: TwinHealth | None = None
    levels: tuple[LevelHealth, ...] = ()
    message: str = ""
