"""What the numbers in a batch's index column mean: tag tables and asset tables.

A table is immutable and named by the hash of its content, so that a batch says in one word how to
read it and two hundred like machines share one table. A writer stores the table on the spine, and
waits until it is acknowledged, before the first batch that uses it.
"""

import hashlib
import zlib
from enum import StrEnum

import msgspec

from brownfield_api.errors import UNDECODABLE, CorruptBatch

MAX_TABLE_BYTES = 64 * 1024 * 1024
"""Bound of an unpacked table: a hundred thousand tags with long names."""


class ValueType(StrEnum):
    """Type of a tag or property as its owner declares it; decides which value column counts."""

    BOOL = "bool"
    INT8 = "int8"
    UINT8 = "uint8"
    INT16 = "int16"
    UINT16 = "uint16"
    INT32 = "int32"
    UINT32 = "uint32"
    INT64 = "int64"
    UINT64 = "uint64"
    FLOAT32 = "float32"
    FLOAT64 = "float64"
    STRING = "string"


class Tag(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """One tag of a source as configured. Values on the raw subject are before `scale` and `offset`.

    Tables hold up to a hundred thousand of these, and nothing in them can form a circle: hence `gc=False`.
    `unit` is UCUM or "" where the source has none; `interval` is in seconds, 0 = the source's own;
    `deadband` is in raw units, 0 = every change counts; engineering value = raw * scale + offset.
    """

    name: str
    address: str
    type: ValueType = ValueType.FLOAT64
    unit: str = ""
    scale: float = 1.0
    offset: float = 0.0
    interval: float = 0.0
    deadband: float = 0.0
    description: str = ""


class TagTable(msgspec.Struct, frozen=True, kw_only=True, tag="tags", forbid_unknown_fields=True):
    """The tags of a source; `index` of a raw batch is the position in `tags`."""

    tags: tuple[Tag, ...]


class AssetProperty(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, gc=False
):
    """One property of one asset, and where it comes from.

    `source` and `tag` are "" for a property computed by an expression; its inputs are properties of
    the same asset. `tag_unit` is the unit the tag is read in, "" if it has none or is not known.
    `sequence`: a counter that the source raises by one each time, to prove delivery.
    """

    asset: str
    property: str
    type: ValueType = ValueType.FLOAT64
    unit: str = ""
    source: str = ""
    tag: str = ""
    tag_unit: str = ""
    expression: str = ""
    inputs: tuple[str, ...] = ()
    sequence: bool = False


class AssetTable(msgspec.Struct, frozen=True, kw_only=True, tag="assets", forbid_unknown_fields=True):
    """The properties a mapping's partition publishes; `index` of an asset batch is the position here.

    `generation` is the hash of the pipeline's configuration: lineage says which mapping made a value.
    """

    mapping: str
    generation: str
    properties: tuple[AssetProperty, ...]


AnyTable = TagTable | AssetTable


def pack(table: AnyTable) -> tuple[str, bytes]:
    """Hash (32 hex digits of the SHA-256 of the canonical JSON) and compressed bytes of a table."""
    content = msgspec.json.encode(table, order="deterministic")
    return hashlib.sha256(content).hexdigest()[:32], zlib.compress(content)


def table_hash(table: AnyTable) -> str:
    """The name under which a table is stored and referred to."""
    return pack(table)[0]


def unpack(name: str, packed: bytes) -> AnyTable:
    """The table in `packed`; raises `CorruptBatch` unless its content hashes to `name`."""
    try:
        inflater = zlib.decompressobj()
        content = inflater.decompress(packed, MAX_TABLE_BYTES)
        if inflater.unconsumed_tail:
            raise CorruptBatch(f"table {name} unpacks to more than {MAX_TABLE_BYTES} bytes")
        table: AnyTable = msgspec.json.decode(content, type=AnyTable)
    except (zlib.error, *UNDECODABLE) as error:
        raise CorruptBatch(f"table {name} cannot be read: {error}") from error
    if hashlib.sha256(content).hexdigest()[:32] != name:
        raise CorruptBatch(f"table {name} does not hash to its name")
    return table
