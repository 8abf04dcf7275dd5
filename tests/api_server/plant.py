"""Resources as people write them: small ones, one of each kind, and many of one make."""

from collections.abc import Mapping
from typing import Any

from brownfield_operator import names

Manifest = dict[str, Any]

API = "brownfield.dev/v1alpha1"
LABELLED = {names.INPUT: "user"}


def table(name: str = "tags", *rows: str, labels: Mapping[str, str] | None = None) -> Manifest:
    """A tag table in a ConfigMap, with the label unless others are given."""
    lines = ["name,address,type,unit", *(rows or ("power,holding:0,float32,kW", "wind,holding:2,float32,m/s"))]
    metadata = {"name": name, "labels": dict(LABELLED if labels is None else labels)}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"tags.csv": "\n".join(lines)}}


def source(name: str, host: str, *, table: str = "tags", **spec: Any) -> Manifest:
    """A Modbus source whose process is called `<host>-502`, or after its group; a field that is None is not there."""
    block = {
        "modbus": {"endpoint": f"tcp://{host}:502"},
        "tagsFrom": [{"configMap": table, "key": "tags.csv"}],
        "network": {"cidrs": ["10.20.0.0/24"]},
    }
    whole = {field: value for field, value in (block | spec).items() if value is not None}
    return {"apiVersion": API, "kind": "LegacySource", "metadata": {"name": name}, "spec": whole}


def mapping(name: str, sources: Mapping[str, str], *, unit: str = "kW", tag: str = "power", **spec: Any) -> Manifest:
    """A mapping with one property; `sources` is asset id to source."""
    assets = [{"id": asset, "class": "Turbine", "sources": {"default": of}} for asset, of in sources.items()]
    properties = [{"name": "power", "tag": tag, "unit": unit}, {"name": "wind", "tag": "wind"}]
    classes = [{"name": "Turbine", "properties": properties}]
    body = {"classes": classes, "assets": assets} | spec
    return {"apiVersion": API, "kind": "AssetMapping", "metadata": {"name": name}, "spec": body}


def twin(name: str, of: str, **spec: Any) -> Manifest:
    body = {"assets": [{"mapping": of}]} | spec
    return {"apiVersion": API, "kind": "TwinModel", "metadata": {"name": name}, "spec": body}


def chain(prefix: str) -> tuple[Manifest, ...]:
    """Table, source, mapping and twin: three processes. `prefix` keeps the endpoint apart from other tests'."""
    return (
        table(),
        source("turbine", f"{prefix}.plant"),
        mapping("farm", {"T1": "turbine"}),
        twin("live", "farm"),
    )


CHAIN = ("LegacySource/turbine", "AssetMapping/farm", "TwinModel/live")
