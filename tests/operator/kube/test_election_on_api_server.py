"""Two candidates and a real Lease, in real time with short terms."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import pytest
from hack.cluster.control_plane import ControlPlane
from prometheus_client import CollectorRegistry
from tests.operator.kube.seen import until

from brownfield_operator.kube.access import KUBECONFIG, load_access
from brownfield_operator.kube.client import KubeClient
from brownfield_operator.kube.counting import Requests
from brownfield_operator.kube.election import Election, LeadershipLost
from brownfield_operator.kube.kinds import Json, Kind
from brownfield_operator.kube.lease import Terms

pytestmark = pytest.mark.apiserver

TERMS = Terms(duration=3, deadline=2.0, retry=0.4)
SLACK = 2.0
"""Seconds for requests and for a busy machine."""


class Candidate:
    """An operator that stands, leads, and stands again when it lost; `kill` leaves the lease as it is."""

    def __init__(self, new_election: Callable[[], Election]) -> None:
        self._new_election = new_election
        self.election = new_election()
        self._task = asyncio.create_task(self._live())

    @property
    def leads(self) -> bool:
        return self.election.leads

    async def kill(self) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _live(self) -> None:
        while True:
            await self.election.acquire()
            with suppress(LeadershipLost):
                await self.election.hold()
            self.election = self._new_election()


@asynccontextmanager
async def two_candidates(control_plane: ControlPlane, name: str) -> AsyncIterator[tuple[Candidate, Candidate]]:
    """The first one leads already."""
    async with AsyncExitStack() as stack:
        candidates = []
        for identity in ("operator-0", "operator-1"):
            configuration = await load_access({KUBECONFIG: str(control_plane.kubeconfig)})
            requests = Requests(CollectorRegistry())
            client = await stack.enter_async_context(KubeClient(configuration, requests, connections=1))

            def election(client: KubeClient = client, identity: str = identity) -> Election:
                return Election(client, namespace="plant", name=name, identity=identity, terms=TERMS)

            candidate = Candidate(election)
            stack.push_async_callback(candidate.kill)
            candidates.append(candidate)
            await until(lambda: candidates[0].leads)
        yield candidates[0], candidates[1]


async def record(client: KubeClient, name: str) -> Json:
    found = await client.get(Kind.LEASE, "plant", name)
    assert found is not None
    spec: Json = found["spec"]
    return spec


async def test_a_killed_leader_is_followed_when_its_lease_is_over(
    control_plane: ControlPlane, client: KubeClient, name: str
) -> None:
    async with two_candidates(control_plane, name) as (first, second):
        await first.kill()
        killed = time.monotonic()
        await until(lambda: second.leads)
        assert TERMS.duration - TERMS.retry * 1.2 <= time.monotonic() - killed <= TERMS.duration + TERMS.retry + SLACK
        assert not first.leads
        spec = await record(client, name)
        assert (spec["holderIdentity"], spec["leaseTransitions"]) == ("operator-1", 1)


async def test_a_leader_that_stops_cleanly_is_followed_at_the_next_look(
    control_plane: ControlPlane, client: KubeClient, name: str
) -> None:
    async with two_candidates(control_plane, name) as (first, second):
        await first.kill()
        await first.election.release()
        released = time.monotonic()
        await until(lambda: second.leads)
        assert time.monotonic() - released < TERMS.deadline, "nobody had to wait for the lease's end"


async def test_nobody_leads_without_an_api_server_and_one_does_when_it_is_back(
    control_plane: ControlPlane, name: str
) -> None:
    async with two_candidates(control_plane, name) as (first, second):
        await asyncio.to_thread(control_plane.stop_api_server, signal.SIGKILL)
        await until(lambda: not first.leads, TERMS.deadline + SLACK)
        assert not second.leads
        await asyncio.to_thread(control_plane.start_api_server)
        await until(lambda: first.leads != second.leads, TERMS.duration + 20.0)


async def test_a_hung_api_server_ends_the_lead_in_time(control_plane: ControlPlane, name: str) -> None:
    async with two_candidates(control_plane, name) as (first, second):
        control_plane.suspend_api_server()
        try:
            await until(lambda: not first.leads, TERMS.deadline + SLACK)
            assert not second.leads
        finally:
            control_plane.resume_api_server()
        await until(lambda: first.leads != second.leads, TERMS.duration + 20.0)


async def test_a_lease_that_is_edited_meanwhile_is_kept(
    control_plane: ControlPlane, client: KubeClient, name: str
) -> None:
    async with two_candidates(control_plane, name) as (first, second):
        await client.merge_patch(Kind.LEASE, "plant", name, {"metadata": {"labels": {"theirs": "x"}}})
        before = (await record(client, name))["renewTime"]

        async def renewed() -> bool:
            return bool((await record(client, name))["renewTime"] != before)

        async with asyncio.timeout(TERMS.deadline):
            while not await renewed():
                await asyncio.sleep(0.05)
        assert first.leads
        assert not second.leads
        found = await client.get(Kind.LEASE, "plant", name)
        assert found is not None
        assert found["metadata"]["labels"] == {"theirs": "x"}
