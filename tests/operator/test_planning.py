"""What a cluster's resources become: processes with owners, volumes, Secrets, openings and last good versions."""

from collections.abc import Mapping
from typing import Any

import pytest
from tests.operator import cluster_objects as objects
from tests.operator.cluster_objects import Body

from brownfield_operator import paths
from brownfield_operator.desired import DesiredProcess, Egress, MountedVolume, ProcessKey
from brownfield_operator.egress import ANYWHERE, ServiceView
from brownfield_operator.last_good import Running
from brownfield_operator.planning import Desired, broken, desire, plan_resources, services_wanted
from brownfield_operator.settings import OperatorSettings
from brownfield_operator.store import Store

A, B = ("adapter", "farm", "a-plant-502"), ("adapter", "farm", "b-plant-502")


def settings(**changes: Any) -> OperatorSettings:
    return OperatorSettings.model_validate({**objects.SETTINGS, **changes}, strict=False)


def store_of(*bodies: Body) -> Store:
    store = Store()
    for body in bodies:
        store.put(body["kind"], body)
    return store


def planned(
    *bodies: Body,
    running: Mapping[ProcessKey, Running] | None = None,
    services: Mapping[tuple[str, str], ServiceView] | None = None,
    **changes: Any,
) -> Desired:
    store = store_of(*bodies)
    resources = store.resources()
    chosen = settings(**changes)
    made = plan_resources(resources, chosen)
    return desire(resources, made, running=running or {}, uids=store.uids(), services=services or {}, settings=chosen)


def owners(process: DesiredProcess) -> list[str]:
    return [f"{owner.kind}/{owner.name}" for owner in process.owners]


def as_running(desired: Desired, key: ProcessKey) -> dict[ProcessKey, Running]:
    process = desired.processes[key]
    return {key: Running(content=process.content, egress=process.egress, owners=process.idents)}


CHAIN = (
    objects.table(),
    objects.source("a"),
    objects.mapping("m", {"T1": "a"}, sinks=[{"parquet": {"volume": {"name": "history"}}}]),
    objects.twin("t", "m"),
)


def test_each_process_is_owned_by_the_resource_it_runs_for() -> None:
    desired = planned(*CHAIN)
    assert {key[:1] + key[2:]: owners(process) for key, process in desired.processes.items()} == {
        ("adapter", "a-plant-502"): ["LegacySource/a"],
        ("pipeline", "m"): ["AssetMapping/m"],
        ("twin", "t"): ["TwinModel/t"],
    }
    assert [owner.uid for owner in desired.processes[A].owners] == ["uid-LegacySource-a"]


def test_a_shared_process_is_owned_by_all_its_members() -> None:
    desired = planned(objects.table(), objects.source("a", group="g"), objects.source("b", group="g"))
    (process,) = desired.processes.values()
    assert owners(process) == ["LegacySource/a", "LegacySource/b"]
    assert process.endpoints == ("tcp://a.plant:502", "tcp://b.plant:502")


def test_equal_resources_in_another_order_give_equal_processes() -> None:
    members = [objects.source(name, group="g") for name in "abc"]
    one, other = planned(objects.table(), *members), planned(*reversed(members), objects.table())
    assert one.processes == other.processes


def test_processes_of_a_resource_are_those_it_owns_in_its_own_namespace() -> None:
    elsewhere = objects.table() | {"metadata": objects.table()["metadata"] | {"namespace": "other"}}
    desired = planned(*CHAIN, elsewhere, objects.source("a", "z", namespace="other"))
    assert [process.key for process in desired.processes_of(("LegacySource", "farm", "a"))] == [A]
    assert [process.namespace for process in desired.processes_of(("LegacySource", "other", "a"))] == ["other"]


def test_a_configuration_names_the_paths_at_which_the_pod_mounts_things() -> None:
    text = planned(*CHAIN).processes[A].content.decode()
    assert paths.SPINE_CREDENTIALS in text
    assert "nats://spine.brownfield.svc:4222" in text
    assert f"0.0.0.0:{paths.METRICS_PORT}" in text


def test_credentials_of_a_source_are_mounted_whether_the_secret_exists_or_not() -> None:
    """The operator may not look: a missing one shows when the pod wants it."""
    source = objects.body(
        "LegacySource",
        "a",
        {
            "opcua": {"endpoint": "opc.tcp://a.plant:4840"},
            "tags": [{"name": "power", "address": "ns=2;s=p"}],
            "credentialsRef": {"name": "login"},
        },
    )
    (process,) = planned(source).processes.values()
    assert process.secrets == ("login",)
    assert f"{paths.SECRETS_DIR}/farm/login" in process.content.decode()


def test_volumes_of_files_are_read_only_and_those_of_sinks_are_written() -> None:
    desired = planned(*CHAIN, objects.files("meter", "export"))
    by_name = {process.name: process.volumes for process in desired.processes.values()}
    assert by_name["volume-export"] == (MountedVolume(name="export", read_only=True),)
    assert by_name["m"] == (MountedVolume(name="history", read_only=False),)


def test_a_twin_that_reads_the_history_of_its_mapping_may_not_write_it() -> None:
    twin = next(process for process in planned(*CHAIN).processes.values() if process.kind == "twin")
    assert twin.volumes == (MountedVolume(name="history", read_only=True),)


@pytest.mark.parametrize(
    ("buffers", "storage"),
    [
        ([{"size": "1Gi"}, {"size": "256Mi"}], 1024**3 + 256 * 1024**2),
        ([{"size": "1Gi", "ephemeral": True}, {"size": "256Mi"}], 1024**3 + 256 * 1024**2),
        ([{"size": "1Gi", "ephemeral": True}, {"size": "256Mi", "ephemeral": True}], 0),
    ],
)
def test_an_adapter_keeps_as_much_as_its_buffers_unless_all_are_ephemeral(
    buffers: list[dict[str, Any]], storage: int
) -> None:
    members = [objects.source(name, group="g", buffer=buffer) for name, buffer in zip("ab", buffers, strict=True)]
    (process,) = planned(objects.table(), *members).processes.values()
    assert process.storage == storage


def test_pipelines_and_twins_keep_what_the_chart_says() -> None:
    desired = planned(*CHAIN, storage={"size": 5 * 1024**3})
    assert {process.kind: process.storage for process in desired.processes.values() if process.kind != "adapter"} == {
        "pipeline": 5 * 1024**3,
        "twin": 5 * 1024**3,
    }


def test_the_first_member_by_name_that_says_where_to_run_counts() -> None:
    members = [
        objects.source("a", group="g"),
        objects.source("b", group="g", pod={"nodeSelector": {"zone": "b"}}),
        objects.source("c", group="g", pod={"nodeSelector": {"zone": "c"}}),
    ]
    (process,) = planned(objects.table(), *members).processes.values()
    assert process.pod.node_selector == {"zone": "b"}


def test_an_adapter_may_reach_its_endpoint_and_nothing_else() -> None:
    desired = planned(*CHAIN)
    assert desired.processes[A].egress == (Egress(port=502, cidrs=("10.20.0.11/32",)),)
    others = [process.egress for key, process in desired.processes.items() if key != A]
    assert others == [(), ()], "what everybody needs, DNS and spine, is the policy's to add"


def test_a_name_that_may_be_a_service_is_looked_up_and_leads_to_its_pods() -> None:
    bodies = (objects.table(), objects.source("a", network=None, modbus={"endpoint": "tcp://plc.plant:502"}))
    made = plan_resources(store_of(*bodies).resources(), settings())
    assert services_wanted(made.links) == {("plant", "plc")}
    view = ServiceView(namespace="plant", name="plc", selector={"app": "plc"}, ports={502: 5020})
    (process,) = planned(*bodies, services={("plant", "plc"): view}).processes.values()
    assert process.egress == (Egress(port=5020, namespace="plant", labels={"app": "plc"}),)


def test_a_name_nobody_knows_opens_its_port_and_is_remembered_as_open() -> None:
    bodies = (objects.table(), objects.source("a", network=None))
    desired = planned(*bodies)
    assert desired.processes[A].egress == (Egress(port=502, cidrs=ANYWHERE),)
    assert desired.open_links == {A: ("a.plant:502",)}
    known = planned(*bodies, plant_networks=("10.0.0.0/8",))
    assert known.processes[A].egress == (Egress(port=502, cidrs=("10.0.0.0/8",)),)
    assert known.open_links == {}


def test_the_broker_needs_no_opening_of_a_process_of_its_own() -> None:
    links = plan_resources(store_of(*CHAIN).resources(), settings()).links
    assert any(link.protocol == "nats" for link in links)
    assert ("brownfield", "spine") not in services_wanted(links)


def test_a_broken_source_runs_on_with_its_configuration_its_owner_and_its_opening() -> None:
    good = planned(*CHAIN)
    wrong = (CHAIN[0], objects.source("a", interval="soon"), *CHAIN[2:])
    made = plan_resources(store_of(*wrong).resources(), settings())
    assert ("LegacySource", "farm", "a") in broken(made)
    running = {key: item for each in good.processes for key, item in as_running(good, each).items()}
    desired = planned(*wrong, running=running)
    assert desired.processes[A].content == good.processes[A].content
    assert owners(desired.processes[A]) == ["LegacySource/a"]
    assert desired.processes[A].egress == good.processes[A].egress
    assert desired.last_good[A] == {("LegacySource", "farm", "a")}


def test_a_broken_member_keeps_its_opening_beside_the_others_new_ones() -> None:
    def members(**changes: Any) -> list[Body]:
        a = objects.source("a", group="g", network={"cidrs": ["10.0.0.1/32"]}) | changes.get("a", {})
        return [
            objects.table(),
            a,
            objects.source("b", group="g", network=changes.get("b", {"cidrs": ["10.0.0.2/32"]})),
        ]

    good = planned(*members())
    (key,) = good.processes
    wrong = objects.source("a", group="g", interval="soon")
    desired = planned(*members(a=wrong, b={"cidrs": ["10.0.0.9/32"]}), running=as_running(good, key))
    cidrs = {cidr for item in desired.processes[key].egress for cidr in item.cidrs}
    assert cidrs == {"10.0.0.9/32", "10.0.0.1/32", "10.0.0.2/32"}
    assert owners(desired.processes[key]) == ["LegacySource/a", "LegacySource/b"]


def test_a_broken_resource_that_never_ran_has_no_process() -> None:
    desired = planned(objects.table(), objects.source("a", interval="soon"), objects.source("b"))
    assert set(desired.processes) == {B}
    assert desired.last_good == {}


def test_a_deleted_resource_is_not_a_broken_one() -> None:
    good = planned(objects.table(), objects.source("a"), objects.source("b"))
    assert set(planned(objects.table(), objects.source("b"), running=as_running(good, A)).processes) == {B}


def test_resources_of_another_site_are_left_to_their_operator() -> None:
    assert planned(objects.table(), objects.source("a", site="elsewhere")).processes == {}
