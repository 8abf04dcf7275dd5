"""What `brownfield probe` finds out about one source, in a shape every protocol can fill.

A probe is the commissioning engineer's first look: connect, read everything once, show the raw
bytes beside each way they could be meant, and say in plain words what is wrong. It goes through
the same client and the same budget as the adapter; the command line only renders what is here.
"""

import msgspec


class BlockReport(msgspec.Struct, frozen=True, kw_only=True):
    """One request as it was made. `label` names it for people (`holding 0-13, unit 1`, a node id, a file);
    `error` is "" if it was answered.
    """

    label: str
    milliseconds: float
    error: str = ""


class TagReport(msgspec.Struct, frozen=True, kw_only=True):
    """One tag. `raw` is what came, as hex where the protocol has bytes; `readings` what it would mean in each
    byte order or type; `value` the reading as configured, before scale and offset; `remark` what is wrong or odd.
    """

    name: str
    address: str
    type: str
    unit: str = ""
    raw: str = ""
    readings: dict[str, str] = {}
    value: str = ""
    status: str = "Good"
    remark: str = ""


class ProbeReport(msgspec.Struct, frozen=True, kw_only=True):
    """One source. `connect_milliseconds` is -1 and `error` says why if there was no connection."""

    source: str
    protocol: str
    endpoint: str
    connect_milliseconds: float = -1.0
    error: str = ""
    blocks: tuple[BlockReport, ...] = ()
    tags: tuple[TagReport, ...] = ()
    remarks: tuple[str, ...] = ()
