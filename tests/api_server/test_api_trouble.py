"""The API server overloaded, failing or contradicting: the operator waits, and never makes it worse."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
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


@pytest.fixture(scope="module")
def way(identity: Path) -> Iterator[Proxy]:
    with proxy.running(identity) as between:
        yield between


@pytest.fixture(scope="module")
def operator_behind(
    way: Proxy,
    session_operator: OperatorProcess,
    identity: Path,
    kubelet: Kubelet,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[OperatorProcess]:
    """An operator whose every request goes by way of the proxy, without election: nothing but the trouble counts."""
    session_operator.stop()
    folder = tmp_path_factory.mktemp("behind")
    settings = write_settings(folder / "settings.yaml", leaderElection=False)
    kubeconfig = proxy.through(way, identity, folder / "by-way.kubeconfig")
    process = OperatorProcess(folder, kubeconfig, settings, "operator-behind")
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
    # Elsewhere: in the namespace of the test before this one, which is being taken down.
    tries = [request for request in way.written_since(begun) if f"/namespaces/{space.name}/" in request.path]
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
    # Ready is written before the Events that tell of it, and a write that is due will be tried.
    eventually(lambda: not way.written_since(time.monotonic() - 2.0), what="it has come to rest")
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
