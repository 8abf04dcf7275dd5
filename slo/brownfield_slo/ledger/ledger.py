"""All accounts of all resources, brought up to date from the health records, and kept in small books.

A book holds some of the resources, by hash, so that no value of the spine's bucket grows beyond what it takes and one
resource's change rewrites little. What a book says was true at one moment: counts and how far they go are saved
together, so that whoever opens it later counts nothing twice and leaves nothing out.
"""

import zlib
from array import array
from collections.abc import Callable, Iterable, Mapping

import msgspec

from brownfield_api.errors import UNDECODABLE, BrownfieldError
from brownfield_api.health import HealthRecord
from brownfield_slo.indicators import TWIN_INDICATORS, Measured, Sli, Subject
from brownfield_slo.ledger.account import SLOTS, Account, Events
from brownfield_slo.ledger.accrual import OVERDUE, Seen, counted, scheduled, unseen
from brownfield_slo.ledger.sighting import Sighting, sightings

BOOKS = 64
"""How many books there are. Changing it loses the history of every installation."""

_SCHEDULED = frozenset({Sli.UPTIME, *TWIN_INDICATORS})
_ONLY = ""
"""What is seen of an indicator with a schedule: one process at a time works by it."""

_LARGEST_BOOK = 64 * 1024 * 1024


class Entry(msgspec.Struct, array_like=True):
    """An account as it is kept. `goods` and `totals`: little-endian doubles, one per slot of the window."""

    window: float
    began: int
    good: float
    total: float
    slot: int
    goods: bytes
    totals: bytes
    seen: dict[str, Seen]


Book = dict[str, dict[Sli, Entry]]
"""Entries by resource (`kind/namespace/name`) and indicator."""


class Ledger:
    """The accounts of the resources it was last told to measure; pure but for what it remembers."""

    def __init__(self) -> None:
        self._accounts: dict[Subject, dict[Sli, Account]] = {}
        self._seen: dict[tuple[Subject, Sli], dict[str, Seen]] = {}

    def forget(self, exists: Callable[[Subject], bool]) -> None:
        """Close the accounts of resources that exist no more."""
        for subject in [subject for subject in self._accounts if not exists(subject)]:
            for sli in self._accounts.pop(subject):
                self._seen.pop((subject, sli), None)

    def advance(
        self, measured: Iterable[Measured], records: Mapping[str, HealthRecord], now: int, *, listening: bool
    ) -> None:
        """Take in what the records say of what is measured, at `now` (ns since 1970 UTC). `listening`: see
        `accrual.scheduled`.
        """
        wanted = {item.subject: item for item in measured}
        for item in wanted.values():
            accounts = self._accounts.setdefault(item.subject, {})
            for sli in item.indicators:
                accounts.setdefault(sli, Account(item.window, now)).measure_over(item.window, now)
        found: dict[tuple[Subject, Sli], list[Sighting]] = {}
        for subject, sli, sighting in sightings(records):
            if subject in wanted:
                found.setdefault((subject, sli), []).append(sighting)
        for item in wanted.values():
            for sli in item.indicators:
                self._settle(item, sli, found.get((item.subject, sli), []), now, listening=listening)

    def totals(self, subject: Subject, sli: Sli) -> Events:
        """Counts since the beginning, which never fall."""
        account = self._accounts[subject][sli]
        return Events(account.good, account.total)

    def within(self, subject: Subject, sli: Sli, now: int) -> Events:
        """Counts of the window up to `now`."""
        return self._accounts[subject][sli].within(now)

    def covered(self, subject: Subject, sli: Sli, now: int) -> float:
        """The share of the window in which it was counted at all."""
        return self._accounts[subject][sli].covered(now)

    def rest(self) -> None:
        """Everything is stopped in order: no schedule runs until a process is heard of again."""
        for seen in self._seen.values():
            seen.pop(_ONLY, None)

    def books(self) -> dict[int, bytes]:
        """Every book that holds anything, by number, as bytes."""
        books: dict[int, Book] = {}
        for subject, accounts in self._accounts.items():
            key = f"{subject.kind}/{subject.namespace}/{subject.name}"
            entries = {sli: self._entry(subject, sli, account) for sli, account in accounts.items()}
            books.setdefault(zlib.crc32(key.encode()) % BOOKS, {})[key] = entries
        return {number: _packed(book) for number, book in books.items()}

    def open(self, content: bytes) -> None:
        """Go on from a book; raises `BrownfieldError` if it cannot be read."""
        try:
            inflater = zlib.decompressobj()
            book = msgspec.msgpack.decode(inflater.decompress(content, _LARGEST_BOOK), type=Book)
            for key, entries in book.items():
                subject = Subject(*key.split("/"))
                for sli, entry in entries.items():
                    self._accounts.setdefault(subject, {})[sli] = _account(entry)
                    self._seen[subject, sli] = entry.seen
        except (*UNDECODABLE, zlib.error, ValueError, TypeError) as error:
            raise BrownfieldError(f"cannot be read: {error}", "book of service levels") from error

    def _settle(self, item: Measured, sli: Sli, found: list[Sighting], now: int, *, listening: bool) -> None:
        account = self._accounts[item.subject][sli]
        seen = self._seen.setdefault((item.subject, sli), {})
        if sli not in _SCHEDULED:
            for sighting in found:
                seen[sighting.process], events = counted(seen.get(sighting.process), sighting)
                account.add(events, now)
            return
        newest = max(found, key=lambda sighting: sighting.time, default=None)
        before = seen.get(_ONLY) or unseen(newest.started if newest else now + OVERDUE)
        rate = item.rate if sli is Sli.UPTIME else (newest.rate if newest else before.rate)
        seen[_ONLY], events = scheduled(before, newest, rate, now, listening=listening)
        account.add(events, now)

    def _entry(self, subject: Subject, sli: Sli, account: Account) -> Entry:
        return Entry(
            account.window,
            account.began,
            account.good,
            account.total,
            account.slot,
            account.goods.tobytes(),
            account.totals.tobytes(),
            self._seen.get((subject, sli), {}),
        )


def _packed(book: Book) -> bytes:
    return zlib.compress(msgspec.msgpack.encode(book), 1)


EMPTY_BOOK = _packed({})
"""A book that holds nothing any more."""


def _account(entry: Entry) -> Account:
    goods, totals = array("d", entry.goods), array("d", entry.totals)
    if len(goods) != SLOTS or len(totals) != SLOTS or not entry.window > 0:
        raise ValueError("its slots are of another version")
    return Account(entry.window, entry.began, entry.good, entry.total, entry.slot, goods, totals)
