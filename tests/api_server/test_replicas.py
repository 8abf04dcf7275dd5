"""Two operators: one works, the other takes over when it dies, and no child is written by both."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hack.cluster.control_plane import ControlPlane
from tests.api_server import plant
from tests.api_server.eventually import eventually
from tests.api_server.operator_process import OperatorProcess
from tests.api_server.space import Space
from tests.api_server.writes import Written

LEASE = 15.0
"""Seconds that a lease of a dead leader is respected."""

SLACK = 6.0
"""Seconds for what follows: the candidate's look (2 s, jittered), its lists, the first plan, the first reconcile."""


@pytest.fixture
def second(operator: OperatorProcess, identity: Path, tmp_path: Path) -> Iterator[OperatorProcess]:
    process = OperatorProcess(tmp_path, identity, operator.settings, "operator-1")
    process.start(lead=False)
    eventually(process.metrics, what="the second one stands by")
    assert process.metrics()["brownfield_operator_leader"] == 0.0
    yield process
    process.stop()


@pytest.mark.timeout(180)
def test_when_the_leader_is_killed_the_other_takes_over_within_the_lease_and_writes_nothing_twice(
    control_plane: ControlPlane,
    operator: OperatorProcess,
    second: OperatorProcess,
    space: Space,
    record_property: Callable[[str, object], None],
) -> None:
    written = Written.from_now(control_plane)
    sources = [plant.source(f"s{number}", f"s{number}.{space.name}") for number in range(40)]
    space.apply(plant.table(), *sources)
    eventually(lambda: len(space.list("NetworkPolicy")) > 10, what="the leader is in the middle of its work")
    operator.kill()
    killed = time.monotonic()
    space.apply(plant.source("after", f"after.{space.name}"))
    space.process(f"after-{space.name}-502")
    seconds = time.monotonic() - killed
    print(f"leader killed: next reconcile after {seconds:.1f} s")  # noqa: T201
    record_property("takeover_seconds", seconds)
    assert seconds <= LEASE + SLACK
    space.await_ready("LegacySource/after", *(f"LegacySource/{item['metadata']['name']}" for item in sources))
    assert writes_of_a_child(written, space) == {1}


def test_a_leader_that_is_told_to_stop_gives_the_lease_back(
    operator: OperatorProcess, second: OperatorProcess, space: Space, record_property: Callable[[str, object], None]
) -> None:
    space.apply(plant.table(), plant.source("before", f"before.{space.name}"))
    space.await_ready("LegacySource/before")
    space.apply(plant.source("after", f"after.{space.name}"))
    operator.stop()
    stopped = time.monotonic()
    space.process(f"after-{space.name}-502")
    seconds = time.monotonic() - stopped
    print(f"leader stopped: next reconcile after {seconds:.1f} s")  # noqa: T201
    record_property("handover_seconds", seconds)
    assert seconds <= SLACK


def writes_of_a_child(written: Written, space: Space) -> set[int]:
    """How often a child was written; Secrets have a key for each process and are not counted.

    A request that its client's end cut off is in the log with a code of 500 and above, and was not stored.
    """
    done = [write for write in written.children() if write.namespace == space.name and write.resource != "secrets"]
    assert [write for write in done if 300 <= write.code < 500] == []
    return set(Counter((write.resource, write.name) for write in done if write.code < 300).values())
