"""The two answers that carry samples, taken apart: ReadResponse and PublishResponse (OPC 10000-4 §5.11.2, §5.14.5)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from asyncua.ua.object_ids import ObjectIds

from brownfield_adapters.opcua import skip
from brownfield_adapters.opcua.decode import Values, data_values
from brownfield_api.errors import LinkLost

_HEADER = struct.Struct("<qII")
"""ResponseHeader up to the diagnostics: time stamp, request handle, service result (Part 4 §7.33)."""

_GOOD_SEVERITY = 0


@dataclass(frozen=True, slots=True)
class Publication:
    """One PublishResponse. `keep_alive` if it carries no notification; its `sequence` is then the next one's.

    `status` is a StatusChangeNotification's code: the subscription has ended; None otherwise.
    """

    subscription: int
    sequence: int
    keep_alive: bool
    more: bool
    values: tuple[Values, ...]
    status: int | None


def read_values(body: bytes, count: int, where: str) -> Values:
    """The `count` results of a ReadResponse; raises `LinkLost` if the server sent something else."""
    try:
        at = _after_header(body)
        found = skip.length(body, at)
        values, _ = data_values(body, at + 4, found, handles=False)
    except (ValueError, IndexError, struct.error) as error:
        raise LinkLost(f"the server's answer to a read cannot be understood: {error}", where) from error
    if found != count:
        raise LinkLost(f"the server answers {found} values where {count} were asked for", where)
    return values


def publication(body: bytes, where: str) -> Publication:
    """The PublishResponse in `body`; raises `LinkLost` if the server sent something else."""
    try:
        at = _after_header(body)
        (subscription,) = struct.unpack_from("<I", body, at)
        at += 8 + 4 * skip.length(body, at + 4)
        more = bool(body[at])
        (sequence,) = struct.unpack_from("<I", body, at + 1)
        at += 13
        count = skip.length(body, at)
        values: list[Values] = []
        status: int | None = None
        for kind, begin in _notifications(body, at + 4, count):
            if kind == ObjectIds.DataChangeNotification_Encoding_DefaultBinary:
                items = skip.length(body, begin)
                values.append(data_values(body, begin + 4, items, handles=True)[0])
            elif kind == ObjectIds.StatusChangeNotification_Encoding_DefaultBinary:
                (status,) = struct.unpack_from("<I", body, begin)
    except (ValueError, IndexError, struct.error) as error:
        raise LinkLost(f"the server's notification cannot be understood: {error}", where) from error
    return Publication(subscription, sequence, count == 0, more, tuple(values), status)


def _notifications(body: bytes, at: int, count: int) -> Iterator[tuple[int, int]]:
    """Type id and first byte of each notification; an extension object without a body is left out."""
    for _ in range(count):
        end = skip.extension_object(body, at)
        inside = skip.node_id(body, at)
        if body[inside]:
            yield _type_id(body, at), inside + 5
        at = end


def _type_id(body: bytes, at: int) -> int:
    """The number in a numeric node id of namespace 0; 0 for any other."""
    match body[at] & 0x3F:
        case 0:
            return body[at + 1]
        case 1:
            return int.from_bytes(body[at + 2 : at + 4], "little")
        case 2:
            return int.from_bytes(body[at + 3 : at + 7], "little")
        case _:
            return 0


def _after_header(body: bytes) -> int:
    """Where the parameters begin. The service result was checked when the answer arrived (a fault has its own type),
    but a server may also put it here.
    """
    at = skip.node_id(body, 0)
    _, _, result = _HEADER.unpack_from(body, at)
    if result >> 30 != _GOOD_SEVERITY:
        raise ValueError(f"service result 0x{result:08X}")
    at = skip.diagnostic_info(body, at + _HEADER.size)
    strings = skip.length(body, at)
    at += 4
    for _ in range(strings):
        at = skip.text(body, at)
    return skip.extension_object(body, at)
