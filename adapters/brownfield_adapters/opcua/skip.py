"""How long a value is that we do not use: arrays, structures and whatever else a node may hold.

One tag of a type we refuse stands in the middle of a message full of values we want, and nothing in the message
says where it ends; so every encoding of OPC 10000-6 §5.2.2 can at least be stepped over. Each function takes the
bytes and where the value begins, and returns where it ends; `ValueError` or `struct.error` when that cannot be.
"""

import struct
from collections.abc import Callable

FIXED = {1: 1, 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 4, 8: 8, 9: 8, 10: 4, 11: 8, 13: 8, 14: 16, 19: 4}
"""Bytes of the built-in types of fixed size (§5.1.2)."""

ARRAY, DIMENSIONS, TYPE = 0x80, 0x40, 0x3F
"""Bits of a variant's encoding byte (§5.2.2.16)."""

_MAX_DEPTH = 32
"""Variants may hold variants; more than a sane server nests is an attack on the stack."""

_INT32 = struct.Struct("<i")
_NODE_ID = {0: 2, 1: 4, 2: 7, 4: 19}
"""Bytes of a node id by its kind (§5.2.2.9): two byte, four byte, numeric, GUID. String (3) and bytes (5) vary."""


def length(data: bytes, at: int) -> int:
    """The Int32 that begins an array or string; -1 (null) counts as 0. Bounded by what is left."""
    (count,) = _INT32.unpack_from(data, at)
    if count > len(data) - at:
        raise ValueError(f"a length of {count} where {len(data) - at} bytes are left")
    return max(int(count), 0)


def text(data: bytes, at: int) -> int:
    """String, ByteString, XmlElement."""
    return at + 4 + length(data, at)


def node_id(data: bytes, at: int) -> int:
    """NodeId and ExpandedNodeId."""
    flags = data[at]
    kind = flags & 0x0F
    if kind in _NODE_ID:
        end = at + _NODE_ID[kind]
    elif kind in (3, 5):
        end = text(data, at + 3)
    else:
        raise ValueError(f"a node id of kind {kind}")
    if flags & 0x80:
        end = text(data, end)
    return end + 4 if flags & 0x40 else end


def extension_object(data: bytes, at: int) -> int:
    end = node_id(data, at)
    return text(data, end + 1) if data[end] else end + 1


def diagnostic_info(data: bytes, at: int, depth: int = 0) -> int:
    """DiagnosticInfo (§5.2.2.12)."""
    if depth > _MAX_DEPTH:
        raise ValueError("diagnostic infos nested too deeply")
    mask, end = data[at], at + 1
    end += 4 * (mask & 0x0F).bit_count()
    if mask & 0x10:
        end = text(data, end)
    if mask & 0x20:
        end += 4
    return diagnostic_info(data, end, depth + 1) if mask & 0x40 else end


def data_value(data: bytes, at: int, depth: int = 0) -> int:
    """DataValue (§5.2.2.17)."""
    mask, end = data[at], at + 1
    if mask & 0x01:
        end = variant(data, end, depth + 1)
    return end + sum(size for bit, size in ((2, 4), (4, 8), (8, 8), (16, 2), (32, 2)) if mask & bit)


def variant(data: bytes, at: int, depth: int = 0) -> int:
    """Variant (§5.2.2.16)."""
    if depth > _MAX_DEPTH:
        raise ValueError("variants nested too deeply")
    encoding, end = data[at], at + 1
    kind = encoding & TYPE
    if not encoding & ARRAY:
        return value(data, end, kind, depth)
    count = length(data, end)
    end += 4
    if kind in FIXED:
        end += count * FIXED[kind]
    else:
        for _ in range(count):
            end = value(data, end, kind, depth)
    return end + 4 + 4 * length(data, end) if encoding & DIMENSIONS else end


def value(data: bytes, at: int, kind: int, depth: int = 0) -> int:
    """One value of built-in type `kind`, without its encoding byte."""
    if kind in FIXED:
        return at + FIXED[kind]
    if kind in _NESTED:
        return _NESTED[kind](data, at, depth + 1)
    if kind not in _VARYING and kind > _LAST_RESERVED:
        raise ValueError(f"a built-in type {kind}")
    # Numbers reserved for later types are encoded as ByteString (§5.1.6).
    return _VARYING.get(kind, text)(data, at)


def _qualified_name(data: bytes, at: int) -> int:
    return text(data, at + 2)


def _localized_text(data: bytes, at: int) -> int:
    end = text(data, at + 1) if data[at] & 1 else at + 1
    return text(data, end) if data[at] & 2 else end


def _null(_data: bytes, at: int) -> int:
    return at


_VARYING: dict[int, Callable[[bytes, int], int]] = {
    0: _null,
    12: text,
    15: text,
    16: text,
    17: node_id,
    18: node_id,
    20: _qualified_name,
    21: _localized_text,
    22: extension_object,
}
_NESTED: dict[int, Callable[[bytes, int, int], int]] = {23: data_value, 24: variant, 25: diagnostic_info}
_LAST_RESERVED = 31
