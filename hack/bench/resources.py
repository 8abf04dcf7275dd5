"""The YAML of a scenario, made by numbers: sources with thousands of tags, their mapping and twin.

Plain dictionaries and the YAML library, so that a scenario goes through the same door as a user's files.
"""

from collections.abc import Sequence
from typing import Any

import yaml

API_VERSION = "brownfield.dev/v1alpha1"


def modbus_tags_csv(count: int, kind: str) -> str:
    """A tag table of `count` registers (uint16) or register pairs (float32), without holes.

    The ramp device keeps a uint32 counter at the head of each block; it reads as two plain values here.
    """
    width = 1 if kind == "uint16" else 2
    rows = (f"T{number:05d},holding:{number * width},{kind}" for number in range(count))
    return "\n".join(["name,address,type", *rows]) + "\n"


def opcua_tags_csv(names: Sequence[str], namespace: str) -> str:
    """A tag table of string node ids in one namespace."""
    return "\n".join(["name,address,type", *(f"{name},nsu={namespace};s={name},float64" for name in names)]) + "\n"


def config_map(name: str, csv: str) -> dict[str, Any]:
    """The tag table as the ConfigMap a source names."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"tags.csv": csv}}


def source(name: str, protocol: dict[str, Any], tags: str, interval: str, requests_per_second: int) -> dict[str, Any]:
    """A LegacySource; `protocol` is its protocol block, `tags` the ConfigMap of its tag table."""
    return {
        "apiVersion": API_VERSION,
        "kind": "LegacySource",
        "metadata": {"name": name},
        "spec": {
            **protocol,
            "interval": interval,
            "group": "bench",
            "tagsFrom": [{"configMap": tags, "key": "tags.csv"}],
            "load": {"maxConnections": 1, "maxRequestsPerSecond": requests_per_second, "timeout": "2s"},
        },
    }


def mapping(sources: Sequence[str], tags: Sequence[str], maximum: int) -> dict[str, Any]:
    """One asset per source, one property per tag, with a range rule on each."""
    properties = [
        {"name": tag, "tag": tag, "quality": {"range": {"min": -1, "max": maximum}, "maxGap": "10s"}} for tag in tags
    ]
    return {
        "apiVersion": API_VERSION,
        "kind": "AssetMapping",
        "metadata": {"name": "bench"},
        "spec": {
            "classes": [{"name": "Machine", "properties": properties}],
            "assets": [
                {"id": f"A_{name}", "class": "Machine", "path": f"bench/{name}", "sources": {"default": name}}
                for name in sources
            ],
        },
    }


def twin() -> dict[str, Any]:
    """A twin of everything the mapping has."""
    return {
        "apiVersion": API_VERSION,
        "kind": "TwinModel",
        "metadata": {"name": "bench"},
        "spec": {
            "assets": [{"mapping": "bench", "classes": ["Machine"]}],
            "staleness": {"fresh": "5s", "expired": "60s", "onStale": "Hold"},
        },
    }


def to_yaml(documents: Sequence[dict[str, Any]]) -> str:
    """All documents as one file."""
    return yaml.safe_dump_all(documents, sort_keys=False)
