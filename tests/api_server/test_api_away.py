"""The API server away: the operator waits for it, or ends once and waits for it anew; then its work goes on."""

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.api_server import plant
from tests.api_server.conftest import unexpected
from tests.api_server.eventually import eventually, stays
from tests.api_server.operator_process import OperatorProcess, write_settings
from tests.api_server.plane import Plane, plane
from tests.api_server.space import Space

AWAY = 6.0
"""Seconds without a server."""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    with plane(tmp_path_factory.mktemp("away"), "away") as running:
        yield running


@pytest.fixture
def space(own: Plane) -> Space:
    """A plant that runs, as far as it does where no controller makes pods of it."""
    name = f"t{secrets.token_hex(4)}"
    own.admin.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    space = Space(own.admin, name)
    space.apply(*plant.chain(name))
    return space


@pytest.fixture
def new_operator(own: Plane, tmp_path: Path) -> Iterator[Callable[..., OperatorProcess]]:
    """Starts one; afterwards its log is looked at."""
    made: list[OperatorProcess] = []

    def make(*, election: bool) -> OperatorProcess:
        settings = write_settings(tmp_path / "settings.yaml", leaderElection=election)
        made.append(OperatorProcess(tmp_path, own.identity, settings))
        made[-1].start()
        return made[-1]

    yield make
    for operator in made:
        operator.stop()
        assert unexpected(operator.lines()) == []


def runs(space: Space, *processes: str) -> bool:
    return set(space.stateful_sets()) == {f"{space.name}-plant-502", "farm", "live", *processes}


def test_an_api_server_that_is_away_is_waited_for(
    own: Plane, space: Space, new_operator: Callable[..., OperatorProcess]
) -> None:
    operator = new_operator(election=False)
    eventually(lambda: runs(space), what="the chain runs")
    pid = operator.pid
    own.control_plane.stop_api_server()
    begun = operator.cpu()
    stays(operator.is_alive, what="the operator goes on", seconds=AWAY)
    assert operator.cpu() - begun < 0.25 * AWAY, "waiting costs next to nothing"
    own.control_plane.start_api_server()
    space.apply(plant.source("after", f"after.{space.name}"))
    eventually(lambda: runs(space, f"after-{space.name}-502"), what="it works again", seconds=60.0)
    assert operator.pid == pid


@pytest.mark.timeout(180)
def test_who_cannot_renew_its_lease_ends_once_and_waits_for_the_server_when_it_is_started_again(
    own: Plane, space: Space, new_operator: Callable[..., OperatorProcess]
) -> None:
    operator = new_operator(election=True)
    eventually(lambda: runs(space), what="the chain runs")
    own.control_plane.stop_api_server()
    eventually(lambda: not operator.is_alive(), what="a leader that cannot renew its lease ends", seconds=20.0)
    operator.stop()
    operator.start(lead=False)
    stays(operator.is_alive, what="it waits, whatever is away", seconds=5.0)
    own.control_plane.start_api_server()
    space.apply(plant.source("after", f"after.{space.name}"))
    eventually(lambda: runs(space, f"after-{space.name}-502"), what="it works again", seconds=60.0)
