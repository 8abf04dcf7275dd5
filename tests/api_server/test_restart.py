"""A restarted operator changes what has to be changed, and where nothing has, nothing."""

from pathlib import Path

from hack.cluster.control_plane import ControlPlane
from tests.api_server import plant, proxy
from tests.api_server.eventually import eventually, stays
from tests.api_server.operator_process import OperatorProcess
from tests.api_server.proxy import Proxy
from tests.api_server.space import Space
from tests.api_server.writes import Written, counted

from brownfield_operator import names


def test_a_restarted_operator_writes_nothing_when_nothing_changed(
    control_plane: ControlPlane, operator: OperatorProcess, space: Space
) -> None:
    members = [plant.source(f"m{number}", f"m{number}.{space.name}", group="feeder") for number in range(20)]
    space.apply(*plant.chain(space.name), *members)
    space.await_ready(*plant.CHAIN, *(f"LegacySource/{item['metadata']['name']}" for item in members))
    eventually(lambda: statuses_are_quiet(operator), what="nothing is left to write")
    for end in (operator.stop, operator.kill):
        end()
        written = Written.from_now(control_plane)
        operator.start()
        # Long enough for a plan, every reconcile and every status to have had their turn.
        stays(operator.is_alive, what="the operator works", seconds=4.0)
        assert counted(written.all()) == {}
        assert written.leases() >= 1


def test_no_group_is_changed_before_the_lists_are_complete(
    identity: Path, operator: OperatorProcess, space: Space, tmp_path: Path
) -> None:
    """A source that is not listed yet is no source that was deleted, and no reason to take it out of its group."""
    members = [plant.source(f"m{number}", f"m{number}.{space.name}", group="feeder") for number in range(20)]
    space.apply(plant.table(), *members)
    space.await_ready(*(f"LegacySource/{item['metadata']['name']}" for item in members))
    before = space.process("group-feeder")["metadata"]["generation"]
    operator.stop()
    with proxy.running(identity) as way:
        way.trouble = lambda _, path: 503 if path.endswith("/legacysources") else 0
        operator.start(lead=False, kubeconfig=proxy.through(way, identity, tmp_path / "by-way.kubeconfig"))
        eventually(lambda: {"/api/v1/configmaps", "/api/v1/pods"} <= _watched(way), what="all else is listed")
        stays(operator.is_alive, what="it waits", seconds=3.0)
        assert not operator.has_planned()
        way.trouble = lambda _method, _path: 0
        eventually(operator.settled, what="it has planned, and looked at every process")
        here = [request.path for request in way.requests if request.writes and f"/{space.name}/" in request.path]
        assert [path for path in here if not path.endswith(("/status", "/events"))] == []
        assert space.process("group-feeder")["metadata"]["generation"] == before
        operator.stop()


def _watched(way: Proxy) -> set[str]:
    """What is listed completely: a watch follows its list."""
    return {request.path for request in way.requests if "watch=true" in request.query}


def test_what_happened_while_it_was_away_is_made_up_for_with_the_writes_it_takes(
    control_plane: ControlPlane, operator: OperatorProcess, space: Space
) -> None:
    kept = plant.source("kept", f"kept.{space.name}")
    space.apply(
        *plant.chain(space.name),
        kept,
        plant.source("changed", f"changed.{space.name}"),
        plant.source("gone", f"gone.{space.name}"),
        plant.source("robbed", f"robbed.{space.name}"),
        plant.source("edited", f"edited.{space.name}"),
    )
    everybody = (*plant.CHAIN, *(f"LegacySource/{name}" for name in ("kept", "changed", "robbed", "edited", "gone")))
    space.await_ready(*everybody)
    operator.kill()
    space.delete("LegacySource", "gone")
    space.apply(plant.source("new", f"new.{space.name}"))
    space.apply(plant.source("changed", f"changed.{space.name}", interval="5s"))
    space.delete("NetworkPolicy", f"adapter-robbed-{space.name}-502")
    hole = [{"op": "add", "path": "/spec/egress/-", "value": {}}]
    space.patch("NetworkPolicy", f"adapter-edited-{space.name}-502", hole, how="json")
    space.delete("Service", "twin-live")
    gone = f"gone-{space.name}-502"
    eventually(lambda: gone not in space.stateful_sets(), what="Kubernetes took the children of what is gone")
    written = Written.from_now(control_plane)
    operator.start()
    space.await_ready(*(item for item in everybody if item != "LegacySource/gone"), "LegacySource/new")
    eventually(lambda: space.get("NetworkPolicy", f"adapter-robbed-{space.name}-502"), what="the policy is back")
    eventually(lambda: space.get("Service", "twin-live"), what="the Service is back")
    eventually(lambda: f"adapter-{gone}.creds" not in _credentials(space), what="the credentials of what is gone went")
    eventually(operator.settled, what="nothing is left to do")
    needed = {
        # new: configuration, policy, StatefulSet; changed: configuration, StatefulSet; robbed: policy; a Service
        "patch configmaps": 2,
        "patch networkpolicies": 2,
        "patch statefulsets": 2,
        "patch services": 1,
        "update networkpolicies": 1,  # edited
    }
    done = counted(write for write in written.children() if write.namespace == space.name)
    secrets = {what: done.pop(what) for what in list(done) if what.endswith(" secrets")}
    assert done == needed
    assert sum(secrets.values()) <= 4  # new credentials and what is gone; a Secret may have to be made or deleted
    touched = {write.name for write in written.children() if write.resource != "secrets"}
    assert not {name for name in touched if "kept" in name}


def statuses_are_quiet(operator: OperatorProcess) -> bool:
    """Nothing waits to be told: figures and remarks are looked at again only in a minute or so."""
    return operator.settled()


def _credentials(space: Space) -> set[str]:
    secrets = [item for item in space.list("Secret") if item["metadata"]["name"] in names.SPINE_SECRETS]
    return {key for secret in secrets for key in secret.get("data") or {}}
