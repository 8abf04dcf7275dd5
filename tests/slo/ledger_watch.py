"""What the ledger of a run exposes, as a scraper sees it: every change, with the moment it was seen."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from brownfield_slo.ledger.account import Events

_LOOK = 0.1

Counts = dict[tuple[str, str], Events]
"""Events by resource (`healthy`) and indicator (`uptime`)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """`at`: monotonic seconds."""

    at: float
    counts: Counts

    def of(self, resource: str, sli: str) -> Events:
        return self.counts.get((resource, sli), Events())


@dataclass(slots=True)
class LedgerWatch:
    """Follows the ledger of whatever run uses the folder `state`, until cancelled."""

    state: Path
    entries: list[Entry] = field(default_factory=list)

    async def run(self) -> None:
        async with httpx.AsyncClient(timeout=5.0, trust_env=False) as client:
            while True:
                with suppress(httpx.TransportError, FileNotFoundError):  # no run is up
                    for address in self._addresses():
                        answer = await client.get(f"http://{address}/metrics", headers={"Accept": "text/plain"})
                        self._take(_counts(answer.text))
                await asyncio.sleep(_LOOK)

    async def until(self, fits: Callable[[Entry], bool], what: str, *, seconds: float, after: float = 0.0) -> Entry:
        """The first entry later than `after` (monotonic seconds) that fits."""
        deadline = time.monotonic() + seconds
        while True:
            for entry in self.entries:
                if entry.at > after and fits(entry):
                    return entry
            assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}; last seen: {self.entries[-1:]}"
            await asyncio.sleep(_LOOK)

    def falls(self) -> Iterator[tuple[Entry, Entry]]:
        """Neighbours of which the later one shows less, or nothing, of something."""
        for earlier, later in pairwise(self.entries):
            for key, events in earlier.counts.items():
                now = later.counts.get(key, Events(-1.0, -1.0))
                if now.total < events.total or now.good < events.good:
                    yield earlier, later

    def _addresses(self) -> list[str]:
        groups = json.loads((self.state / "metrics-targets.json").read_text())
        return [address for group in groups if group["labels"]["kind"] == "levels" for address in group["targets"]]

    def _take(self, counts: Counts) -> None:
        if counts and (not self.entries or counts != self.entries[-1].counts):
            self.entries.append(Entry(time.monotonic(), counts))


def _counts(text: str) -> Counts:
    found: dict[str, dict[tuple[str, str], float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name in {"brownfield_sli_events_total", "brownfield_sli_good_events_total"}:
                resource = sample.labels["source"] or sample.labels["twin"]
                found.setdefault(sample.name, {})[resource, sample.labels["sli"]] = sample.value
    totals = found.get("brownfield_sli_events_total", {})
    return {key: Events(found["brownfield_sli_good_events_total"][key], total) for key, total in totals.items()}
