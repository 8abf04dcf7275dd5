"""The plan of good resources: processes, their configurations, determinism."""

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brownfield_api.adapter_config import AdapterConfig, FilesEndpoint, ModbusEndpoint, OpcUaEndpoint
from brownfield_api.expansion import expand
from brownfield_api.pipeline_config import PipelineConfig
from brownfield_api.process import SpineConfig, read_config
from brownfield_api.tables import ValueType
from brownfield_api.twin_config import TwinConfig
from brownfield_planner import HostOptions, Plan, firewall_rows, load_resources, plan, read_manifest

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "wind-farm"
FILES = sorted(EXAMPLE.glob("*.yaml"))
PlanOf = Callable[..., Plan]


@pytest.fixture
def farm(plan_of: PlanOf) -> Plan:
    return plan_of(*FILES)


def adapter(made: Plan, name: str) -> AdapterConfig:
    config = next(item.config for item in made.processes if item.name == name)
    assert isinstance(config, AdapterConfig)
    return config


def pipeline(made: Plan) -> PipelineConfig:
    return next(item.config for item in made.processes if isinstance(item.config, PipelineConfig))


def twin(made: Plan) -> TwinConfig:
    return next(item.config for item in made.processes if isinstance(item.config, TwinConfig))


def test_the_wind_farm_has_nothing_to_complain_about(farm: Plan) -> None:
    assert [str(item) for item in farm.findings] == []
    assert farm.left_out == ()
    assert [(item.kind, item.name) for item in farm.processes] == [
        ("adapter", "r80711-plant-502"),
        ("adapter", "r80721-plant-502"),
        ("adapter", "r80736-plant-4840-plant"),
        ("adapter", "r80790-plant-4840-plant"),
        ("adapter", "volume-meter-export"),
        ("pipeline", "la-haute-borne"),
        ("twin", "wind-farm"),
    ]


def test_every_config_is_read_back_by_its_process(farm: Plan) -> None:
    for process in farm.processes:
        assert read_config("config.json", process.content, type(process.config)) == process.config


def test_like_machines_share_one_tag_table(farm: Plan) -> None:
    first, second = adapter(farm, "r80711-plant-502"), adapter(farm, "r80721-plant-502")
    assert first.tables == second.tables
    assert len(first.tables) == 1


def test_variables_fill_the_node_ids_of_each_machine(farm: Plan) -> None:
    config = adapter(farm, "r80736-plant-4840-plant")
    table = config.tables[config.endpoints[0].sources[0].table]
    assert table.tags[0].address == "nsu=urn:senvion:mm82;s=R80736.P_avg"


def test_string_and_bit_addresses_of_the_example_have_their_types(farm: Plan) -> None:
    config = adapter(farm, "r80711-plant-502")
    types = {tag.name: tag.type for tag in config.tables[config.endpoints[0].sources[0].table].tags}
    assert types["Serial"] is ValueType.STRING
    assert types["Running"] is ValueType.BOOL
    assert types["Count"] is ValueType.UINT32


def test_the_batch_route_stays_out_of_the_twin(farm: Plan) -> None:
    assert [item.name for item in twin(farm).classes] == ["WindTurbine"]
    assert {item.id for item in twin(farm).assets} == {"Asset_2047", "Asset_2048", "Asset_2049", "Asset_2050"}
    routes = {item.name: item.route for item in pipeline(farm).classes[1].properties}
    assert set(routes.values()) == {"batch"}


def test_every_property_of_the_example_binds(farm: Plan) -> None:
    config = pipeline(farm)
    bound = {(item.asset, item.config.name): (item.source, item.tag) for item in expand(config.classes, config.assets)}
    assert bound["Asset_2047", "curtailed"] == ("r80711", "Curtailed")
    assert bound["Asset_2050", "curtailed"] == ("", "")
    assert bound["Asset_2000", "exportedEnergy"] == ("farm-meter", "F1_net_energy_kwh")
    assert len(bound) == 4 * 12 + 4


def test_counters_are_marked_as_sequences(farm: Plan) -> None:
    properties = {item.name: item for item in twin(farm).classes[0].properties}
    assert properties["count"].sequence
    assert properties["count"].type is ValueType.UINT32
    assert properties["curtailed"].type is ValueType.BOOL


def test_the_twin_reads_history_from_its_mappings_files(farm: Plan) -> None:
    assert twin(farm).history.parquet == ("history",)
    assert pipeline(farm).sinks[0].directory == "history"


def test_resolve_rewrites_where_to_connect_but_not_what_is_shown(plan_of: PlanOf, host: HostOptions) -> None:
    moved = replace(host, resolve={"r80711.plant:502": "127.0.0.1:15021", "r80736.plant:4840": "127.0.0.1:14841"})
    made = plan_of(*FILES, host=moved)
    modbus = adapter(made, "r80711-plant-502").endpoints[0]
    assert modbus.key == "tcp://r80711.plant:502"
    assert modbus.endpoint == ModbusEndpoint(host="127.0.0.1", port=15021)
    opcua = adapter(made, "r80736-plant-4840-plant").endpoints[0]
    assert opcua.endpoint == OpcUaEndpoint(urls=("opc.tcp://127.0.0.1:14841/plant",))
    row = next(row for row in firewall_rows(made) if row.to == "r80711.plant:502")
    assert row.addresses == "10.20.0.11/32, here: 127.0.0.1:15021"


def test_volumes_become_folders(farm: Plan) -> None:
    assert adapter(farm, "volume-meter-export").endpoints[0].endpoint == FilesEndpoint(directory="drop")


def test_the_firewall_list_names_every_device_and_page(farm: Plan) -> None:
    rows = firewall_rows(farm)
    assert {row.to for row in rows if row.direction == "out"} == {
        *("r80711.plant:502", "r80721.plant:502", "r80736.plant:4840", "r80790.plant:4840", "127.0.0.1:4222")
    }
    assert [row.to for row in rows if row.direction == "in"] == ["127.0.0.1:8080"]
    assert len({row.cells for row in rows}) == len(rows)


def test_generation_changes_with_the_mapping_and_only_with_it(plan_of: PlanOf, host: HostOptions) -> None:
    texts = [path.read_text(encoding="utf-8") for path in FILES]
    before = pipeline(plan_of(*texts)).generation
    other_host = replace(host, state_root="elsewhere", spine=SpineConfig(servers=("nats://hub:4222",)))
    assert pipeline(plan_of(*texts, host=other_host)).generation == before
    assert pipeline(plan_of(*[text.replace("max: 2200", "max: 2201") for text in texts])).generation != before


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_the_order_of_documents_does_not_matter(seed: int) -> None:
    host = HostOptions(
        state_root="state",
        spine=SpineConfig(servers=("nats://127.0.0.1:4222",)),
        volumes={"meter-export": "drop", "history": "history"},
    )
    documents = [part for path in FILES for part in path.read_text(encoding="utf-8").split("\n---\n")]
    expected = plan(load_resources([read_manifest("farm.yaml", "\n---\n".join(documents))]), host)
    shuffled = list(documents)
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - the seed is hypothesis', so that a failure is repeated.
    made = plan(load_resources([read_manifest("farm.yaml", "\n---\n".join(shuffled))]), host)
    assert [item.content for item in made.processes] == [item.content for item in expected.processes]


GROUPED = """
apiVersion: brownfield.dev/v1alpha1
kind: LegacySource
metadata: {{name: {name}}}
spec:
  modbus: {{endpoint: "{endpoint}", unit: {unit}}}
  load: {{maxRequestsPerSecond: {rate}, maxConnections: {connections}}}
  {extra}
  tags: [{{name: a, address: "holding:0"}}]
"""


def grouped(name: str, endpoint: str, *, unit: int = 1, rate: int = 10, connections: int = 1, extra: str = "") -> str:
    return GROUPED.format(name=name, endpoint=endpoint, unit=unit, rate=rate, connections=connections, extra=extra)


def test_sources_of_one_endpoint_share_one_process_and_the_lowest_load(plan_of: PlanOf) -> None:
    made = plan_of(
        grouped("a", "tcp://gateway:502", unit=1, rate=20, connections=4),
        grouped("b", "tcp://GATEWAY", unit=2, rate=5, connections=2),
    )
    config = adapter(made, "gateway-502")
    assert len(made.processes) == 1
    assert [item.name for item in config.endpoints[0].sources] == ["a", "b"]
    assert config.endpoints[0].load.max_requests_per_second == 5
    assert config.endpoints[0].load.max_connections == 2


def test_a_group_merges_endpoints_into_one_process(plan_of: PlanOf) -> None:
    made = plan_of(
        grouped("a", "tcp://one:502", extra="group: hall"),
        grouped("b", "tcp://two:502", extra="group: hall"),
        grouped("c", "tcp://three:502"),
    )
    assert [(item.name, item.resources) for item in made.processes] == [
        ("group-hall", ("LegacySource/a", "LegacySource/b")),
        ("three-502", ("LegacySource/c",)),
    ]
    assert [item.key for item in adapter(made, "group-hall").endpoints] == ["tcp://one:502", "tcp://two:502"]


def test_another_source_on_an_endpoint_never_renames_its_process(plan_of: PlanOf) -> None:
    alone = plan_of(grouped("m", "tcp://gateway:502"))
    both = plan_of(grouped("m", "tcp://gateway:502"), grouped("a", "tcp://gateway:502", unit=2))
    assert alone.processes[0].name == both.processes[0].name
    assert alone.processes[0].config.state_dir == both.processes[0].config.state_dir


def test_long_and_clashing_names_get_a_hash(plan_of: PlanOf) -> None:
    made = plan_of(
        grouped("a", "tcp://x.y:502"),
        grouped("b", "tcp://x-y:502"),
        grouped("c", f"tcp://{'long.' * 20}plant:502"),
    )
    names = [item.name for item in made.processes]
    assert len(set(names)) == 3
    assert all(len(name) <= 52 for name in names)


def test_a_suspended_source_is_planned_but_costs_no_request(plan_of: PlanOf) -> None:
    made = plan_of(
        grouped("a", "tcp://x:502", rate=1, extra="{suspend: true, interval: 1ms}".strip("{}").replace(", ", "\n  "))
    )
    assert made.errors == ()
    assert adapter(made, "x-502").endpoints[0].sources[0].suspended


def test_resources_of_another_site_are_left_to_it(plan_of: PlanOf) -> None:
    made = plan_of(grouped("a", "tcp://x:502", extra="site: elsewhere"), grouped("b", "tcp://y:502"))
    assert [item.name for item in made.processes] == ["y-502"]


def test_twins_get_ports_of_their_own(plan_of: PlanOf, host: HostOptions) -> None:
    text = (EXAMPLE / "twin.yaml").read_text(encoding="utf-8")
    second = text.replace("name: wind-farm", "name: a-second")
    others = [path for path in FILES if path.name != "twin.yaml"]
    made = plan_of(*others, text, second)
    listens = {item.name: item.config.listen for item in made.processes if isinstance(item.config, TwinConfig)}
    assert listens == {"a-second": "127.0.0.1:8080", "wind-farm": "127.0.0.1:8081"}
    free = plan_of(*others, text, second, host=replace(host, twin_listen="127.0.0.1:0"))
    assert {item.config.listen for item in free.processes if isinstance(item.config, TwinConfig)} == {"127.0.0.1:0"}


def test_no_resources_at_all_is_said(plan_of: PlanOf) -> None:
    assert [item.reason for item in plan_of("").findings] == ["NothingToRun"]


def test_secrets_are_named_but_never_in_a_config(plan_of: PlanOf) -> None:
    made = plan_of(
        """
apiVersion: v1
kind: Secret
metadata: {name: login}
stringData: {username: reader, password: tops3cret}
---
apiVersion: brownfield.dev/v1alpha1
kind: LegacySource
metadata: {name: server}
spec:
  opcua: {endpoint: "opc.tcp://server"}
  credentialsRef: {name: login}
  tags: [{name: a, address: "i=1"}]
"""
    )
    assert [(item.name, item.directory) for item in made.secrets] == [("login", "secrets/default/login")]
    config = adapter(made, "server-4840")
    assert config.endpoints[0].credentials.directory == "secrets/default/login"
    assert "tops3cret" not in repr(made)
    assert all(b"tops3cret" not in item.content for item in made.processes)


def test_two_hundred_like_turbines_are_planned_without_expanding_classes(plan_of: PlanOf) -> None:
    tags = "\n".join(f"    tag{number},holding:{number},uint16," for number in range(120))
    properties = "\n".join(f"    p{number},tag{number}" for number in range(120))
    assets = "\n".join(f"    T{number},Turbine,t{number}" for number in range(200))
    tables = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: tables}\ndata:\n"
        f"  tags.csv: |\n    name,address,type,unit\n{tags}\n"
        f"  properties.csv: |\n    name,tag\n{properties}\n"
        f"  assets.csv: |\n    id,class,source.default\n{assets}\n"
    )
    sources = "\n---\n".join(
        "apiVersion: brownfield.dev/v1alpha1\nkind: LegacySource\n"
        f"metadata: {{name: t{number}}}\nspec: {{modbus: {{endpoint: 'tcp://t{number}:502'}}, group: g, "
        "tagsFrom: [{configMap: tables, key: tags.csv}]}"
        for number in range(200)
    )
    mapping = (
        "apiVersion: brownfield.dev/v1alpha1\nkind: AssetMapping\nmetadata: {name: farm}\nspec:\n"
        "  classes: [{name: Turbine, propertiesFrom: [{configMap: tables, key: properties.csv}]}]\n"
        "  assetsFrom: [{configMap: tables, key: assets.csv}]\n"
    )
    made = plan_of(tables, sources, mapping)
    assert [str(item) for item in made.findings] == []
    assert [item.kind for item in made.processes] == ["adapter", "pipeline"]
    assert len(msgspec.json.encode(made.processes[0].config)) < 200_000
    assert len(msgspec.json.encode(made.processes[1].config)) < 100_000
    assert sum(1 for _ in expand(pipeline(made).classes, pipeline(made).assets)) == 24_000


SHARED_TABLE = """
apiVersion: v1
kind: ConfigMap
metadata: {name: table}
data:
  tags.csv: |
    name,address,type,unit
    a,holdin:2,float32,mps
"""


def reading_the_table(name: str, endpoint: str) -> str:
    return f"""
apiVersion: brownfield.dev/v1alpha1
kind: LegacySource
metadata: {{name: {name}}}
spec:
  modbus: {{endpoint: "{endpoint}"}}
  tagsFrom: [{{configMap: table, key: tags.csv}}]
"""


def test_a_wrong_row_in_a_shared_table_leaves_out_all_who_share_it(plan_of: PlanOf) -> None:
    made = plan_of(SHARED_TABLE, reading_the_table("one", "tcp://one:502"), reading_the_table("two", "tcp://two:502"))
    assert made.processes == ()
    assert {item.resource for item in made.left_out} == {"LegacySource/one", "LegacySource/two"}


def test_a_wrong_source_keeps_its_endpoint_from_other_namespaces(plan_of: PlanOf) -> None:
    stranger = reading_the_table("stranger", "tcp://one.plant.svc.cluster.local:502").replace(
        "name: stranger", "name: stranger, namespace: elsewhere, creationTimestamp: '2026-01-02T00:00:00Z'"
    )
    stranger = stranger.replace(
        "tagsFrom: [{configMap: table, key: tags.csv}]", "tags: [{name: a, address: 'holding:0'}]"
    )
    owner = reading_the_table("owner", "tcp://one.plant:502").replace(
        "name: owner", "name: owner, creationTimestamp: '2026-01-01T00:00:00Z'"
    )
    made = plan_of(SHARED_TABLE, stranger, owner)
    assert made.processes == ()
    assert "EndpointInUse" in {finding.reason for finding in made.errors}
