"""The Modbus part of `brownfield probe`: every block once, every tag in every byte order, and what looks wrong.

It goes through the adapter's own client, budget, plan and decoder, so what it shows is what the adapter will do.
"""

import asyncio
import time
from pathlib import Path

from brownfield_adapters.budget import Budget
from brownfield_adapters.modbus.client import DeviceException, ModbusClient
from brownfield_adapters.modbus.plan import Block, Item, coalesce, halve
from brownfield_adapters.modbus.readings import report_refused, report_tag
from brownfield_adapters.modbus.refusals import BUSY, SILENT
from brownfield_adapters.probe import BlockReport, ProbeReport, TagReport
from brownfield_api.adapter_config import EndpointConfig, ModbusEndpoint, ModbusOptions, SourceConfig
from brownfield_api.errors import InvalidResource, LinkLost
from brownfield_api.modbus_address import locate
from brownfield_api.tables import TagTable

SEARCH_REQUESTS = 200
"""Extra requests a probe may spend on finding refused values: a person waits for it."""


async def probe(endpoint: EndpointConfig, source: SourceConfig, table: TagTable, state_dir: Path) -> ProbeReport:  # noqa: ARG001 - the probes' common shape
    """Connects, reads each block once and reports; what the device does wrong is in the report, never raised."""
    address, options = endpoint.endpoint, source.options
    if not isinstance(address, ModbusEndpoint) or not isinstance(options, ModbusOptions):
        raise InvalidResource("not a Modbus source", where=source.name)
    started = time.perf_counter()
    report = ProbeReport(source=source.name, protocol="modbus", endpoint=f"{address.host}:{address.port}")
    try:
        client = await ModbusClient.open(address.host, address.port, timeout=endpoint.load.timeout)
    except LinkLost as lost:
        return _with(report, error=str(lost))
    connected = 1000 * (time.perf_counter() - started)
    look = _Look(client, endpoint.load.max_requests_per_second, options, table)
    try:
        await look.at_everything()
    finally:
        client.close()
    tags = tuple(look.tags[row] for row in sorted(look.tags))
    return ProbeReport(
        source=source.name,
        protocol="modbus",
        endpoint=report.endpoint,
        connect_milliseconds=connected,
        error=look.error,
        blocks=tuple(look.blocks),
        tags=tags,
        remarks=tuple(look.remarks()),
    )


def _with(report: ProbeReport, *, error: str) -> ProbeReport:
    return ProbeReport(source=report.source, protocol=report.protocol, endpoint=report.endpoint, error=error)


class _Look:
    """One walk through a source's blocks, and what it has found so far."""

    def __init__(self, client: ModbusClient, rate: float, options: ModbusOptions, table: TagTable) -> None:
        self.blocks: list[BlockReport] = []
        self.tags: dict[int, TagReport] = {}
        self.error = ""
        self._client = client
        self._budget = Budget(rate, clock=time.monotonic, sleep=asyncio.sleep)
        self._options = options
        self._table = table.tags
        self._search_left = SEARCH_REQUESTS

    async def at_everything(self) -> None:
        waiting = list(
            reversed(coalesce(self._items(), max_gap=self._options.max_gap, max_block=self._options.max_block))
        )
        while waiting and not self.error:
            block = waiting.pop()
            code = await self._at(block)
            if not code or self.error:
                continue
            if block.divisible and code not in SILENT | BUSY and self._search_left > 0:
                self._search_left -= 2
                waiting += reversed(halve(block))
                continue
            for item in block.items:
                self.tags[item.row] = report_refused(self._table[item.row], code)

    def remarks(self) -> list[str]:
        """What a person should look at first."""
        slow = [block for block in self.blocks if not block.error and block.milliseconds > 200.0]
        refused = sum(tag.status != "Good" for tag in self.tags.values())
        found = []
        if refused:
            found.append(f"{refused} of {len(self.tags)} tags could not be read")
        if slow:
            found.append(f"{len(slow)} of {len(self.blocks)} requests took over 200 ms: mind interval and timeout")
        if any(tag.remark.startswith("looks right") for tag in self.tags.values()):
            found.append(f"byteOrder {self._options.byte_order} may be wrong: other orders give likelier values")
        return found

    async def _at(self, block: Block) -> int:
        await self._budget.turn()
        started = time.perf_counter()
        code, error = 0, ""
        try:
            payload = await self._client.read(self._options.unit, block.function, block.start, block.count)
        except DeviceException as refusal:
            code, error = refusal.code, refusal.what
        except LinkLost as lost:
            error = self.error = str(lost)
        milliseconds = 1000 * (time.perf_counter() - started)
        self.blocks.append(
            BlockReport(label=f"{block.label}, unit {self._options.unit}", milliseconds=milliseconds, error=error)
        )
        if not error:
            for item in block.items:
                self.tags[item.row] = report_tag(item, block, payload, self._table, self._options.byte_order)
        return code

    def _items(self) -> list[Item]:
        items = []
        for row, tag in enumerate(self._table):
            try:
                items.append(Item(row, locate(tag)))
            except InvalidResource as wrong:
                self.tags[row] = TagReport(
                    name=tag.name,
                    address=tag.address,
                    type=tag.type.value,
                    unit=tag.unit,
                    status="Bad",
                    remark=str(wrong),
                )
        return items
