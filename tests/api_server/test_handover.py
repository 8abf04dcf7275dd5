"""A device bears one connection: no pod may be connected to an endpoint before the last one that was is gone."""

from collections import defaultdict
from collections.abc import Iterator
from functools import partial

import pytest
from tests.api_server import plant
from tests.api_server.admin import Admin
from tests.api_server.configs import running
from tests.api_server.eventually import eventually
from tests.api_server.history import History
from tests.api_server.kubelet import Kubelet
from tests.api_server.operator_process import OperatorProcess
from tests.api_server.space import Space

from brownfield_operator import names

TERMINATING = 1.5
"""Seconds that pods take to end in these tests: longer than the operator takes to plan and apply."""


@pytest.fixture
def slow_pods(kubelet: Kubelet) -> Iterator[None]:
    kubelet.terminating = TERMINATING
    yield
    kubelet.terminating = 0.0


@pytest.fixture
def pods(admin: Admin, space: Space) -> History:
    return History.begin(admin, "Pod", space.name)


pytestmark = pytest.mark.usefixtures("slow_pods")


def test_an_endpoint_that_moves_into_a_group_waits_for_its_old_pod(
    operator: OperatorProcess, space: Space, pods: History
) -> None:
    alone, member = f"a.{space.name}", f"b.{space.name}"
    space.apply(plant.table(), plant.source("a", alone), plant.source("b", member, group="feeder"))
    space.await_ready("LegacySource/a", "LegacySource/b")
    space.apply(plant.source("a", alone, group="feeder"))
    eventually(lambda: set(running(space, "group-feeder").sources) == {"a", "b"}, what="both in one process")
    space.await_ready("LegacySource/a", "LegacySource/b")
    assert list(space.stateful_sets()) == ["group-feeder"]
    assert most_at_once(pods) == {f"tcp://{alone}:502": 1, f"tcp://{member}:502": 1}


def test_an_endpoint_that_leaves_a_group_waits_until_the_group_has_let_go_of_it(
    operator: OperatorProcess, space: Space, pods: History
) -> None:
    hosts = {name: f"{name}.{space.name}" for name in ("a", "b")}
    space.apply(plant.table(), *(plant.source(name, host, group="feeder") for name, host in hosts.items()))
    space.await_ready("LegacySource/a", "LegacySource/b")
    space.apply(plant.source("a", hosts["a"]))
    space.process(f"a-{space.name}-502")
    space.await_ready("LegacySource/a", "LegacySource/b")
    assert set(running(space, "group-feeder").sources) == {"b"}
    assert most_at_once(pods) == {f"tcp://{host}:502": 1 for host in hosts.values()}


@pytest.mark.parametrize("beside", [False, True], ids=["all they have", "some of what they have"])
def test_two_groups_that_exchange_endpoints_do_not_wait_for_each_other(
    operator: OperatorProcess, space: Space, pods: History, *, beside: bool
) -> None:
    groups = {"a": "north", "b": "south"} | ({"c": "north", "d": "south"} if beside else {})
    hosts = {name: f"{name}.{space.name}" for name in groups}
    space.apply(plant.table(), *(plant.source(name, hosts[name], group=group) for name, group in groups.items()))
    everybody = [f"LegacySource/{name}" for name in groups]
    space.await_ready(*everybody)
    space.apply(plant.source("a", hosts["a"], group="south"), plant.source("b", hosts["b"], group="north"))
    now = groups | {"a": "south", "b": "north"}
    for group in ("north", "south"):
        members = {name for name, of in now.items() if of == group}
        eventually(partial(_reads, space, f"group-{group}", members), what=f"{group} reads {members}")
    space.await_ready(*everybody)
    assert most_at_once(pods) == {f"tcp://{host}:502": 1 for host in hosts.values()}


def test_a_process_that_is_away_only_on_paper_keeps_its_endpoint(
    operator: OperatorProcess, space: Space, pods: History
) -> None:
    """Deleted and applied again while the old pod still ends: the new one waits for it."""
    host = f"a.{space.name}"
    space.apply(plant.table(), plant.source("a", host))
    space.await_ready("LegacySource/a")
    space.delete("LegacySource", "a")
    space.apply(plant.source("b", host, group="feeder"))
    space.await_ready("LegacySource/b")
    assert most_at_once(pods) == {f"tcp://{host}:502": 1}


def _reads(space: Space, process: str, members: set[str]) -> bool:
    return process in space.stateful_sets() and set(running(space, process).sources) == members


def most_at_once(pods: History) -> dict[str, int]:
    """How many pods, ending ones included, ever held each endpoint at a time."""
    of_hash: dict[str, str] = {}
    holding: dict[str, set[str]] = defaultdict(set)
    most: dict[str, int] = defaultdict(int)
    for event, pod in pods.events():
        uid = pod["metadata"]["uid"]
        for endpoint in filter(None, pod["metadata"]["annotations"].get(names.ENDPOINTS, "").split(",")):
            if event == "DELETED":
                holding[endpoint].discard(uid)
            else:
                holding[endpoint].add(uid)
            most[endpoint] = max(most[endpoint], len(holding[endpoint]))
    for source in pods.admin.list("LegacySource", pods.namespace):
        endpoint = source["spec"]["modbus"]["endpoint"]
        of_hash[names.endpoint_hash(endpoint)] = endpoint
    return {of_hash.get(endpoint, endpoint): count for endpoint, count in most.items()}
