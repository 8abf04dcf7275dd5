"""Quality of a sample: OPC UA status codes end to end, plus the reasons why one was degraded.

A status is the uint32 `StatusCode` of OPC UA Part 4, 7.39 (numeric values: Part 6, A.2). Its two
highest bits are the severity: 00 Good, 01 Uncertain, 10 Bad. Codes travel unchanged from the
device to the page; a rule or a lost link may only make them worse, and then says why in a
second column, the `Reason` bit mask.
"""

from enum import IntEnum, IntFlag

import numpy as np
import numpy.typing as npt


class Severity(IntEnum):
    """The class of a status code, ordered from best to worst."""

    GOOD = 0
    UNCERTAIN = 1
    BAD = 2


class Status(IntEnum):
    """The status codes Brownfield itself assigns (OPC UA Part 6, A.2). Devices may send any other."""

    GOOD = 0x0000_0000
    UNCERTAIN = 0x4000_0000
    UNCERTAIN_NO_COMMUNICATION_LAST_USABLE_VALUE = 0x408F_0000
    UNCERTAIN_LAST_USABLE_VALUE = 0x4090_0000
    UNCERTAIN_SUBSTITUTE_VALUE = 0x4091_0000
    UNCERTAIN_INITIAL_VALUE = 0x4092_0000
    UNCERTAIN_SENSOR_NOT_ACCURATE = 0x4093_0000
    UNCERTAIN_ENGINEERING_UNITS_EXCEEDED = 0x4094_0000
    UNCERTAIN_SUB_NORMAL = 0x4095_0000
    BAD = 0x8000_0000
    BAD_COMMUNICATION_ERROR = 0x8005_0000
    BAD_TIMEOUT = 0x800A_0000
    BAD_WAITING_FOR_INITIAL_DATA = 0x8032_0000
    BAD_NODE_ID_UNKNOWN = 0x8034_0000
    BAD_NOT_READABLE = 0x803A_0000
    BAD_OUT_OF_RANGE = 0x803C_0000
    BAD_TYPE_MISMATCH = 0x8074_0000
    BAD_NOT_CONNECTED = 0x808A_0000
    BAD_DEVICE_FAILURE = 0x808B_0000
    BAD_SENSOR_FAILURE = 0x808C_0000
    BAD_OUT_OF_SERVICE = 0x808D_0000
    BAD_NO_DATA = 0x809B_0000


class Reason(IntFlag):
    """Why a status is what it is, or what is special about a sample: a uint16 bit mask.

    The lower bits are set by the pipeline's quality rules and never by a device; `INITIAL`, `HELD`
    and `GAP_BEFORE` are set by the adapter; `ESTIMATED` by the twin.
    """

    NONE = 0
    RANGE = 1 << 0
    MAX_RATE = 1 << 1
    FLATLINE = 1 << 2
    MAX_GAP = 1 << 3
    DUPLICATE = 1 << 4
    OUT_OF_ORDER = 1 << 5
    MAX_SKEW = 1 << 6
    NON_FINITE = 1 << 7
    UNREADABLE = 1 << 8
    """The device or file gave something that is not a value of the tag's type."""
    INPUT = 1 << 9
    """Derived from an input that is not Good."""
    INITIAL = 1 << 10
    """First value after a (re)connect: its source time may be old, so it says nothing about latency or skew."""
    HELD = 1 << 11
    """The link is down; this repeats the last good value with its original source time."""
    GAP_BEFORE = 1 << 12
    """Samples before this one were lost or could not be read, and the loss is on record."""
    ESTIMATED = 1 << 13
    """A model's value stands in for a measurement that is stale."""


NOT_LIVE = np.uint16(Reason.INITIAL | Reason.HELD | Reason.GAP_BEFORE | Reason.MAX_SKEW)
"""Samples with one of these say nothing about how long it takes from the source to somewhere."""

VOUCHED_WITHIN = 5 * 10**9
"""Nanoseconds; a source that vouches for less than up to here is reading history, whose rows are old by nature."""


def severity(status: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """Severity of each code, 0 Good, 1 Uncertain, 2 Bad (3, reserved by the standard, counts as Bad)."""
    worst: npt.NDArray[np.uint32] = np.minimum(status >> np.uint32(30), np.uint32(2))
    return worst


def severity_of(status: int) -> Severity:
    """Severity of one code."""
    return Severity(min(int(status) >> 30, 2))


def degrade(status: npt.NDArray[np.uint32], where: npt.NDArray[np.bool_], to: Status) -> npt.NDArray[np.uint32]:
    """A copy of `status` in which codes at `where` that are better than `to` have become `to`.

    A code that is already as bad or worse is left alone: the device's own word is more specific.
    """
    worse = where & (severity(status) < np.uint32(severity_of(to)))
    return np.where(worse, np.uint32(to), status)


def reason_names(mask: int) -> list[str]:
    """CamelCase names of the bits in `mask`, lowest bit first, for people and APIs."""
    return [
        "".join(part.capitalize() for part in reason.name.split("_"))
        for reason in Reason
        if reason.value and reason.name and mask & reason.value
    ]


def status_name(status: int) -> str:
    """The standard's CamelCase name of a code we know, else its hexadecimal form."""
    try:
        return "".join(part.capitalize() for part in Status(status & 0xFFFF_0000).name.split("_"))
    except ValueError:
        return f"{severity_of(status).name.capitalize()}(0x{status:08X})"
