"""Reflectors beside a real API server that goes, hangs, forgets, or is cut off without a word."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

import pytest
from hack.cluster import audit
from hack.cluster.control_plane import ControlPlane
from prometheus_client import CollectorRegistry
from tests.operator.kube.seen import Seen, until
from tests.operator.kube.stalling_proxy import stalling_proxy
from tests.operator.kube.test_client import config_map, fill

from brownfield_operator.kube.access import KUBECONFIG, load_access
from brownfield_operator.kube.client import KubeClient
from brownfield_operator.kube.counting import Requests
from brownfield_operator.kube.kinds import Kind
from brownfield_operator.kube.port import PAGE
from brownfield_operator.kube.reflector import Watched, run_reflectors

pytestmark = pytest.mark.apiserver

SILENCE = 2.0
"""Seconds until these reflectors take a watch for dead; 90 in earnest, because bookmarks come once a minute."""


@asynccontextmanager
async def reflecting(client: KubeClient, name: str, *, metadata_only: bool = False) -> AsyncIterator[Seen]:
    """What a reflector of the ConfigMaps labelled `test=<name>` sees."""
    sink = Seen()
    watched = Watched(Kind.CONFIG_MAP, labels=f"test={name}", metadata_only=metadata_only)
    running = asyncio.create_task(run_reflectors(client, [watched], sink, ("plant",), {}))
    try:
        await until(lambda: sink.lists == 1)
        yield sink
        assert not running.done()
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


@pytest.mark.parametrize("metadata_only", [False, True])
async def test_everything_there_is_seen_and_then_every_change(
    client: KubeClient, name: str, *, metadata_only: bool
) -> None:
    made = await fill(client, name, PAGE + 3)
    async with reflecting(client, name, metadata_only=metadata_only) as sink:
        assert sink.names == made
        await client.create(config_map(name, labels={"test": name}))
        await client.delete(Kind.CONFIG_MAP, "plant", f"{name}-1")
        changed = await client.merge_patch(Kind.CONFIG_MAP, "plant", f"{name}-2", {"data": {"k": "new"}})
        version = changed["metadata"]["resourceVersion"]
        await until(lambda: sink.there.get((Kind.CONFIG_MAP, "plant", f"{name}-2")) == version)
        assert sink.names == made - {f"{name}-1"} | {name}
        assert sink.lists == 1


async def test_an_object_that_leaves_the_selector_is_gone(client: KubeClient, name: str) -> None:
    await fill(client, name, 1)
    async with reflecting(client, name) as sink:
        await client.merge_patch(Kind.CONFIG_MAP, "plant", f"{name}-0", {"metadata": {"labels": {"test": None}}})
        await until(lambda: sink.names == set())
        assert sink.story[-1] == f"DELETED {name}-0"


async def test_a_watch_gap_in_which_things_appear_change_and_vanish_is_repaired(
    client: KubeClient, control_plane: ControlPlane, name: str
) -> None:
    await fill(client, name, 3)
    async with reflecting(client, name) as sink:
        gap = control_plane.watch_gap()
        back_door = await asyncio.to_thread(gap.__enter__)
        async with KubeClient(await load_access({KUBECONFIG: str(back_door)}), Requests(CollectorRegistry())) as unseen:
            await unseen.delete(Kind.CONFIG_MAP, "plant", f"{name}-0")
            changed = await unseen.merge_patch(Kind.CONFIG_MAP, "plant", f"{name}-1", {"data": {"k": "new"}})
            await unseen.create(config_map(name, labels={"test": name}))
        await asyncio.to_thread(gap.__exit__, None, None, None)
        await until(lambda: sink.lists == 2, seconds=60.0)
        assert sink.names == {f"{name}-1", f"{name}-2", name}
        assert sink.there[Kind.CONFIG_MAP, "plant", f"{name}-1"] == changed["metadata"]["resourceVersion"]
        assert f"DELETED {name}-0" not in sink.story, "nobody announced it"


async def test_a_restarted_api_server_costs_a_moment(
    client: KubeClient, control_plane: ControlPlane, name: str
) -> None:
    async with reflecting(client, name) as sink:
        await asyncio.to_thread(control_plane.restart_api_server)
        await client.create(config_map(name, labels={"test": name}))
        await until(lambda: sink.names == {name})


async def test_a_connection_that_only_we_believe_in_is_given_up(control_plane: ControlPlane, name: str) -> None:
    configuration = await load_access({KUBECONFIG: str(control_plane.kubeconfig)})
    async with stalling_proxy(urlsplit(control_plane.server).port or 0) as (proxy, port):
        configuration.host = f"https://127.0.0.1:{port}"
        requests = Requests(CollectorRegistry())
        async with KubeClient(configuration, requests, timeout=SILENCE, watch_silence=SILENCE) as client:
            await fill(client, name, 1)
            async with reflecting(client, name) as sink:
                before = proxy.connections
                proxy.stall()
                unseen = await load_access({KUBECONFIG: str(control_plane.kubeconfig)})
                async with KubeClient(unseen, requests) as straight:
                    await straight.delete(Kind.CONFIG_MAP, "plant", f"{name}-0")
                await until(lambda: sink.names == set(), seconds=SILENCE + 10.0)
                assert proxy.connections > before
                assert sink.lists == 1, "nothing was missed, so nothing was listed again"


async def test_a_hung_api_server_is_given_up_and_found_again(control_plane: ControlPlane, name: str) -> None:
    configuration = await load_access({KUBECONFIG: str(control_plane.kubeconfig)})
    registry = CollectorRegistry()
    unanswered = {"verb": "watch", "kind": "ConfigMap", "code": "0"}
    async with (
        KubeClient(configuration, Requests(registry), timeout=SILENCE, watch_silence=SILENCE) as client,
        reflecting(client, name) as sink,
    ):
        control_plane.suspend_api_server()
        try:
            await until(lambda: registry.get_sample_value("brownfield_operator_api_requests_total", unanswered) == 2)
        finally:
            control_plane.resume_api_server()
        await client.create(config_map(name, labels={"test": name}))
        await until(lambda: sink.names == {name}, seconds=30.0)


async def test_reflectors_write_nothing(client: KubeClient, control_plane: ControlPlane, name: str) -> None:
    await fill(client, name, 3)
    since = audit.size(control_plane.audit_log)
    async with reflecting(client, name) as sink:
        await until(lambda: len(sink.names) == 3)
    agents = [write.agent for write in audit.writes(control_plane.audit_log, since)]
    assert "brownfield-operator" not in agents
