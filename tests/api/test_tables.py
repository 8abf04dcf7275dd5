"""Tables are named by their content, and nothing else is accepted under that name."""

import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brownfield_api.errors import CorruptBatch
from brownfield_api.tables import (
    MAX_TABLE_BYTES,
    AnyTable,
    AssetProperty,
    AssetTable,
    Tag,
    TagTable,
    ValueType,
    pack,
    table_hash,
    unpack,
)

_TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
_NUMBER = st.floats(allow_nan=False, allow_infinity=False)
_TYPES = st.sampled_from(list(ValueType))
_TAGS = st.builds(
    Tag, name=_TEXT, address=_TEXT, type=_TYPES, unit=_TEXT, scale=_NUMBER, offset=_NUMBER, description=_TEXT
)
_PROPERTIES = st.builds(
    AssetProperty,
    asset=_TEXT,
    property=_TEXT,
    type=_TYPES,
    source=_TEXT,
    tag=_TEXT,
    inputs=st.lists(_TEXT, max_size=3).map(tuple),
    sequence=st.booleans(),
)
_TABLES: st.SearchStrategy[AnyTable] = st.one_of(
    st.builds(TagTable, tags=st.lists(_TAGS, max_size=8).map(tuple)),
    st.builds(AssetTable, mapping=_TEXT, generation=_TEXT, properties=st.lists(_PROPERTIES, max_size=8).map(tuple)),
)


@given(_TABLES)
def test_every_table_comes_back_under_its_name(table: AnyTable) -> None:
    name, packed = pack(table)
    assert unpack(name, packed) == table
    assert table_hash(table) == name


@given(_TABLES, _TABLES)
def test_different_tables_have_different_names(left: AnyTable, right: AnyTable) -> None:
    assert (table_hash(left) == table_hash(right)) == (left == right)


@given(_TABLES, st.data())
def test_mutated_bytes_never_pass_for_another_table(table: AnyTable, data: st.DataObject) -> None:
    name, packed = pack(table)
    mutated = bytearray(packed)
    mutated[data.draw(st.integers(0, len(packed) - 1))] ^= data.draw(st.integers(1, 255))
    with suppress(CorruptBatch):
        assert unpack(name, bytes(mutated)) == table  # some bits of a deflate stream mean nothing


@given(st.binary(max_size=100))
def test_any_bytes_are_refused_without_a_crash(packed: bytes) -> None:
    with pytest.raises(CorruptBatch):
        unpack("0" * 32, packed)


def test_a_table_under_another_name_is_refused() -> None:
    _, packed = pack(TagTable(tags=()))
    with pytest.raises(CorruptBatch, match="does not hash"):
        unpack("0" * 32, packed)


def test_a_small_file_that_unpacks_to_too_much_is_refused_before_it_fills_memory() -> None:
    bomb = zlib.compress(b" " * (MAX_TABLE_BYTES + 1), 9)
    assert len(bomb) < MAX_TABLE_BYTES // 100
    with pytest.raises(CorruptBatch, match="more than"):
        unpack("0" * 32, bomb)


@pytest.mark.parametrize("content", [b'{"type":"TagTable","tags":[{"name":"\xc3("}]}', b"[" * 100_000])
def test_what_the_decoder_has_no_error_of_its_own_for_is_refused_too(content: bytes) -> None:
    with pytest.raises(CorruptBatch, match="cannot be read"):
        unpack("0" * 32, zlib.compress(content))
