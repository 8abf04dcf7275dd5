"""Modbus TCP frames as bytes, nothing else: MBAP header and the four reading functions.

Source: MODBUS Messaging on TCP/IP Implementation Guide V1.0b §3.1.3 (MBAP) and MODBUS Application Protocol
Specification V1.1b3 §6.1–6.4 (functions 1–4), §7 (exception codes).
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

READ_COILS, READ_DISCRETE, READ_HOLDING, READ_INPUT = 1, 2, 3, 4
BITS = frozenset({READ_COILS, READ_DISCRETE})

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE, NO_SUCH_TARGET = 1, 2, 3, 0x0B
MOST_BITS, MOST_REGISTERS = 2000, 125

_MBAP = struct.Struct(">HHHBB")
_SPAN = struct.Struct(">HH")


class Frame(NamedTuple):
    """One request: `body` is what follows the function code."""

    transaction: int
    unit: int
    function: int
    body: bytes


class NotModbus(Exception):
    """The bytes cannot be a Modbus TCP request; the connection is not worth keeping."""


def frames(buffer: bytearray) -> Iterator[Frame]:
    """Take every complete request off the front of `buffer`; raises `NotModbus`."""
    while len(buffer) >= _MBAP.size:
        transaction, protocol, length, unit, function = _MBAP.unpack_from(buffer)
        if protocol != 0 or not 2 <= length <= 254:
            raise NotModbus
        if len(buffer) < 6 + length:
            return
        body = bytes(buffer[_MBAP.size : 6 + length])
        del buffer[: 6 + length]
        yield Frame(transaction, unit, function, body)


def span(body: bytes) -> tuple[int, int] | None:
    """First address and count of a reading request's body, or None if it is not four bytes long."""
    return _SPAN.unpack(body) if len(body) == _SPAN.size else None


def answer(frame: Frame, data: bytes, transaction: int) -> bytes:
    """The response to a reading request: byte count and `data`."""
    return _MBAP.pack(transaction, 0, 3 + len(data), frame.unit, frame.function) + bytes((len(data),)) + data


def exception(frame: Frame, code: int, transaction: int) -> bytes:
    """The exception response with `code` to any request."""
    return _MBAP.pack(transaction, 0, 3, frame.unit, frame.function | 0x80) + bytes((code,))
