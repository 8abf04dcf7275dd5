"""The OPC UA part of `brownfield probe`: every node once, its type and times on the server, and what looks wrong."""

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from asyncua import ua
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.ua_binary import struct_to_binary
from asyncua.ua.uaerrors import UaError

from brownfield_adapters.budget import Budget
from brownfield_adapters.opcua.address import parse
from brownfield_adapters.opcua.chunks import pieces
from brownfield_adapters.opcua.identity import our_thumbprint
from brownfield_adapters.opcua.link import Link, open_link
from brownfield_adapters.opcua.messages import read_values
from brownfield_adapters.opcua.reasons import plainly, status_text
from brownfield_adapters.opcua.values import TagColumns
from brownfield_adapters.probe import BlockReport, ProbeReport, TagReport
from brownfield_api.adapter_config import EndpointConfig, OpcUaEndpoint, SourceConfig
from brownfield_api.errors import InvalidResource, LinkLost
from brownfield_api.status import Status, status_name
from brownfield_api.tables import Tag, TagTable

_SKEW = 5.0
"""Seconds between the server's clock and ours that are worth a word."""

_SHOWN = 60
"""Characters of a value that are shown."""


async def probe(endpoint: EndpointConfig, source: SourceConfig, table: TagTable, state_dir: Path) -> ProbeReport:
    """Connects, reads each node once and reports; what the server does wrong is in the report, never raised."""
    address = endpoint.endpoint
    if not isinstance(address, OpcUaEndpoint):
        raise InvalidResource("not an OPC UA source", where=source.name)
    failures: list[str] = []
    remarks: list[str] = []
    if address.security_policy != "None":
        remarks.append(f"our certificate's thumbprint, for the server's trust list: {await our_thumbprint(state_dir)}")
    for url in address.urls:
        started = time.perf_counter()
        try:
            link = await open_link(url, endpoint, address, state_dir)
        except LinkLost as lost:
            failures.append(str(lost))
            continue
        connected = 1000 * (time.perf_counter() - started)
        look = _Look(link, endpoint.load.max_requests_per_second, source, table)
        try:
            with plainly(url, "reading"):
                await look.at_everything()
        except LinkLost as lost:
            failures.append(str(lost))
        finally:
            await link.close()
        return ProbeReport(
            source=source.name,
            protocol="opcua",
            endpoint=url,
            connect_milliseconds=connected,
            error=" | ".join(failures),
            blocks=tuple(look.blocks),
            tags=tuple(look.tags[row] for row in sorted(look.tags)),
            remarks=(*look.remarks(), *remarks),
        )
    where = address.urls[0]
    return ProbeReport(
        source=source.name, protocol="opcua", endpoint=where, error=" | ".join(failures), remarks=tuple(remarks)
    )


class _Look:
    """One walk through a source's nodes, and what it has found so far."""

    def __init__(self, link: Link, rate: float, source: SourceConfig, table: TagTable) -> None:
        self.blocks: list[BlockReport] = []
        self.tags: dict[int, TagReport] = {}
        self._link = link
        self._budget = Budget(rate, clock=time.monotonic, sleep=asyncio.sleep)
        self._columns = TagColumns(table.tags, source.timestamps)
        self._table = table.tags
        self._skew = 0.0

    async def at_everything(self) -> None:
        nodes: list[tuple[int, ua.NodeId]] = []
        for row, tag in enumerate(self._table):
            try:
                node = parse(tag.address).on(self._link.namespaces)
            except InvalidResource as error:
                self.tags[row] = _unread(tag, str(error))
                continue
            if node is None:
                self.tags[row] = _unread(tag, "the server does not know this namespace URI")
            else:
                nodes.append((row, node))
        for piece in pieces(nodes, self._link.most_reads):
            await self._read(piece)

    def remarks(self) -> list[str]:
        """What a person should look at first."""
        found = list(self._link.remarks)
        wrong = sum(tag.status != "Good" for tag in self.tags.values())
        if wrong:
            found.append(f"{wrong} of {len(self.tags)} tags have no good value")
        if abs(self._skew) > _SKEW:
            ahead = "ahead of" if self._skew > 0 else "behind"
            found.append(f"the server's clock is {abs(self._skew):.1f} s {ahead} ours")
        if any("nobody knows" in tag.remark or "namespace URI" in tag.remark for tag in self.tags.values()):
            found.append(f"the server's namespaces are {', '.join(self._link.namespaces)}")
        return found

    async def _read(self, piece: Sequence[tuple[int, ua.NodeId]]) -> None:
        await self._budget.turn()
        request = ua.ReadRequest()
        request.Parameters.TimestampsToReturn = ua.TimestampsToReturn.Both
        attribute: Any = AttributeIds.Value
        request.Parameters.NodesToRead = [ua.ReadValueId(NodeId=node, AttributeId=attribute) for _, node in piece]
        label = f"{len(piece)} nodes from {self._table[piece[0][0]].address}"
        started = time.perf_counter()
        error = ""
        results: list[ua.DataValue] = []
        try:
            results = (await self._link.send(request, ua.ReadResponse)).Results
        except (UaError, TimeoutError) as refusal:
            error = str(refusal) or "no answer in time"
        milliseconds = 1000 * (time.perf_counter() - started)
        self.blocks.append(BlockReport(label=label, milliseconds=milliseconds, error=error))
        for (row, _), value in zip(piece, results, strict=False):
            self.tags[row] = self._report(row, value)

    def _report(self, row: int, value: ua.DataValue) -> TagReport:
        """What the adapter makes of the value, beside what the server calls it."""
        tag = self._table[row]
        encoded = read_values(struct_to_binary(ua.ReadResponse(Results=[value])), 1, self._link.where)
        batch = self._columns.batch(np.array([row], np.uint32), encoded, time.time_ns())
        status = int(batch.status[0])
        kind = value.Value.VariantType.name if value.Value is not None else "no value"
        shown = str(value.Value.Value)[:_SHOWN] if value.Value is not None else ""
        readings = {kind: shown}
        for name, stamp in (("source time", value.SourceTimestamp), ("server time", value.ServerTimestamp)):
            if isinstance(stamp, datetime):
                readings[name] = stamp.isoformat(timespec="milliseconds")
        if isinstance(value.ServerTimestamp, datetime):
            self._skew = value.ServerTimestamp.timestamp() - time.time()
        return TagReport(
            name=tag.name,
            address=tag.address,
            type=tag.type,
            unit=tag.unit,
            raw=struct_to_binary(value).hex(" "),
            readings=readings,
            value=shown if status >> 30 == 0 else "",
            status=status_name(status),
            remark=_remark(status, tag, kind),
        )


def _remark(status: int, tag: Tag, kind: str) -> str:
    if status >> 30 == 0:
        return ""
    if status == Status.BAD_TYPE_MISMATCH:
        return f"the server has {kind} where the tag says {tag.type}"
    if status == Status.BAD_NODE_ID_UNKNOWN:
        return "nobody knows this node: compare it with the server's address space"
    return status_text(status)


def _unread(tag: Tag, remark: str) -> TagReport:
    status = status_name(Status.BAD_NODE_ID_UNKNOWN)
    return TagReport(name=tag.name, address=tag.address, type=tag.type, unit=tag.unit, status=status, remark=remark)
