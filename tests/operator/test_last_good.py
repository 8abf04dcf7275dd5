"""Whatever breaks: what ran goes on as it was, nothing comes back that is gone, and a device has one connection."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.operator.adapter_configs import adapter_config, endpoint, source

from brownfield_api.adapter_config import AdapterConfig, SourceConfig
from brownfield_api.process import render_config
from brownfield_operator.desired import ProcessKey
from brownfield_operator.last_good import Carried, Ident, Running, carry_over, without_endpoints

NAMES = tuple("abcdef")
PROCESSES = ("p", "q", "r")
ENDPOINTS = ("tcp://1:502", "tcp://2:502", "tcp://3:502", "tcp://4:502")


@dataclass(frozen=True)
class Place:
    """Where a source is read, how often, and from which table: what one version of it says."""

    endpoint: str
    seconds: int
    table: str


Places = Mapping[str, Place]
Homes = Mapping[str, str]
"""Endpoint to process."""

places = st.dictionaries(
    st.sampled_from(NAMES),
    st.builds(Place, st.sampled_from(ENDPOINTS), st.integers(1, 9), st.sampled_from(["x", "y", "z"])),
)
homes = st.fixed_dictionaries({endpoint: st.sampled_from(PROCESSES) for endpoint in ENDPOINTS})


def configs(sources: Places, of: Homes) -> dict[ProcessKey, AdapterConfig]:
    """As the planner makes them: each endpoint in one process, sources of an endpoint together."""
    together: dict[str, dict[str, list[SourceConfig]]] = defaultdict(lambda: defaultdict(list))
    for name, place in sorted(sources.items()):
        made = source(name, table=place.table, interval=float(place.seconds))
        together[of[place.endpoint]][place.endpoint].append(made)
    return {
        ("adapter", "farm", process): adapter_config(
            *(endpoint(key, *found) for key, found in sorted(endpoints.items())), name=process
        )
        for process, endpoints in together.items()
    }


def running(config: AdapterConfig) -> Running:
    owners = frozenset(ident(item.name) for each in config.endpoints for item in each.sources)
    return Running(content=render_config(config), egress=(), owners=owners)


def ident(name: str) -> Ident:
    return "LegacySource", "farm", name


def read(content: bytes) -> AdapterConfig:
    return msgspec.json.decode(content, type=AdapterConfig)


def by_name(config: AdapterConfig) -> dict[str, tuple[str, SourceConfig]]:
    """Source by name, with the key of its endpoint."""
    return {item.name: (each.key, item) for each in config.endpoints for item in each.sources}


@settings(max_examples=300, deadline=None)
@given(before=places, homes_before=homes, after=places, homes_after=homes, broken=st.frozensets(st.sampled_from(NAMES)))
def test_of_any_change_with_anything_broken(
    before: Places, homes_before: Homes, after: Places, homes_after: Homes, broken: frozenset[str]
) -> None:
    old = configs(before, homes_before)
    planned = configs({name: place for name, place in after.items() if name not in broken}, homes_after)
    carried = carry_over(
        planned, {key: running(config) for key, config in old.items()}, frozenset(ident(name) for name in broken)
    )
    result = {**planned, **{key: read(content) for key, content in carried.contents.items()}}
    _no_endpoint_is_read_twice(result)
    _every_table_is_there(result)
    _what_is_planned_is_as_planned(planned, result)
    _nothing_comes_back(planned, result, broken)
    _what_broke_goes_on_where_it_was(old, planned, carried, broken)


def _no_endpoint_is_read_twice(result: Mapping[ProcessKey, AdapterConfig]) -> None:
    keys = [each.key for config in result.values() for each in config.endpoints]
    assert len(keys) == len(set(keys))
    names = [name for config in result.values() for name in by_name(config)]
    assert len(names) == len(set(names)), "no source is read by two processes"


def _every_table_is_there(result: Mapping[ProcessKey, AdapterConfig]) -> None:
    for config in result.values():
        assert {item.table for _, item in by_name(config).values()} == set(config.tables)


def _what_is_planned_is_as_planned(
    planned: Mapping[ProcessKey, AdapterConfig], result: Mapping[ProcessKey, AdapterConfig]
) -> None:
    for key, config in planned.items():
        assert by_name(config).items() <= by_name(result[key]).items()


def _nothing_comes_back(
    planned: Mapping[ProcessKey, AdapterConfig], result: Mapping[ProcessKey, AdapterConfig], broken: frozenset[str]
) -> None:
    for key, config in result.items():
        wanted = set(by_name(planned[key])) if key in planned else set()
        assert set(by_name(config)) <= wanted | broken


def _what_broke_goes_on_where_it_was(
    old: Mapping[ProcessKey, AdapterConfig],
    planned: Mapping[ProcessKey, AdapterConfig],
    carried: Carried,
    broken: frozenset[str],
) -> None:
    elsewhere = {each.key: key for key, config in planned.items() for each in config.endpoints}
    for key, config in old.items():
        for name, (at, item) in by_name(config).items():
            if name not in broken:
                continue
            if elsewhere.get(at, key) == key:
                assert by_name(read(carried.contents[key]))[name] == (at, item)
                assert ident(name) in carried.idents[key]
            else:
                assert ident(name) not in carried.idents.get(key, frozenset())


def test_nothing_is_carried_when_nothing_is_broken() -> None:
    old = configs({"a": Place(ENDPOINTS[0], 1, "x")}, dict.fromkeys(ENDPOINTS, "p"))
    found = carry_over({}, {key: running(config) for key, config in old.items()}, ())
    assert found == Carried(contents={}, idents={})


def test_two_sources_of_an_endpoint_keep_the_lower_budget_when_one_breaks() -> None:
    old = adapter_config(endpoint(ENDPOINTS[0], source("a"), source("b"), rate=2.0))
    key = ("adapter", "farm", "process")
    planned = adapter_config(endpoint(ENDPOINTS[0], source("a"), rate=10.0))
    found = carry_over({key: planned}, {key: running(old)}, {ident("b")})
    assert [each.load.max_requests_per_second for each in read(found.contents[key]).endpoints] == [2.0]


@pytest.mark.parametrize("kind", ["pipeline", "twin"])
def test_a_broken_pipeline_or_twin_stays_as_it_is_unless_it_is_planned(kind: str) -> None:
    key, owner = (kind, "farm", "it"), ("AssetMapping", "farm", "it")
    there = {key: Running(content=b"as it was", egress=(), owners=frozenset({owner}))}
    assert carry_over({}, there, {owner}).contents == {key: b"as it was"}
    assert carry_over({key: None}, there, {owner}).contents == {}
    assert carry_over({}, there, {("AssetMapping", "farm", "other")}).contents == {}


@pytest.mark.parametrize("content", [b"", b"{}", b'{"kind":"adapter","version":99}'])
def test_a_configuration_nobody_understands_any_more_stays_whole_or_goes(content: bytes) -> None:
    """After an upgrade that changed its form."""
    key = ("adapter", "farm", "process")
    there = {key: Running(content=content, egress=(), owners=frozenset({ident("a"), ident("b")}))}
    assert carry_over({}, there, {ident("a")}) == Carried(
        contents={key: content}, idents={key: frozenset({ident("a")})}
    )
    planned = adapter_config(endpoint(ENDPOINTS[0], source("b")))
    assert carry_over({key: planned}, there, {ident("a")}).contents == {}


@given(sources=places, held=st.frozensets(st.sampled_from(ENDPOINTS)))
def test_without_held_endpoints_the_rest_is_as_it_was(sources: Places, held: frozenset[str]) -> None:
    for config in configs(sources, dict.fromkeys(ENDPOINTS, "p")).values():
        content = without_endpoints(render_config(config), held)
        left = [each for each in config.endpoints if each.key not in held]
        if not left:
            assert content is None
            continue
        assert content is not None
        found = read(content)
        assert list(found.endpoints) == left
        assert set(found.tables) == {item.table for each in left for item in each.sources}
        assert msgspec.structs.replace(found, endpoints=(), tables={}) == msgspec.structs.replace(
            config, endpoints=(), tables={}
        )
