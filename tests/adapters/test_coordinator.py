"""The coordinator's state machine, with a driver whose fate the test decides."""

# The outlet into nowhere has an outlet's arguments.
# ruff: noqa: ARG002

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

import pytest
import structlog

from brownfield_adapters.coordinator import Coordinator
from brownfield_adapters.driver import Session
from brownfield_adapters.feed import Outlet, SourceFeed
from brownfield_api.adapter_config import EndpointConfig, LoadConfig, ModbusEndpoint, ModbusOptions, SourceConfig
from brownfield_api.batch import SampleBatch, empty_batch
from brownfield_api.errors import Fenced, InvalidResource, LinkLost
from brownfield_api.health import LinkState
from brownfield_api.tables import Tag, TagTable


class Silent:
    """An outlet into nowhere."""

    last_input = ""

    def append(self, batch: SampleBatch, *, table: str, as_of: int, input: str = "") -> None:  # noqa: A002
        return

    async def room(self) -> None:
        return


@dataclass
class ScriptedDriver:
    """Fails to connect `refusals` times, then connects; `lose` ends the link."""

    refusals: int = 0
    connects: int = 0
    closes: int = 0
    session: Session | None = None
    broken: Exception | None = None
    sources: tuple[str, ...] = ()
    _end: asyncio.Event = field(default_factory=asyncio.Event)

    async def connect(self) -> None:
        self.connects += 1
        if self.connects <= self.refusals:
            raise LinkLost("refused")

    async def run(self, session: Session) -> None:
        self.session = session
        self._end.clear()
        await self._end.wait()
        self.session = None
        raise self.broken or LinkLost("cable out")

    async def close(self) -> None:
        self.closes += 1

    def lose(self) -> None:
        self._end.set()


@dataclass
class Bench:
    coordinator: Coordinator
    driver: ScriptedDriver
    feeds: dict[str, SourceFeed]
    task: asyncio.Task[None]

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(10.0):
            while not condition():
                await asyncio.sleep(0.002)

    async def answered(self) -> Session:
        await self.until(lambda: self.driver.session is not None)
        session = cast("Session", self.driver.session)
        for name in self.driver.sources:
            session.succeeded(name)
        return session


@asynccontextmanager
async def running(driver: ScriptedDriver, *, suspended: tuple[str, ...] = ()) -> AsyncIterator[Bench]:
    table = TagTable(tags=(Tag(name="a", address="holding:0"),))
    sources = tuple(
        SourceConfig(
            name=name,
            subject=f"bf.raw.s.n.{name}",
            interval=1.0,
            table="t",
            timestamps="gather",
            options=ModbusOptions(),
            suspended=name in suspended,
        )
        for name in ("a", "b")
    )
    clock = iter(range(10**9, 10**12, 10**6)).__next__
    outlet: Outlet = Silent()
    feeds = {
        each.name: SourceFeed(each, table, outlet, table_hash="h", clock=clock, keeps_history=False, resumed=False)
        for each in sources
    }
    endpoint = EndpointConfig(
        key="tcp://device", endpoint=ModbusEndpoint(host="device"), load=LoadConfig(), sources=sources
    )

    def make(active: EndpointConfig) -> ScriptedDriver:
        driver.sources = tuple(source.name for source in active.sources)
        return driver

    coordinator = Coordinator(endpoint, feeds, make_driver=make, clock=clock, random=lambda: 0.0)
    task = asyncio.create_task(coordinator.run())
    try:
        yield Bench(coordinator, driver, feeds, task)
    finally:
        task.cancel()
        await asyncio.wait([task])


def events(logs: list[structlog.typing.EventDict]) -> list[str]:
    return [line["event"] for line in logs]


async def test_a_link_counts_as_connected_only_when_something_answered() -> None:
    driver = ScriptedDriver()
    with structlog.testing.capture_logs() as logs:
        async with running(driver) as bench:
            await bench.until(lambda: driver.session)
            states = [bench.coordinator.state]
            await bench.answered()
            assert [*states, bench.coordinator.state] == [LinkState.CONNECTING, LinkState.CONNECTED]
            assert [feed.state for feed in bench.feeds.values()] == [LinkState.CONNECTED] * 2
        assert bench.coordinator.state is LinkState.STOPPED
    assert events(logs) == ["endpoint is connected"]
    assert driver.closes == 1


async def test_however_many_tries_it_takes_it_is_logged_once_away_and_once_back() -> None:
    driver = ScriptedDriver(refusals=2)
    with structlog.testing.capture_logs() as logs:
        async with running(driver) as bench:
            await bench.answered()
            driver.lose()
            await bench.until(lambda: bench.coordinator.state is LinkState.BACKOFF)
            assert {feed.message for feed in bench.feeds.values()} == {"cable out"}
            driver.refusals = driver.connects + 1
            await bench.answered()
            assert {feed.message for feed in bench.feeds.values()} == {""}
    assert events(logs) == ["endpoint is away", "endpoint is back"] * 2
    assert [line["reason"] for line in logs if "reason" in line] == ["refused", "cable out"]
    assert driver.closes == driver.connects


async def test_one_source_that_does_not_answer_leaves_the_others_connected() -> None:
    driver = ScriptedDriver()
    with structlog.testing.capture_logs() as logs:
        async with running(driver) as bench:
            session = await bench.answered()
            for _ in range(3):
                session.lost("b", "no answer")
            assert (bench.feeds["a"].state, bench.feeds["b"].state) == (LinkState.CONNECTED, LinkState.BACKOFF)
            session.deliver("b", empty_batch(), as_of=1)
            assert bench.feeds["b"].state is LinkState.CONNECTED
    assert events(logs) == ["endpoint is connected", "source is away", "source is back"]


async def test_suspended_sources_are_not_shown_to_the_driver() -> None:
    driver = ScriptedDriver()
    async with running(driver, suspended=("b",)) as bench:
        await bench.answered()
        assert driver.sources == ("a",)
        assert bench.feeds["b"].state is LinkState.SUSPENDED
    async with running(ScriptedDriver(), suspended=("a", "b")) as bench:
        await bench.task
        assert (bench.coordinator.state, bench.driver.connects) == (LinkState.SUSPENDED, 0)


async def test_an_error_nobody_expected_is_not_swallowed() -> None:
    driver = ScriptedDriver(broken=ValueError("a bug"))
    async with running(driver) as bench:
        await bench.answered()
        driver.lose()
        with pytest.raises(ValueError, match="a bug"):
            await bench.task
    assert driver.closes == 1


async def test_an_endpoint_whose_subject_has_another_writer_is_left_alone_and_the_process_goes_on() -> None:
    driver = ScriptedDriver(broken=Fenced("has another writer", "subject bf.raw.s.n.a"))
    with structlog.testing.capture_logs() as logs:
        async with running(driver) as bench:
            await bench.answered()
            driver.lose()
            await bench.task
            assert bench.coordinator.state is LinkState.STOPPED
            assert bench.feeds["a"].state is LinkState.STOPPED
    assert events(logs) == ["endpoint is connected", "endpoint is left alone"]


async def test_whatever_a_driver_says_in_plain_words_is_a_reason_to_try_again() -> None:
    driver = ScriptedDriver(broken=InvalidResource("no such file", "tls.key", "Mount the secret"))
    async with running(driver) as bench:
        await bench.answered()
        driver.lose()
        await bench.until(lambda: bench.coordinator.state is LinkState.BACKOFF)
        assert bench.feeds["a"].message == "tls.key: no such file. Mount the secret"


async def test_polls_due_while_nobody_could_poll_are_counted_and_only_those() -> None:
    driver = ScriptedDriver(refusals=10**6)
    async with running(driver) as bench:
        await bench.until(lambda: bench.coordinator.state is LinkState.BACKOFF)
        for second in range(1, 7):
            bench.coordinator.tick(float(second))
        assert bench.feeds["a"].scheduled == 5
        driver.refusals = 0
        await bench.answered()
        bench.coordinator.tick(60.0)
        assert bench.feeds["a"].scheduled == 5


async def test_requests_are_counted_for_their_source() -> None:
    async with running(ScriptedDriver()) as bench:
        session = await bench.answered()
        for source in ("a", "b", "b", ""):
            async with session.request(source):
                pass
        assert (bench.feeds["a"].requests, bench.feeds["b"].requests) == (2, 2)
