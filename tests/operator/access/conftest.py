"""A broker in operator mode with its streams, three processes' configurations, and clients that speak for them."""

import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from nats.aio.client import Client
from tests.operator.access.speaker import Speaker
from tests.operator.access.trusted_broker import TrustedBroker, trusted_broker

from brownfield_api.adapter_config import (
    AdapterConfig,
    EndpointConfig,
    LoadConfig,
    ModbusEndpoint,
    ModbusOptions,
    SourceConfig,
)
from brownfield_api.pipeline_config import PipelineConfig, PipelineSource
from brownfield_api.process import ProcessConfig, SpineConfig
from brownfield_api.subjects import asset_subject, quarantine_subject, raw_subject
from brownfield_api.twin_config import TwinConfig, TwinInput
from brownfield_operator.access.credentials import issue
from brownfield_operator.access.permissions import Permissions, operator_permissions
from brownfield_operator.access.trust import Trust, new_trust
from brownfield_spine.connection import Spine, connect
from brownfield_spine.credentials import UserJwt, parse_credentials
from brownfield_spine.provision import Limits, provision

NOWHERE = SpineConfig(servers=())


@pytest.fixture
def trust() -> Trust:
    """Made a minute ago, so that what a test changes now is newer."""
    return new_trust(secrets.token_bytes, now=int(time.time()) - 60)


@pytest.fixture
def adapter() -> AdapterConfig:
    """Two sources behind one endpoint."""
    sources = tuple(
        SourceConfig(
            name=name,
            subject=raw_subject("here", "plant", name),
            interval=1.0,
            table="t",
            timestamps="gather",
            options=ModbusOptions(),
        )
        for name in ("pump", "valve")
    )
    endpoint = EndpointConfig(
        key="tcp://pump:502", endpoint=ModbusEndpoint(host="pump"), load=LoadConfig(), sources=sources
    )
    return AdapterConfig(
        kind="adapter", site="here", namespace="plant", name="pump", spine=NOWHERE, state_dir="", endpoints=(endpoint,)
    )


@pytest.fixture
def pipeline() -> PipelineConfig:
    """One partition that reads both sources."""
    return PipelineConfig(
        kind="pipeline",
        site="here",
        namespace="plant",
        name="water-0",
        spine=NOWHERE,
        state_dir="",
        mapping="water",
        partition=0,
        generation="g",
        sources=tuple(
            PipelineSource(name=name, subject=raw_subject("here", "plant", name), timestamps="gather")
            for name in ("pump", "valve")
        ),
        classes=(),
        assets=(),
        conversions=(),
        output_subject=asset_subject("here", "plant", "water", 0),
        quarantine_subject=quarantine_subject("here", "plant", "water", 0),
    )


@pytest.fixture
def twin() -> TwinConfig:
    """Over that partition."""
    return TwinConfig(
        kind="twin",
        site="here",
        namespace="plant",
        name="waterworks",
        spine=NOWHERE,
        state_dir="",
        listen="127.0.0.1:0",
        inputs=(TwinInput(mapping="water", subject=asset_subject("here", "plant", "water", 0)),),
        classes=(),
        assets=(),
    )


@pytest.fixture
def configs(adapter: AdapterConfig, pipeline: PipelineConfig, twin: TwinConfig) -> dict[str, ProcessConfig]:
    return {"adapter": adapter, "pipeline": pipeline, "twin": twin}


@pytest.fixture
def strict() -> bool:
    """Whether JetStream refuses requests with fields it does not know."""
    return True


@pytest.fixture
async def broker(tmp_path: Path, trust: Trust, strict: bool) -> AsyncIterator[TrustedBroker]:
    async with trusted_broker(tmp_path / "broker", trust, strict=strict) as broker:
        yield broker


@pytest.fixture
async def sign_in(
    broker: TrustedBroker, trust: Trust, tmp_path: Path
) -> AsyncIterator[Callable[..., Awaitable[Spine]]]:
    """A `Spine` as a process has it: with permissions, a name and a creds file `<name>.creds`, closed afterwards."""
    opened: list[Spine] = []

    async def connected(permissions: Permissions, name: str) -> Spine:
        path = tmp_path / f"{name}.creds"
        path.write_text(issue(trust, name, permissions, now=int(time.time()), random=secrets.token_bytes))
        opened.append(await connect(broker.spine_config(path), name=name))
        return opened[-1]

    yield connected
    for spine in opened:
        await spine.close()


@pytest.fixture
async def operator(sign_in: Callable[..., Awaitable[Spine]]) -> Spine:
    """The operator's connection; the streams are there."""
    spine = await sign_in(operator_permissions("operator-0"), "operator")
    await provision(spine, Limits.within(1 << 27))
    return spine


@pytest.fixture
async def speak(
    broker: TrustedBroker, trust: Trust, operator: Spine
) -> AsyncIterator[Callable[..., Awaitable[Speaker]]]:
    """A client that sends whatever a test likes with the permissions of a process; the streams are there."""
    opened: list[Client] = []

    async def connected(permissions: Permissions) -> Speaker:
        creds = issue(trust, "speaker", permissions, now=int(time.time()), random=secrets.token_bytes)
        user = parse_credentials(creds, where="test")
        assert isinstance(user, UserJwt)
        speaker = await Speaker.connect(broker.servers, user)
        opened.append(speaker.client)
        return speaker

    yield connected
    for client in opened:
        await client.close()
