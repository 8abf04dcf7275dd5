"""List, then watch, for ever: what a `Sink` is fed from.

Own code and not Kopf's informer, for the reasons and with the figures of the ADR "A reflector of our own": after a
gap in a watch, only a new list can tell what vanished in it, and it must be told. So every list ends in
`Sink.listed`. A list is handed on page by page and never held as a whole.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from typing import NoReturn

import structlog

from brownfield_operator.kube.backoff import delay
from brownfield_operator.kube.errors import Gone, KubeError, Retryable, Unreachable
from brownfield_operator.kube.kinds import Kind
from brownfield_operator.kube.port import KubePort, Page, WatchEvent
from brownfield_operator.kube.sink import Existing, Sink

HEALTHY = 10.0
"""Seconds after which a watch that shows nothing counts as one that works: in a quiet cluster nothing happens."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Watched:
    """Objects of one kind with certain labels and fields (selectors, "": all); `metadata_only`: no spec, data or
    status.
    """

    kind: Kind
    labels: str = ""
    fields: str = ""
    metadata_only: bool = False


WatchAges = dict[tuple[Kind, str | None], float]
"""When each watch, by kind and namespace, was last known to be alive: the event loop's clock, in seconds."""


async def run_reflectors(
    port: KubePort, watched: Iterable[Watched], sink: Sink, namespaces: tuple[str, ...], alive: WatchAges
) -> None:
    """Feed `sink` until cancelled; `namespaces` empty: all."""
    async with asyncio.TaskGroup() as tasks:
        for each in watched:
            for namespace in namespaces or (None,):
                reflector = Reflector(port, each, sink, namespace, alive=alive)
                tasks.create_task(reflector.run(), name=f"reflector of {each.kind}")


class Reflector:
    """One kind, in one namespace or all."""

    def __init__(
        self,
        port: KubePort,
        watched: Watched,
        sink: Sink,
        namespace: str | None = None,
        *,
        alive: WatchAges | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._port = port
        self._watched = watched
        self._sink = sink
        self._namespace = namespace
        self._alive: WatchAges = {} if alive is None else alive
        self._chance = chance
        self._version = ""
        self._failures = 0

    async def run(self) -> NoReturn:
        """Until cancelled. Trouble is logged once when it begins and once when it is over."""
        while True:
            try:
                if not self._version:
                    await self._list()
                error = await self._watch()
            except KubeError as failure:
                error = failure
                if not isinstance(failure, Retryable):
                    self._version = ""  # Gone: the gap is too wide. Else: whatever it was, begin anew after it.
            if error is not None:
                await self._wait(error)

    async def _list(self) -> None:
        watched = self._watched
        existing: set[tuple[str, str]] = set()
        pages = self._port.pages(
            watched.kind,
            namespace=self._namespace,
            labels=watched.labels,
            fields=watched.fields,
            metadata_only=watched.metadata_only,
        )
        version = ""
        async with aclosing(pages):
            async for page in pages:
                existing |= self._take(page)
                version = page.resource_version
                del page  # or it would stay in memory while the next one is read
                await asyncio.sleep(0)  # others may have their turn between two pages
        self._sink.listed(watched.kind, self._namespace, frozenset(existing))
        self._version = version
        self._alive[watched.kind, self._namespace] = asyncio.get_running_loop().time()

    def _take(self, page: Page) -> Existing:
        for found in page.objects:
            self._sink.seen(self._watched.kind, "ADDED", found)
        return frozenset((found["metadata"].get("namespace", ""), found["metadata"]["name"]) for found in page.objects)

    async def _watch(self) -> KubeError | None:
        """Hand on what happens until the stream ends, as it does every few minutes; an error if it did not work."""
        stream, began = self._stream(), asyncio.get_running_loop().time()
        shown = False
        try:
            async with aclosing(stream):
                async for event in stream:
                    if event.type != "BOOKMARK":
                        self._sink.seen(self._watched.kind, event.type, event.object)
                    self._version = event.resource_version
                    shown = True
                    self._worked()
        finally:
            lasted = asyncio.get_running_loop().time() - began >= HEALTHY
            if lasted:
                self._worked()
        return None if shown or lasted else Unreachable("the server ends it at once", f"watch of {self._watched.kind}")

    def _stream(self) -> AsyncGenerator[WatchEvent, None]:
        watched = self._watched
        return self._port.watch(
            watched.kind,
            self._version,
            namespace=self._namespace,
            labels=watched.labels,
            fields=watched.fields,
            metadata_only=watched.metadata_only,
        )

    def _worked(self) -> None:
        self._alive[self._watched.kind, self._namespace] = asyncio.get_running_loop().time()
        if self._failures > 1:
            _log.info("watch is back", kind=str(self._watched.kind), namespace=self._namespace)
        self._failures = 0

    async def _wait(self, error: KubeError) -> None:
        """Wait before the next try. The first failure is not worth a line: connections end, and 410 is normal."""
        self._failures += 1
        if self._failures == 2:
            kind, namespace = str(self._watched.kind), self._namespace
            _log.warning("watch is broken, trying again", kind=kind, namespace=namespace, why=str(error))
        if self._failures == 1 and isinstance(error, Gone):
            return
        asked = error.retry_after if isinstance(error, Retryable) else 0.0
        await asyncio.sleep(delay(self._failures, self._chance(), asked=asked))
