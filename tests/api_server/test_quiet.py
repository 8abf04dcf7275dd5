"""At rest the operator writes nothing but its Lease: counted at the API server, not by the operator."""

import pytest
from hack.cluster.control_plane import ControlPlane
from tests.api_server import plant
from tests.api_server.eventually import eventually, stays
from tests.api_server.operator_process import OperatorProcess
from tests.api_server.space import Space
from tests.api_server.writes import Written, counted

MINUTE = 60.0


@pytest.mark.timeout(240)
def test_a_quiet_minute_sees_no_write(control_plane: ControlPlane, operator: OperatorProcess, space: Space) -> None:
    """Long enough for figures and remarks that are written late (a minute after they began to differ)."""
    members = [plant.source(f"m{number}", f"m{number}.{space.name}", group="feeder") for number in range(30)]
    alone = [plant.source(f"s{number}", f"s{number}.{space.name}") for number in range(10)]
    space.apply(*plant.chain(space.name), *members, *alone)
    space.await_ready(*plant.CHAIN, *(f"LegacySource/{item['metadata']['name']}" for item in (*members, *alone)))
    eventually(operator.settled, what="nothing is left to do")
    _until_quiet(control_plane)
    written = Written.from_now(control_plane)
    stays(operator.is_alive, what="the operator works", seconds=MINUTE)
    assert counted(written.all()) == {}
    assert written.leases() > MINUTE / 5


def _until_quiet(control_plane: ControlPlane) -> None:
    """Late remarks on how everything came up belong to that, not to the rest after it."""

    def three_seconds_without_a_write() -> bool:
        written = Written.from_now(control_plane)
        stays(lambda: True, what="", seconds=3.0)
        return not written.all()

    eventually(three_seconds_without_a_write, what="it has come to rest", seconds=90.0)
