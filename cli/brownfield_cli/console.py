"""Shows a run: redrawn in place on a terminal, plain lines elsewhere."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

from rich.console import Console
from rich.live import Live

from brownfield_cli.summary import Summary, readable_line


def plain_console(*, stderr: bool = False) -> Console:
    """A console that shows text as it is: what comes from devices and files is never markup."""
    return Console(stderr=stderr, markup=False, emoji=False, highlight=False)


TOTALS_EVERY = 10.0
"""Seconds between lines of totals where there is no terminal."""


@dataclass
class Screen:
    """Where a summary and log lines go."""

    console: Console
    summary: Summary
    live: Live | None = None
    last_totals: float = 0.0

    def line(self, process: str, line: str) -> None:
        """One log line of a process."""
        self.summary.add_line(process, line)
        if self.live is None and (text := readable_line(process, line)):
            self.console.print(text, soft_wrap=True)

    def refresh(self) -> None:
        """Redraws, or prints a line of totals when it is time."""
        if self.live is not None:
            self.live.update(self.summary.render(), refresh=True)
        elif time.monotonic() - self.last_totals >= TOTALS_EVERY:
            self.last_totals = time.monotonic()
            self.console.print(self.summary.totals(), soft_wrap=True)


@contextlib.asynccontextmanager
async def screen(title: str, console: Console) -> AsyncIterator[Screen]:
    """A screen for the time of a run."""
    summary = Summary(title)
    if not console.is_terminal:
        console.print(title, soft_wrap=True)
        yield Screen(console, summary)
        return
    with Live(summary.render(), console=console, auto_refresh=False, screen=False) as live:
        yield Screen(console, summary, live)


async def wait_for(event: asyncio.Event, seconds: float) -> bool:
    """Whether the event came within that time."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True
