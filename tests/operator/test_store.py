"""What the store takes for a change, and what it lets pass."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.operator import cluster_objects as objects
from tests.operator.cluster_objects import Body

from brownfield_api.resources import Reason
from brownfield_operator.store import CONFIG_MAP, Store, ident_of

SOURCE = "LegacySource"


def test_a_new_object_and_a_new_generation_are_changes() -> None:
    store = Store()
    assert store.put(SOURCE, objects.source("a"))
    assert store.put(SOURCE, objects.source("a", version=2, generation=2, interval="2s"))
    assert store.entries[SOURCE, "farm", "a"].generation == 2


def test_a_status_a_label_or_an_annotation_is_no_change() -> None:
    """The operator writes statuses itself: planning for each would never end."""
    store = Store()
    store.put(SOURCE, objects.source("a"))
    body = objects.source("a", version=2)
    body["status"] = {"protocol": "modbus"}
    body["metadata"]["labels"] = {"team": "north"}
    assert not store.put(SOURCE, body)
    entry = store.entries[SOURCE, "farm", "a"]
    assert (entry.status, entry.seen) == (b'{"protocol":"modbus"}', 2)


def test_a_watch_that_lags_behind_changes_nothing() -> None:
    store = Store()
    store.put(SOURCE, objects.source("a", version=9, generation=3, interval="9s"))
    assert not store.put(SOURCE, objects.source("a", version=8, generation=2, interval="8s"))
    assert store.entries[SOURCE, "farm", "a"].generation == 3


def test_an_object_made_anew_is_a_change_whatever_its_version_says() -> None:
    store = Store()
    store.put(SOURCE, objects.source("a", version=9))
    again = objects.source("a", version=3)
    again["metadata"]["uid"] = "another"
    assert store.put(SOURCE, again)
    assert store.uids() == {(SOURCE, "farm", "a"): "another"}


def test_only_the_very_object_that_was_deleted_is_forgotten() -> None:
    store = Store()
    store.put(SOURCE, objects.source("a"))
    ident = (SOURCE, "farm", "a")
    assert not store.remove(ident, "the one before")
    assert store.remove(ident, "uid-LegacySource-a")
    assert not store.remove(ident, "uid-LegacySource-a")


def test_an_edit_of_a_table_is_a_change_and_its_digest_tells_it() -> None:
    store = Store()
    store.put(CONFIG_MAP, objects.table())
    before = store.entries[CONFIG_MAP, "farm", "tags"].digest
    assert store.put(CONFIG_MAP, objects.table("tags", "power,holding:2,float32,kW", version=2))
    assert store.entries[CONFIG_MAP, "farm", "tags"].digest != before
    assert store.put(CONFIG_MAP, objects.table("tags", version=3))
    assert store.entries[CONFIG_MAP, "farm", "tags"].digest == before


def test_a_list_takes_what_is_not_in_it_but_no_table_that_is_in_no_list() -> None:
    store = Store()
    for name in ("a", "b"):
        store.put(SOURCE, objects.source(name))
    store.put(CONFIG_MAP, objects.table("listed"))
    store.put(CONFIG_MAP, objects.table("looked-up", labelled=False))
    assert store.keep_only(SOURCE, None, frozenset({("farm", "b")}))
    assert not store.keep_only(SOURCE, None, frozenset({("farm", "b")}))
    assert store.keep_only(CONFIG_MAP, None, frozenset())
    assert set(store.entries) == {(SOURCE, "farm", "b"), (CONFIG_MAP, "farm", "looked-up")}


def test_a_list_of_one_namespace_says_nothing_of_the_others() -> None:
    store = Store()
    store.put(SOURCE, objects.source("a"))
    store.put(SOURCE, objects.source("b", namespace="other"))
    assert store.keep_only(SOURCE, "other", frozenset())
    assert set(store.entries) == {(SOURCE, "farm", "a")}


def test_an_invalid_resource_is_kept_as_refused_with_what_is_wrong() -> None:
    store = Store()
    body = objects.source("a", interval="soon")
    store.put(SOURCE, body)
    resources = store.resources()
    assert resources.sources == ()
    assert resources.exists_refused(SOURCE, "farm", "a")
    assert [finding.reason for finding in resources.findings] == [Reason.INVALID_FIELD]
    assert store.uids() == {(SOURCE, "farm", "a"): "uid-LegacySource-a"}, "it still owns what ran for it"


def test_what_was_validated_is_not_kept_as_text_as_well() -> None:
    store = Store()
    rows = [f"tag{number},holding:{number},uint16," for number in range(2000)]
    store.put(CONFIG_MAP, objects.table("tags", *rows))
    store.put(SOURCE, objects.source("a"))
    for entry in store.entries.values():
        assert entry.read.document.content.get("spec") is None
        assert entry.read.document.content.get("data") is None


Change = tuple[str, int]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 3)), max_size=12), st.randoms())
def test_in_whatever_order_versions_arrive_the_newest_one_stays(changes: list[Change], chance: random.Random) -> None:
    """Lists and watches of one kind run side by side; every version may be seen twice and late."""
    versions: dict[str, list[Body]] = {}
    for version, (name, seconds) in enumerate(changes, start=1):
        body = objects.source(name, version=version, generation=version, interval=f"{seconds}s")
        versions.setdefault(name, []).append(body)
    shuffled = [body for history in versions.values() for body in history] * 2
    chance.shuffle(shuffled)
    store = Store()
    for body in shuffled:
        store.put(SOURCE, body)
    for name, history in versions.items():
        assert store.entries[ident_of(SOURCE, history[-1])].generation == history[-1]["metadata"]["generation"], name


@pytest.mark.parametrize("kind", ["AssetMapping", "TwinModel"])
def test_every_kind_of_ours_is_counted_among_ours(kind: str) -> None:
    store = Store()
    store.put("AssetMapping", objects.mapping("m", {"T1": "a"}))
    store.put("TwinModel", objects.twin("t", "m"))
    store.put(CONFIG_MAP, objects.table())
    assert kind in {ident[0] for ident, _ in store.of_our_kinds()}
    assert CONFIG_MAP not in {ident[0] for ident, _ in store.of_our_kinds()}
