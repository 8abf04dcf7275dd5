"""One coordinator per endpoint: connects, waits, connects again; every source behind the endpoint is told.

::

    Connecting ──first answer──> Connected ──link lost──> Backoff ──wait──> Connecting …
    Suspended: all its sources are suspended, the device is left alone.
    Stopped: the process ends, or another writer owns what this one would write.

An accepted connection is not yet a link: some devices accept and hang up. `Connected` begins with the first poll
that succeeds, and only that resets the wait between tries. It is logged once when the link goes and once when it
is back, however many tries lie between.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from types import TracebackType

import msgspec
import structlog

from brownfield_adapters.backoff import Backoff
from brownfield_adapters.budget import Budget
from brownfield_adapters.driver import Driver
from brownfield_adapters.feed import SourceFeed
from brownfield_api.adapter_config import EndpointConfig
from brownfield_api.batch import SampleBatch
from brownfield_api.errors import BrownfieldError, Fenced
from brownfield_api.health import LinkState

_log = structlog.get_logger()


class Coordinator:
    """Runs one endpoint's driver for ever. `make_driver` gets the endpoint with its suspended sources left out."""

    def __init__(
        self,
        endpoint: EndpointConfig,
        feeds: Mapping[str, SourceFeed],
        *,
        make_driver: Callable[[EndpointConfig], Driver],
        clock: Callable[[], int],
        random: Callable[[], float],
    ) -> None:
        """`clock`: ns since 1970 UTC; `random`: numbers in [0, 1), for the jitter."""
        active = tuple(source for source in endpoint.sources if not source.suspended)
        self.key = endpoint.key
        self.state = LinkState.CONNECTING if active else LinkState.SUSPENDED
        self._feeds = {source.name: feeds[source.name] for source in active}
        self._driver = make_driver(msgspec.structs.replace(endpoint, sources=active)) if active else None
        self._clock = clock
        self._backoff = Backoff(random)
        self._rate = endpoint.load.max_requests_per_second
        self._away_since = 0
        self._known = False
        self._dead: set[str] = set()
        self._polling = False
        self._ticked = 0.0

    async def run(self) -> None:
        """Returns never while it may read; cancel it to stop. Whatever is no `BrownfieldError` is a bug: raised."""
        driver = self._driver
        if driver is None:
            return
        session = _Session(self, self._feeds, self._clock, self._rate)
        try:
            while True:
                self.state = LinkState.CONNECTING
                self._gone(await self._connection(driver, session))
                await asyncio.sleep(self._backoff.next())
        except Fenced as fenced:
            _log.error("endpoint is left alone", endpoint=self.key, reason=str(fenced))
        finally:
            self.state = LinkState.STOPPED
            for feed in self._feeds.values():
                feed.stopped()

    def tick(self, now: float) -> None:
        """About once a second, `now` in monotonic seconds: heartbeats, and polls that were due while nobody could."""
        elapsed = now - self._ticked if self._ticked and not self._polling else 0.0
        self._ticked = now
        for feed in self._feeds.values():
            feed.tick(elapsed)

    def alive(self, source: str) -> None:
        """The source answered, so the link is up, whatever it was before."""
        feed = self._feeds[source]
        if self.state is LinkState.CONNECTED and feed.state is LinkState.CONNECTED:
            return
        if self.state is not LinkState.CONNECTED:
            self._back()
        if feed.linked() and source in self._dead:
            self._dead.discard(source)
            _log.info("source is back", source=source, endpoint=self.key)

    def dead(self, source: str, reason: str) -> None:
        """One source does not answer though the link is fine."""
        if source not in self._dead:
            self._dead.add(source)
            _log.warning("source is away", source=source, endpoint=self.key, reason=reason)
        self._feeds[source].unlinked(reason)

    async def _connection(self, driver: Driver, session: "_Session") -> str:
        """Connects and reads until the link is lost; returns why."""
        try:
            await driver.connect()
            self._polling = True
            await driver.run(session)
        except Fenced:
            raise
        except BrownfieldError as lost:
            return str(lost)
        finally:
            self._polling = False
            await driver.close()
        return "the driver ended"

    def _gone(self, reason: str) -> None:
        self.state = LinkState.BACKOFF
        if self._away_since == 0:
            self._away_since = self._clock()
            _log.warning("endpoint is away", endpoint=self.key, sources=list(self._feeds), reason=reason)
        for feed in self._feeds.values():
            feed.unlinked(reason)

    def _back(self) -> None:
        self.state = LinkState.CONNECTED
        self._backoff.reset()
        if self._away_since:
            away = (self._clock() - self._away_since) / 1e9
            _log.info("endpoint is back", endpoint=self.key, sources=list(self._feeds), away_seconds=round(away, 3))
        elif not self._known:
            _log.info("endpoint is connected", endpoint=self.key, sources=list(self._feeds))
        self._away_since = 0
        self._known = True


class _Session:
    """`brownfield_adapters.driver.Session` of one endpoint."""

    def __init__(
        self, coordinator: Coordinator, feeds: Mapping[str, SourceFeed], clock: Callable[[], int], rate: float
    ) -> None:
        budget = Budget(rate, clock=asyncio.get_running_loop().time, sleep=asyncio.sleep)
        self._coordinator = coordinator
        self._feeds = feeds
        self._clock = clock
        self._turns = {name: _Turn(budget, feed) for name, feed in feeds.items()}
        # A request that serves all sources is counted for the first one, so that sums stay true.
        self._turns[""] = next(iter(self._turns.values()))

    def now(self) -> int:
        return self._clock()

    def request(self, source: str = "") -> AbstractAsyncContextManager[None]:
        return self._turns[source]

    def scheduled(self, source: str, count: int = 1) -> None:
        self._feeds[source].scheduled += count

    def succeeded(self, source: str) -> None:
        self._coordinator.alive(source)
        self._feeds[source].succeeded += 1

    def deliver(self, source: str, batch: SampleBatch, *, as_of: int, position: str = "") -> None:
        self._coordinator.alive(source)
        self._feeds[source].deliver(batch, as_of=as_of, position=position)

    def lost(self, source: str, reason: str) -> None:
        self._coordinator.dead(source, reason)

    def position(self, source: str) -> str:
        return self._feeds[source].position

    async def room(self, source: str) -> None:
        await self._feeds[source].outlet.room()

    def note(self, source: str, message: str) -> None:
        self._feeds[source].note(message)


class _Turn:
    """One request: waits for the budget on entering. Holds no state, so it is made once per source."""

    def __init__(self, budget: Budget, feed: SourceFeed) -> None:
        self._budget = budget
        self._feed = feed

    async def __aenter__(self) -> None:
        await self._budget.turn()
        self._feed.requests += 1

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to give back: a slot is spent, answered or not."""
