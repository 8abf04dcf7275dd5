"""`kubectl delete -f` takes everything that was made for the farm; what belongs to people, and the streams, stay."""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hack.cluster_demo.deployment import EXAMPLE, FARM
from nats.js.errors import NotFoundError
from tests.api_server.eventually import eventually
from tests.api_server.space import CHILD_KINDS
from tests.cluster.farm import ADAPTERS, PIPELINE, PROCESSES, TWIN, Farm
from tests.cluster.figures import Figures
from tests.cluster.spine_access import Door, await_refusal, credentials_of, knock, master_credentials

from brownfield_api.subjects import ASSET_STREAM, RAW_STREAM, raw_subject
from brownfield_operator import names

OURS = f"{names.MANAGED_BY}={names.OPERATOR}"
USERS_CLAIMS = {"history", "meter-export"}


@pytest.fixture
def spine(farm: Farm, tmp_path: Path) -> Door:
    return Door(farm.deployment.kubectl, tmp_path)


@pytest.fixture(autouse=True)
def _farm_is_back(session_farm: Farm) -> Iterator[None]:
    yield
    session_farm.apply()
    session_farm.await_whole(seconds=120.0)


async def test_nothing_is_left_but_what_retention_promises(farm: Farm, spine: Door, figures: Figures) -> None:
    copied = {name: credentials_of(farm.admin, FARM, name) for name in (ADAPTERS["r80711"], PIPELINE, TWIN)}
    accepted = farm.device("r80711").traffic["accepted"]
    begun = time.monotonic()
    farm.of_farm("delete", "-f", str(EXAMPLE), "--wait=true", seconds=90.0)
    with suppress(AssertionError):  # what is left says more than that something is
        eventually(lambda: _left(farm) == [], what="everything of ours is gone", seconds=60.0)
    assert _left(farm) == []
    figures.say("kubectl delete -f to nothing left", time.monotonic() - begun)
    claims = {item["metadata"]["name"] for item in farm.space.list("PersistentVolumeClaim")}
    assert claims == USERS_CLAIMS
    assert {item["metadata"]["name"] for item in farm.space.list("ConfigMap")} == {"kube-root-ca.crt"}
    assert farm.device("r80711").traffic["connections"] == 0
    assert farm.device("r80711").only_read_by_one()["accepted"] == accepted
    for credentials in copied.values():
        await await_refusal(spine, credentials)
    async with knock(spine, master_credentials(farm.admin)) as master:
        stream = master.client.jetstream()
        assert (await stream.get_last_msg(RAW_STREAM, raw_subject("local", FARM, "r80711"))).data
        assert (await stream.stream_info(ASSET_STREAM)).state.messages > 0
        with pytest.raises(NotFoundError):
            await stream.get_last_msg(RAW_STREAM, raw_subject("local", FARM, "nobody"))


def _left(farm: Farm) -> list[str]:
    """Whatever of ours is still there, pods and their volumes included."""
    found = [item for kind in (*CHILD_KINDS, "Pod") for item in farm.space.list(kind, OURS)]
    claims = [item["metadata"]["name"] for item in farm.space.list("PersistentVolumeClaim")]
    own = [name for name in claims if name.removeprefix("state-").removesuffix("-0") in PROCESSES]
    return [f"{item['kind']}/{item['metadata']['name']}" for item in found] + own
