"""The CRDs on a real API server: it accepts what is right, and refuses what is wrong, one constraint at a time."""

from collections.abc import Mapping
from typing import Any

import pytest
import yaml
from tests.api_server.admin import Admin, Json, Refused, path
from tests.api_server.constraints import (
    HERE,
    Constraint,
    at_the_limit,
    broken,
    complete,
    constraints,
    place,
    rules,
    schemas,
)
from tests.api_server.space import Space

COMPLETE = complete()
OF_SPEC, OF_STATUS = constraints("spec"), constraints("status")
RULES: dict[str, dict[str, Any]] = yaml.safe_load((HERE / "data/rules.yaml").read_text(encoding="utf-8"))
TRY = {"dryRun": "All", "fieldValidation": "Strict"}
MATCHES_EVERYTHING = r"^[\s\S]*$"


@pytest.fixture(scope="module")
def crd_space(admin: Admin) -> Space:
    """Where nothing is stored but one of each kind, for statuses."""
    name = "constraints"
    admin.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    space = Space(admin, name)
    for item in COMPLETE:
        space.apply({field: value for field, value in item.items() if field != "status"})
    return space


def of(constraint: Constraint) -> dict[str, Any]:
    """The complete object that has what the constraint is about."""
    found = (item for item in COMPLETE if item["kind"] == constraint.kind and place(item, constraint.steps))
    return next(found)


@pytest.mark.parametrize("kind", schemas())
def test_the_complete_examples_have_every_field(kind: str) -> None:
    wanted = {item.steps for item in (*OF_SPEC, *OF_STATUS) if item.kind == kind}
    missing = [steps for steps in wanted if not any(place(item, steps) for item in COMPLETE if item["kind"] == kind)]
    assert missing == []


@pytest.mark.parametrize("item", COMPLETE, ids=lambda item: item["metadata"]["name"])
def test_a_complete_resource_is_accepted(crd_space: Space, item: Json) -> None:
    create(crd_space, item)


@pytest.mark.parametrize("constraint", OF_SPEC, ids=lambda constraint: constraint.name)
def test_the_api_server_holds_every_constraint_of_a_spec(crd_space: Space, constraint: Constraint) -> None:
    whole = of(constraint)
    wrong, right = broken(constraint, whole), at_the_limit(constraint, whole)
    if wrong is None:
        assert constraint.schema["pattern"] == MATCHES_EVERYTHING
    else:
        with pytest.raises(Refused) as refused:
            create(crd_space, wrong)
        assert refused.value.code in {400, 422}
        assert constraint.steps[-1].strip("[]{}") in refused.value.message
    if right is not None:
        create(crd_space, right)


@pytest.mark.parametrize("constraint", OF_STATUS, ids=lambda constraint: constraint.name)
def test_the_api_server_holds_every_constraint_of_a_status(crd_space: Space, constraint: Constraint) -> None:
    wrong = broken(constraint, of(constraint))
    if wrong is None:
        assert constraint.schema["pattern"] == MATCHES_EVERYTHING
        return
    with pytest.raises(Refused) as refused:
        put_status(crd_space, wrong)
    assert refused.value.code in {400, 422}
    put_status(crd_space, of(constraint))


def test_every_rule_is_in_the_table() -> None:
    for message in rules():
        assert [start for start in RULES if message.startswith(start)], message
    for start in RULES:
        assert [message for message in rules() if message.startswith(start)], start


@pytest.mark.parametrize("message", RULES)
def test_the_api_server_holds_every_rule(crd_space: Space, message: str) -> None:
    table = RULES[message]
    base = next(item for item in COMPLETE if item["metadata"]["name"] == table["of"])
    for change in table["passes"]:
        create(crd_space, merged(base, change))
    for change in table["refuses"]:
        with pytest.raises(Refused, match=message):
            create(crd_space, merged(base, change))


def create(space: Space, item: Mapping[str, Any]) -> None:
    metadata = {**item["metadata"], "namespace": space.name}
    metadata["name"] = metadata["name"] if "complete" not in metadata["name"] else f"try-{metadata['name']}"
    body = {**{name: value for name, value in item.items() if name != "status"}, "metadata": metadata}
    space.admin.request("POST", path(item["kind"], space.name), body, **TRY)


def put_status(space: Space, item: Mapping[str, Any]) -> None:
    live = space.get(item["kind"], item["metadata"]["name"])
    assert live is not None
    where = path(item["kind"], space.name, item["metadata"]["name"], "status")
    space.admin.request("PUT", where, {**live, "status": item["status"]}, **TRY)


def merged(base: Any, change: Any) -> Any:
    """RFC 7386."""
    if not isinstance(change, Mapping):
        return change
    result = dict(base) if isinstance(base, Mapping) else {}
    for name, value in change.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result
