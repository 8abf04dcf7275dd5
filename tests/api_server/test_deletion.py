"""A deleted resource leaves nothing: neither with the operator at work nor without it."""

import base64

from tests.api_server import plant
from tests.api_server.eventually import eventually, stays
from tests.api_server.operator_process import OperatorProcess
from tests.api_server.space import Space

from brownfield_operator import names


def test_a_deleted_chain_leaves_no_child_and_no_credentials(operator: OperatorProcess, space: Space) -> None:
    space.apply(*plant.chain(space.name))
    space.await_ready(*plant.CHAIN)
    assert {kind for kind, _ in space.children()} == {
        "StatefulSet",
        "NetworkPolicy",
        "Service",
        "ConfigMap",
        "Secret",
    }
    for resource in plant.CHAIN:
        space.delete(*resource.split("/"))
    eventually(lambda: not space.children() and not space.list("Pod"), what="nothing is left")


def test_without_the_operator_kubernetes_takes_the_children_and_credentials_go_when_it_is_back(
    operator: OperatorProcess, space: Space
) -> None:
    space.apply(*plant.chain(space.name), plant.source("other", f"other.{space.name}"))
    space.await_ready(*plant.CHAIN, "LegacySource/other")
    operator.stop()
    for resource in plant.CHAIN:
        space.delete(*resource.split("/"))
    left = {f"other-{space.name}-502"}
    eventually(lambda: set(space.stateful_sets()) == left, what="garbage collection took the chain's processes")
    eventually(
        lambda: {kind for kind, _ in space.children()} == {"StatefulSet", "NetworkPolicy", "ConfigMap", "Secret"},
        what="and their Services",
    )
    operator.start()
    wanted = {f"adapter-other-{space.name}-502.creds"}
    eventually(lambda: credentials(space) == wanted, what="only the living process has credentials")
    stays(lambda: set(space.stateful_sets()) == left, what="the other process runs on", seconds=1.0)


def test_what_several_share_goes_with_the_last_of_them(operator: OperatorProcess, space: Space) -> None:
    """And without the operator: its owners, not the operator, decide how long it lives."""
    members = ("a", "b", "c")
    sources = [plant.source(name, f"{name}.{space.name}", group="feeder") for name in members]
    space.apply(plant.table(), *sources)
    space.await_ready(*(f"LegacySource/{name}" for name in members))
    operator.stop()
    space.delete("LegacySource", "a", "b")
    eventually(lambda: _owners(space) == {"c"}, what="the members that are gone are no owners any more")
    stays(lambda: set(space.stateful_sets()) == {"group-feeder"}, what="it lives on for the last", seconds=1.0)
    space.delete("LegacySource", "c")
    eventually(lambda: {kind for kind, _ in space.children()} <= {"Secret"}, what="it goes with the last")
    operator.start()
    eventually(lambda: credentials(space) == set(), what="and its credentials as well")


def test_a_deleted_namespace_takes_everything_and_nobody_stands_in_its_way(
    operator: OperatorProcess, space: Space
) -> None:
    space.apply(*plant.chain(space.name))
    space.await_ready(*plant.CHAIN)
    space.admin.delete("Namespace", "", space.name)
    eventually(lambda: space.admin.get("Namespace", "", space.name) is None, what="the namespace is gone")
    eventually(operator.settled, what="the operator has nothing left to do for it")
    blamed = [line for line in operator.lines() if line.get("level") == "warning" and space.name in str(line)]
    assert blamed == []


def credentials(space: Space) -> set[str]:
    """Keys of the Secrets with credentials for the spine; each must hold some."""
    secrets = [item for item in space.list("Secret") if item["metadata"]["name"] in names.SPINE_SECRETS]
    found = {key: value for secret in secrets for key, value in (secret.get("data") or {}).items()}
    assert all(b"NATS USER JWT" in base64.b64decode(value) for value in found.values())
    return set(found)


def _owners(space: Space) -> set[str]:
    live = space.stateful_sets().get("group-feeder") or {"metadata": {}}
    uids = {item["metadata"]["uid"]: item["metadata"]["name"] for item in space.list("LegacySource")}
    return {uids.get(owner["uid"], owner["name"]) for owner in live["metadata"].get("ownerReferences") or ()}
