"""The batch format carries every sample exactly, and bytes that are not what they should be are refused."""

import io
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from arro3.core import Array, RecordBatch
from arro3.io import read_ipc_stream, write_ipc_stream
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from brownfield_api.batch import (
    MAX_BATCH_BYTES,
    MAX_BATCH_ROWS,
    SampleBatch,
    checksum,
    decode,
    empty_batch,
    encode,
    split,
    utf8_column,
)
from brownfield_api.errors import CorruptBatch

_DTYPES: tuple[Any, ...] = (np.uint32, np.float64, np.uint32, np.uint16, np.int64, np.int64)


@st.composite
def batches(draw: st.DrawFn, max_rows: int = 60) -> SampleBatch:
    rows = draw(st.integers(0, max_rows))
    columns: Any = [draw(arrays(dtype, rows)) for dtype in _DTYPES]
    text = st.text(st.characters(codec="utf-8"), max_size=20)
    texts = draw(st.none() | st.lists(text, min_size=rows, max_size=rows))
    return replace(
        SampleBatch(*columns),
        value_i64=draw(st.none() | arrays(np.int64, rows)),
        value_u64=draw(st.none() | arrays(np.uint64, rows)),
        value_utf8=None if texts is None else utf8_column(texts),
    )


def assert_equal(left: SampleBatch, right: SampleBatch) -> None:
    def same(a: npt.NDArray[Any] | None, b: npt.NDArray[Any] | None) -> bool:
        return (a is None and b is None) or (a is not None and b is not None and a.tobytes() == b.tobytes())

    assert all(same(a, b) for a, b in zip(left.columns, right.columns, strict=True))
    assert same(left.value_i64, right.value_i64)
    assert same(left.value_u64, right.value_u64)
    assert (left.value_utf8 is None) == (right.value_utf8 is None)
    assert left.texts() == right.texts()


@settings(deadline=None)
@given(batches())
def test_every_batch_comes_back_bit_for_bit(batch: SampleBatch) -> None:
    payload = encode(batch)
    assert_equal(decode(payload, checksum(payload)), batch)


@settings(max_examples=300, deadline=None)
@given(batches(max_rows=10), st.data())
def test_a_mutated_batch_is_refused_before_it_is_decoded(batch: SampleBatch, data: st.DataObject) -> None:
    payload = encode(batch)
    mutated = bytearray(payload)
    for position in data.draw(st.sets(st.integers(0, len(payload) - 1), min_size=1, max_size=4)):
        mutated[position] ^= data.draw(st.integers(1, 255))
    with pytest.raises(CorruptBatch, match="checksum"):
        decode(bytes(mutated), checksum(payload))
    with pytest.raises(CorruptBatch, match="checksum"):
        decode(payload[: data.draw(st.integers(0, len(payload) - 1))], checksum(payload))


@settings(deadline=None)
@given(st.binary(max_size=64))
def test_bytes_that_are_no_arrow_stream_are_refused_although_their_checksum_is_right(payload: bytes) -> None:
    with pytest.raises(CorruptBatch):
        decode(payload, checksum(payload))


@pytest.mark.parametrize("wrong", ["missing", "renamed", "type", "extra"])
def test_an_arrow_stream_of_other_columns_is_refused(wrong: str) -> None:
    stream = io.BytesIO(encode(empty_batch()))
    found = read_ipc_stream(stream).read_next_batch()
    columns: dict[str, Any] = {name: found.column(name) for name in found.schema.names}
    if wrong == "missing":
        columns.pop("receive_time")
    elif wrong == "renamed":
        columns = {name.replace("value", "worth"): column for name, column in columns.items()}
    elif wrong == "type":
        columns["value"] = Array.from_numpy(np.empty(0, np.float32))
    else:
        columns["more"] = Array.from_numpy(np.empty(0, np.int64))
    out = io.BytesIO()
    write_ipc_stream(RecordBatch(columns), out, compression=None)
    with pytest.raises(CorruptBatch, match="column"):
        decode(out.getvalue(), checksum(out.getvalue()))


@settings(deadline=None)
@given(batches(max_rows=30), st.integers(1, 12))
def test_splitting_keeps_every_row_in_order(batch: SampleBatch, max_rows: int) -> None:
    parts = split(batch, max_rows)
    assert all(1 <= len(part) <= max_rows for part in parts) or len(batch) == 0
    for position in range(6):
        joined = np.concatenate([part.columns[position] for part in parts])
        assert joined.tobytes() == batch.columns[position].tobytes()
    assert [text for part in parts for text in part.texts()] == batch.texts()


def test_a_numeric_batch_of_the_largest_size_fits_the_spine() -> None:
    columns: Any = [np.ones(MAX_BATCH_ROWS, dtype) for dtype in _DTYPES]
    full = SampleBatch(*columns)
    assert len(encode(full)) <= MAX_BATCH_BYTES
    wide = replace(full, value_i64=np.ones(MAX_BATCH_ROWS, np.int64), value_u64=np.ones(MAX_BATCH_ROWS, np.uint64))
    assert len(encode(wide)) <= MAX_BATCH_BYTES


def test_a_heartbeat_has_no_rows_and_little_weight() -> None:
    payload = encode(empty_batch())
    assert len(decode(payload, checksum(payload))) == 0
    assert len(payload) < 2048


def test_any_arrow_tool_can_read_a_batch() -> None:
    found = read_ipc_stream(io.BytesIO(encode(empty_batch()))).read_next_batch()
    assert found.schema.names == ["index", "value", "status", "reasons", "source_time", "receive_time"]
