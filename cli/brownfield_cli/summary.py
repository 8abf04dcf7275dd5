"""The live summary `brownfield run` shows: sources, twins, processes and the last words of the log.

On a terminal it is redrawn in place; elsewhere (a service, a pipe) log lines pass through as they come
and a line of totals is printed now and then.
"""

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from brownfield_api.health import HealthRecord, LinkState, SourceHealth
from brownfield_cli.report import ProcessReport

SHOWN_LINES = 8
"""Log lines kept on the screen."""

_STATE_STYLE = {
    LinkState.CONNECTED: "green",
    LinkState.CONNECTING: "yellow",
    LinkState.BACKOFF: "bold red",
    LinkState.SUSPENDED: "dim",
    LinkState.STOPPED: "dim",
}


@dataclass
class Summary:
    """What is on the screen; `add_line` and `update` change it, `render` draws it."""

    title: str
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=SHOWN_LINES))
    latest: Mapping[str, HealthRecord] = field(default_factory=dict)
    processes: Mapping[str, ProcessReport] = field(default_factory=dict)

    def add_line(self, process: str, line: str) -> None:
        """One log line of a process; only what a person must know is kept on the screen."""
        text = readable_line(process, line)
        if text:
            self.lines.append(text)

    def update(self, latest: Mapping[str, HealthRecord], processes: Mapping[str, ProcessReport]) -> None:
        """The newest health records and process statistics."""
        self.latest = latest
        self.processes = processes

    def render(self) -> RenderableType:
        """The whole screen."""
        parts: list[RenderableType] = [Text(self.title, style="bold"), self._sources(), self._twins()]
        parts.extend(Text(line, overflow="ellipsis", no_wrap=True) for line in self.lines)
        return Group(*parts)

    def totals(self) -> str:
        """One line for a log file."""
        sources = all_sources(self.latest)
        connected = sum(source.state is LinkState.CONNECTED for source in sources)
        tags = sum(source.tags for source in sources)
        good = sum(source.quality.good for source in sources)
        twins = [record.twin for record in self.latest.values() if record.twin]
        return (
            f"{connected} of {len(sources)} sources connected, {good} of {tags} tags good, "
            f"{sum(twin.fresh for twin in twins)} of {sum(twin.assets for twin in twins)} assets fresh"
        )

    def _sources(self) -> Table:
        table = Table(box=None, pad_edge=False, expand=False)
        for heading, right in (
            ("source", False),
            ("state", False),
            ("good/tags", True),
            ("quality", True),
            ("p99", True),
            ("polls", True),
            ("", False),
        ):
            table.add_column(heading, justify="right" if right else "left", no_wrap=heading != "")
        for source in all_sources(self.latest):
            table.add_row(
                source.name,
                Text(source.state.value, style=_STATE_STYLE[source.state]),
                f"{source.quality.good}/{source.tags}",
                f"{100 * source.quality.good / source.tags:.0f} %" if source.tags else "–",
                f"{source.latency.p99 * 1000:.0f} ms" if source.latency.count else "–",
                f"{source.polls_succeeded}/{source.polls_scheduled}",
                source.message,
            )
        return table

    def _twins(self) -> Table:
        table = Table(box=None, pad_edge=False, expand=False)
        for heading in ("twin", "assets", "fresh", "stale", "p99", "page"):
            table.add_column(heading)
        for record in self.latest.values():
            if record.twin is not None:
                table.add_row(
                    record.name,
                    str(record.twin.assets),
                    str(record.twin.fresh),
                    str(record.twin.stale),
                    f"{record.latency.p99 * 1000:.0f} ms" if record.latency.count else "–",
                    record.twin.page + (" (catching up)" if record.twin.catching_up else ""),
                )
        return table


def all_sources(latest: Mapping[str, HealthRecord]) -> list[SourceHealth]:
    """The sources of all adapters, by name."""
    found = [source for record in latest.values() for source in record.sources]
    return sorted(found, key=lambda source: source.name)


def readable_line(process: str, line: str) -> str:
    """A process's log line for people: `time process: event key=value`; "" for one below info."""
    try:
        fields = json.loads(line)
    except ValueError:
        return printable(f"{process}: {line}")
    if not isinstance(fields, dict) or fields.get("level") == "debug":
        return ""
    event = fields.pop("event", "")
    time = str(fields.pop("timestamp", ""))[11:19]
    level = fields.pop("level", "info")
    rest = " ".join(f"{key}={value}" for key, value in fields.items() if key not in {"logger", "process", "exception"})
    mark = "" if level == "info" else f"{str(level).upper()} "
    return printable(f"{time} {process}: {mark}{event} {rest}".rstrip())


def printable(text: str) -> str:
    """The text without control characters: what comes from a device must not steer the terminal."""
    return text if text.isprintable() else "".join(mark if mark.isprintable() else "·" for mark in text)
