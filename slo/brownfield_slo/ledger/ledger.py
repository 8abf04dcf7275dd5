"""All accounts of all resources, brought up to date from the health records, and kept in small books.

A book holds some of the resources, by hash, so that no value of the spine's bucket grows beyond what it takes and one
resource's change rewrites little. What a book says was true at one moment: counts and how far they go are saved
together, so that whoever opens it later counts nothing twice and leaves nothing out.
"""

import zlib
from array import array
from collections.abc import Callable, Collection, Iterable

import msgspec

from brownfield_api.errors import UNDECODABLE, BrownfieldError
from brownfield_slo.indicators import TWIN_INDICATORS, Measured, Sli, Subject
from brownfield_slo.ledger.account import SLOTS, Account, Events
from brownfield_slo.ledger.accrual import OVERDUE, Seen, counted, scheduled, unseen
from brownfield_slo.ledger.sighting import Heard, Sighting, sightings

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


class Kept(msgspec.Struct, array_like=True):
    """A resource as it was measured last, and its accounts."""

    measured: Measured
    entries: dict[Sli, Entry]


Book = dict[str, Kept]
"""By resource: `kind/namespace/name`."""


class Ledger:
    """The accounts of the resources it was last told to measure; pure but for what it remembers."""

    def __init__(self) -> None:
        self._measured: dict[Subject, Measured] = {}
        self._accounts: dict[Subject, dict[Sli, Account]] = {}
        self._seen: dict[tuple[Subject, Sli], dict[str, Seen]] = {}

    def forget(self, exists: Callable[[Subject], bool]) -> None:
        """Close the accounts of resources that exist no more."""
        for subject in [subject for subject in self._measured if not exists(subject)]:
            self._close(subject)

    @property
    def measured(self) -> Collection[Measured]:
        """Everything that has accounts, as it was measured last."""
        return self._measured.values()

    def advance(self, measured: Iterable[Measured], records: Iterable[Heard], now: int, *, listening: bool) -> None:
        """Take in what the records say, at `now` (ns since 1970 UTC). Whatever is not among `measured` and was not
        forgotten is measured as it was before: it exists, and cannot be read. `listening`: see `accrual.scheduled`.
        """
        for item in measured:
            before = self._measured.get(item.subject)
            if before is not None and before.uid != item.uid:
                self._close(item.subject)  # deleted and made again between two looks
            self._measured[item.subject] = item
        wanted = self._measured
        for item in wanted.values():
            accounts = self._accounts.setdefault(item.subject, {})
            for sli in item.indicators:
                accounts.setdefault(sli, Account(item.window, now)).measure_over(item.window, now)
        found: dict[tuple[Subject, Sli], list[Sighting]] = {}
        for subject, sli, sighting in sightings(records):
            if subject in wanted:
                found.setdefault((subject, sli), []).append(sighting)
        for each in found.values():
            each.sort(key=lambda sighting: sighting.time)
        for item in wanted.values():
            for sli in item.indicators:
                self._settle(item, sli, found.get((item.subject, sli), []), now, listening=listening)

    def _close(self, subject: Subject) -> None:
        del self._measured[subject]
        for sli in self._accounts.pop(subject, {}):
            self._seen.pop((subject, sli), None)

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
            if _ONLY in seen:
                seen[_ONLY] = msgspec.structs.replace(seen[_ONLY], resting=True, owed=0.0)

    def books(self) -> dict[int, bytes]:
        """Every book that holds anything, by number, as bytes."""
        books: dict[int, Book] = {}
        for subject, accounts in self._accounts.items():
            key = f"{subject.kind}/{subject.namespace}/{subject.name}"
            entries = {sli: self._entry(subject, sli, account) for sli, account in accounts.items()}
            kept = Kept(self._measured[subject], entries)
            books.setdefault(zlib.crc32(key.encode()) % BOOKS, {})[key] = kept
        return {number: _packed(book) for number, book in books.items()}

    def open(self, content: bytes) -> None:
        """Go on from a book; raises `BrownfieldError` if it cannot be read."""
        try:
            inflater = zlib.decompressobj()
            book = msgspec.msgpack.decode(inflater.decompress(content, _LARGEST_BOOK), type=Book)
            for kept in book.values():
                subject = kept.measured.subject
                self._measured[subject] = kept.measured
                for sli, entry in kept.entries.items():
                    self._accounts.setdefault(subject, {})[sli] = _account(entry)
                    self._seen[subject, sli] = entry.seen
        except (*UNDECODABLE, zlib.error, ValueError, TypeError) as error:
            raise BrownfieldError(f"cannot be read: {error}", "book of service levels") from error

    def _settle(self, item: Measured, sli: Sli, found: list[Sighting], now: int, *, listening: bool) -> None:
        account = self._accounts[item.subject][sli]
        seen = self._seen.setdefault((item.subject, sli), {})
        if sli not in _SCHEDULED:
            for each in found:
                seen[each.process], events = counted(seen.get(each.process), each)
                account.add(events, now)
            return
        begin = min((sighting.started for sighting in found), default=now + OVERDUE)
        news: list[Sighting | None] = [*found, None]  # at the end, whether it has been silent since
        for sighting in news:
            before = seen.get(_ONLY) or unseen(begin)
            rate = item.rate if sli is Sli.UPTIME else (sighting.rate if sighting else before.rate)
            seen[_ONLY], events = scheduled(before, sighting, rate, now, listening=listening)
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
