"""The CRDs are what the models say, structural and bounded; their CEL rules agree with the models' validators."""

import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import cel
import pytest
import yaml
from pydantic import BaseModel, ValidationError

from brownfield_api.resources.assetmapping import AssetMappingSpec, ClassSpec, PropertySpec, SinkSpec
from brownfield_api.resources.legacysource import LegacySourceSpec
from brownfield_api.resources.protocols import FilesBlock, OpcUaBlock
from brownfield_api.resources.twinmodel import Behaviour

ROOT = Path(__file__).resolve().parents[3]


def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hack_crds", ROOT / "hack" / "crds.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["hack_crds"] = module
    spec.loader.exec_module(module)
    return module


crds = _script()
SCHEMAS = {crd.kind: crds.manifest(crd)["spec"]["versions"][0]["schema"]["openAPIV3Schema"] for crd in crds.CRDS}


@pytest.mark.parametrize("crd", crds.CRDS, ids=lambda crd: crd.kind)
def test_the_files_are_what_the_models_say(crd: Any) -> None:
    assert (ROOT / "crds" / crd.file_name).read_text(encoding="utf-8") == crds.render(crd), "run `make crds`"
    assert len(crds.render(crd).encode()) <= 200 * 1024


def test_no_other_file_lies_beside_them() -> None:
    assert {path.name for path in (ROOT / "crds").iterdir()} == {crd.file_name for crd in crds.CRDS}


def test_names_columns_and_subresources_are_there() -> None:
    shorts = {crd.kind: crds.manifest(crd)["spec"]["names"] for crd in crds.CRDS}
    assert {kind: names["shortNames"] for kind, names in shorts.items()} == {
        "LegacySource": ["lsrc"],
        "AssetMapping": ["amap"],
        "TwinModel": ["twin"],
    }
    for crd in crds.CRDS:
        spec = crds.manifest(crd)["spec"]
        assert spec["names"]["categories"] == ["brownfield"]
        assert spec["scope"] == "Namespaced"
        version = spec["versions"][0]
        assert version["subresources"] == {"status": {}}
        assert "Ready" in {column["name"] for column in version["additionalPrinterColumns"]}


def _nodes(node: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    yield path, node
    for name, inner in node.get("properties", {}).items():
        yield from _nodes(inner, f"{path}.{name}")
    if isinstance(node.get("items"), dict):
        yield from _nodes(node["items"], f"{path}[]")
    if isinstance(node.get("additionalProperties"), dict):
        yield from _nodes(node["additionalProperties"], f"{path}{{}}")


@pytest.mark.parametrize("kind", SCHEMAS)
def test_schemas_are_structural(kind: str) -> None:
    allowed = {
        *("description", "type", "required", "properties", "items", "additionalProperties", "enum", "pattern"),
        *("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "minimum", "maximum"),
        *("anyOf", "x-kubernetes-int-or-string", "x-kubernetes-list-type", "x-kubernetes-list-map-keys"),
        "x-kubernetes-validations",
    }
    for path, node in _nodes(SCHEMAS[kind]):
        assert set(node) <= allowed, path
        assert not ("properties" in node and "additionalProperties" in node), path
        if "anyOf" in node:
            assert node["x-kubernetes-int-or-string"] is True, path
            assert node["anyOf"] == [{"type": "integer"}, {"type": "string"}], path
            assert "type" not in node, path
        else:
            assert node["type"] in {"object", "array", "string", "integer", "boolean"}, path


@pytest.mark.parametrize("kind", SCHEMAS)
def test_everything_has_a_bound(kind: str) -> None:
    for path, node in _nodes(SCHEMAS[kind]):
        if path in {".apiVersion", ".kind", ".metadata"}:
            continue  # The API server bounds these itself.
        if node.get("type") == "array":
            assert "maxItems" in node, path
            assert node["x-kubernetes-list-type"] in {"atomic", "map"}, path
        if node.get("type") == "string" or "anyOf" in node:
            assert "maxLength" in node or "enum" in node, path
        if "additionalProperties" in node:
            assert "maxProperties" in node, path


@pytest.mark.parametrize("kind", SCHEMAS)
def test_every_field_of_spec_is_described(kind: str) -> None:
    bare = [
        path
        for path, node in _nodes(SCHEMAS[kind]["properties"]["spec"], "spec")
        if "description" not in node and not path.endswith(("[]", "{}"))
    ]
    assert bare == []


def test_files_are_plain_yaml_without_anchors() -> None:
    for crd in crds.CRDS:
        text = (ROOT / "crds" / crd.file_name).read_text(encoding="utf-8")
        assert "&id" not in text
        assert yaml.safe_load(text)["metadata"]["name"] == f"{crd.plural}.brownfield.dev"


TAG = {"name": "a", "address": "holding:0"}
MODBUS = {"endpoint": "tcp://plc:502"}
OPCUA = {"endpoint": "opc.tcp://plc:4840"}
FILES = {"volume": {"name": "drop"}, "time": {"column": "t"}}
CURVE = {"name": "c", "kind": "Curve", "inputs": {"x": "a"}, "outputs": {"y": "b"}, "points": [[0, 0], [1, 1]]}
OBJECTS: list[tuple[type[BaseModel], dict[str, Any]]] = [
    (LegacySourceSpec, {"modbus": MODBUS, "tags": [TAG]}),
    (LegacySourceSpec, {"tags": [TAG]}),
    (LegacySourceSpec, {"modbus": MODBUS, "opcua": OPCUA, "tags": [TAG]}),
    (LegacySourceSpec, {"modbus": MODBUS, "opcua": OPCUA, "files": FILES, "tags": [TAG]}),
    (LegacySourceSpec, {"modbus": MODBUS}),
    (LegacySourceSpec, {"modbus": MODBUS, "tagsFrom": [{"configMap": "c", "key": "k"}]}),
    (LegacySourceSpec, {"modbus": MODBUS, "tags": [TAG], "timestamps": {"from": "gather"}}),
    (LegacySourceSpec, {"modbus": MODBUS, "tags": [TAG], "timestamps": {"maxSkew": "5s"}}),
    (LegacySourceSpec, {"modbus": MODBUS, "tags": [TAG], "timestamps": {"from": "source"}}),
    (LegacySourceSpec, {"opcua": OPCUA, "tags": [TAG], "timestamps": {"from": "source"}}),
    (OpcUaBlock, OPCUA),
    (OpcUaBlock, {}),
    (OpcUaBlock, {"endpoints": ["opc.tcp://a:1", "opc.tcp://b:1"]}),
    (OpcUaBlock, {**OPCUA, "endpoints": ["opc.tcp://a:1"]}),
    (OpcUaBlock, {**OPCUA, "securityPolicy": "Basic256Sha256"}),
    (OpcUaBlock, {**OPCUA, "securityPolicy": "Basic256Sha256", "securityMode": "None"}),
    (OpcUaBlock, {**OPCUA, "securityPolicy": "Basic256Sha256", "securityMode": "Sign"}),
    (OpcUaBlock, {**OPCUA, "securityMode": "Sign"}),
    (FilesBlock, FILES),
    (FilesBlock, {**FILES, "decimal": ","}),
    (FilesBlock, {**FILES, "delimiter": ";", "decimal": ","}),
    (FilesBlock, {**FILES, "delimiter": ",", "decimal": ","}),
    (PropertySpec, {"name": "a", "tag": "t"}),
    (PropertySpec, {"name": "a"}),
    (PropertySpec, {"name": "a", "tag": "t", "expression": "b"}),
    (PropertySpec, {"name": "a", "expression": "b"}),
    (PropertySpec, {"name": "a", "expression": "b", "source": "meter"}),
    (PropertySpec, {"name": "a", "expression": "b", "tagUnit": "kW"}),
    (PropertySpec, {"name": "a", "expression": "b", "sequence": True}),
    (ClassSpec, {"name": "A"}),
    (ClassSpec, {"name": "A", "properties": [{"name": "a", "tag": "t"}]}),
    (AssetMappingSpec, {"classes": [{"name": "A", "properties": []}]}),
    (AssetMappingSpec, {"classes": [{"name": "A", "properties": []}], "assets": []}),
    (SinkSpec, {}),
    (SinkSpec, {"parquet": {"volume": {"name": "v"}}}),
    (Behaviour, CURVE),
    (Behaviour, {key: value for key, value in CURVE.items() if key != "points"}),
    (Behaviour, {**CURVE, "inputs": {"u": "a"}}),
    (Behaviour, {**CURVE, "inputs": {"x": "a", "u": "a"}}),
    (Behaviour, {**CURVE, "outputs": {"z": "b"}}),
]


@pytest.mark.parametrize(("model", "content"), OBJECTS, ids=lambda item: getattr(item, "__name__", None))
def test_cel_rules_and_validators_agree(model: type[BaseModel], content: dict[str, Any]) -> None:
    extra: Any = model.model_config["json_schema_extra"]
    rules: list[dict[str, str]] = extra["x-kubernetes-validations"]
    verdicts = [bool(cel.evaluate(rule["rule"], {"self": content})) for rule in rules]
    try:
        model.model_validate_json(json.dumps(content))
        accepted = True
    except ValidationError:
        accepted = False
    assert accepted == all(verdicts), verdicts
