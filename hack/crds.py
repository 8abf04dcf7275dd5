"""Writes `crds/*.yaml` from the models in `api/`: they are the only source, the files are never edited.

    python hack/crds.py           writes the files
    python hack/crds.py --check   fails if they are not what the models say

A CRD's schema must be structural (Kubernetes docs, *Specifying a structural schema*): no $ref, no
anyOf except int-or-string, no additionalProperties beside properties; everything has a bound, or the
API server cannot estimate what the CEL rules cost. There are no defaults: nobody but the user writes spec.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import BaseModel

from brownfield_api.resources import API_VERSION, AssetMapping, LegacySource, TwinModel

ROOT = Path(__file__).resolve().parents[1]
MAX_BYTES = 200 * 1024
"""Client-side apply fails above 256 KiB, because it keeps a copy in an annotation."""

_HEADER = "# Made by hack/crds.py from the models in api/. Do not edit: change the models and run `make crds`.\n"
_NAME_RULES = [
    {"rule": "size(self.metadata.name) <= 40", "message": "the name has more than 40 characters"},
    {"rule": "!self.metadata.name.contains('.')", "message": "the name must not hold dots"},
]


class Column(NamedTuple):
    """A column of `kubectl get`; a `wide` one is shown with `-o wide` only."""

    name: str
    type: str
    path: str
    wide: bool = False

    @property
    def definition(self) -> dict[str, Any]:
        priority = {"priority": 1} if self.wide else {}
        return {"name": self.name, "type": self.type, "jsonPath": self.path, **priority}


@dataclass(frozen=True, slots=True)
class Crd:
    """A kind, its names, and the columns `kubectl get` shows."""

    model: type[BaseModel]
    kind: str
    short: str
    columns: tuple[Column, ...]

    @property
    def plural(self) -> str:
        return f"{self.kind.lower()}s"

    @property
    def file_name(self) -> str:
        return f"brownfield.dev_{self.plural}.yaml"


def _condition(kind: str, field: str = "status") -> str:
    return f'.status.conditions[?(@.type=="{kind}")].{field}'


_READY = Column("Ready", "string", _condition("Ready"))
_REASON = Column("Reason", "string", _condition("Ready", "reason"))
_AGE = Column("Age", "date", ".metadata.creationTimestamp")
_MESSAGE = Column("Message", "string", _condition("Ready", "message"), wide=True)
CRDS = (
    Crd(
        LegacySource,
        "LegacySource",
        "lsrc",
        (
            Column("Protocol", "string", ".status.protocol"),
            Column("Endpoint", "string", ".status.endpoint"),
            _READY,
            _REASON,
            Column("Connected", "string", _condition("Connected")),
            Column("Tags", "string", ".status.summary.tags"),
            Column("Quality", "string", ".status.summary.quality"),
            Column("Latency", "string", ".status.summary.latencyP99", wide=True),
            Column("Uptime", "string", ".status.summary.uptime"),
            Column("Budget", "string", ".status.summary.budget"),
            Column("Last-Sample", "date", ".status.summary.lastSample", wide=True),
            _AGE,
            _MESSAGE,
        ),
    ),
    Crd(
        AssetMapping,
        "AssetMapping",
        "amap",
        (
            Column("Assets", "integer", ".status.assets"),
            Column("Properties", "integer", ".status.properties"),
            _READY,
            _REASON,
            _AGE,
            _MESSAGE,
        ),
    ),
    Crd(
        TwinModel,
        "TwinModel",
        "twin",
        (
            Column("Assets", "integer", ".status.assets"),
            Column("Fresh", "string", ".status.fresh"),
            Column("Budget", "string", ".status.budget"),
            _READY,
            _REASON,
            Column("URL", "string", ".status.url"),
            _AGE,
            _MESSAGE,
        ),
    ),
)


def manifest(crd: Crd) -> dict[str, Any]:
    """The CustomResourceDefinition of a kind."""
    group, version = API_VERSION.split("/")
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{crd.plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {
                "kind": crd.kind,
                "listKind": f"{crd.kind}List",
                "plural": crd.plural,
                "singular": crd.kind.lower(),
                "shortNames": [crd.short],
                "categories": ["brownfield"],
            },
            "versions": [
                {
                    "name": version,
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": [column.definition for column in crd.columns],
                    "schema": {"openAPIV3Schema": _root(crd.model)},
                }
            ],
        },
    }


def _root(model: type[BaseModel]) -> dict[str, Any]:
    """The schema of the whole object; the API server knows metadata itself."""
    raw = model.model_json_schema(by_alias=True)
    definitions = raw.get("$defs", {})
    properties = {
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "metadata": {"type": "object"},
        "spec": structural(raw["properties"]["spec"], definitions),
        "status": structural(raw["properties"]["status"], definitions),
    }
    return {
        "type": "object",
        "description": _one_line(raw["description"]),
        "required": ["spec"],
        "properties": properties,
        "x-kubernetes-validations": _NAME_RULES,
    }


def structural(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON schema node of pydantic's as Kubernetes wants it."""
    flat = _flat(node, definitions)
    result = {key: flat[key] for key in (*_FIRST, *flat) if key in flat and key not in _DROPPED}
    if "description" in result:
        result["description"] = _one_line(result["description"])
    if "const" in result:
        result["enum"] = [result.pop("const")]
    if "properties" in result:
        result["properties"] = {name: structural(inner, definitions) for name, inner in result["properties"].items()}
    if "items" in result:
        result["items"] = structural(result["items"], definitions)
        result.setdefault("x-kubernetes-list-type", "atomic")
    values = _map_values(flat)
    if values is not None:
        result["additionalProperties"] = structural(values, definitions)
    return result


_FIRST = ("description", "type", "required", "properties")
_DROPPED = frozenset({"title", "default", "additionalProperties", "patternProperties", "propertyNames"})


def _flat(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """The node with its reference and its "or null" resolved; what stands beside them wins."""
    flat = dict(node)
    while True:
        if "$ref" in flat:
            name = flat.pop("$ref").rpartition("/")[2]
            flat = {**definitions[name], **flat}
        elif "anyOf" in flat and "x-kubernetes-int-or-string" not in flat:
            members = [member for member in flat.pop("anyOf") if member.get("type") != "null"]
            if len(members) != 1:
                raise ValueError(f"{flat.get('title')}: a CRD cannot say anyOf")
            flat = {**members[0], **flat}
        else:
            return flat


def _map_values(node: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The schema of a map's values, None for what is no map."""
    for values in node.get("patternProperties", {}).values():
        return values if isinstance(values, dict) else {}
    values = node.get("additionalProperties")
    return values if isinstance(values, dict) else None


def _one_line(text: str) -> str:
    return " ".join(text.split())


class _Plain(yaml.SafeDumper):
    """Writes every value out: anchors would make the files shorter and unreadable."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the name and shape are PyYAML's.
        return True


def render(crd: Crd) -> str:
    """The file's text; raises ValueError when it has grown too large to apply."""
    text = _HEADER + yaml.dump(manifest(crd), Dumper=_Plain, sort_keys=False, width=120, allow_unicode=True)
    if len(text.encode()) > MAX_BYTES:
        raise ValueError(f"{crd.file_name} has more than {MAX_BYTES} bytes")
    return text


FOLDERS = (ROOT / "crds", ROOT / "charts" / "brownfield" / "files" / "crds")
"""For kubectl, and for the chart, which cannot read outside its folder."""


def main(arguments: list[str]) -> int:
    texts = {folder / crd.file_name: render(crd) for folder in FOLDERS for crd in CRDS}
    stale = [path for path, text in texts.items() if _current(path) != text]
    if "--check" in arguments:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is not what the models say: run `make crds`")
        return 1 if stale else 0
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(f"{path.relative_to(ROOT)} {'written' if path in stale else 'unchanged'}")
    return 0


def _current(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
