"""What is kept of children, who holds which endpoint, and that everybody is told who lets go of one."""

from dataclasses import dataclass, field
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.operator.manifests import processes

from brownfield_operator.children import Child, Children, child_of
from brownfield_operator.drift import Drift
from brownfield_operator.kube.kinds import Kind
from brownfield_operator.manifests import render
from brownfield_operator.names import ENDPOINTS, PROCESS_KIND, endpoint_hash

KEY = ("adapter", "farm", "group-feeder-1")


def live(manifest: Any, **metadata: Any) -> dict[str, Any]:
    """A rendered child as the server gives it."""
    whole: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(manifest))
    given = {"uid": "u1", "resourceVersion": "7", "creationTimestamp": "2026-01-01T00:00:00Z"}
    whole["metadata"] |= given | metadata
    return whole


def rendered(kind: Kind) -> dict[str, Any]:
    manifests = render(processes.adapter(), processes.settings())
    return live(next(item for item in manifests if item["kind"] == kind))


def test_a_stateful_set_says_who_it_is_what_it_holds_and_what_it_mounts() -> None:
    body = rendered(Kind.STATEFUL_SET)
    child = child_of(body, Drift.NONE)
    assert child is not None
    assert (child.kind, child.process, child.drift) == (Kind.STATEFUL_SET, KEY, Drift.NONE)
    assert child.endpoints == {endpoint_hash(key) for key in processes.adapter().endpoints}
    assert child.configs == (rendered(Kind.CONFIG_MAP)["metadata"]["name"],)
    assert child.owners == {("LegacySource", "farm", "r80711"), ("LegacySource", "farm", "r80736")}
    assert child.intent == body["metadata"]["annotations"]["brownfield.dev/intent"]


def test_of_a_stateful_set_only_what_tells_how_it_is_is_kept() -> None:
    body = rendered(Kind.STATEFUL_SET)
    body["status"] = {"readyReplicas": 1}
    child = child_of(body)
    assert child is not None
    kept = msgspec.json.decode(child.body)
    assert kept["status"] == {"readyReplicas": 1}
    assert "template" not in kept["spec"]
    assert "managedFields" not in kept["metadata"]


def test_what_does_not_say_whose_child_it_is_is_nobodys() -> None:
    body = rendered(Kind.NETWORK_POLICY)
    del body["metadata"]["labels"][PROCESS_KIND]
    assert child_of(body) is None


def test_owners_of_other_kinds_are_none_of_ours() -> None:
    body = rendered(Kind.CONFIG_MAP)
    body["metadata"]["ownerReferences"].append({"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "9"})
    child = child_of(body)
    assert child is not None
    assert {kind for kind, _, _ in child.owners} == {"LegacySource"}


def test_only_the_very_object_that_is_gone_is_forgotten() -> None:
    children = Children()
    child = child_of(rendered(Kind.CONFIG_MAP))
    assert child is not None
    children.put(child)
    assert children.remove(child.key, "another") is None
    assert children.get(child.key) == child
    assert children.remove(child.key, "u1") == child
    assert (children.get(child.key), children.of(KEY), children.processes()) == (None, (), frozenset())


def test_a_list_takes_what_is_not_in_it_of_its_kind_and_namespace() -> None:
    children = Children()
    found = [child_of(live(item)) for item in render(processes.adapter(), processes.settings())]
    for child in found:
        assert child is not None
        children.put(child)
    assert children.absent(Kind.NETWORK_POLICY, "other", frozenset()) == []
    gone = children.absent(Kind.NETWORK_POLICY, None, frozenset())
    assert [child.kind for child in gone] == [Kind.NETWORK_POLICY]
    assert {child.kind for child in children.of(KEY)} == {Kind.CONFIG_MAP, Kind.STATEFUL_SET}


NAMES, PROCESSES, ENDPOINT_HASHES = ("a", "b", "c"), ("p", "q"), ("e1", "e2", "e3")


@dataclass
class Model:
    """What an index over all children must say, looked up the slow way."""

    children: dict[str, Child] = field(default_factory=dict)

    def holders(self, endpoints: frozenset[str], process: str) -> set[str]:
        return {
            endpoint
            for child in self.children.values()
            for endpoint in child.endpoints & endpoints
            if child.process[2] != process
        }

    def held(self) -> set[tuple[str, str]]:
        return {(name, endpoint) for name, child in self.children.items() for endpoint in child.endpoints}


class Holding(RuleBasedStateMachine):
    """Children come, change and go in any order; index and notifications must follow."""

    @initialize()
    def begin(self) -> None:
        self.real, self.model = Children(), Model()
        self.real.released = lambda endpoints: self.told.append(endpoints)  # noqa: PLW0108 - a new list each time
        self.told: list[frozenset[str]] = []

    @rule(
        name=st.sampled_from(NAMES),
        process=st.sampled_from(PROCESSES),
        endpoints=st.frozensets(st.sampled_from(ENDPOINT_HASHES)),
    )
    def put(self, name: str, process: str, endpoints: frozenset[str]) -> None:
        child = pod(name, process, endpoints)
        before = self.model.children.get(name)
        self.told.clear()
        self.real.put(child)
        self.model.children[name] = child
        released = before.endpoints - endpoints if before else frozenset()
        assert self.told == ([released] if released else [])

    @rule(name=st.sampled_from(NAMES))
    def remove(self, name: str) -> None:
        self.told.clear()
        gone = self.real.remove((Kind.POD, "farm", name))
        assert gone == self.model.children.pop(name, None)
        assert self.told == ([gone.endpoints] if gone and gone.endpoints else [])

    @invariant()
    def index_is_right(self) -> None:
        every = frozenset(ENDPOINT_HASHES)
        for process in PROCESSES:
            assert self.real.holders(every, ("adapter", "farm", process)) == self.model.holders(every, process)
        assert {key for of in self.real._holding.values() for key in of} == {
            (Kind.POD, "farm", name) for name, _ in self.model.held()
        }
        assert self.real.processes() == {child.process for child in self.model.children.values()}


TestHolding = Holding.TestCase
TestHolding.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)


def pod(name: str, process: str, endpoints: frozenset[str]) -> Child:
    return Child(
        kind=Kind.POD,
        namespace="farm",
        name=name,
        uid="u",
        version="1",
        process=("adapter", "farm", process),
        intent="",
        created="",
        endpoints=endpoints,
    )


@given(st.frozensets(st.sampled_from(ENDPOINT_HASHES)))
def test_a_process_is_not_in_its_own_way(endpoints: frozenset[str]) -> None:
    children = Children()
    children.put(pod("a", "p", endpoints))
    assert children.holders(endpoints, ("adapter", "farm", "p")) == frozenset()
    assert children.holders(endpoints, ("adapter", "farm", "q")) == endpoints


def test_the_annotation_of_a_pod_without_endpoints_is_nothing() -> None:
    body = rendered(Kind.STATEFUL_SET)
    del body["metadata"]["annotations"][ENDPOINTS]
    child = child_of(body)
    assert child is not None
    assert child.endpoints == frozenset()
