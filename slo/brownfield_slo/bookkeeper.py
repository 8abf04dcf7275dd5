"""Keeps the ledger: looks at the health records, saves, and only then shows.

What is shown was saved before. Whoever takes over after a crash goes on from figures that are at least as high, so
that no counter ever falls, whoever exposes it.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

import structlog

from brownfield_api.errors import BrownfieldError, SpineUnavailable
from brownfield_api.health import HealthRecord, LevelHealth
from brownfield_api.subjects import health_key
from brownfield_slo.indicators import Measured, Subject
from brownfield_slo.ledger.accrual import OVERDUE
from brownfield_slo.ledger.ledger import EMPTY_BOOK, Ledger
from brownfield_slo.ledger.sighting import Heard
from brownfield_slo.levels import Figures, Level, figures_of, window_text
from brownfield_spine.books import read_books, write_books
from brownfield_spine.connection import Spine
from brownfield_spine.health import HealthPublisher
from brownfield_spine.process import instance_id
from brownfield_spine.retry import Backoff

LEVELS_KIND = "levels"
"""Kind of the ledger's own health records, by which pages learn what has become of promises."""

_PER_RECORD = 2000
"""Levels in one record: 300 kB, under what the spine takes as one message."""

INTERVAL = 10.0
"""Seconds between two looks: a scrape sees news at the latest at its next turn, and the spine little traffic."""

FORGOTTEN = 3600 * 10**9
"""Nanoseconds after which nobody asks any more what a process said last."""

_log = structlog.get_logger()


@dataclass(slots=True)
class Bookkeeper:
    """`measured` says what there is now, `exists` whose counts are kept at all; `hear` wants every health record.
    `figures` is what was saved last; empty before the first time. `judged` is told whose promises are now kept, or
    broken, that were not when it looked last. `clock`: ns since 1970 UTC. `metrics`: where they are exposed.
    """

    measured: Callable[[], Collection[Measured]]
    exists: Callable[[Subject], bool]
    judged: Callable[[Collection[Subject]], None] = lambda _subjects: None
    clock: Callable[[], int] = time.time_ns
    figures: Mapping[Subject, Figures] = field(default_factory=dict)
    metrics: str = ""
    _ledger: Ledger = field(default_factory=Ledger)
    _heard: dict[str, HealthRecord] = field(default_factory=dict)
    _ended: list[Heard] = field(default_factory=list)
    _saved: set[str] = field(default_factory=set)
    _there_since: float | None = None

    def hear(self, key: str, record: HealthRecord) -> None:
        """Of a process that another follows the last word counts as well: it may be younger than our last look."""
        before = self._heard.get(key)
        if before is not None and before.instance != record.instance:
            self._ended.append((key, before))
        self._heard[key] = record

    async def run(self, spine: Spine) -> None:
        """Go on from the books of the spine, and keep them, until cancelled."""
        await self.open(spine)
        said = ""
        while True:
            try:
                await self.keep(spine)
                said = ""
            except SpineUnavailable as error:
                if said != str(error):
                    _log.warning("service levels are not saved; they go on when the spine is back", error=str(error))
                said = str(error)
            except Exception:  # noqa: BLE001 - what one resource trips over must not stop the plants of all others
                _log.exception("service levels could not be brought up to date; tried again")
            await asyncio.sleep(INTERVAL)

    async def keep(self, spine: Spine) -> None:
        """Take in what is new, save it and show it. Raises `SpineUnavailable`: nothing new is shown then."""
        now = self.clock()
        self._ledger.forget(self.exists)
        records = [*self._ended, *self._heard.items()]
        self._ended.clear()
        self._ledger.advance(self.measured(), records, now, listening=self._is_listening(spine))
        self._heard = {key: record for key, record in self._heard.items() if now - record.time < FORGOTTEN}
        figures = {item.subject: figures_of(self._ledger, item, now) for item in self._ledger.measured}
        await self._save(spine)
        before, self.figures = self.figures, figures
        self.judged([subject for subject in figures if _verdicts(figures, subject) != _verdicts(before, subject)])
        for record in self._records(now):
            key = health_key(LEVELS_KIND, record.namespace, record.name)
            await HealthPublisher(spine, key).publish(record)

    async def close(self, spine: Spine) -> None:
        """The last entry of a run that ends in order: until the next one nobody is late. Raises `SpineUnavailable`."""
        self._ledger.rest()
        await self._save(spine)

    async def _save(self, spine: Spine) -> None:
        """A book whose last resource is gone is emptied, or whoever reads it would bring that back."""
        books = {str(number): book for number, book in self._ledger.books().items()}
        await write_books(spine, {**dict.fromkeys(self._saved - books.keys(), EMPTY_BOOK), **books})
        self._saved = set(books)

    async def open(self, spine: Spine) -> None:
        """Go on from what was saved; a book that cannot be read begins anew. Waits for the spine."""
        backoff = Backoff()
        while True:
            await spine.until_connected()
            try:
                books = await read_books(spine)
                break
            except SpineUnavailable as error:
                _log.info("the books of service levels are not there yet", why=str(error))
                await backoff.wait()
        self._saved = set(books)
        for name, content in books.items():
            try:
                self._ledger.open(content)
            except BrownfieldError as error:
                _log.error("service levels of some resources begin anew", book=name, error=str(error))

    def _is_listening(self, spine: Spine) -> bool:
        """Whether silence says something: after an outage everybody gets the time to be heard again."""
        if not spine.connected:
            self._there_since = None
            return False
        if self._there_since is None:
            self._there_since = time.monotonic()
        return time.monotonic() - self._there_since > OVERDUE / 1e9

    def _records(self, now: int) -> Iterator[HealthRecord]:
        by_namespace: dict[str, list[LevelHealth]] = {}
        for item in self.figures.values():
            by_namespace.setdefault(item.measured.subject.namespace, []).extend(map(_level, item.levels))
        for namespace, levels in by_namespace.items():
            for number, begin in enumerate(range(0, max(len(levels), 1), _PER_RECORD)):
                yield HealthRecord(
                    kind=LEVELS_KIND,
                    namespace=namespace,
                    name=str(number),
                    instance=instance_id(),
                    time=now,
                    started=now,
                    metrics=self.metrics,
                    levels=tuple(levels[begin : begin + _PER_RECORD]),
                )


def _verdicts(figures: Mapping[Subject, Figures], subject: Subject) -> tuple[bool | None, ...]:
    return figures[subject].verdicts if subject in figures else ()


def _level(level: Level) -> LevelHealth:
    return LevelHealth(
        kind=level.subject.kind,
        name=level.subject.name,
        sli=level.sli.value,
        objective=level.objective,
        window=window_text(level.window),
        ratio=level.events.ratio,
        budget=level.budget,
    )
