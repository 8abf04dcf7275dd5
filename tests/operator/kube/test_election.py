"""The real election on a virtual clock, over a network that misbehaves, with clocks that do not agree."""

import asyncio
import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.operator.kube.lease_server import LeaseServer, Network
from tests.operator.kube.virtual_time import run_in_virtual_time

from brownfield_operator.kube.election import Election, LeadershipLost
from brownfield_operator.kube.lease import Terms
from brownfield_operator.kube.port import KubePort

TERMS = Terms()


def skewed(offset: float, rate: float) -> Callable[[], float]:
    return lambda: offset + rate * asyncio.get_running_loop().time()


@dataclass
class Candidates:
    """Operators that stand, lead, lose and stand again as new processes; `leaders` are sampled all the time."""

    server: LeaseServer
    clocks: list[tuple[float, float]]
    standing: dict[int, Election] = field(default_factory=dict)
    tasks: dict[int, asyncio.Task[None]] = field(default_factory=dict)
    most_at_once: int = 0

    def stand(self, number: int) -> None:
        self.tasks[number] = asyncio.create_task(self._live(number))

    async def kill(self, number: int) -> None:
        """As SIGKILL does: no release."""
        self.tasks[number].cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.tasks[number]
        self.standing.pop(number, None)

    async def _live(self, number: int) -> None:
        while True:
            election = self.standing[number] = self._election(number)
            await election.acquire()
            with contextlib.suppress(LeadershipLost):
                await election.hold()

    def _election(self, number: int) -> Election:
        return Election(
            cast("KubePort", self.server),
            namespace="brownfield",
            name="operator",
            identity=f"operator-{number}",
            terms=TERMS,
            monotonic=skewed(*self.clocks[number]),
            chance=self.server.chance.random,
        )

    @property
    def leaders(self) -> list[int]:
        return [number for number, election in self.standing.items() if election.leads]

    async def watch_for(self, seconds: float) -> None:
        until = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < until:
            self.most_at_once = max(self.most_at_once, len(self.leaders))
            await asyncio.sleep(0.05)


def run(test: Callable[[Candidates], Any], *, seed: int = 1, clocks: list[tuple[float, float]]) -> None:
    async def scene() -> None:
        server = LeaseServer(random.Random(seed))  # noqa: S311 - the network's mood, not a key
        candidates = Candidates(server, clocks)
        await test(candidates)
        for number in list(candidates.tasks):
            await candidates.kill(number)
        under_way = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*under_way, return_exceptions=True)

    run_in_virtual_time(scene())


def test_the_first_candidate_leads_at_once_and_renews_every_two_seconds() -> None:
    async def scene(candidates: Candidates) -> None:
        candidates.stand(0)
        await candidates.watch_for(0.2)
        assert candidates.leaders == [0]
        await candidates.watch_for(60)
        assert candidates.leaders == [0]
        assert 60 / 2.4 - 1 <= candidates.server.writes <= 60 / 2 + 1

    run(scene, clocks=[(0, 1)])


def test_a_killed_leader_is_followed_after_its_lease_and_not_before() -> None:
    async def scene(candidates: Candidates) -> None:
        candidates.stand(0)
        await candidates.watch_for(1)
        candidates.stand(1)
        await candidates.watch_for(20)
        await candidates.kill(0)
        await candidates.watch_for(TERMS.duration - TERMS.retry * 1.2)
        assert candidates.leaders == []
        await candidates.watch_for(TERMS.retry * 2 * 1.2)
        assert candidates.leaders == [1]

    run(scene, clocks=[(0, 1), (1000, 1)])


def test_a_leader_that_stops_cleanly_is_followed_at_the_next_look() -> None:
    async def scene(candidates: Candidates) -> None:
        candidates.stand(0)
        await candidates.watch_for(1)
        candidates.stand(1)
        await candidates.watch_for(5)
        leader = candidates.standing[0]
        await candidates.kill(0)
        await leader.release()
        assert not leader.leads
        await candidates.watch_for(TERMS.retry * 1.2 + 0.1)
        assert candidates.leaders == [1]

    run(scene, clocks=[(0, 1), (-50, 1)])


@pytest.mark.parametrize(("holder", "left"), [("operator-0", ""), ("operator-1", "operator-1")])
def test_a_lease_renewed_unseen_is_given_back_and_another_operators_is_not(holder: str, left: str) -> None:
    """The signal to end cancels a renewal that is under way, and the server has it all the same."""

    async def scene(candidates: Candidates) -> None:
        election = candidates._election(0)
        await election.acquire()
        record = candidates.server.record
        assert record is not None
        metadata, spec = record["metadata"] | {"resourceVersion": "99"}, record["spec"] | {"holderIdentity": holder}
        candidates.server.record = record | {"metadata": metadata, "spec": spec}
        await election.release()
        assert candidates.server.record is not None
        assert candidates.server.record["spec"]["holderIdentity"] == left

    run(scene, clocks=[(0, 1)])


def test_a_leader_without_an_api_server_stops_at_the_deadline_with_a_word() -> None:
    async def scene(candidates: Candidates) -> None:
        election = candidates._election(0)
        await election.acquire()
        candidates.server.network = Network(lost_requests=1.0)
        began = asyncio.get_running_loop().time()
        with pytest.raises(LeadershipLost, match="Lease brownfield/operator"):
            await election.hold()
        assert TERMS.deadline - TERMS.retry <= asyncio.get_running_loop().time() - began <= TERMS.deadline + 0.02
        assert not election.leads

    run(scene, clocks=[(0, 1)])


def test_a_leader_whose_requests_hang_stops_at_the_deadline_too() -> None:
    async def scene(candidates: Candidates) -> None:
        election = candidates._election(0)
        await election.acquire()
        candidates.server.network = Network(slowest=1e5)
        began = asyncio.get_running_loop().time()
        with pytest.raises(LeadershipLost):
            await election.hold()
        assert asyncio.get_running_loop().time() - began <= TERMS.deadline + 0.02

    run(scene, clocks=[(0, 1)])


def test_an_api_server_that_is_away_for_less_than_the_deadline_costs_nothing() -> None:
    async def scene(candidates: Candidates) -> None:
        candidates.stand(0)
        candidates.stand(1)
        await candidates.watch_for(5)
        leaders = candidates.leaders
        candidates.server.network = Network(lost_requests=1.0)
        await candidates.watch_for(6)
        candidates.server.network = Network()
        await candidates.watch_for(30)
        assert candidates.leaders == leaders
        assert candidates.server.record is not None
        assert candidates.server.record["spec"]["leaseTransitions"] == 0

    run(scene, clocks=[(0, 1), (0, 1)])


def test_a_lost_answer_to_a_renewal_is_no_loss_of_the_lease() -> None:
    async def scene(candidates: Candidates) -> None:
        candidates.stand(0)
        candidates.stand(1)
        await candidates.watch_for(5)
        leaders = candidates.leaders
        candidates.server.network = Network(lost_answers=1.0)
        await candidates.watch_for(5)
        candidates.server.network = Network()
        await candidates.watch_for(20)
        assert candidates.leaders == leaders

    run(scene, clocks=[(0, 1), (0, 1)])


def test_a_deleted_lease_makes_no_second_leader() -> None:
    async def scene(candidates: Candidates) -> None:
        candidates.stand(0)
        candidates.stand(1)
        await candidates.watch_for(10)
        candidates.server.record = None
        await candidates.watch_for(60)
        assert candidates.most_at_once == 1
        assert len(candidates.leaders) == 1

    run(scene, clocks=[(0, 1), (0, 1)])


# 1.2 / 0.85 = 1.41 is below duration / deadline = 1.5, which is what the module promises.
CLOCKS = st.tuples(st.floats(-1e6, 1e6), st.floats(0.85, 1.2))


NETWORKS = st.builds(Network, st.floats(0.0, 4.0), st.floats(0.0, 0.5), st.floats(0.0, 0.5))


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    clocks=st.lists(CLOCKS, min_size=2, max_size=3),
    network=NETWORKS,
    kills=st.lists(st.integers(0, 2), max_size=4),
)
def test_there_are_never_two_leaders_and_soon_one(
    seed: int, clocks: list[tuple[float, float]], network: Network, kills: list[int]
) -> None:
    async def scene(candidates: Candidates) -> None:
        for number in range(len(clocks)):
            candidates.stand(number)
        for kill in [*kills, 0]:
            candidates.server.network = network
            await candidates.watch_for(40)
            await candidates.kill(kill % len(clocks))
            candidates.stand(kill % len(clocks))
        assert candidates.most_at_once <= 1
        candidates.server.network = Network()
        await candidates.watch_for(2 * TERMS.duration + 2 * network.slowest)
        assert candidates.most_at_once == 1
        assert len(candidates.leaders) == 1

    run(scene, seed=seed, clocks=clocks)


def test_clocks_beyond_the_promise_do_make_two_leaders_and_this_farm_sees_them() -> None:
    async def scene(candidates: Candidates) -> None:
        candidates.stand(0)
        await candidates.watch_for(1)
        candidates.stand(1)
        await candidates.watch_for(5)
        election = candidates.standing[0]
        await candidates.kill(0)
        candidates.standing[0] = election  # a process that stands still, not one that is gone
        await candidates.watch_for(30)
        assert candidates.most_at_once == 2

    run(scene, clocks=[(0, 0.4), (0, 1)])
