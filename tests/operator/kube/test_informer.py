"""Kopf as an informer: what it does for us, what it never does, and what it cannot."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from hack.cluster import audit
from hack.cluster.control_plane import ControlPlane
from tests.operator.kube.seen import Seen, until
from tests.operator.kube.test_client import config_map, fill, source

from brownfield_operator.kube.access import KUBECONFIG, load_access
from brownfield_operator.kube.client import KubeClient
from brownfield_operator.kube.informer import run_informer
from brownfield_operator.kube.kinds import Kind
from brownfield_operator.kube.reflector import Watched

pytestmark = pytest.mark.apiserver


@asynccontextmanager
async def informing(control_plane: ControlPlane, name: str) -> AsyncIterator[Seen]:
    configuration = await load_access({KUBECONFIG: str(control_plane.kubeconfig)})
    sink = Seen()
    watched = [Watched(Kind.LEGACY_SOURCE), Watched(Kind.CONFIG_MAP, labels=f"test={name}")]
    running = asyncio.create_task(run_informer(configuration, watched, sink, ("plant",)))
    try:
        yield sink
        assert not running.done()
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def test_it_tells_of_what_is_there_and_of_every_change_and_writes_nothing(
    client: KubeClient, control_plane: ControlPlane, name: str
) -> None:
    made = await fill(client, name, 5)
    await client.apply(source(name))
    since = audit.size(control_plane.audit_log)
    async with informing(control_plane, name) as sink:
        await until(lambda: made | {name} <= sink.names)
        await client.create(config_map(f"{name}-new", labels={"test": name}))
        await client.delete(Kind.CONFIG_MAP, "plant", f"{name}-1")
        await until(lambda: f"{name}-new" in sink.names and f"{name}-1" not in sink.names)
    agents = {write.agent for write in audit.writes(control_plane.audit_log, since) if write.namespace == "plant"}
    assert agents == {"brownfield-operator"}
