from typing import Any

import pytest

from brownfield_operator.desired import Egress
from brownfield_operator.egress import ANYWHERE, Reach, ServiceView, candidates, egress_of, view_of
from brownfield_planner.processes import Link

PLANT = ("10.20.0.0/16",)
TURBINES = ServiceView(
    namespace="plant", name="r80711", selector={"app": "turbines"}, ports={502: 5020, 80: None, 4840: 4840}
)
SERVICES = {("plant", "r80711"): TURBINES}


def link(to: str, *, cidrs: tuple[str, ...] = ()) -> Link:
    return Link(process="adapter/x", namespace="farm", to=to, reached=to, protocol="modbus", why="reads x", cidrs=cidrs)


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("plc7", (("farm", "plc7"),)),
        ("plc7.plant", (("plant", "plc7"),)),
        ("plc7.plant.svc", (("plant", "plc7"),)),
        ("plc7.plant.svc.cluster.local", (("plant", "plc7"),)),
        ("PLC7.Plant.SVC", (("plant", "plc7"),)),
        ("plc7.example.com", ()),
        ("a.plc7.plant.svc", ()),
        ("plc7.svc.cluster.local", ()),
        ("10.20.0.11", ()),
        ("fd00::11", ()),
        ("[fd00::11]", ()),
    ],
)
def test_names_that_may_be_services(host: str, found: tuple[tuple[str, str], ...]) -> None:
    assert candidates(host, "farm") == found


@pytest.mark.parametrize(
    ("to", "cidr"),
    [("10.20.0.11:502", "10.20.0.11/32"), ("[fd00::11]:502", "fd00::11/128"), ("[FD00:0::11]:502", "fd00::11/128")],
)
def test_an_address_is_one_address_whatever_else_is_said(to: str, cidr: str) -> None:
    expected = Reach(egress=(Egress(port=502, cidrs=(cidr,)),))
    assert egress_of(link(to, cidrs=("10.0.0.0/8",)), SERVICES, PLANT) == expected


@pytest.mark.parametrize("host", ["r80711.plant", "r80711.plant.svc", "r80711.plant.svc.cluster.local"])
def test_a_service_is_its_pods_on_the_port_they_listen_on(host: str) -> None:
    pods = Egress(port=5020, namespace="plant", labels={"app": "turbines"})
    assert egress_of(link(f"{host}:502"), SERVICES, PLANT) == Reach(egress=(pods,))


def test_addresses_beside_a_service_are_added_because_a_device_may_move() -> None:
    reach = egress_of(link("r80711.plant:502", cidrs=("10.7.0.1/32",)), SERVICES, PLANT)
    pods = Egress(port=5020, namespace="plant", labels={"app": "turbines"})
    assert reach == Reach(egress=(pods, Egress(port=502, cidrs=("10.7.0.1/32",))))


@pytest.mark.parametrize("to", ["r80711.plant:80", "r80711.plant:503", "r80711.farm:502", "plc7.example.com:502"])
def test_what_no_service_can_say_is_looked_for_in_the_resources_then_in_the_plants_networks(to: str) -> None:
    port = int(to.rpartition(":")[2])
    said = egress_of(link(to, cidrs=("10.7.0.1/32",)), SERVICES, PLANT)
    assert said == Reach(egress=(Egress(port=port, cidrs=("10.7.0.1/32",)),))
    assert egress_of(link(to), SERVICES, PLANT) == Reach(egress=(Egress(port=port, cidrs=PLANT),))


def test_a_name_nobody_knows_opens_its_port_to_everywhere_and_says_so() -> None:
    reach = egress_of(link("plc7.example.com:502"), SERVICES, ())
    assert reach == Reach(egress=(Egress(port=502, cidrs=ANYWHERE),), open=True)


def service(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"namespace": "plant", "name": "r80711"}, "spec": spec}


def test_a_live_service_is_seen_as_policies_see_it() -> None:
    ports = [
        {"port": 502, "targetPort": 5020, "protocol": "TCP"},
        {"port": 80, "targetPort": "page", "protocol": "TCP"},
        {"port": 4840, "protocol": "TCP"},
        {"port": 161, "targetPort": 161, "protocol": "UDP"},
    ]
    view = view_of(service(selector={"app": "turbines"}, clusterIP="10.96.0.7", ports=ports))
    assert view == TURBINES


def test_a_headless_service_leads_to_its_pods_on_the_port_that_is_asked_for() -> None:
    ports = [{"port": 502, "targetPort": 5020, "protocol": "TCP"}]
    view = view_of(service(selector={"app": "turbines"}, clusterIP="None", ports=ports))
    assert view is not None
    reach = egress_of(link("r80711.plant:502"), {("plant", "r80711"): view}, ())
    assert reach == Reach(egress=(Egress(port=502, namespace="plant", labels={"app": "turbines"}),))


@pytest.mark.parametrize("spec", [{}, {"selector": {}}, {"type": "ExternalName", "selector": {"a": "b"}}])
def test_a_service_without_pods_of_its_own_says_nothing(spec: dict[str, Any]) -> None:
    assert view_of(service(**spec)) is None


def test_openings_can_be_kept_in_sets() -> None:
    pods = Egress(port=5020, namespace="plant", labels={"app": "turbines"})
    assert len({pods, Egress(port=5020, namespace="plant", labels={"app": "turbines"})}) == 1
