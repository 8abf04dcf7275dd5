from dataclasses import replace
from typing import Any

import pytest
from tests.operator.manifests import processes

from brownfield_operator.desired import DesiredProcess, Egress
from brownfield_operator.manifests import render
from brownfield_operator.manifests.network_policy import spine_egress
from brownfield_operator.settings import Spine


def policy(process: DesiredProcess) -> Any:
    return next(item for item in render(process, processes.settings()) if item["kind"] == "NetworkPolicy")["spec"]


def test_a_process_without_devices_reaches_dns_and_the_spine_only() -> None:
    dns, *others = policy(processes.pipeline())["egress"]
    assert {port["port"] for port in dns["ports"]} == {53}
    assert dns["to"]
    assert [rule["ports"] for rule in others] == [[{"protocol": "TCP", "port": 4222}]]
    assert others[0]["to"] == [
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "brownfield"}},
            "podSelector": {"matchLabels": {"app.kubernetes.io/component": "spine"}},
        }
    ]


def test_no_rule_is_open_to_everybody_by_having_no_peers() -> None:
    nowhere = replace(processes.adapter(), egress=(Egress(port=502),))
    for process in (*processes.ALL, nowhere):
        rules = policy(process)
        assert all(rule["to"] and rule["ports"] for rule in rules["egress"])
        assert all(rule["from"] and rule["ports"] for rule in rules["ingress"])


def test_devices_on_one_port_share_a_rule() -> None:
    rules = {rule["ports"][0]["port"]: rule["to"] for rule in policy(processes.adapter())["egress"]}
    assert rules[502] == [{"ipBlock": {"cidr": "10.20.0.11/32"}}, {"ipBlock": {"cidr": "10.20.0.12/32"}}]
    assert rules[5020][0]["podSelector"] == {"matchLabels": {"app": "turbines", "unit": "r80711"}}


@pytest.mark.parametrize(("process", "ports"), [(processes.adapter(), [9090]), (processes.twin(), [9090, 8080])])
def test_pods_of_the_cluster_reach_metrics_and_a_twins_page(process: DesiredProcess, ports: list[int]) -> None:
    (rule,) = policy(process)["ingress"]
    assert [port["port"] for port in rule["ports"]] == ports
    assert rule["from"] == [{"namespaceSelector": {}}]


def test_a_broker_outside_the_cluster_is_reached_at_its_addresses_on_each_port_it_is_named_with() -> None:
    spine = Spine(servers=("nats://hub-1:4222", "tls://hub-2:4443", "hub-3"), cidrs=("10.9.0.0/24",))
    assert spine_egress(spine) == (
        Egress(port=4222, cidrs=("10.9.0.0/24",)),
        Egress(port=4443, cidrs=("10.9.0.0/24",)),
    )


@pytest.mark.parametrize("place", [{}, {"namespace": "brownfield"}, {"labels": {"app": "spine"}}])
def test_a_broker_that_no_policy_could_let_through_is_refused_at_once(place: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="give namespace and labels of the broker's pods"):
        Spine(servers=("nats://hub:4222",), **place)
