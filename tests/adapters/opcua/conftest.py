"""A server with a node of every type, and a driver that reads it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from asyncua import ua

from brownfield_adapters.driver import Driver
from brownfield_adapters.opcua.driver import make_driver
from brownfield_adapters.recording import RecordingSession
from brownfield_api.adapter_config import (
    CredentialsConfig,
    EndpointConfig,
    LoadConfig,
    OpcUaEndpoint,
    OpcUaOptions,
    SourceConfig,
)
from brownfield_api.tables import Tag, TagTable, ValueType
from brownfield_plant.faults import Faults
from brownfield_plant.journal import Journal
from brownfield_plant.opcua_host import OpcuaHost
from brownfield_plant.opcua_recording import RecordingServer, Watch
from brownfield_plant.opcua_values import node_id

NAMESPACE = "urn:test:plant"
NODES: dict[str, tuple[object, ua.VariantType]] = {
    "power": (1.0, ua.VariantType.Double),
    "speed": (0.0, ua.VariantType.Float),
    "count": (0, ua.VariantType.UInt32),
    "wide": (0, ua.VariantType.Int64),
    "huge": (0, ua.VariantType.UInt64),
    "on": (False, ua.VariantType.Boolean),
    "name": ("", ua.VariantType.String),
    "list": ([1.0, 2.0], ua.VariantType.Double),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[OpcuaHost]:
    async def furnish(made: RecordingServer, namespace: int) -> None:
        folder = await made.get_objects_node().add_folder(node_id("Folder", namespace), f"{namespace}:Folder")
        for name, (value, kind) in NODES.items():
            place = node_id(name, namespace)
            await folder.add_variable(place, f"{namespace}:{name}", value, kind, node_id(kind.value))

    journal = Journal(lambda: 0.0)
    host = OpcuaHost(
        "test",
        ("127.0.0.1", 0),
        path="/plant",
        namespace=NAMESPACE,
        furnish=furnish,
        watch=Watch(journal, Faults, frozenset),
    )
    host.journal = journal  # type: ignore[attr-defined]  # the tests look into it
    await host.start()
    yield host
    await host.stop()


Write = Callable[..., Any]


@pytest.fixture
def write(server: OpcuaHost) -> Write:
    """Writes a node on the server's side: `write(name, value, status=0, source=None, stamp=None)`."""

    async def put(name: str, value: object, *, status: int = 0, source: Any = None, stamp: Any = None) -> None:
        running = server.server
        assert running is not None
        namespace = await running.get_namespace_index(NAMESPACE)
        code: Any = status
        variant = None if value is None else ua.Variant(value, NODES[name][1])
        sent = ua.DataValue(variant, ua.StatusCode(code), SourceTimestamp=source, ServerTimestamp=stamp)
        await running.write_attribute_value(node_id(name, namespace), sent)

    return put


@pytest.fixture
def driver_of(tmp_path: Path) -> Callable[..., Driver]:
    """A driver of one source `s`: `driver_of(url…, tags={name: type or Tag}, mode=…, timestamps=…, policy=…)`."""

    def make(
        *urls: str,
        tags: Mapping[str, ValueType | Tag],
        mode: str = "Subscribe",
        timestamps: str = "source",
        policy: str = "None",
        security: str = "None",
        credentials: Path | str = "",
        interval: float = 0.05,
    ) -> Driver:
        options = OpcUaOptions(mode=mode, publishing_interval=interval)
        source = SourceConfig(
            name="s", subject="raw", interval=interval, table="t", timestamps=timestamps, options=options
        )
        endpoint = EndpointConfig(
            key=urls[0],
            endpoint=OpcUaEndpoint(urls=urls, security_policy=policy, security_mode=security),
            load=LoadConfig(timeout=2.0),
            sources=(source,),
            credentials=CredentialsConfig(directory=str(credentials)),
        )
        table = tuple(
            kind if isinstance(kind, Tag) else Tag(name=name, address=f"nsu={NAMESPACE};s={name}", type=kind)
            for name, kind in tags.items()
        )
        return make_driver(endpoint, {"t": TagTable(tags=table)}, tmp_path / "state")

    return make


Running = Callable[[Driver, RecordingSession], AbstractAsyncContextManager["asyncio.Task[None]"]]


@pytest.fixture
def running() -> Running:
    """Connects the driver, runs it as a task inside the block, and closes it."""

    @contextlib.asynccontextmanager
    async def run(driver: Driver, session: RecordingSession) -> AsyncIterator["asyncio.Task[None]"]:
        await driver.connect()
        task = asyncio.create_task(driver.run(session))
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await driver.close()

    return run
