from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.operator.manifests import processes

from brownfield_operator.manifests import config_map, render
from brownfield_operator.manifests.config_map import PART_SIZE, config_maps, split
from brownfield_spine.process import _content

MIB = 1024**2


def big_content() -> bytes:
    """3 MiB in which every cut at `PART_SIZE` would go through a character of four bytes."""
    return b'"' + "😀".encode() * (3 * MIB // 4) + b'"'


def test_the_process_reads_back_what_was_split(tmp_path: Path) -> None:
    content = big_content()
    parts = config_maps(replace(processes.adapter(), content=content))
    assert len(parts) == 4
    for part in parts:
        for key, text in part["data"].items():
            (tmp_path / key).write_text(text, encoding="utf-8", newline="")
    assert _content(tmp_path) == content


def test_no_part_is_larger_than_the_api_server_takes() -> None:
    parts = config_maps(replace(processes.adapter(), content=big_content()))
    sizes = [len(text.encode()) for part in parts for text in part["data"].values()]
    assert max(sizes) <= PART_SIZE < MIB


@given(st.text(), st.integers(min_value=4, max_value=9))
def test_pieces_are_text_and_give_the_whole_again(text: str, size: int) -> None:
    pieces = split(text.encode(), size)
    assert "".join(piece.decode() for piece in pieces) == text
    assert all(len(piece) <= size for piece in pieces)


def test_a_new_configuration_has_new_names_and_the_pod_mounts_them() -> None:
    process, settings = processes.adapter(), processes.settings()
    before, after = (render(replace(process, content=content), settings) for content in (b"{}", b"[]"))
    assert before[0]["metadata"]["name"] != after[0]["metadata"]["name"]
    assert before[0]["immutable"]
    volumes = {volume["name"]: volume for volume in after[-1]["spec"]["template"]["spec"]["volumes"]}
    assert volumes["config"]["projected"]["sources"] == [{"configMap": {"name": after[0]["metadata"]["name"]}}]


def test_the_same_bytes_cut_elsewhere_have_other_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """The immutable ConfigMaps of an operator that cut elsewhere are never asked to change."""
    process = replace(processes.adapter(), content=b"0123456789")
    before = config_maps(process)[0]
    monkeypatch.setattr(config_map, "split", lambda content: split(content, 5))
    after = config_maps(process)[0]
    assert before["data"] != after["data"]
    assert before["metadata"]["name"] != after["metadata"]["name"]
