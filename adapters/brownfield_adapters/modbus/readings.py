"""One tag's bytes beside every byte order's reading of them, for the eye of somebody who knows the plant."""

import math
from collections.abc import Sequence

import numpy as np

from brownfield_adapters.modbus.decode import Decoder
from brownfield_adapters.modbus.plan import Block, Item
from brownfield_adapters.modbus.refusals import status_for
from brownfield_adapters.probe import TagReport
from brownfield_api.batch import SampleBatch
from brownfield_api.status import status_name
from brownfield_api.tables import Tag, ValueType

ORDERS = ("ABCD", "DCBA", "BADC", "CDAB")

_LIKELY = (1e-6, 1e9)
"""Magnitudes that measured floats have in the units people choose; outside of them the byte order is suspect."""

_EXCEPTION_ADVICE = {
    1: "the device does not know this table: try another one (holding or input, coil or discrete)",
    2: "the device has no such address: check the map, and whether it counts from 1",
    3: "the device does not read that many at once, or not at this address: lower maxBlock",
    4: "the device failed while reading it",
    10: "the gateway has no path to this unit: check the unit number",
    11: "the unit behind the gateway does not answer: check the unit number and the serial line",
}


def report_tag(item: Item, block: Block, payload: bytes, tags: Sequence[Tag], byte_order: str) -> TagReport:
    """What the answer to `block` says about the tag at `item`."""
    tag = tags[item.row]
    alone = Block(item.place.function, item.place.start, item.place.count, (item,))
    raw = _cut(item, block, payload)
    batches = {order: Decoder([alone], tags, order).decode([raw], [0], [0]) for order in ORDERS}
    chosen = batches[byte_order]
    several = item.place.count > 1 and tag.type is not ValueType.STRING
    return TagReport(
        name=tag.name,
        address=tag.address,
        type=tag.type.value,
        unit=tag.unit,
        raw=raw.hex(" ", 2),
        readings={order: _text(batch, tag) for order, batch in batches.items()} if several else {},
        value=_text(chosen, tag),
        status=status_name(int(chosen.status[0])),
        remark=_remark(batches, byte_order, tag),
    )


def report_refused(tag: Tag, code: int) -> TagReport:
    """A tag that the device refuses alone with exception `code`."""
    return TagReport(
        name=tag.name,
        address=tag.address,
        type=tag.type.value,
        unit=tag.unit,
        status=status_name(status_for(code)),
        remark=f"exception {code:02X}: {_EXCEPTION_ADVICE.get(code, 'see the device manual')}",
    )


def _cut(item: Item, block: Block, payload: bytes) -> bytes:
    """The payload as if the item had been asked for alone."""
    offset = item.place.start - block.start
    if block.function.of_bits:
        bits = np.unpackbits(np.frombuffer(payload, np.uint8), bitorder="little")
        return np.packbits(bits[offset : offset + item.place.count], bitorder="little").tobytes()
    return payload[2 * offset : 2 * (offset + item.place.count)]


def _text(batch: SampleBatch, tag: Tag) -> str:
    match tag.type:
        case ValueType.STRING:
            return repr(batch.texts()[0])
        case ValueType.INT64 if batch.value_i64 is not None:
            return str(int(batch.value_i64[0]))
        case ValueType.UINT64 if batch.value_u64 is not None:
            return str(int(batch.value_u64[0]))
        case ValueType.FLOAT32 | ValueType.FLOAT64:
            return f"{batch.value[0]:.7g}"
        case _:
            return f"{batch.value[0]:.0f}"


def _remark(batches: dict[str, SampleBatch], byte_order: str, tag: Tag) -> str:
    if tag.type not in {ValueType.FLOAT32, ValueType.FLOAT64}:
        return ""
    chosen = float(batches[byte_order].value[0])
    if _likely(chosen):
        return ""
    better = [order for order, batch in batches.items() if order != byte_order and _likely(float(batch.value[0]))]
    if math.isnan(chosen) and not better:
        return "not a number: the device has no value here, or the address is not a float"
    if better:
        return f"looks right as {' or '.join(better)}, not as {byte_order}"
    return "an unlikely magnitude in every byte order: check address and type"


def _likely(value: float) -> bool:
    return value == 0.0 or _LIKELY[0] <= abs(value) <= _LIKELY[1]
