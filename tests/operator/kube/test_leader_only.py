"""Once leadership has lapsed no write leaves, whichever verb it has and however little the rest knows of it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from inspect import isfunction

import pytest
from tests.operator.cluster_objects import body
from tests.operator.fake_kube import FakeKube

from brownfield_operator.app import _first_to_end
from brownfield_operator.kube.election import Election, LeadershipLost
from brownfield_operator.kube.kinds import Kind
from brownfield_operator.kube.leader_only import LeaderOnly
from brownfield_operator.kube.lease import Terms
from brownfield_operator.kube.port import KubePort
from brownfield_operator.queue import TokenBucket, WorkQueue

SOURCE = body("LegacySource", "a", {})
Write = Callable[[LeaderOnly], Awaitable[object]]
WRITES: dict[str, Write] = {
    "create": lambda port: port.create(body("LegacySource", "b", {})),
    "apply": lambda port: port.apply(SOURCE),
    "replace": lambda port: port.replace(SOURCE),
    "merge_patch": lambda port: port.merge_patch(Kind.LEGACY_SOURCE, "farm", "a", {"data": {}}),
    "patch_status": lambda port: port.patch_status(Kind.LEGACY_SOURCE, "farm", "a", {}, uid="uid-LegacySource-a"),
    "delete": lambda port: port.delete(Kind.LEGACY_SOURCE, "farm", "a"),
}
READS = {"get", "list", "pages", "serves", "watch"}


@dataclass
class Bench:
    """A leader on a clock that the test sets."""

    kube: FakeKube = field(default_factory=FakeKube)
    time: float = 0.0

    def __post_init__(self) -> None:
        self.election = Election(FakeKube(), namespace="b", name="o", identity="op-0", monotonic=lambda: self.time)
        self.port = LeaderOnly(self.kube, self.election)
        self.kube.hold(SOURCE)

    def stand_still(self) -> None:
        """The machine sleeps for longer than the lease; nothing has run meanwhile."""
        self.time += Terms().deadline


@pytest.fixture
async def bench() -> Bench:
    bench = Bench()
    await bench.election.acquire()
    return bench


def test_every_verb_of_the_port_either_reads_or_is_asked_about() -> None:
    verbs = {name for name, member in vars(KubePort).items() if isfunction(member) and not name.startswith("_")}
    assert verbs == READS | WRITES.keys()


@pytest.mark.parametrize("verb", WRITES)
async def test_a_leader_writes_and_one_that_was_does_not(bench: Bench, verb: str) -> None:
    await WRITES[verb](bench.port)
    assert len(bench.kube.writes) == 1
    bench.stand_still()
    with pytest.raises(LeadershipLost, match=r"LegacySource/\w: this operator leads no more"):
        await WRITES[verb](bench.port)
    assert len(bench.kube.writes) == 1


async def test_whoever_led_may_still_look(bench: Bench) -> None:
    bench.stand_still()
    assert await bench.port.get(Kind.LEGACY_SOURCE, "farm", "a")
    assert (await bench.port.list(Kind.LEGACY_SOURCE)).objects
    assert [page async for page in bench.port.pages(Kind.LEGACY_SOURCE)]


async def test_the_work_fails_without_a_write_and_the_process_ends(bench: Bench) -> None:
    failed: list[Exception] = []

    async def work(_: str) -> None:
        await bench.port.apply(SOURCE)

    queue = WorkQueue[str](work, lambda _key, error, _count: failed.append(error), TokenBucket(rate=100, burst=100))
    queue.add("a")
    bench.stand_still()

    async def hold_late() -> None:
        async with asyncio.timeout(5):
            while not failed:
                await asyncio.sleep(0.01)
        await bench.election.hold()

    with pytest.raises(LeadershipLost, match="the lease could not be renewed in time"):
        await _first_to_end(hold_late(), queue.run(1))
    assert isinstance(failed[0], LeadershipLost)
    assert bench.kube.writes == []
