"""Modbus TCP framing, without sockets."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brownfield_plant.modbus_frames import Frame, NotModbus, answer, exception, frames, span

requests = st.builds(
    Frame,
    transaction=st.integers(0, 0xFFFF),
    unit=st.integers(0, 0xFF),
    function=st.integers(0, 0x7F),
    body=st.binary(max_size=252),
)


def _bytes(frame: Frame) -> bytes:
    header = struct.pack(">HHHBB", frame.transaction, 0, 2 + len(frame.body), frame.unit, frame.function)
    return header + frame.body


@given(st.lists(requests, max_size=5), st.integers(1, 40))
def test_frames_are_found_however_the_bytes_arrive(sent: list[Frame], chunk: int) -> None:
    stream, buffer, found = b"".join(map(_bytes, sent)), bytearray(), list[Frame]()
    for start in range(0, len(stream), chunk):
        buffer += stream[start : start + chunk]
        found += frames(buffer)
    assert found == sent
    assert not buffer


@given(st.integers(1, 0xFFFF), st.integers(0, 0xFFFF))
def test_another_protocol_identifier_is_not_modbus(protocol: int, transaction: int) -> None:
    with pytest.raises(NotModbus):
        list(frames(bytearray(struct.pack(">HHHBB", transaction, protocol, 6, 1, 3))))


@pytest.mark.parametrize("length", [0, 1, 255, 0xFFFF])
def test_a_length_that_no_frame_has_is_not_modbus(length: int) -> None:
    with pytest.raises(NotModbus):
        list(frames(bytearray(struct.pack(">HHHBB", 1, 0, length, 1, 3))))


def test_answers_carry_length_unit_and_function() -> None:
    frame = Frame(7, 5, 3, struct.pack(">HH", 16, 2))
    assert span(frame.body) == (16, 2)
    assert answer(frame, b"\1\2\3\4", 7) == bytes.fromhex("0007 0000 0007 05 03 04 01020304")
    assert exception(frame, 2, 7) == bytes.fromhex("0007 0000 0003 05 83 02")


def test_a_body_that_is_no_span_is_none() -> None:
    assert span(b"\0\0\0") is None
