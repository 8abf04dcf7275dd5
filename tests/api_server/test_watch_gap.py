"""A gap in the watches (410 Gone), in which objects appear, change and vanish: everything is made up for."""

import pytest
from hack.cluster.control_plane import ControlPlane
from tests.api_server import plant
from tests.api_server.admin import Admin
from tests.api_server.configs import running
from tests.api_server.eventually import eventually
from tests.api_server.operator_process import OperatorProcess
from tests.api_server.space import Space


@pytest.mark.timeout(180)
def test_what_appears_changes_and_vanishes_in_a_watch_gap_is_made_up_for(
    control_plane: ControlPlane, unelected: OperatorProcess, space: Space
) -> None:
    space.apply(
        *plant.chain(space.name),
        plant.table("unwatched", labels={}),
        *(plant.source(name, f"{name}.{space.name}") for name in ("changed", "gone", "robbed")),
    )
    everybody = (*plant.CHAIN, *(f"LegacySource/{name}" for name in ("changed", "gone", "robbed")))
    space.await_ready(*everybody)
    pid = unelected.pid
    with control_plane.watch_gap() as back_door:
        hidden = Space(Admin(back_door), space.name)
        hidden.apply(
            plant.source("new", f"new.{space.name}"),
            plant.source("changed", f"changed.{space.name}", interval="5s"),
            plant.table("tags", "power,holding:6,float32,kW", "wind,holding:2,float32,m/s"),
        )
        hidden.delete("LegacySource", "gone")
        hidden.delete("NetworkPolicy", f"adapter-robbed-{space.name}-502")
        hidden.delete("Secret", *(name for kind, name in hidden.children() if kind == "Secret"))
        hidden.admin.close()
    left = [resource for resource in everybody if resource != "LegacySource/gone"]
    space.await_ready("LegacySource/new", *left, seconds=60.0)
    adapters = {f"{name}-{space.name}-502" for name in ("changed", "new", "robbed")} | {f"{space.name}-plant-502"}
    eventually(lambda: set(space.stateful_sets("adapter")) == adapters, what="what is gone is gone", seconds=60.0)
    eventually(
        lambda: running(space, f"changed-{space.name}-502").sources["changed"]["interval"] == 5.0,
        what="the change arrived",
    )
    eventually(lambda: space.get("NetworkPolicy", f"adapter-robbed-{space.name}-502"), what="the policy is back")
    wanted = {f"adapter-{name}.creds" for name in adapters} | {"pipeline-farm.creds", "twin-live.creds"}
    eventually(lambda: credentials(space) == wanted, what="so are the credentials, of those that live", seconds=60.0)
    assert unelected.pid == pid, "it went on through all of it"


def credentials(space: Space) -> set[str]:
    return {key for (kind, _), child in space.children().items() if kind == "Secret" for key in child.get("data") or {}}
