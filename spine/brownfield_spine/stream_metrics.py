"""What Prometheus learns of the spine: asked of JetStream by whoever keeps the spine in order.

The broker's own monitoring speaks JSON, and an exporter beside it would be one more process on an edge box.
"""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NoReturn

import structlog
from nats import errors
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from brownfield_api.subjects import (
    ASSET_STREAM,
    HEALTH_BUCKET,
    LEVEL_BUCKET,
    QUARANTINE_STREAM,
    RAW_STREAM,
    TABLE_BUCKET,
)
from brownfield_spine.connection import Spine

STREAMS = (
    RAW_STREAM,
    ASSET_STREAM,
    QUARANTINE_STREAM,
    f"OBJ_{TABLE_BUCKET}",
    f"KV_{HEALTH_BUCKET}",
    f"KV_{LEVEL_BUCKET}",
)

INTERVAL = 15.0
"""Seconds between two looks."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream as it was at the last look. `appended`: messages it has ever taken."""

    name: str
    bytes: int
    limit: int
    messages: int
    appended: int


class StreamMetrics(Collector):
    """Of streams that could be asked; run `follow` beside it."""

    def __init__(self) -> None:
        self._connected = False
        self._streams: tuple[Stream, ...] = ()

    async def follow(self, spine: Spine) -> NoReturn:
        """Looks again and again, until cancelled."""
        while True:
            self._connected = spine.connected
            if spine.connected:
                self._streams = tuple([found for name in STREAMS if (found := await _look(spine, name))])
            await asyncio.sleep(INTERVAL)

    def collect(self) -> Iterator[Metric]:
        """As of the last look."""
        yield GaugeMetricFamily("brownfield_spine_connected", "Whether the spine answers", value=self._connected)
        gauges: tuple[tuple[str, str, Callable[[Stream], int]], ...] = (
            ("bytes", "Bytes stored", lambda stream: stream.bytes),
            ("limit_bytes", "Bytes it may store", lambda stream: stream.limit),
            ("messages", "Messages stored", lambda stream: stream.messages),
        )
        for name, words, read in gauges:
            family = GaugeMetricFamily(f"brownfield_spine_stream_{name}", words, labels=["stream"])
            for stream in self._streams:
                family.add_metric([stream.name], read(stream))
            yield family
        appended = CounterMetricFamily("brownfield_spine_stream_appended", "Messages ever taken", labels=["stream"])
        for stream in self._streams:
            appended.add_metric([stream.name], stream.appended)
        yield appended


async def _look(spine: Spine, name: str) -> Stream | None:
    try:
        info = await spine.js.stream_info(name)
    except (errors.Error, OSError) as error:
        _log.debug("stream cannot be asked", stream=name, error=str(error) or type(error).__name__)
        return None
    state = info.state
    return Stream(name, state.bytes, info.config.max_bytes or 0, state.messages, state.last_seq)
