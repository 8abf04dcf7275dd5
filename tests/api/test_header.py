"""Headers survive the way through message headers, and a damaged one names the field."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brownfield_api.errors import CorruptBatch
from brownfield_api.header import AS_OF, CRC, EPOCH, SEQ, SOURCE, TABLE, BatchHeader, from_message_headers
from brownfield_api.header import to_message_headers as to_headers

_WORD = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=30)
_HEADERS = st.builds(
    BatchHeader,
    epoch=st.integers(0, 2**63 - 1),
    seq=st.integers(1, 2**63 - 1),
    crc=st.integers(0, 2**32 - 1),
    table=_WORD,
    as_of=st.integers(0, 2**63 - 1),
    source=_WORD,
    input=st.just("") | _WORD,
)


@given(_HEADERS)
def test_every_header_comes_back(header: BatchHeader) -> None:
    assert from_message_headers(to_headers(header)) == header


@given(_HEADERS, st.sampled_from([EPOCH, SEQ, CRC, TABLE, AS_OF, SOURCE]))
def test_a_missing_field_is_named(header: BatchHeader, field: str) -> None:
    headers = to_headers(header)
    del headers[field]
    with pytest.raises(CorruptBatch, match=field):
        from_message_headers(headers)


@given(_HEADERS, st.sampled_from([EPOCH, SEQ, CRC, AS_OF]), st.text(max_size=8))
def test_a_field_that_is_no_number_is_refused_or_read_but_never_crashes(
    header: BatchHeader, field: str, value: str
) -> None:
    headers = {**to_headers(header), field: value}
    with suppress(CorruptBatch):
        assert from_message_headers(headers).source == header.source


def test_no_headers_at_all_are_refused() -> None:
    with pytest.raises(CorruptBatch, match="missing"):
        from_message_headers(None)
