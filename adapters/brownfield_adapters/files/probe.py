"""The files part of `brownfield probe`: what lies in the folder, how it reads, and which columns nobody names."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from brownfield_adapters.files.folder import LEADS_OUT, Head, Listed, head_of, listing
from brownfield_adapters.files.lines import MAX_LINE, cells
from brownfield_adapters.files.quoting import listed, plain
from brownfield_adapters.files.table import FileTable
from brownfield_adapters.files.times import Clock, TimeReader
from brownfield_adapters.probe import BlockReport, ProbeReport, TagReport
from brownfield_api.adapter_config import EndpointConfig, FilesEndpoint, FilesOptions, SourceConfig
from brownfield_api.batch import SampleBatch
from brownfield_api.errors import InvalidResource, LinkLost
from brownfield_api.status import Status, status_name
from brownfield_api.tables import Tag, TagTable

_FILES = 20
"""Files that are looked into: the last by name."""

_ROWS = 500
"""Rows of each file that are read: enough to see whether its cells and times can be."""


async def probe(endpoint: EndpointConfig, source: SourceConfig, table: TagTable, state_dir: Path) -> ProbeReport:  # noqa: ARG001 - the probes' common shape
    """Lists the folder, reads the beginning of its last files and reports; nothing is marked as read."""
    folder, options = endpoint.endpoint, source.options
    if not isinstance(folder, FilesEndpoint) or not isinstance(options, FilesOptions):
        raise InvalidResource("not a files source", where=source.name)
    return await asyncio.to_thread(_look, source.name, folder.directory, options, table.tags)


@dataclass
class _Found:
    """What a walk through the files has found so far."""

    blocks: list[BlockReport] = field(default_factory=list)
    rows: list[Sequence[str]] = field(default_factory=list)
    header: list[str] = field(default_factory=list)
    batch: SampleBatch | None = None
    newest: int = 0
    remarks: dict[str, None] = field(default_factory=dict)


def _look(name: str, directory: str, options: FilesOptions, tags: Sequence[Tag]) -> ProbeReport:
    started = time.perf_counter()
    try:
        times = TimeReader(options.time_format, options.time_zone)
        everything = listing(directory, options.pattern)
    except (LinkLost, InvalidResource) as error:
        return ProbeReport(source=name, protocol="files", endpoint=directory, error=str(error))
    connected = 1000 * (time.perf_counter() - started)
    files = [file for file in everything if file.target is not None]
    found = _Found()
    if len(files) < len(everything):
        found.remarks[f"{listed([file.name for file in everything if file.target is None])} {LEADS_OUT}"] = None
    for file in files[-_FILES:]:
        begun = time.perf_counter()
        wrong = _read(file, options, tags, times, found)
        milliseconds = 1000 * (time.perf_counter() - begun)
        found.blocks.append(
            BlockReport(label=f"{plain(file.name)}, {file.size} bytes", milliseconds=milliseconds, error=wrong)
        )
    return ProbeReport(
        source=name,
        protocol="files",
        endpoint=directory,
        connect_milliseconds=connected,
        blocks=tuple(found.blocks),
        tags=tuple(_tag(row, tag, found) for row, tag in enumerate(tags)),
        remarks=tuple(_remarks(found, files, options, tags)),
    )


def _read(file: Listed, options: FilesOptions, tags: Sequence[Tag], times: TimeReader, found: _Found) -> str:
    """Reads the first rows of one file into `found`; returns what was wrong with the file, "" if nothing."""
    try:
        with file.open() as opened:
            head = head_of(opened, options.encoding)
            if head is None:
                return "header and first row are not both complete yet"
            opened.seek(head.start)
            text = _whole_rows(opened.read(MAX_LINE), head)
        header = cells(head.header + "\n", options.delimiter)[0] or []
        table = FileTable(header, tags, times, options.time_column)
    except (OSError, ValueError, LookupError) as error:
        return str(error)
    rows = cells(text, options.delimiter)
    read = table.read(rows, options.decimal, Clock(), time.time_ns())
    found.header, found.batch = header, read.batch
    found.rows = [row for row in rows if row is not None and len(row) >= len(header)]
    found.newest = max(found.newest, read.newest)
    if "\ufffd" in text + head.header:
        found.remarks[f"{plain(file.name)} has bytes that are not {options.encoding}: check encoding"] = None
    return f"{read.skipped} of {len(rows)} rows are broken, the first has {read.broken}" if read.skipped else ""


def _whole_rows(data: bytes, head: Head) -> str:
    ends = head.encoding.line_ends(data)
    return data[: int(ends[min(len(ends), _ROWS) - 1])].decode(head.encoding.codec, "replace") if len(ends) else ""


def _tag(row: int, tag: Tag, found: _Found) -> TagReport:
    """The last cell that was read of the tag's column, as it stands and as it reads."""
    header = [name.strip() for name in found.header]
    known = tag.address in header
    raw = found.rows[-1][header.index(tag.address)] if known and found.rows else ""
    value, status = "", int(Status.BAD_NO_DATA if known or not header else Status.BAD_NODE_ID_UNKNOWN)
    if found.batch is not None and known:
        at = int((found.batch.index == row).nonzero()[0][-1])
        status = int(found.batch.status[at])
        text = found.batch.texts()[at]
        value = (text or f"{found.batch.value[at]:g}") if status == 0 else ""
    return TagReport(
        name=tag.name,
        address=tag.address,
        type=tag.type,
        unit=tag.unit,
        raw=raw,
        value=value,
        status=status_name(status),
        remark=_tag_remark(status, raw, tag, known=known or not header),
    )


def _tag_remark(status: int, raw: str, tag: Tag, *, known: bool) -> str:
    if not known:
        return "no file has this column"
    if status >> 30 == 0:
        return ""
    return f"{raw[:40]!r} is no {tag.type}: check decimal and type" if raw.strip() else "the cell is empty"


def _remarks(found: _Found, files: Sequence[Listed], options: FilesOptions, tags: Sequence[Tag]) -> list[str]:
    remarks = list(found.remarks)
    if not files:
        remarks.append(f"no file matches {options.pattern}")
    if len(files) > _FILES:
        remarks.append(f"{len(files)} files match; the last {_FILES} by name were looked into")
    unused = [
        name for name in found.header if name.strip() not in {options.time_column, *(tag.address for tag in tags)}
    ]
    if unused:
        remarks.append(f"columns that no tag names: {listed(unused)}")
    if found.newest:
        newest = datetime.fromtimestamp(found.newest / 1e9, UTC)
        remarks.append(f"the newest row that was read is of {newest:%Y-%m-%d %H:%M:%S} UTC")
        if found.newest > time.time_ns():
            remarks.append("that lies in the future: check timeZone")
    return remarks
