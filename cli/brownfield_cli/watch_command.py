"""`brownfield watch`: a source's tags as they arrive on the spine of a running `brownfield run`."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import numpy as np
import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from brownfield_api.batch import SampleBatch, decode
from brownfield_api.errors import BrownfieldError
from brownfield_api.header import BatchHeader
from brownfield_api.process import SpineConfig
from brownfield_api.status import Reason, Severity, reason_names, severity_of, status_name
from brownfield_api.subjects import RAW_STREAM
from brownfield_api.tables import Tag, TagTable, ValueType
from brownfield_cli.console import plain_console
from brownfield_cli.options import DEFAULT_STATE, Duration, State, duration_seconds
from brownfield_cli.runner import stop_signals
from brownfield_cli.state_folder import spine_file
from brownfield_cli.summary import printable
from brownfield_spine.connection import Spine, connect
from brownfield_spine.health import records
from brownfield_spine.reader import Corrupt, read
from brownfield_spine.tables import TableStore

LOOK_BACK_NS = 15 * 60 * 1_000_000_000
"""How far back the first values may lie: a quiet tag of a subscription speaks seldom."""

_STYLE = {Severity.GOOD: "green", Severity.UNCERTAIN: "yellow", Severity.BAD: "bold red"}


@dataclass(frozen=True, slots=True)
class Reading:
    """The newest sample of one tag. `source_time` in ns since 1970 UTC."""

    value: str
    status: int
    reasons: int
    source_time: int


@dataclass
class Watched:
    """The newest samples of one source; raw values, before scale and offset, and the engineering value beside."""

    source: str
    tags: tuple[Tag, ...] = ()
    readings: dict[str, Reading] = field(default_factory=dict)
    as_of: int = 0

    def apply(self, header: BatchHeader, tags: tuple[Tag, ...], batch: SampleBatch) -> None:
        """Takes in a batch: the last sample of each tag counts."""
        self.tags = tags
        self.as_of = header.as_of
        texts = batch.texts() if batch.value_utf8 is not None else None
        rows = np.unique(batch.index[::-1], return_index=True)[1]
        for row in (len(batch) - 1 - rows).tolist():
            tag = tags[int(batch.index[row])]
            self.readings[tag.name] = Reading(
                value=_shown(tag, batch, row, texts),
                status=int(batch.status[row]),
                reasons=int(batch.reasons[row]),
                source_time=int(batch.source_time[row]),
            )

    def render(self, now: int) -> Table:
        """The tags as a table; `now` in ns since 1970 UTC."""
        vouched = f"vouched for {(now - self.as_of) / 1e9:.1f} s ago" if self.as_of else "link down, values are held"
        if not self.tags:
            vouched = "waiting for its first batch"
        table = Table(
            "tag", "value", "unit", "status", "why", "age s", "source time", title=f"{self.source}: {vouched}"
        )
        for tag in self.tags:
            reading = self.readings.get(tag.name)
            if reading is None:
                table.add_row(tag.name, "–", tag.unit, "no sample yet", "", "", "")
                continue
            stamp = datetime.fromtimestamp(reading.source_time / 1e9, UTC).isoformat(timespec="milliseconds")
            table.add_row(
                tag.name,
                reading.value,
                tag.unit,
                Text(status_name(reading.status), style=_STYLE[severity_of(reading.status)]),
                " ".join(reason_names(reading.reasons & ~Reason.INITIAL)),
                f"{(now - reading.source_time) / 1e9:.1f}",
                stamp.replace("+00:00", "Z"),
            )
        return table


def watch(
    source: Annotated[str, typer.Argument(help="Name of a LegacySource of a running `brownfield run`.")],
    *,
    state: State = DEFAULT_STATE,
    duration: Duration = "",
) -> None:
    """Show a source's tags live in the terminal."""
    asyncio.run(_watch(source, _spine_of(state), duration_seconds(duration), plain_console()))


async def _watch(source: str, config: SpineConfig, duration: float, console: Console) -> None:
    spine = await connect(config, name="brownfield-watch")
    try:
        await refuse_unknown(spine, source)
    except BrownfieldError:
        await spine.close()
        raise
    watched = Watched(source)
    following = asyncio.create_task(_follow(spine, watched))
    stop = stop_signals()
    end = time.monotonic() + (duration or float("inf"))
    with Live(console=console, auto_refresh=False) as live:
        while not stop.is_set() and not following.done() and time.monotonic() < end:
            live.update(watched.render(time.time_ns()), refresh=True)
            await asyncio.wait({following}, timeout=0.5)
    following.cancel()
    outcome = (await asyncio.gather(following, return_exceptions=True))[0]
    await spine.close()
    if isinstance(outcome, Exception):
        raise outcome


async def refuse_unknown(spine: Spine, source: str) -> None:
    """Raises `BrownfieldError` naming the sources there are, unless an adapter has told of this one."""
    known = sorted({item.name for record in (await records(spine)).values() for item in record.sources})
    if source not in known:
        raise BrownfieldError("no adapter reads such a source", source, f"Known: {', '.join(known) or 'none yet'}")


async def _follow(spine: Spine, watched: Watched) -> None:
    tables = TableStore(spine)
    subjects = [f"bf.raw.*.*.{watched.source}"]
    start = time.time_ns() - LOOK_BACK_NS
    async for delivery in read(spine, stream=RAW_STREAM, subjects=subjects, after=0, start_time_ns=start):
        if isinstance(delivery, Corrupt):
            continue  # the pipeline counts and reports it; here only what can be shown is shown
        table = await tables.get(delivery.header.table)
        if isinstance(table, TagTable):
            watched.apply(delivery.header, table.tags, decode(delivery.payload, delivery.header.crc))


def _shown(tag: Tag, batch: SampleBatch, row: int, texts: list[str] | None) -> str:
    """The engineering value as text, exact for strings and 64-bit integers."""
    if tag.type is ValueType.STRING:
        return printable(texts[row]) if texts is not None else ""
    if tag.type is ValueType.INT64 and batch.value_i64 is not None and tag.scale == 1 and tag.offset == 0:
        return str(int(batch.value_i64[row]))
    if tag.type is ValueType.UINT64 and batch.value_u64 is not None and tag.scale == 1 and tag.offset == 0:
        return str(int(batch.value_u64[row]))
    if tag.type is ValueType.BOOL:
        return "on" if batch.value[row] else "off"
    return f"{batch.value[row] * tag.scale + tag.offset:.6g}"


def _spine_of(state: State) -> SpineConfig:
    path = spine_file(state)
    try:
        return msgspec.json.decode(path.read_bytes(), type=SpineConfig)
    except FileNotFoundError as error:
        raise BrownfieldError(
            "no `brownfield run` has used this folder", str(state), "Start one, or name its folder with --state"
        ) from error
