"""The OPC UA driver under the real coordinator: a turbine goes away and returns, and a reader can tell."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog

from brownfield_adapters.coordinator import Coordinator
from brownfield_adapters.feed import SourceFeed
from brownfield_adapters.opcua.driver import make_driver
from brownfield_api.adapter_config import EndpointConfig, LoadConfig, OpcUaEndpoint, OpcUaOptions, SourceConfig
from brownfield_api.batch import SampleBatch
from brownfield_api.health import LinkState
from brownfield_api.status import Reason, Status
from brownfield_api.tables import Tag, TagTable, ValueType
from brownfield_plant import Fault, FaultKind, OpcuaConfig, OpcuaTurbine, Playback, load_records

pytestmark = pytest.mark.wire
TABLE = TagTable(
    tags=(
        Tag(name="power", address="nsu=urn:senvion:mm82;s=R80736.P_avg"),
        Tag(name="count", address="nsu=urn:senvion:mm82;s=R80736.Count", type=ValueType.UINT32),
    )
)
RECORDS = Path(__file__).parents[3] / "examples" / "wind-farm" / "plant" / "records"


class Outlet:
    """Keeps what would go to the spine."""

    last_input = ""

    def __init__(self) -> None:
        self.batches: list[tuple[SampleBatch, int]] = []

    def append(self, batch: SampleBatch, *, table: str, as_of: int, input: str = "") -> None:  # noqa: A002, ARG002
        self.batches.append((batch, as_of))

    async def room(self) -> None:
        return

    def of(self, tag: int, reason: Reason) -> list[int]:
        """Status codes of the tag's samples that carry the reason."""
        return [
            status
            for batch, _ in self.batches
            for row, status, reasons in zip(
                batch.index.tolist(), batch.status.tolist(), batch.reasons.tolist(), strict=True
            )
            if row == tag and reasons & reason
        ]


async def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_turbine_that_goes_away_is_held_and_comes_back_with_one_line_each(tmp_path: Path) -> None:
    turbine = OpcuaTurbine(OpcuaConfig(name="r80736", record="R80736", address="r80736.plant:4840", security=("None",)))
    await turbine.start()
    playback = Playback(load_records(RECORDS), wall=lambda: datetime.now(UTC))
    await turbine.play(playback.step())
    source = SourceConfig(
        name="r80736",
        subject="raw",
        interval=0.1,
        table="t",
        timestamps="source",
        options=OpcUaOptions(publishing_interval=0.1),
    )
    endpoint = EndpointConfig(
        key=turbine.host.url,
        endpoint=OpcUaEndpoint(urls=(turbine.host.url,)),
        load=LoadConfig(timeout=1.0, max_requests_per_second=50),
        sources=(source,),
    )
    outlet = Outlet()
    feed = SourceFeed(source, TABLE, outlet, table_hash="t", clock=time.time_ns, keeps_history=False, resumed=False)
    coordinator = Coordinator(
        endpoint,
        {source.name: feed},
        make_driver=lambda config: make_driver(config, {"t": TABLE}, tmp_path),
        clock=time.time_ns,
        random=lambda: 0.0,
    )
    with structlog.testing.capture_logs() as logged:
        task = asyncio.create_task(coordinator.run())
        await until(lambda: coordinator.state is LinkState.CONNECTED and feed.counts().good == 2)
        await turbine.apply(Fault(kind=FaultKind.AWAY))
        await until(lambda: len(outlet.of(0, Reason.HELD)) == 1)
        assert outlet.of(0, Reason.HELD) == [Status.UNCERTAIN_NO_COMMUNICATION_LAST_USABLE_VALUE]
        assert outlet.batches[-1][1] == 0
        await turbine.apply(Fault(kind=FaultKind.BACK))
        await until(lambda: coordinator.state is LinkState.CONNECTED and feed.counts().good == 2)
        await turbine.play(playback.step())
        await until(lambda: outlet.of(1, Reason.GAP_BEFORE) == [Status.GOOD])
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await turbine.stop()
    events = [entry["event"] for entry in logged]
    assert events == ["endpoint is connected", "endpoint is away", "endpoint is back"]
