"""What pydantic found wrong with a document, in words a person can act on, at the line it stands on."""

import types
import typing
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from brownfield_api.resources import Reason
from brownfield_planner.documents import Document, join
from brownfield_planner.findings import Finding, Severity, closest

_WORDS = {
    "missing": "is missing",
    "bool_type": "must be true or false",
    "string_type": "must be text; put it in quotes",
    "tuple_type": "must be a list",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "model_attributes_type": "must be a mapping",
    "int_type": "must be a whole number, without quotes",
}


def violations(model: type[BaseModel], document: Document, error: ValidationError, namespace: str) -> Iterator[Finding]:
    """A finding for each error, so that all are seen at once."""
    found = error.errors(include_url=False)
    locations = [details["loc"] for details in found]
    for details in found:
        own = details["loc"]
        if details["type"] == "too_short" and any(own == other[: len(own)] != other for other in locations):
            continue  # Its entries are there, but wrong: that is said already.
        path = _path(details["loc"])
        yield Finding(
            severity=Severity.ERROR,
            reason=Reason.UNKNOWN_FIELD if details["type"] == "extra_forbidden" else Reason.INVALID_FIELD,
            place=document.place(path, namespace),
            message=message_of(details),
            do=_advice(model, details),
        )


def _path(location: tuple[int | str, ...]) -> str:
    path = ""
    for step in location:
        if step != "[key]":
            path = join(path, step)
    return path


def message_of(details: ErrorDetails) -> str:
    """What is wrong, in a person's words."""
    kind = details["type"]
    if kind == "extra_forbidden":
        return "is not a field of this resource"
    if kind in {"literal_error", "enum"}:
        return f"{details['input']!r} is not one of {details['ctx']['expected'].replace(' or ', ', ')}"
    if kind in {"too_long", "too_short"}:
        limit = details["ctx"].get("max_length", details["ctx"].get("min_length"))
        return f"must have at {'most' if kind == 'too_long' else 'least'} {limit} entries"
    if kind == "int_type" and isinstance(details["input"], str) and not details["input"].strip("+-").isdecimal():
        return f"{details['input']!r} is not a whole number"
    if kind in _WORDS:
        return _WORDS[kind]
    message = details["msg"].removeprefix("Value error, ")
    return message.replace("Input should be", "must be")


def _advice(model: type[BaseModel], details: ErrorDetails) -> str:
    location = details["loc"]
    if details["type"] == "extra_forbidden" and location:
        return closest(str(location[-1]), _fields_at(model, location[:-1]))
    if details["type"] in {"literal_error", "enum"}:
        return closest(str(details["input"]), [word.strip("' ") for word in details["ctx"]["expected"].split(",")])
    return ""


def _fields_at(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """Names of the fields that the model at `location` has."""
    current: Any = model
    for step in location:
        current = _inner(current, step)
    found = _model_in(current)
    return [] if found is None else [info.alias or name for name, info in found.model_fields.items()]


def _inner(annotation: Any, step: int | str) -> Any:
    found = _model_in(annotation)
    if found is not None and isinstance(step, str):
        for name, info in found.model_fields.items():
            if step in {name, info.alias}:
                return info.annotation
    for argument in _arguments(annotation):
        if typing.get_origin(argument) is tuple:
            return typing.get_args(argument)[0]
        if typing.get_origin(argument) is dict:
            return typing.get_args(argument)[1]
    return None


def _model_in(annotation: Any) -> type[BaseModel] | None:
    for argument in _arguments(annotation):
        if isinstance(argument, type) and issubclass(argument, BaseModel):
            return argument
    return None


def _arguments(annotation: Any) -> list[Any]:
    """The members of a union, an annotation alone as itself, without its metadata."""
    if typing.get_origin(annotation) in {typing.Union, types.UnionType}:
        return [inner for member in typing.get_args(annotation) for inner in _arguments(member)]
    if typing.get_origin(annotation) is typing.Annotated:
        return _arguments(typing.get_args(annotation)[0])
    return [annotation]
