"""With one process's credentials nobody can do what another process does. Each refusal is the real broker's."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest
from tests.operator.access.speaker import END, Speaker
from tests.operator.access.trusted_broker import TrustedBroker
from tests.operator.access.waterworks import ASSETS, HEALTH, QUARANTINE, RAW, RUIN, STREAMS

from brownfield_api.adapter_config import AdapterConfig
from brownfield_api.pipeline_config import PipelineConfig
from brownfield_api.process import ProcessConfig
from brownfield_api.twin_config import TwinConfig
from brownfield_operator.access.permissions import process_permissions

pytestmark = pytest.mark.wire

Speak = Callable[..., Awaitable[Speaker]]

OTHERS = {
    "adapter": (ASSETS, QUARANTINE, HEALTH["pipeline"], HEALTH["twin"]),
    "pipeline": (*RAW, HEALTH["adapter"], HEALTH["twin"]),
    "twin": (*RAW, ASSETS, QUARANTINE, HEALTH["adapter"], HEALTH["pipeline"], "$O.bf-tables.M.x", "$O.bf-tables.C.x"),
}
FOREIGN = (
    "bf.raw.here.plant.other",
    "bf.raw.there.plant.pump",
    "bf.raw.here.office.pump",
    "bf.asset.here.plant.air.0",
    "bf.asset.here.plant.water.1",
    "bf.quarantine.here.plant.air.0",
    "$KV.bf-health.adapter.plant.other",
    "_INBOX.operator.operator-0.x",
    "_INBOX.adapter.plant.other.x",
    "$SYS.REQ.CLAIMS.UPDATE",
    "$SYS.REQ.ACCOUNT.PING.STATZ",
    "$JS.API.STREAM.CREATE.mine",
    "$JS.API.STREAM.LIST",
    "$JS.API.STREAM.SNAPSHOT.bf-raw",
    "$JS.API.CONSUMER.DURABLE.CREATE.bf-raw.mine",
    "$JS.API.CONSUMER.CREATE.bf-quarantine.mine",
    "anything",
)


@pytest.mark.parametrize("kind", ["adapter", "pipeline", "twin"])
async def test_a_process_publishes_what_is_its_own_and_nothing_else(
    kind: str, configs: dict[str, ProcessConfig], speak: Speak, broker: TrustedBroker
) -> None:
    speaker = await speak(process_permissions(configs[kind]))
    own = {"adapter": RAW, "pipeline": (ASSETS, QUARANTINE), "twin": ()}[kind]
    for subject in (*own, HEALTH[kind]):
        assert await speaker.may_publish(subject, b"x"), subject
    for subject in (*OTHERS[kind], *FOREIGN):
        assert not await speaker.may_publish(subject, b"x"), subject
    said = [line for line in broker.violations() if END not in line]
    assert len(said) == len(OTHERS[kind]) + len(FOREIGN)  # the log that other tests find empty would have told


@pytest.mark.parametrize("kind", ["adapter", "pipeline", "twin"])
@pytest.mark.parametrize("stream", STREAMS)
async def test_no_process_can_ruin_a_stream(
    kind: str, stream: str, configs: dict[str, ProcessConfig], speak: Speak
) -> None:
    speaker = await speak(process_permissions(configs[kind]))
    for verb in RUIN:
        assert not await speaker.may_publish(f"$JS.API.{verb}.{stream}", b"{}"), verb


@pytest.mark.parametrize("kind", ["adapter", "pipeline", "twin"])
async def test_a_process_listens_to_its_own_inbox_only(
    kind: str, configs: dict[str, ProcessConfig], speak: Speak
) -> None:
    speaker = await speak(process_permissions(configs[kind]))
    config = configs[kind]
    assert await speaker.may_subscribe(f"_INBOX.{kind}.{config.namespace}.{config.name}.any")
    for subject in ("_INBOX.>", "_INBOX.operator.>", "bf.>", ">", "$JS.EVENT.>", "$KV.>", *RAW, ASSETS):
        assert not await speaker.may_subscribe(subject), subject


@pytest.mark.parametrize("asked", ["", ".bf.asset.here.plant.air.0", ".bf.asset.>", ".bf.asset.here.plant.*.0"])
async def test_a_twin_cannot_ask_for_another_mappings_assets(asked: str, twin: TwinConfig, speak: Speak) -> None:
    speaker = await speak(process_permissions(twin))
    assert not await speaker.may_publish(f"$JS.API.CONSUMER.CREATE.bf-asset.mine{asked}", b"{}")
    for subject in (
        "$JS.API.CONSUMER.CREATE.bf-asset",
        "$JS.API.DIRECT.GET.bf-asset",
        "$JS.API.CONSUMER.CREATE.bf-raw",
    ):
        assert not await speaker.may_publish(subject, b"{}")


@pytest.mark.parametrize("asked", ["", ".bf.raw.here.plant.other", ".bf.raw.>", ".bf.raw.here.plant.*"])
async def test_an_adapter_cannot_ask_for_another_sources_samples(
    asked: str, adapter: AdapterConfig, speak: Speak
) -> None:
    speaker = await speak(process_permissions(adapter))
    assert not await speaker.may_publish(f"$JS.API.CONSUMER.CREATE.bf-raw.mine{asked}", b"{}")
    assert not await speaker.may_publish("$JS.API.STREAM.MSG.GET.bf-raw", b"{}")


async def test_a_pipeline_cannot_ask_for_another_mappings_assets(pipeline: PipelineConfig, speak: Speak) -> None:
    speaker = await speak(process_permissions(pipeline))
    for request in (
        "CONSUMER.CREATE.bf-asset.mine",
        "CONSUMER.CREATE.bf-asset.mine.bf.asset.here.plant.air.0",
        "STREAM.MSG.GET.bf-asset",
        "STREAM.MSG.GET.bf-quarantine",
        "STREAM.MSG.GET.bf-raw",
    ):
        assert not await speaker.may_publish(f"$JS.API.{request}", b"{}")


async def test_a_twin_does_not_see_the_health_of_another_namespace(twin: TwinConfig, speak: Speak) -> None:
    speaker = await speak(process_permissions(twin))
    for asked in ("", ".$KV.bf-health.>", ".$KV.bf-health.*.office.*"):
        assert not await speaker.may_publish(f"$JS.API.CONSUMER.CREATE.KV_bf-health.mine{asked}", b"{}")


@pytest.mark.parametrize("body", [{"filter_subject": "bf.asset.>"}, {"filter_subjects": ["bf.asset.>"]}, {}])
async def test_the_filter_in_the_body_of_a_request_cannot_be_wider_than_in_its_subject(
    body: dict[str, object], twin: TwinConfig, speak: Speak
) -> None:
    speaker = await speak(process_permissions(twin))
    config = {"name": "mine", "deliver_subject": "_INBOX.twin.plant.waterworks.x", "ack_policy": "none", **body}
    request = json.dumps({"stream_name": "bf-asset", "config": config, "action": ""}).encode()
    reply = await speaker.client.request(f"$JS.API.CONSUMER.CREATE.bf-asset.mine.{ASSETS}", request, timeout=5)
    assert json.loads(reply.data)["error"]["code"] == 400


@pytest.mark.parametrize("login", [{}, {"user": "brownfield", "pass": "x"}, {"auth_token": "x"}])
async def test_nobody_gets_in_without_a_jwt(login: dict[str, str], broker: TrustedBroker) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", broker.port)
    assert json.loads((await reader.readline()).removeprefix(b"INFO "))["auth_required"]
    writer.write(f"CONNECT {json.dumps({'verbose': False, 'protocol': 1, **login})}\r\nPING\r\n".encode())
    async with asyncio.timeout(10):
        assert await reader.readline() == b"-ERR 'Authorization Violation'\r\n"
        assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()
