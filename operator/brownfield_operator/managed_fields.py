"""Who owns which fields of an object: `metadata.managedFields` (Kubernetes, *Server-Side Apply*, "Field management").

An entry has a manager, an operation (`Apply` or `Update`) and `fieldsV1`, a tree of `f:<field>`, `k:<keys of a list's
item>` and `.` for the item itself; a leaf is an empty object. Entries of a subresource (status, scale) are left
alone: they cannot add anything to a spec.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from brownfield_operator.names import FIELD_MANAGER

Fields = Mapping[str, Any]

_BESIDE_CONTENT = ("f:metadata", "f:status")
_TEMPLATE_ANNOTATIONS = ("f:spec", "f:template", "f:metadata", "f:annotations")


def has_entry(live: Mapping[str, Any], operation: str) -> bool:
    """Whether we have written the object itself by `Apply` or `Update`."""
    return any(_is_ours(entry) and entry.get("operation") == operation for entry in _entries(live))


def has_foreign_content(live: Mapping[str, Any]) -> bool:
    """Whether somebody else owns a field beside metadata, status and annotations of the pod template."""
    return any(_content(_fields(entry)) for entry in _entries(live) if _is_foreign(entry))


def is_ours_alone(live: Mapping[str, Any], path: tuple[str, ...]) -> bool:
    """Whether we own the field at `path` (as `fieldsV1` writes it) and nobody else does."""
    holders = [entry for entry in _entries(live) if _holds(_fields(entry), path)]
    return bool(holders) and all(_is_ours(entry) for entry in holders)


def without_foreign_content(live: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The entries as they should be once all foreign content is gone.

    A PUT may say so itself. Without it a manager that owns a field with the very value we want would stay, and the
    object would look foreign for ever. A list with one empty entry empties the list; an empty list changes nothing.
    """
    kept: list[Mapping[str, Any]] = []
    for entry in _entries(live):
        fields = _tolerated(_fields(entry)) if _is_foreign(entry) else _fields(entry)
        if fields:
            kept.append({**entry, "fieldsV1": fields})
    return kept or [{}]


def _entries(live: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    return live["metadata"].get("managedFields") or ()


def _fields(entry: Mapping[str, Any]) -> Fields:
    return entry.get("fieldsV1") or {}


def _is_ours(entry: Mapping[str, Any]) -> bool:
    return entry.get("manager") == FIELD_MANAGER and not entry.get("subresource")


def _is_foreign(entry: Mapping[str, Any]) -> bool:
    return entry.get("manager") != FIELD_MANAGER and not entry.get("subresource")


def _content(fields: Fields) -> Fields:
    content = {name: below for name, below in fields.items() if name not in _BESIDE_CONTENT}
    return _without(content, _TEMPLATE_ANNOTATIONS)


def _tolerated(fields: Fields) -> Fields:
    beside = {name: below for name, below in fields.items() if name in _BESIDE_CONTENT}
    return {**beside, **_only(fields, _TEMPLATE_ANNOTATIONS)}


def _without(fields: Fields, path: tuple[str, ...]) -> Fields:
    """Without what is at `path`, and without the branches that led to nothing else."""
    head, *rest = path
    if head not in fields:
        return fields
    others = {name: below for name, below in fields.items() if name != head}
    left = _without(fields[head], tuple(rest)) if rest else {}
    return {**others, head: left} if left else others


def _only(fields: Fields, path: tuple[str, ...]) -> Fields:
    """Nothing but what is at `path`; empty if there is nothing."""
    head, *rest = path
    if head not in fields:
        return {}
    below = _only(fields[head], tuple(rest)) if rest else fields[head]
    return {head: below} if below else {}


def _holds(fields: Fields, path: tuple[str, ...]) -> bool:
    for step in path:
        if step not in fields:
            return False
        fields = fields[step]
    return True
