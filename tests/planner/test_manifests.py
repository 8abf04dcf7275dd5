"""YAML reading: lines, kubectl's view of scalars, and files that mean harm."""

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brownfield_planner import Plan, load_resources, read_manifest
from brownfield_planner.manifests import MAX_DEPTH

PlanOf = Callable[..., Plan]


def content(text: str) -> object:
    return dict(read_manifest("f.yaml", text).documents[0].content)


def test_scalars_are_what_kubectl_makes_of_them() -> None:
    text = "{a: 1, b: '1', c: true, d: 2014-06-16, e: 12:30:45, f: ~, g: 1.5, h: on, i: 0x1f, j: 123456789012345678901}"
    assert content(text) == {
        "a": 1,
        "b": "1",
        "c": True,
        "d": "2014-06-16",
        "e": "12:30:45",
        "f": None,
        "g": 1.5,
        "h": True,
        "i": 31,
        "j": "123456789012345678901",
    }


def test_every_field_knows_its_line() -> None:
    head = "apiVersion: v1\nkind: X\nspec:\n  list:\n  - a: 1\n  - b:\n      c: 2\n"
    text = head + "data:\n  tags.csv: |\n    one\n    two\n"
    document = read_manifest("f.yaml", text).documents[0]
    assert document.line_of("spec.list[1].b.c") == 7
    assert document.line_of("spec.list[1].b.missing.deeper") == 6
    assert document.line_of("nowhere") == 1
    assert document.line_in_block("data[tags.csv]", 2) == 11


def test_members_of_a_list_are_documents_of_their_own() -> None:
    text = "kind: List\napiVersion: v1\nitems:\n- kind: A\n  metadata: {name: x}\n- kind: B\n  metadata: {name: y}\n"
    documents = read_manifest("f.yaml", text).documents
    assert [(item.resource, item.line) for item in documents] == [("A/x", 4), ("B/y", 6)]
    assert documents[1].line_of("metadata.name") == 7


def test_anchors_and_merge_keys_work_within_bounds() -> None:
    assert content("x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}\n") == {"x": {"a": 1, "b": 2}, "y": {"a": 1, "b": 3}}


def test_a_yaml_bomb_is_refused_quickly() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 40)]
    started = time.monotonic()
    manifest = read_manifest("f.yaml", "\n".join(lines))
    assert [item.reason for item in manifest.findings] == ["InvalidYaml"]
    assert time.monotonic() - started < 20


@pytest.mark.parametrize("depth", [MAX_DEPTH + 2, 5_000])
def test_deep_nesting_is_refused(depth: int) -> None:
    manifest = read_manifest("f.yaml", "a: " + "[" * depth + "]" * depth)
    assert manifest.documents == ()
    assert [item.reason for item in manifest.findings] == ["InvalidYaml"]


def test_a_self_referring_alias_is_refused() -> None:
    assert [item.reason for item in read_manifest("f.yaml", "a: &a [*a]").findings] == ["InvalidYaml"]


def test_documents_before_a_syntax_error_are_kept() -> None:
    manifest = read_manifest("f.yaml", "kind: A\n---\nkind: [\n")
    assert [item.kind for item in manifest.documents] == ["A"]
    assert manifest.findings[0].line >= 3


@given(st.text(max_size=200))
def test_no_text_raises(text: str) -> None:
    load_resources([read_manifest("f.yaml", text)])


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["apiVersion", "kind", "metadata", "name", "spec", "tags", "modbus", "assets", "data"]),
                inner,
            )
        ),
        max_leaves=20,
    )
)
def test_no_shape_of_a_resource_raises(spec: object) -> None:
    import yaml

    for kind in ("LegacySource", "AssetMapping", "TwinModel"):
        document = {"apiVersion": "brownfield.dev/v1alpha1", "kind": kind, "metadata": {"name": "a"}, "spec": spec}
        load_resources([read_manifest("f.yaml", yaml.safe_dump(document))])


def test_an_older_creation_wins_over_the_order_of_files(plan_of: PlanOf) -> None:
    text = """
apiVersion: brownfield.dev/v1alpha1
kind: LegacySource
metadata: {{name: a, creationTimestamp: "{stamp}"}}
spec: {{modbus: {{endpoint: "tcp://{host}"}}, tags: [{{name: a, address: "holding:0"}}]}}
"""
    made = plan_of(
        text.format(stamp="2026-02-01T00:00:00Z", host="younger"),
        text.format(stamp="2026-01-01T00:00:00Z", host="older"),
    )
    assert [item.name for item in made.processes] == ["older-502"]
    assert [(item.file, item.reason) for item in made.errors] == [("file0.yaml", "DuplicateResource")]
