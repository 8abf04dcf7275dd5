"""The header of a batch: who wrote it, where it stands in its subject, what it was made from.

It travels as NATS message headers, so that the payload stays a plain Arrow stream. Within one
`epoch`, `seq` counts 1, 2, 3 … without a hole: a reader counts loss, duplicates and disorder by it
alone. A new epoch says that the writer could not prove continuity (see DESIGN: Delivery).
"""

from collections.abc import Mapping

import msgspec

from brownfield_api.errors import CorruptBatch

EPOCH = "Bf-Epoch"
SEQ = "Bf-Seq"
CRC = "Bf-Crc"
TABLE = "Bf-Table"
AS_OF = "Bf-AsOf"
SOURCE = "Bf-Source"
INPUT = "Bf-Input"


class BatchHeader(msgspec.Struct, frozen=True, kw_only=True):
    """One batch's place in the world.

    `epoch`: nanoseconds since 1970 UTC at which the writer began this unbroken sequence.
    `seq`: 1-based, contiguous within the epoch. `crc`: CRC32 of the payload.
    `table`: content hash of the tag or asset table behind the index column.
    `as_of`: nanoseconds since 1970 UTC on the adapter's clock up to which the source vouches for all
    its good tags; 0 = it vouches for nothing (the link is down).
    `source`: name of the LegacySource the samples come from.
    `input`: where a restarted writer goes on reading: for an adapter whatever its protocol needs (a
    file's watermark, "" for a polled register), for a pipeline the sequence in the input stream.
    """

    epoch: int
    seq: int
    crc: int
    table: str
    as_of: int
    source: str
    input: str = ""


def to_message_headers(header: BatchHeader) -> dict[str, str]:
    """The header as NATS message headers."""
    headers = {
        EPOCH: str(header.epoch),
        SEQ: str(header.seq),
        CRC: f"{header.crc:08x}",
        TABLE: header.table,
        AS_OF: str(header.as_of),
        SOURCE: header.source,
    }
    if header.input:
        headers[INPUT] = header.input
    return headers


def from_message_headers(headers: Mapping[str, str] | None) -> BatchHeader:
    """The header in a message's headers; raises `CorruptBatch` naming the field that is missing or wrong."""
    found = headers or {}
    try:
        return BatchHeader(
            epoch=int(found[EPOCH]),
            seq=int(found[SEQ]),
            crc=int(found[CRC], 16),
            table=found[TABLE],
            as_of=int(found[AS_OF]),
            source=found[SOURCE],
            input=found.get(INPUT, ""),
        )
    except KeyError as error:
        raise CorruptBatch(f"message header {error} is missing") from error
    except ValueError as error:
        raise CorruptBatch(f"message header is not a number: {error}") from error
