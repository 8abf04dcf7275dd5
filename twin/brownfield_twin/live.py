"""The live stream: each client first gets the whole twin, then what changed, at most once a second.

Nothing is queued for a client: it has one message under way, and the next one holds whatever changed
meanwhile. A client that does not take a message within `SEND_TIMEOUT` is dropped. Freshness changes
without any sample, so a tick compares the twin with what it looked like before; an asset that turned
stale (or fresh) is sent at once.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import numpy as np
import structlog
from fastapi import WebSocket, WebSocketDisconnect

from brownfield_api.twin_view import LevelView, LiveMessage, SourceView
from brownfield_twin.freshness import Frame
from brownfield_twin.summary import Summary
from brownfield_twin.updates import Updates
from brownfield_twin.views import Views

TICK = 0.5
"""Seconds between two looks at the twin."""

MAX_CLIENTS = 100
SEND_TIMEOUT = 10.0

_INTERVAL = 1.0
_HEARTBEAT = 5.0
_COST_SHARE = 10.0
"""Making updates may take a tenth of the time: large twins are sent less often."""

_log = structlog.get_logger(__name__)


class Live:
    """The clients of a twin's live stream. Run `watch` beside it."""

    def __init__(self, views: Views, *, monotonic: Callable[[], float]) -> None:
        self._views = views
        self._monotonic = monotonic
        self._frame, self._summary = views.look()
        self._sources: list[SourceView] = views.sources()
        self._levels: list[LevelView] = views.levels()
        self._urgent = np.zeros(len(views.twin.config.assets), np.int64)
        self._ticked = asyncio.Condition()
        self._updates = Updates(views, monotonic=monotonic)
        self.clients = 0

    @property
    def latest(self) -> tuple[Frame, Summary]:
        """The twin as of the last tick."""
        return self._frame, self._summary

    async def watch(self) -> None:
        """Look at the twin each tick, for ever, and wake the clients."""
        while True:
            await asyncio.sleep(TICK)
            self.look()
            async with self._ticked:
                self._ticked.notify_all()

    def look(self) -> None:
        """Note what changed since the last look."""
        twin = self._views.twin
        frame, summary = self._views.look()
        before = self._frame
        changed = (
            (frame.freshness != before.freshness)
            | (frame.renewed != before.renewed)
            | (frame.status != before.status)
            | (frame.reasons != before.reasons)
        )
        twin.touch(np.flatnonzero(changed))
        turned = np.flatnonzero(summary.freshness != self._summary.freshness)
        self._urgent[turned] = twin.changes
        self._frame, self._summary = frame, summary
        self._sources, self._levels = self._views.sources(), self._views.levels()

    async def serve(self, websocket: WebSocket) -> None:
        """One client, until it goes, is too slow, or there are too many."""
        await websocket.accept()
        if self.clients >= MAX_CLIENTS:
            await websocket.close(1013, "too many clients")
            return
        self.clients += 1
        try:
            async with asyncio.TaskGroup() as group:
                sending = group.create_task(self._send(websocket))
                await _until_gone(websocket)
                sending.cancel()
        except* WebSocketDisconnect:
            _log.debug("live client went while it was sent to")
        except* TimeoutError:
            _log.info("live client is too slow and was dropped")
            with suppress(RuntimeError):
                await websocket.close(1008, "too slow")
        finally:
            self.clients -= 1

    async def _send(self, websocket: WebSocket) -> None:
        self.look()
        seen, sources, levels = self._views.twin.changes, self._sources, self._levels
        whole = await self._views.whole()
        message = LiveMessage(type="twin", time=whole.time, catching_up=whole.catching_up, twin=whole)
        await _put(websocket, message.model_dump_json(by_alias=True))
        catching_up, sent, pause = whole.catching_up, self._monotonic(), _INTERVAL
        while True:
            async with self._ticked:
                await self._ticked.wait()
            now = self._monotonic()
            urgent = bool((self._urgent > seen).any())
            if now - sent < pause and not urgent:
                continue
            changed = np.flatnonzero(self._views.twin.version > seen)
            told = (sources, levels, catching_up)
            news = len(changed) or told != (self._sources, self._levels, self._views.catching_up())
            if not news and now - sent < _HEARTBEAT:
                continue
            seen = self._views.twin.changes
            catching_up = self._views.catching_up()
            new_sources = None if sources == self._sources else self._sources
            new_levels = None if levels == self._levels else self._levels
            sources, levels, sent = self._sources, self._levels, now
            text = await self._updates.text(
                self._frame, self._summary, changed, sources=new_sources, levels=new_levels, catching_up=catching_up
            )
            pause = max(_INTERVAL, _COST_SHARE * self._updates.cost)
            await _put(websocket, text)


async def _put(websocket: WebSocket, text: str) -> None:
    async with asyncio.timeout(SEND_TIMEOUT):
        await websocket.send_text(text)


async def _until_gone(websocket: WebSocket) -> None:
    """Clients have nothing to say; what they say is read only to learn that they left."""
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass
