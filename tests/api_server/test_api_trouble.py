"""The API server away, overloaded, failing or contradicting: the operator waits, and never makes it worse."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hack.cluster.control_plane import ControlPlane
from tests.api_server import plant, proxy
from tests.api_server.eventually import eventually, stays
from tests.api_server.kubelet import Kubelet
from tests.api_server.operator_process import OperatorProcess, write_settings
from tests.api_server.proxy import Proxy
from tests.api_server.space import Space

TROUBLE = 6.0
"""Seconds it lasts."""

MOST_TRIES = 3 * 7
"""Writes in that time: each of three processes ends at its first refused one, and pauses of 0.2 s doubling make
that 5 tries (after 0.2, 0.6, 1.4 and 3.0 s, the next after 6.2 s), jitter allowed for.
"""


@pytest.fixture
def way(identity: Path) -> Iterator[Proxy]:
    with proxy.running(identity) as between:
        yield between


@pytest.fixture
def operator_behind(
    way: Proxy, session_operator: OperatorProcess, identity: Path, kubelet: Kubelet, tmp_path: Path
) -> Iterator[OperatorProcess]:
    """An operator whose every request goes by way of the proxy, without election: nothing but the trouble counts."""
    session_operator.stop()
    settings = write_settings(tmp_path / "settings.yaml", leaderElection=False)
    kubeconfig = proxy.through(way, identity, tmp_path / "by-way.kubeconfig")
    process = OperatorProcess(tmp_path, kubeconfig, settings, "operator-behind")
    process.start()
    yield process
    process.stop()


@pytest.mark.parametrize("status", [429, 500, 409])
def test_refused_writes_are_tried_again_with_growing_pauses(
    way: Proxy, operator_behind: OperatorProcess, space: Space, status: int
) -> None:
    way.trouble = lambda method, _: status if method != "GET" else 0
    pid, begun = operator_behind.pid, time.monotonic()
    space.apply(*plant.chain(space.name))
    stays(operator_behind.is_alive, what="the operator goes on", seconds=TROUBLE)
    tries = way.written_since(begun)
    way.trouble = lambda _method, _path: 0
    assert 3 <= len(tries) <= MOST_TRIES, tries
    space.await_ready(*plant.CHAIN, seconds=60.0)
    assert operator_behind.pid == pid


def test_a_server_that_answers_nothing_but_errors_sees_few_requests(
    way: Proxy, operator_behind: OperatorProcess, space: Space
) -> None:
    """Lists, watches and lookups as well: after the first moments some requests a second, not hundreds."""
    space.apply(*plant.chain(space.name))
    space.await_ready(*plant.CHAIN)
    way.trouble = lambda _method, _path: 503
    pid, begun = operator_behind.pid, time.monotonic()
    stays(operator_behind.is_alive, what="the operator goes on", seconds=TROUBLE)
    asked = [request for request in way.requests if request.at >= begun]
    way.trouble = lambda _method, _path: 0
    assert len(asked) <= 40 * TROUBLE, len(asked)
    assert not [request for request in asked if request.writes]
    space.apply(plant.source("after", f"after.{space.name}"))
    space.await_ready("LegacySource/after", seconds=60.0)
    assert operator_behind.pid == pid


@pytest.mark.timeout(180)
def test_an_api_server_that_is_away_is_waited_for(
    control_plane: ControlPlane, unelected: OperatorProcess, space: Space
) -> None:
    space.apply(*plant.chain(space.name))
    space.await_ready(*plant.CHAIN)
    pid = unelected.pid
    control_plane.stop_api_server()
    begun = unelected.cpu()
    stays(unelected.is_alive, what="the operator goes on", seconds=TROUBLE)
    assert unelected.cpu() - begun < 0.25 * TROUBLE, "waiting costs next to nothing"
    control_plane.start_api_server()
    space.apply(plant.source("after", f"after.{space.name}"))
    eventually(lambda: space.stateful_sets().get(f"after-{space.name}-502"), what="it works again", seconds=60.0)
    assert unelected.pid == pid


@pytest.mark.timeout(180)
def test_who_cannot_renew_its_lease_ends_once_and_waits_for_the_server_when_it_is_started_again(
    control_plane: ControlPlane, operator: OperatorProcess, space: Space
) -> None:
    space.apply(*plant.chain(space.name))
    space.await_ready(*plant.CHAIN)
    control_plane.stop_api_server()
    eventually(lambda: not operator.is_alive(), what="a leader that cannot renew its lease ends", seconds=20.0)
    operator.stop()
    operator.start(lead=False)
    stays(operator.is_alive, what="it waits, whatever is away", seconds=5.0)
    control_plane.start_api_server()
    space.apply(plant.source("after", f"after.{space.name}"))
    eventually(lambda: space.stateful_sets().get(f"after-{space.name}-502"), what="it works again", seconds=60.0)
