"""Which connections the policies of chart and operator allow together, as cyclonus reads them.

Both ends count: an adapter that may leave is of no use where the spine lets nobody in.
"""

from pathlib import Path
from typing import Any

import pytest
from tests.chart.conftest import Render
from tests.chart.cyclonus import Connection, Peer, allowed
from tests.chart.finding import of_kind, one
from tests.operator.manifests import processes

from brownfield_operator import names
from brownfield_operator.manifests import render as render_process
from brownfield_operator.settings import OperatorSettings, read_settings

SPACE = "brownfield-system"
DEVICE = Peer("10.20.0.11")
TURBINE = Peer("10.1.0.3", "plant", {"app": "turbines", "unit": "r80711"})
DNS = Peer("10.1.0.2", "kube-system", {"k8s-app": "kube-dns"})
NODE_DNS = Peer("169.254.20.10")
API_SERVER = Peer("172.18.0.2")
SOMEBODY = Peer("10.1.0.9", "elsewhere", {"app": "somebody"})
NEIGHBOUR = Peer("10.1.0.8", "farm", {"app": "somebody"})


class World:
    """The policies of a release and of an adapter, pipeline and twin, and the pods they select."""

    def __init__(self, objects: list[dict[str, Any]], settings: OperatorSettings) -> None:
        parts = (processes.adapter(), processes.pipeline(), processes.twin())
        rendered = [item for part in parts for item in render_process(part, settings)]
        self.policies = [*of_kind(objects, "NetworkPolicy").values(), *of_kind(rendered, "NetworkPolicy").values()]
        self.operator = self._pod(objects, "Deployment", "brownfield-operator", "10.1.0.4")
        self.spine = self._pod(objects, "StatefulSet", "brownfield-spine", "10.1.0.5")
        self.adapter, self.pipeline, self.twin = (
            Peer(f"10.1.1.{number}", part.namespace, names.labels(part)) for number, part in enumerate(parts)
        )

    def _pod(self, objects: list[dict[str, Any]], kind: str, name: str, ip: str) -> Peer:
        template = one(objects, kind, name)["spec"]["template"]
        return Peer(ip, SPACE, template["metadata"]["labels"])


@pytest.fixture
def world(render: Render, tmp_path: Path) -> World:
    objects = render()
    path = tmp_path / "settings.yaml"
    path.write_text(one(objects, "ConfigMap", "brownfield-operator")["data"]["settings.yaml"])
    return World(objects, read_settings(path))


def _verdicts(world: World, folder: Path, connections: dict[str, Connection]) -> dict[str, bool]:
    return dict(zip(connections, allowed(world.policies, list(connections.values()), folder), strict=True))


def test_an_adapter_reaches_its_devices_dns_and_the_spine_and_nothing_else(world: World, tmp_path: Path) -> None:
    source = world.adapter
    may = {
        "its device by address": Connection(source, DEVICE, 502),
        "its device by service": Connection(source, TURBINE, 5020),
        "dns": Connection(source, DNS, 53, "UDP"),
        "dns over tcp": Connection(source, DNS, 53),
        "dns of the node": Connection(source, NODE_DNS, 53, "UDP"),
        "the spine": Connection(source, world.spine, 4222),
    }
    may_not = {
        "another port of its device": Connection(source, DEVICE, 22),
        "the device's neighbour": Connection(source, Peer("10.20.0.13"), 502),
        "another unit of the plant": Connection(source, Peer("10.1.0.3", "plant", {"app": "turbines"}), 5020),
        "the same labels in another namespace": Connection(source, Peer("10.1.0.3", "other", TURBINE.labels), 5020),
        "the spine's monitoring": Connection(source, world.spine, 8222),
        "a resolver outside": Connection(source, Peer("203.0.113.53"), 53, "UDP"),
        "the API server": Connection(source, API_SERVER, 6443),
        "the internet": Connection(source, Peer("203.0.113.1"), 443),
        "a neighbour": Connection(source, NEIGHBOUR, 80),
        "the operator": Connection(source, world.operator, 9091),
        "the twin": Connection(source, world.twin, 22),
    }
    assert _verdicts(world, tmp_path, {**may, **may_not}) == {
        **dict.fromkeys(may, True),
        **dict.fromkeys(may_not, False),
    }


def test_pipelines_and_twins_reach_the_spine_and_dns_and_no_plant(world: World, tmp_path: Path) -> None:
    may: dict[str, Connection] = {}
    may_not: dict[str, Connection] = {}
    for name, source in (("pipeline", world.pipeline), ("twin", world.twin)):
        may |= {
            f"{name}: spine": Connection(source, world.spine, 4222),
            f"{name}: dns": Connection(source, DNS, 53, "UDP"),
        }
        may_not |= {
            f"{name}: device": Connection(source, DEVICE, 502),
            f"{name}: internet": Connection(source, Peer("203.0.113.1"), 443),
            f"{name}: API server": Connection(source, API_SERVER, 6443),
        }
    assert _verdicts(world, tmp_path, {**may, **may_not}) == {
        **dict.fromkeys(may, True),
        **dict.fromkeys(may_not, False),
    }


def test_the_spine_answers_brownfield_and_calls_nobody(world: World, tmp_path: Path) -> None:
    may = {"the operator": Connection(world.operator, world.spine, 4222)}
    may_not = {
        "a stranger": Connection(SOMEBODY, world.spine, 4222),
        "a neighbour of an adapter": Connection(NEIGHBOUR, world.spine, 4222),
        "from outside": Connection(Peer("203.0.113.1"), world.spine, 4222),
        "monitoring, by a stranger": Connection(SOMEBODY, world.spine, 8222),
        "monitoring, by the operator": Connection(world.operator, world.spine, 8222),
        "out to the internet": Connection(world.spine, Peer("203.0.113.1"), 443),
        "out to a device": Connection(world.spine, DEVICE, 502),
    }
    assert _verdicts(world, tmp_path, {**may, **may_not}) == {
        **dict.fromkeys(may, True),
        **dict.fromkeys(may_not, False),
    }


def test_the_operator_reaches_the_api_server_the_spine_and_dns_and_no_plant(world: World, tmp_path: Path) -> None:
    may = {
        "the API server": Connection(world.operator, API_SERVER, 6443),
        "the API server's service": Connection(world.operator, Peer("10.96.0.1"), 443),
        "dns": Connection(world.operator, DNS, 53, "UDP"),
        "metrics": Connection(SOMEBODY, world.operator, 9090),
    }
    may_not = {
        "a device": Connection(world.operator, DEVICE, 502),
        "a pod": Connection(world.operator, SOMEBODY, 80),
        "another port of it": Connection(SOMEBODY, world.operator, 8080),
        "metrics, from outside": Connection(Peer("203.0.113.1"), world.operator, 9090),
    }
    assert _verdicts(world, tmp_path, {**may, **may_not}) == {
        **dict.fromkeys(may, True),
        **dict.fromkeys(may_not, False),
    }


def test_where_the_api_server_is_known_the_operator_reaches_nothing_beside_it(render: Render, tmp_path: Path) -> None:
    values = {"networkPolicies": {"apiServer": {"cidrs": ["172.18.0.2/32"], "ports": [6443]}}}
    policies = list(of_kind(render(values), "NetworkPolicy").values())
    template = one(render(values), "Deployment", "brownfield-operator")["spec"]["template"]
    operator = Peer("10.1.0.4", SPACE, template["metadata"]["labels"])
    connections = [Connection(operator, API_SERVER, 6443), Connection(operator, Peer("203.0.113.1"), 6443)]
    assert allowed(policies, connections, tmp_path) == [True, False]
