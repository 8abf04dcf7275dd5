"""What the plan works out from several assets or mappings together: units of tags, folders of history."""

from collections.abc import Callable
from dataclasses import replace

from brownfield_api.pipeline_config import PipelineConfig
from brownfield_api.twin_config import TwinConfig
from brownfield_planner import HostOptions, Plan

PlanOf = Callable[..., Plan]

PUMPS = """
apiVersion: brownfield.dev/v1alpha1
kind: LegacySource
metadata: {name: new}
spec:
  modbus: {endpoint: "tcp://new.plant:502"}
  tags:
  - {name: P, address: "holding:0", type: float32, unit: kW}
  - {name: F, address: "holding:2", type: float32, unit: m3/h}
  - {name: bare, address: "holding:4", type: float32}
---
apiVersion: brownfield.dev/v1alpha1
kind: LegacySource
metadata: {name: old}
spec:
  modbus: {endpoint: "tcp://old.plant:502"}
  tags:
  - {name: P, address: "holding:0", type: float32, unit: kW}
  - {name: F, address: "holding:2", type: float32, unit: l/s}
  - {name: bare, address: "holding:4", type: float32}
---
apiVersion: brownfield.dev/v1alpha1
kind: AssetMapping
metadata: {name: pumps}
spec:
  classes:
  - name: Pump
    properties:
    - {name: power, tag: P, unit: W}
    - {name: flow, tag: F, unit: m3/h}
    - {name: told, tag: bare, unit: Cel, tagUnit: K}
    - {name: plain, tag: bare}
    - {name: double, expression: "power * 2.0", unit: W}
  assets:
  - {id: Pump_1, class: Pump, sources: {default: new}}
  - {id: Pump_2, class: Pump, sources: {default: old}, overrides: [{name: power, tag: F, unit: m3/h}]}
"""

TWO_MAPPINGS = """
apiVersion: brownfield.dev/v1alpha1
kind: LegacySource
metadata: {name: plc}
spec:
  modbus: {endpoint: "tcp://plc.plant:502"}
  tags: [{name: P, address: "holding:0", type: float32, unit: kW}]
---
apiVersion: brownfield.dev/v1alpha1
kind: AssetMapping
metadata: {name: east}
spec:
  classes: [{name: Pump, properties: [{name: power, tag: P}]}]
  assets: [{id: Pump_1, class: Pump, sources: {default: plc}}]
  sinks: [{parquet: {volume: {name: east}}}, {parquet: {volume: {name: both}}}]
---
apiVersion: brownfield.dev/v1alpha1
kind: AssetMapping
metadata: {name: north}
spec:
  classes: [{name: Pump, properties: [{name: power, tag: P}]}]
  assets: [{id: Pump_2, class: Pump, sources: {default: plc}}]
---
apiVersion: brownfield.dev/v1alpha1
kind: AssetMapping
metadata: {name: west}
spec:
  classes: [{name: Pump, properties: [{name: power, tag: P}]}]
  assets: [{id: Pump_3, class: Pump, sources: {default: plc}}]
  sinks: [{parquet: {volume: {name: both}}}, {parquet: {volume: {name: west}}}]
---
apiVersion: brownfield.dev/v1alpha1
kind: TwinModel
metadata: {name: hall}
spec: {assets: [{mapping: east}, {mapping: north}, {mapping: west}]}
"""


def test_a_property_says_its_tag_unit_where_the_tags_of_all_assets_agree(plan_of: PlanOf) -> None:
    made = plan_of(PUMPS.replace(", overrides: [{name: power, tag: F, unit: m3/h}]", ""))
    config = next(item.config for item in made.processes if isinstance(item.config, PipelineConfig))
    units = {item.name: item.tag_unit for item in config.classes[0].properties}
    assert units == {"power": "kW", "flow": "", "told": "K", "plain": "", "double": ""}


def test_an_override_says_the_unit_of_its_own_tag(plan_of: PlanOf) -> None:
    made = plan_of(PUMPS.replace("{name: power, tag: F, unit: m3/h}", "{name: flow, tag: F}"))
    config = next(item.config for item in made.processes if isinstance(item.config, PipelineConfig))
    assert {item.name: item.tag_unit for item in config.classes[0].properties}["flow"] == "m3/h"
    assert [(item.name, item.tag_unit) for item in config.assets[1].overrides] == [("flow", "l/s")]


def test_a_twin_reads_the_files_of_all_its_mappings(plan_of: PlanOf, host: HostOptions) -> None:
    folders = {name: f"folder/{name}" for name in ("east", "west", "both")}
    made = plan_of(TWO_MAPPINGS, host=replace(host, volumes=folders))
    config = next(item.config for item in made.processes if isinstance(item.config, TwinConfig))
    assert config.history.parquet == ("folder/east", "folder/both", "folder/west")
