"""A source as its process holds it: configuration, feed and the one writer of its subject."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from brownfield_adapters.feed import SourceFeed
from brownfield_adapters.registry import keeps_history, protocol_name
from brownfield_api.adapter_config import EndpointConfig, SourceConfig
from brownfield_api.health import EventCounts, SourceHealth
from brownfield_api.subjects import RAW_STREAM
from brownfield_api.tables import TagTable
from brownfield_spine.connection import Spine
from brownfield_spine.writer import SubjectWriter, WriterStats


@dataclass(frozen=True, slots=True)
class Source:
    """One LegacySource on an endpoint."""

    name: str
    protocol: str
    endpoint: str
    feed: SourceFeed
    writer: SubjectWriter
    promised: float

    @property
    def stats(self) -> WriterStats:
        """What the writer has done so far."""
        return self.writer.stats

    def timely(self) -> EventCounts:
        """Samples the spine had within the latency that was promised, to 5 %, and all whose latency says something."""
        (good, total), _ = self.writer.latency.histogram((self.promised,))
        return EventCounts(good=good, total=total)

    def health(self) -> SourceHealth:
        """The source's part of the health record."""
        feed, stats = self.feed, self.writer.stats
        return SourceHealth(
            name=self.name,
            protocol=self.protocol,
            endpoint=self.endpoint,
            state=feed.state,
            since=feed.since,
            tags=feed.tags,
            quality=feed.counts(),
            polls_scheduled=feed.scheduled,
            polls_succeeded=feed.succeeded,
            requests=feed.requests,
            reconnects=feed.reconnects,
            last_sample=feed.last_sample,
            samples_read=sum((feed.samples.good, feed.samples.uncertain, feed.samples.bad)),
            samples_published=stats.published.samples,
            samples_dropped=stats.dropped.samples,
            latency=self.writer.latency.quantiles(),
            timely=self.timely(),
            buffer_batches=stats.buffered.batches,
            buffer_bytes=stats.buffered_bytes,
            buffer_oldest=stats.oldest,
            message=_message(feed.message, stats),
        )


async def open_source(
    spine: Spine,
    endpoint: EndpointConfig,
    config: SourceConfig,
    table: TagTable,
    *,
    journals: Path,
    clock: Callable[[], int],
) -> Source:
    """The source with its writer; `clock`: ns since 1970 UTC.

    A source that keeps history waits while the spine is away: it loses nothing by that, and only then it is certain
    where to read on. Any other must be read now or never, and is buffered meanwhile.
    """
    history = keeps_history(endpoint.endpoint)
    resumed = (journals / config.subject).exists()
    writer = await SubjectWriter.open(
        spine,
        subject=config.subject,
        source=config.name,
        stream=RAW_STREAM,
        journal_dir=journals,
        size=config.buffer.size,
        max_age=config.buffer.max_age,
        clock=clock,
        max_skew=config.max_skew,
        wait=history,
    )
    feed = SourceFeed(
        config,
        table,
        writer,
        table_hash=writer.offer_table(table),
        clock=clock,
        keeps_history=history,
        resumed=resumed,
    )
    return Source(config.name, protocol_name(endpoint.endpoint), endpoint.key, feed, writer, config.timely)


def _message(source: str, stats: WriterStats) -> str:
    fenced = "another writer owns the subject: nothing is published any more" if stats.fenced else ""
    trouble = f"the buffer cannot be written: {stats.trouble}" if stats.trouble else ""
    return "; ".join(filter(None, [source, fenced, trouble]))
