"""Who gets onto the spine, and what they may do there: nobody without credentials, everybody only their own part."""

import asyncio
import secrets
import time
from pathlib import Path

import pytest
from hack.cluster_demo.deployment import FARM, SYSTEM
from nats.errors import Error, NoRespondersError
from nats.errors import TimeoutError as Unanswered
from nats.js.errors import NotFoundError
from tests.api_server.eventually import eventually, stays
from tests.api_server.space import Space
from tests.cluster.farm import ADAPTERS, PIPELINE, TURBINES, TWIN, Farm
from tests.cluster.figures import Figures
from tests.cluster.proxy import Proxied
from tests.cluster.spine_access import (
    Door,
    await_refusal,
    credentials_of,
    knock,
    master_credentials,
    replace_credentials,
    trust,
)  # fmt: skip

from brownfield_api.subjects import ASSET_STREAM, RAW_STREAM, raw_subject
from brownfield_operator.access.claims import UserClaims, user_claims
from brownfield_operator.access.credentials import RENEWAL, issue
from brownfield_operator.access.permissions import Permissions
from brownfield_operator.access.trust import DAY
from brownfield_spine.credentials import UserJwt, parse_credentials

OWN, NEIGHBOUR = raw_subject("local", FARM, "r80711"), raw_subject("local", FARM, "r80721")
NOBODYS = raw_subject("local", FARM, "nobody")


@pytest.fixture
def spine(farm: Farm, tmp_path: Path) -> Door:
    return Door(farm.deployment.kubectl, tmp_path)


async def test_an_anonymous_client_is_refused(spine: Door) -> None:
    with pytest.raises(Error, match=r"(?i)authorization"):
        async with knock(spine):
            pass


async def test_an_adapter_can_publish_nobody_elses_subject(farm: Farm, spine: Door) -> None:
    own = credentials_of(farm.admin, FARM, ADAPTERS["r80711"])
    async with knock(spine, own) as adapter:
        for subject in (NEIGHBOUR, NOBODYS, "bf.asset.local.wind-farm.la-haute-borne.0", "$JS.API.STREAM.PURGE.bf-raw",
                        "$JS.API.STREAM.DELETE.bf-raw", f"$JS.API.CONSUMER.CREATE.{RAW_STREAM}.spy",
                        "$SYS.REQ.CLAIMS.UPDATE"):  # fmt: skip
            assert await adapter.refused(subject), subject
        allowed = [subject for subject in _claims(farm, own).nats.pub.allow if subject.startswith("$JS.API.STREAM.")]
        assert [subject for subject in allowed if await adapter.refused(subject)] == []
        with pytest.raises((Unanswered, NoRespondersError)):
            await adapter.client.jetstream(timeout=2).publish(NOBODYS, b"forged")
    async with knock(spine, master_credentials(farm.admin)) as master:
        with pytest.raises(NotFoundError):
            await master.client.jetstream().get_last_msg(RAW_STREAM, NOBODYS)


async def test_a_twin_and_a_pipeline_can_forge_no_sample(farm: Farm, spine: Door) -> None:
    for stateful_set in (TWIN, PIPELINE):
        async with knock(spine, credentials_of(farm.admin, FARM, stateful_set)) as process:
            assert await process.refused(OWN), stateful_set
    async with knock(spine, credentials_of(farm.admin, FARM, TWIN)) as twin:
        assert await twin.refused("bf.asset.local.wind-farm.la-haute-borne.0")
        assert await twin.refused(f"$JS.API.STREAM.PURGE.{ASSET_STREAM}")


async def test_a_deleted_source_loses_its_credentials_wherever_they_were_copied_to(
    farm: Farm, spine: Door, figures: Figures
) -> None:
    space = Space(farm.admin, f"t{secrets.token_hex(4)}")
    farm.admin.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space.name}})
    try:
        modbus = {"endpoint": f"tcp://modbus.{space.name}:502", "unit": 1}
        tags = [{"name": "power", "address": "holding:0", "type": "float32", "unit": "kW"}]
        source = {"apiVersion": "brownfield.dev/v1alpha1", "kind": "LegacySource", "metadata": {"name": "brief"}}
        space.apply({**source, "spec": {"modbus": modbus, "tags": tags}})
        space.await_ready("LegacySource/brief", seconds=60.0)
        (name,) = [item["metadata"]["name"] for item in space.stateful_sets().values()]
        copied = credentials_of(farm.admin, space.name, name)
        async with knock(spine, copied) as thief:
            begun = time.monotonic()
            farm.kubectl("--namespace", space.name, "delete", "legacysource", "brief")
            async with asyncio.timeout(90.0):
                while thief.client.is_connected:
                    await asyncio.sleep(0.1)
            figures.say("source deleted to its open connection closed by the spine", time.monotonic() - begun)
        await await_refusal(spine, copied)
        assert credentials_of(farm.admin, space.name, name) == ""
        # The account was updated for it. The complete report is what the spine's liveness probe asks for.
        health = Proxied(farm.admin, SYSTEM, "brownfield-spine-0", 8222, kind="pods")
        stays(lambda: health.look("/healthz") == {"status": "ok"}, what="the spine is healthy", seconds=5.0)
    finally:
        farm.admin.delete("Namespace", "", space.name)


def test_old_credentials_are_renewed_without_a_gap(farm: Farm, figures: Figures) -> None:
    stateful_set, losses = ADAPTERS["r80711"], farm.losses()
    root, pods, now = trust(farm.admin), farm.pods(), int(time.time())
    before = credentials_of(farm.admin, FARM, stateful_set)
    claims = _claims(farm, before)
    permissions = Permissions(claims.nats.pub.allow, claims.nats.sub.allow)
    aged = issue(root, stateful_set, permissions, now=now - RENEWAL - DAY, random=secrets.token_bytes, previous=before)
    with farm.watch() as watch:
        begun = time.monotonic()
        replace_credentials(farm.admin, FARM, stateful_set, aged)

        def renewed() -> str:
            found = credentials_of(farm.admin, FARM, stateful_set)
            return found if found != aged and _claims(farm, found).iat >= now else ""

        after = eventually(renewed, what="they are renewed", seconds=60.0)
        figures.say("credentials of age written to renewed", time.monotonic() - begun)
        watch.await_news(TURBINES.values(), count=3)
    assert _claims(farm, after).sub == claims.sub
    assert watch.live_gap(TURBINES["r80711"]) < 3.0
    assert farm.losses() == losses
    assert farm.pods() == pods


def _claims(farm: Farm, credentials: str) -> UserClaims:
    parsed = parse_credentials(credentials, where="credentials")
    assert isinstance(parsed, UserJwt)
    claims = user_claims(parsed.jwt, trust(farm.admin).account_seed)
    assert claims is not None
    return claims
