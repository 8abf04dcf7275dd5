"""Looks up objects in what the chart renders."""

from collections.abc import Iterable, Mapping
from typing import Any

Manifest = Mapping[str, Any]


def of_kind(objects: Iterable[Manifest], kind: str) -> dict[str, Manifest]:
    """The objects of a kind by name."""
    return {item["metadata"]["name"]: item for item in objects if item["kind"] == kind}


def one(objects: Iterable[Manifest], kind: str, name: str) -> Manifest:
    """The object of this kind and name."""
    return of_kind(objects, kind)[name]


def pod_templates(objects: Iterable[Manifest]) -> dict[str, Manifest]:
    """The pod templates by kind and name of what makes the pods."""
    return {
        f"{item['kind']}/{item['metadata']['name']}": item["spec"]["template"]
        for item in objects
        if "template" in item.get("spec", {})
    }
