from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hack.cluster.registry import Registry, check_name

from brownfield_api.errors import BrownfieldError


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "state")


def test_clusters_get_slots_of_their_own_and_keep_them(registry: Registry) -> None:
    edge, cloud = registry.add("edge", "local"), registry.add("cloud", "local")

    assert edge.slot != cloud.slot
    assert registry.add("edge", "local") == edge
    assert registry.find("cloud") == cloud
    assert registry.entries() == [edge, cloud]


def test_a_removed_cluster_frees_its_slot(registry: Registry) -> None:
    edge = registry.add("edge", "local")
    registry.remove("edge")

    assert registry.find("edge") is None
    assert registry.add("cloud", "local").slot == edge.slot


def test_removing_an_unknown_cluster_changes_nothing(registry: Registry) -> None:
    registry.add("edge", "local")
    registry.remove("cloud")

    assert [entry.name for entry in registry.entries()] == ["edge"]


def test_a_name_belongs_to_one_provider(registry: Registry) -> None:
    registry.add("edge", "local")

    with pytest.raises(BrownfieldError, match="exists with the provider local, not kind"):
        registry.add("edge", "kind")


def test_clusters_made_at_once_get_different_slots(registry: Registry) -> None:
    names = [f"c{number}" for number in range(8)]
    with ThreadPoolExecutor(len(names)) as pool:
        entries = list(pool.map(lambda name: registry.add(name, "local"), names))

    assert len({entry.slot for entry in entries}) == len(names)
    assert sorted(entry.name for entry in registry.entries()) == names


@pytest.mark.parametrize("name", ["", "Edge", "1edge", "edge-", "../edge", "a" * 31, "edge cloud", "edge\n"])
def test_a_name_that_could_not_name_a_namespace_and_a_node_is_refused(name: str, registry: Registry) -> None:
    with pytest.raises(BrownfieldError, match="not a name for a cluster"):
        registry.add(name, "local")


@pytest.mark.parametrize("name", ["a", "edge", "edge-2", "a" * 30])
def test_a_plain_name_is_taken(name: str) -> None:
    assert check_name(name) == name
