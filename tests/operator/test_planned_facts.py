"""What a plan says of each resource: its own findings and those of its tables, what it is made from, how it runs."""

from typing import Any

import pytest
from tests.operator import cluster_objects as objects
from tests.operator.cluster_objects import Body
from tests.operator.test_planning import A, settings, store_of

from brownfield_api.resources import Reason
from brownfield_operator.last_good import Ident, Running
from brownfield_operator.planned_facts import PlannedFacts, planned_facts
from brownfield_operator.planning import desire, plan_resources

SOURCE: Ident = ("LegacySource", "farm", "a")
MAPPING: Ident = ("AssetMapping", "farm", "m")
TWIN: Ident = ("TwinModel", "farm", "t")


def facts_of(*bodies: Body, running: dict[Any, Running] | None = None) -> dict[Ident, PlannedFacts]:
    store = store_of(*bodies)
    resources, chosen = store.resources(), settings()
    made = plan_resources(resources, chosen)
    desired = desire(resources, made, running=running or {}, uids=store.uids(), services={}, settings=chosen)
    return planned_facts(store, desired, chosen.site)


CHAIN = (objects.table(), objects.source("a"), objects.mapping("m", {"T1": "a", "T2": "a"}), objects.twin("t", "m"))


def test_of_a_chain_that_is_well() -> None:
    found = facts_of(*CHAIN)
    assert {ident: item.processes for ident, item in found.items()} == {
        SOURCE: (A,),
        MAPPING: (("pipeline", "farm", "m"),),
        TWIN: (("twin", "farm", "t"),),
    }
    source, mapping, twin = (found[ident].facts for ident in (SOURCE, MAPPING, TWIN))
    assert (source.protocol, source.endpoint) == ("modbus", "tcp://a.plant:502")
    assert [ref for ref, _ in source.inputs] == ["ConfigMap/tags"]
    assert (mapping.assets, mapping.properties) == (2, 2)
    assert (twin.assets, twin.url) == (2, "http://twin-t.farm.svc")
    assert source.findings == mapping.findings == twin.findings == ()


def test_a_mistake_in_a_table_is_told_to_everybody_who_is_made_from_it() -> None:
    broken = objects.config_map("tags", {"other.csv": ""})
    found = facts_of(broken, objects.source("a"), objects.source("b"), *CHAIN[2:])
    for name in ("a", "b"):
        facts = found["LegacySource", "farm", name].facts
        assert Reason.MISSING_KEY in {finding.reason for finding in facts.findings}, name
        assert facts.left_out_because
    assert found[MAPPING].facts.left_out_because == "LegacySource/a"
    assert found[MAPPING].facts.findings == ()


def test_a_change_of_a_table_changes_the_hash_of_the_input_and_nothing_else() -> None:
    before = facts_of(*CHAIN)
    after = facts_of(objects.table("tags", "power,holding:8,float32,kW"), *CHAIN[1:])
    assert before[SOURCE].facts.inputs != after[SOURCE].facts.inputs
    assert before[MAPPING] == after[MAPPING]


def test_a_table_without_label_is_pointed_out() -> None:
    found = facts_of(objects.table(labelled=False), *CHAIN[1:])
    assert found[SOURCE].facts.unlabelled_inputs == ("tags",)
    assert found[MAPPING].facts.unlabelled_inputs == ()


def test_a_resource_of_another_site_has_no_findings_whatever_is_wrong_with_it() -> None:
    found = facts_of(objects.source("a", site="elsewhere", tagsFrom=[{"configMap": "no", "key": "k"}]))
    facts = found[SOURCE].facts
    assert (facts.other_site, facts.findings, facts.left_out_because) == ("elsewhere", (), "")


def test_an_open_port_is_told_to_the_source_it_is_opened_for_and_to_no_other_of_its_group() -> None:
    found = facts_of(
        objects.table(),
        objects.source("a", group="g", network=None),
        objects.source("b", group="g"),
    )
    assert found[SOURCE].facts.network_open == ("a.plant:502",)
    assert found["LegacySource", "farm", "b"].facts.network_open == ()


@pytest.mark.parametrize("other", ["aa", "xa"])
def test_an_open_port_is_not_told_to_a_source_whose_name_only_resembles_it(other: str) -> None:
    found = facts_of(
        objects.table(),
        objects.source("a", group="g", network=None),
        objects.source("b", other, group="g"),
    )
    assert found["LegacySource", "farm", "b"].facts.network_open == ()


def test_what_runs_on_its_last_good_version_says_so() -> None:
    good = store_of(*CHAIN)
    made = plan_resources(good.resources(), settings())
    desired = desire(good.resources(), made, running={}, uids=good.uids(), services={}, settings=settings())
    process = desired.processes[A]
    running = {A: Running(content=process.content, egress=(), owners=process.idents)}
    found = facts_of(CHAIN[0], objects.source("a", interval="soon"), running=running)
    facts = found[SOURCE].facts
    assert (facts.runs_last_good, facts.left_out_because) == (True, "LegacySource/a")
    assert [finding.reason for finding in facts.findings] == [Reason.INVALID_FIELD]
    assert found[SOURCE].processes == (A,)


def test_references_are_what_the_pod_mounts_for_that_very_resource() -> None:
    sink = objects.mapping("m", {"T1": "a"}, sinks=[{"parquet": {"volume": {"name": "history"}}}])
    found = facts_of(objects.table(), objects.source("a", credentialsRef={"name": "login"}), sink, CHAIN[3])
    assert found[SOURCE].facts.references == ("Secret/login",)
    assert found[MAPPING].facts.references == ("PersistentVolumeClaim/history",)


@pytest.mark.parametrize("written", ["tcp://PLC.plant", "tcp://plc.plant:502"])
def test_an_open_port_is_told_however_the_endpoint_is_written(written: str) -> None:
    found = facts_of(objects.table(), objects.source("a", network=None, modbus={"endpoint": written}))
    assert found[SOURCE].facts.network_open == ("plc.plant:502",)


def test_an_open_port_is_told_of_every_redundant_server() -> None:
    servers = ["opc.tcp://one.plant", "opc.tcp://two.plant:4841/path"]
    tags = [{"name": "power", "address": "ns=2;s=p"}]
    found = facts_of(objects.body("LegacySource", "a", {"opcua": {"endpoints": servers}, "tags": tags}))
    assert found[SOURCE].facts.network_open == ("one.plant:4840", "two.plant:4841")
