"""An answer goes to whatever reply subject is named, permitted or not: what that can do, and what it cannot."""

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path

import msgspec
import pytest
from nats.js.errors import NotFoundError
from tests.operator.access.speaker import Speaker
from tests.operator.access.waterworks import ASSETS, RAW, RUIN, STREAMS
from tests.operator.access.writing import batch_of, open_writer

from brownfield_api.adapter_config import AdapterConfig
from brownfield_api.pipeline_config import PipelineConfig
from brownfield_api.process import ProcessConfig
from brownfield_api.tables import TagTable
from brownfield_operator.access.permissions import Permissions, process_permissions
from brownfield_spine.connection import Spine
from brownfield_spine.reader import Corrupt, Delivery, read

pytestmark = pytest.mark.wire

Speak = Callable[..., Awaitable[Speaker]]


@pytest.mark.parametrize("kind", ["adapter", "pipeline", "twin"])
async def test_no_process_may_use_a_direct_get(kind: str, configs: dict[str, ProcessConfig], speak: Speak) -> None:
    """Its answer is a message as it was written, and goes to any subject the asker names as reply."""
    speaker = await speak(process_permissions(configs[kind]))
    for stream in STREAMS:
        for tail in ("", ".$O.bf-tables.M.x", f".{RAW[0]}", f".{ASSETS}"):
            assert not await speaker.may_publish(f"$JS.API.DIRECT.GET.{stream}{tail}")


async def test_a_reply_can_carry_an_answer_onto_a_foreign_subject_but_never_a_batch(
    adapter: AdapterConfig, speak: Speak, operator: Spine
) -> None:
    """The broker answers to whatever reply subject it is given, and no permission forbids that. But nothing an
    adapter may ask is answered with headers, and a message without them is refused by every reader.
    """
    allowed = process_permissions(adapter).publish
    speaker = await speak(Permissions(allowed, ("_INBOX.adapter.plant.pump.>",)))
    foreign = "bf.raw.here.plant.other"
    await speaker.client.publish(RAW[0], b"forged", headers={"Bf-Seq": "1"})
    for subject in allowed:
        concrete = subject.replace("*", "any").replace(">", "any")
        for body in (b"forged", b"", json.dumps({"last_by_subj": RAW[0]}).encode()):
            await speaker.may_publish(concrete, body, reply=foreign)
    stored = (await operator.js.stream_info("bf-raw", subjects_filter=foreign)).state.subjects or {}
    assert stored.get(foreign, 0) > 1, "the broker has become stricter: say so in docs/spine-access.md"
    reader = await speak(Permissions(("$JS.API.STREAM.MSG.GET.bf-raw",), ("_INBOX.reader.>",)))
    for seq in range(1, (await operator.js.stream_info("bf-raw")).state.last_seq + 1):
        reply = await reader.client.request("$JS.API.STREAM.MSG.GET.bf-raw", json.dumps({"seq": seq}).encode())
        message = json.loads(reply.data)["message"]
        assert message["subject"] != foreign or "hdrs" not in message


@pytest.mark.parametrize("kind", ["adapter", "pipeline", "twin"])
async def test_no_answer_is_an_order_to_jetstream(
    kind: str, configs: dict[str, ProcessConfig], speak: Speak, operator: Spine
) -> None:
    """An answer sent to `$JS.API` is taken for a request, whoever asked: there it must be one that is refused."""
    keeper = await speak(Permissions(("bf.raw.here.plant.other",), ("_INBOX.keeper.>",)))
    for _ in range(3):
        await keeper.client.request("bf.raw.here.plant.other", b"x", timeout=5)
    before = {stream: (await operator.js.stream_info(stream)).config for stream in STREAMS}
    allowed = process_permissions(configs[kind]).publish
    speaker = await speak(Permissions(allowed, (f"_INBOX.{kind}.>",)))
    for subject in allowed:
        concrete = subject.replace("*", "any").replace(">", "any")
        for verb, stream in itertools.product(RUIN, STREAMS):
            await speaker.client.publish(concrete, b"", reply=f"$JS.API.{verb}.{stream}")
    assert not await speaker.may_publish("the.end")
    for stream in STREAMS:
        assert (await operator.js.stream_info(stream)).config == before[stream]
    left = (await operator.js.stream_info("bf-raw", subjects_filter="bf.raw.here.plant.other")).state.subjects
    assert left == {"bf.raw.here.plant.other": 3}


@pytest.mark.parametrize(
    "target", ["bf.asset.here.plant.air.0", "$JS.API.STREAM.DELETE.bf-asset", "$JS.API.STREAM.PURGE.bf-raw"]
)
async def test_a_consumer_delivers_neither_onto_a_foreign_subject_nor_to_jetstream(
    target: str, pipeline: PipelineConfig, speak: Speak, operator: Spine
) -> None:
    """Where it delivers to is the asker's choice, and its messages and heartbeats may be empty, as orders are."""
    keeper = await speak(Permissions(RAW, ("_INBOX.keeper.>",)))
    for subject in RAW * 2:
        await keeper.client.request(subject, b"", timeout=5)
    speaker = await speak(process_permissions(pipeline))
    config = {
        "name": "mine", "deliver_subject": target, "ack_policy": "none", "deliver_policy": "all", "max_deliver": 1,
        "idle_heartbeat": 100_000_000, "flow_control": True, "mem_storage": True,
    }  # fmt: skip
    request = json.dumps({"stream_name": "bf-raw", "config": config, "action": ""}).encode()
    answer = json.loads((await speaker.client.request("$JS.API.CONSUMER.CREATE.bf-raw.mine", request, timeout=5)).data)
    assert answer["num_pending"] == 4
    await asyncio.sleep(1)  # ten heartbeats: there is nothing to wait for
    states = {stream: (await operator.js.stream_info(stream)).state.messages for stream in STREAMS}
    assert {name for name, messages in states.items() if messages} == {"bf-raw"}
    assert states["bf-raw"] == 4


async def test_with_a_direct_get_anybody_could_delete_any_stream(speak: Speak, operator: Spine) -> None:
    """Why no process gets one: the answer to it has the body the asker wrote before, here none."""
    speaker = await speak(Permissions((RAW[0], f"$JS.API.DIRECT.GET.bf-raw.{RAW[0]}"), ("_INBOX.x.>",)))
    await speaker.client.request(RAW[0], b"", timeout=5)
    await speaker.client.publish(f"$JS.API.DIRECT.GET.bf-raw.{RAW[0]}", b"", reply="$JS.API.STREAM.DELETE.bf-asset")
    assert not await speaker.may_publish("the.end")
    with pytest.raises(NotFoundError):
        await operator.js.stream_info("bf-asset")


@pytest.mark.parametrize("strict", [False])
async def test_with_a_lenient_jetstream_anybody_could_empty_any_stream(
    adapter: AdapterConfig, speak: Speak, operator: Spine
) -> None:
    """Why the broker's configuration says `strict: true`: an acknowledgement would do as an order to purge."""
    keeper = await speak(Permissions((ASSETS,), ("_INBOX.keeper.>",)))
    await keeper.client.request(ASSETS, b"x", timeout=5)
    speaker = await speak(process_permissions(adapter))
    for _ in range(2):
        await speaker.client.publish(RAW[0], b"x", reply="$JS.API.STREAM.PURGE.bf-asset")
    assert not await speaker.may_publish("the.end")
    assert (await operator.js.stream_info("bf-asset")).state.messages == 0


async def test_an_answer_on_a_foreign_subject_stops_its_writer_and_is_no_batch_to_a_reader(
    adapter: AdapterConfig, pipeline: PipelineConfig, speak: Speak, sign_in: Callable[..., Awaitable[Spine]],
    tmp_path: Path,
) -> None:  # fmt: skip
    """What is left of the door that permissions cannot shut, as docs/spine-access.md tells it."""
    writer = await open_writer(await sign_in(process_permissions(adapter), "adapter"), adapter, tmp_path / "journal")
    table = writer.offer_table(TagTable(tags=()))
    writer.append(batch_of(1), table=table, as_of=0)
    reader = await sign_in(process_permissions(pipeline), "pipeline")
    async with (
        asyncio.timeout(20),
        aclosing(read(reader, stream="bf-raw", subjects=[*RAW], after=0)) as deliveries,
    ):
        assert isinstance(await anext(deliveries), Delivery)
        intruder = msgspec.structs.replace(adapter, name="other", endpoints=())
        speaker = await speak(process_permissions(intruder))
        await speaker.client.publish("$KV.bf-health.adapter.plant.other", b"x", reply=RAW[0])
        assert isinstance(await anext(deliveries), Corrupt)
        writer.append(batch_of(2), table=table, as_of=0)
        while not writer.stats.fenced:
            await asyncio.sleep(0.01)
    await writer.close(timeout=0.1)


async def test_a_rollup_empties_the_bucket_of_tables_and_no_stream_of_samples(
    adapter: AdapterConfig, pipeline: PipelineConfig, speak: Speak, operator: Spine
) -> None:
    """As docs/spine-access.md admits; rollups are a header, which no permission sees."""
    for config, subject in ((adapter, "$O.bf-tables.M.a"), (adapter, RAW[0]), (pipeline, ASSETS)):
        client = (await speak(process_permissions(config))).client
        for _ in range(3):
            await client.request(subject, b"x", timeout=5)
        await client.request(subject, b"x", headers={"Nats-Rollup": "all"}, timeout=5)
    left = {stream: (await operator.js.stream_info(stream)).state.messages for stream in STREAMS}
    assert {name: messages for name, messages in left.items() if messages} == {
        "bf-raw": 3,
        "bf-asset": 3,
        "OBJ_bf-tables": 1,
    }
