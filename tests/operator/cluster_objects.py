"""Objects as the API server hands them out, for tests of what the operator makes of them."""

from collections.abc import Mapping
from typing import Any

Body = dict[str, Any]

NAMESPACE = "farm"
SETTINGS = {
    "site": "local",
    "adapter": {"image": "adapter:1"},
    "pipeline": {"image": "pipeline:1"},
    "twin": {"image": "twin:1"},
    "spine": {"servers": ["nats://spine.brownfield.svc:4222"], "namespace": "brownfield", "labels": {"app": "spine"}},
}


def body(kind: str, name: str, spec: Mapping[str, Any], *, version: int = 1, **metadata: Any) -> Body:
    """One of our resources; `metadata` changes what the server says about it."""
    whole: Body = {"name": name, "namespace": NAMESPACE, "uid": f"uid-{kind}-{name}", "resourceVersion": str(version)}
    whole |= {"generation": 1, "creationTimestamp": "2026-01-01T00:00:00Z"}
    return {"apiVersion": "brownfield.dev/v1alpha1", "kind": kind, "metadata": whole | metadata, "spec": dict(spec)}


def source(
    name: str, host: str = "", *, version: int = 1, generation: int = 1, namespace: str = NAMESPACE, **spec: Any
) -> Body:
    """A Modbus source of its own endpoint, reading the table `tags`; a field that is None is not there."""
    block = {
        "modbus": {"endpoint": f"tcp://{host or name}.plant:502"},
        "tagsFrom": [{"configMap": "tags", "key": "tags.csv"}],
        "network": {"cidrs": ["10.20.0.11/32"]},
    } | spec
    given = {field: value for field, value in block.items() if value is not None}
    return body("LegacySource", name, given, version=version, generation=generation, namespace=namespace)


def files(name: str, volume: str) -> Body:
    """A source that reads a claim."""
    block = {"volume": {"name": volume}, "time": {"column": "time"}}
    return body("LegacySource", name, {"files": block, "tags": [{"name": "energy", "address": "energy"}]})


def mapping(name: str, sources: Mapping[str, str], **spec: Any) -> Body:
    """One property each; `sources` is asset id to source."""
    assets = [{"id": asset, "class": "Turbine", "sources": {"default": of}} for asset, of in sources.items()]
    properties = [{"name": "power", "tag": "power", "unit": "kW"}]
    classes = [{"name": "Turbine", "properties": properties}]
    return body("AssetMapping", name, {"classes": classes, "assets": assets} | spec)


def twin(name: str, of: str, **spec: Any) -> Body:
    return body("TwinModel", name, {"assets": [{"mapping": of}]} | spec)


def config_map(name: str, data: Mapping[str, str], *, version: int = 1, labelled: bool = True, **metadata: Any) -> Body:
    labels = {"brownfield.dev/input": "user"} if labelled else {}
    whole = body("ConfigMap", name, {}, version=version, **({"labels": labels} | metadata))
    del whole["spec"], whole["metadata"]["generation"]
    return {**whole, "apiVersion": "v1", "data": dict(data)}


def table(name: str = "tags", *rows: str, version: int = 1, labelled: bool = True) -> Body:
    """A tag table, `power` at holding:0 unless rows are given."""
    text = "\n".join(["name,address,type,unit", *(rows or ("power,holding:0,float32,kW",))])
    return config_map(name, {"tags.csv": text}, version=version, labelled=labelled)
