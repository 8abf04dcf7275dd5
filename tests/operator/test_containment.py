import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brownfield_operator.containment import contains

CONTAINERS = "spec.template.spec.containers"
SCALARS = st.one_of(st.integers(), st.text(max_size=5), st.booleans())
OBJECTS: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=12,
)


@given(OBJECTS)
def test_everything_holds_itself(value: Any) -> None:
    assert contains(copy.deepcopy(value), value)


@given(st.dictionaries(st.text(max_size=3), OBJECTS, max_size=3), OBJECTS)
def test_what_the_server_adds_does_not_count(wanted: dict[str, Any], added: Any) -> None:
    assert contains({**wanted, "added by the server": added}, wanted)


@given(st.dictionaries(st.text(max_size=3), OBJECTS, min_size=1, max_size=3), st.data())
def test_what_is_missing_or_different_is_found(wanted: dict[str, Any], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(wanted)))
    assert not contains({key: value for key, value in wanted.items() if key != name}, wanted)
    assert not contains({**wanted, name: object()}, wanted)


@pytest.mark.parametrize(
    ("live", "held"),
    [
        ([{"name": "b"}, {"name": "a", "image": "1", "default": 0}], True),
        ([{"name": "a", "image": "2"}], False),
        ([{"name": "b", "image": "1"}], False),
        ([], False),
        (None, False),
    ],
)
def test_lists_with_keys_are_compared_item_by_item(live: Any, held: bool) -> None:
    assert contains(live, [{"name": "a", "image": "1"}], CONTAINERS) is held


@pytest.mark.parametrize(
    ("live", "held"),
    [
        ([{"to": [{}], "default": 0}, {"from": []}], True),
        ([{"from": []}, {"to": [{}]}], False),
        ([{"to": [{}]}], False),
        ([{"to": [{}]}, {"from": []}, {}], False),
    ],
)
def test_lists_without_keys_are_one_value(live: Any, held: bool) -> None:
    assert contains(live, [{"to": [{}]}, {"from": []}], "spec.egress") is held


@pytest.mark.parametrize(("live", "held"), [({}, True), ({"x": 1}, True), (None, False), ([], False)])
def test_an_empty_object_must_be_there(live: Any, held: bool) -> None:
    assert contains({"emptyDir": live}, {"emptyDir": {}}) is held
    assert not contains({}, {"emptyDir": {}})
