"""Every constraint of the CRDs, and for each an object that breaks it and nothing else.

The objects of `data/complete` hold every field. A constraint is broken in a copy of the first that has the field:
a bound by one, a pattern by a text that does not match, a type by another one.
"""

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
CRDS = HERE.parents[1] / "crds"
_FOREIGN = (" ", "ä\n", "!", "a b", "", "\n", "-", "x" * 20, "?" * 5)
"""One of these matches no pattern that refuses anything."""

Step = str | int
Steps = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Constraint:
    """`keyword` of the schema at `steps` of a resource (from its root). `schema` is the node it stands in."""

    kind: str
    steps: tuple[str, ...]
    keyword: str
    schema: Mapping[str, Any]

    @property
    def name(self) -> str:
        return f"{self.kind} {'.'.join(self.steps)} {self.keyword}"


def schemas() -> dict[str, dict[str, Any]]:
    """The schema of each kind."""
    crds = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(CRDS.glob("*.yaml"))]
    return {crd["spec"]["names"]["kind"]: crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"] for crd in crds}


def complete() -> list[dict[str, Any]]:
    """The objects of `data/complete`, each with a status of its kind."""
    statuses = yaml.safe_load((HERE / "data/complete/status.yaml").read_text(encoding="utf-8"))
    files = sorted(path for path in (HERE / "data/complete").glob("*.yaml") if path.stem != "status")
    documents = [item for path in files for item in yaml.safe_load_all(path.read_text(encoding="utf-8"))]
    return [{**item, "status": copy.deepcopy(statuses[item["kind"]])} for item in documents]


def constraints(root: str) -> list[Constraint]:
    """All constraints below `root`, spec or status; rules in CEL have a table of their own."""
    return [
        constraint
        for kind, schema in schemas().items()
        for constraint in _below(kind, (root,), schema["properties"][root])
    ]


def _below(kind: str, steps: tuple[str, ...], schema: Mapping[str, Any]) -> Iterator[Constraint]:
    for keyword in _BREAKERS:
        if keyword in schema or (keyword == "unknown field" and "properties" in schema):
            yield Constraint(kind, steps, keyword, schema)
    for name in schema.get("required", ()):
        yield Constraint(kind, steps, f"required {name}", schema)
    for name, node in schema.get("properties", {}).items():
        yield from _below(kind, (*steps, name), node)
    if isinstance(schema.get("items"), Mapping):
        yield from _below(kind, (*steps, "[]"), schema["items"])
    if isinstance(schema.get("additionalProperties"), Mapping):
        yield from _below(kind, (*steps, "{}"), schema["additionalProperties"])


def rules() -> dict[str, str]:
    """Message to expression of every CEL rule."""
    found: dict[str, str] = {}

    def look(node: Any) -> None:
        if isinstance(node, Mapping):
            for rule in node.get("x-kubernetes-validations", ()):
                found[rule["message"]] = rule["rule"]
            for below in node.values():
                look(below)
        elif isinstance(node, list):
            for below in node:
                look(below)

    look(schemas())
    return found


def place(whole: Any, steps: tuple[str, ...]) -> Steps | None:
    """Where in `whole` the first value at `steps` is; None if there is none."""
    found: list[Step] = []
    for step in steps:
        if step == "[]":
            key: Step = 0
        elif step == "{}":
            key = next(iter(whole), "")
        else:
            key = step
        try:
            whole = whole[key]
        except (KeyError, IndexError, TypeError):
            return None
        found.append(key)
    return tuple(found)


def at(whole: Any, where: Steps) -> Any:
    for step in where:
        whole = whole[step]
    return whole


def exchanged(whole: dict[str, Any], where: Steps, value: Any) -> dict[str, Any]:
    """A copy with another value there."""
    changed = copy.deepcopy(whole)
    at(changed, where[:-1])[where[-1]] = value
    return changed


def broken(constraint: Constraint, whole: dict[str, Any]) -> dict[str, Any] | None:
    """A copy of `whole` that breaks the constraint; None where nothing can (a pattern that everything matches)."""
    where = place(whole, constraint.steps)
    assert where is not None
    value = at(whole, where)
    if constraint.keyword.startswith("required "):
        less = {name: item for name, item in value.items() if name != constraint.keyword.removeprefix("required ")}
        return exchanged(whole, where, less)
    wrong = _BREAKERS[constraint.keyword](constraint.schema, value)
    return None if wrong is _NOTHING else exchanged(whole, where, wrong)


def at_the_limit(constraint: Constraint, whole: dict[str, Any]) -> dict[str, Any] | None:
    """A copy of `whole` that just keeps the bound; None for what is no bound, or where no such text is found."""
    where = place(whole, constraint.steps)
    assert where is not None
    keeper = _KEEPERS.get(constraint.keyword)
    right = keeper(constraint.schema, at(whole, where)) if keeper else _NOTHING
    return None if right is _NOTHING else exchanged(whole, where, right)


_NOTHING = object()


def _another_type(schema: Mapping[str, Any], _: Any) -> Any:
    return {"string": 7, "integer": "seven", "boolean": "maybe", "array": {}, "object": "text"}[schema["type"]]


def _unmatched(schema: Mapping[str, Any], _: Any) -> Any:
    return next((text for text in _FOREIGN if not re.fullmatch(schema["pattern"], text)), _NOTHING)


def _long_text(schema: Mapping[str, Any], value: Any, length: int) -> Any:
    """The value, with some character of its own repeated up to `length`, such that the pattern still matches."""
    if "x-kubernetes-validations" in schema:
        return _NOTHING  # a rule has its own say
    if not isinstance(value, str):
        value = str(value)
    for place_of, letter in enumerate(value):
        text = value[:place_of] + letter * (length - len(value)) + value[place_of:]
        if re.fullmatch(schema.get("pattern", r"[\s\S]*"), text):
            return text
    return _NOTHING


def _too_long(schema: Mapping[str, Any], value: Any) -> Any:
    text = _long_text(schema, value, schema["maxLength"] + 1)
    return "x" * (schema["maxLength"] + 1) if text is _NOTHING else text


def _repeated(value: Any, count: int) -> Any:
    """A list of `count` items, or a map of as many keys, all with the first one's value."""
    if isinstance(value, list):
        return [copy.deepcopy(value[0]) for _ in range(count)]
    first = next(iter(value.values()))
    return {f"k{number}": copy.deepcopy(first) for number in range(count)}


_Change = Callable[[Mapping[str, Any], Any], Any]
_BREAKERS: dict[str, _Change] = {
    "type": _another_type,
    "x-kubernetes-int-or-string": lambda _schema, _: 1.5,
    "unknown field": lambda _schema, value: {**value, "misspelt": 1},
    "pattern": _unmatched,
    "enum": lambda _schema, _: "Nonsense",
    "maxLength": _too_long,
    "minimum": lambda schema, _: schema["minimum"] - 1,
    "maximum": lambda schema, _: schema["maximum"] + 1,
    "minItems": lambda schema, value: _repeated(value, schema["minItems"] - 1),
    "maxItems": lambda schema, value: _repeated(value, schema["maxItems"] + 1),
    "minProperties": lambda schema, value: _repeated(value, schema["minProperties"] - 1),
    "maxProperties": lambda schema, value: _repeated(value, schema["maxProperties"] + 1),
}
_KEEPERS: dict[str, _Change] = {
    "maxLength": lambda schema, value: _long_text(schema, value, schema["maxLength"]),
    "minimum": lambda schema, _: schema["minimum"],
    "maximum": lambda schema, _: schema["maximum"],
    "minItems": lambda schema, value: _repeated(value, schema["minItems"]),
    "maxItems": lambda schema, value: _repeated(value, schema["maxItems"]),
    "minProperties": lambda schema, value: _repeated(value, schema["minProperties"]),
}
