"""The books: saved, opened, gone on from."""

from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brownfield_api.errors import BrownfieldError
from brownfield_api.health import EventCounts, HealthRecord, LinkState, QualityCounts, SourceHealth, TwinHealth
from brownfield_slo.indicators import Measured, Sli, Subject
from brownfield_slo.ledger.account import Events
from brownfield_slo.ledger.ledger import Ledger
from brownfield_slo.ledger.sighting import Heard

SECOND = 10**9
BEGIN = 10**18
SOURCE = Subject("source", "plant", "r80711")
TWIN = Subject("twin", "plant", "wind-farm")
MEASURED = (
    Measured(subject=SOURCE, rate=1.0, window=3600.0, objectives={Sli.UPTIME: 0.99}),
    Measured(subject=TWIN, rate=0.0, window=3600.0, objectives={Sli.FRESHNESS: 0.9}),
)


def records(polls: int, good: int, seconds: int, instance: str = "a") -> list[Heard]:
    now = BEGIN + seconds * SECOND
    source = SourceHealth(
        name="r80711",
        protocol="modbus",
        endpoint="e",
        state=LinkState.CONNECTED,
        since=0,
        tags=1,
        quality=QualityCounts(),
        polls_scheduled=polls,
        polls_succeeded=good,
        timely=EventCounts(good=good, total=polls),
    )
    twin = TwinHealth(assets=1, fresh=1, stale=0, properties=2, freshness=EventCounts(good=seconds, total=2 * seconds))

    def record(kind: str, name: str) -> HealthRecord:
        return HealthRecord(
            kind=kind, namespace="plant", name=name, instance=instance, time=now, started=BEGIN, metrics=""
        )

    judged = {"r80711": EventCounts(good=good, total=polls)}
    changed = msgspec.structs.replace
    return [
        ("adapter.plant.x", changed(record("adapter", "x"), sources=(source,))),
        ("pipeline.plant.m", changed(record("pipeline", "m"), of_sources=judged)),
        ("twin.plant.wind-farm", changed(record("twin", "wind-farm"), twin=twin)),
    ]


def test_what_exists_no_more_is_forgotten() -> None:
    ledger = Ledger()
    ledger.advance(MEASURED, records(10, 9, 10), BEGIN + 10 * SECOND, listening=True)
    ledger.forget(lambda subject: subject != TWIN)
    ledger.advance(MEASURED[:1], records(20, 19, 20), BEGIN + 20 * SECOND, listening=True)
    with pytest.raises(KeyError):
        ledger.totals(TWIN, Sli.FRESHNESS)
    assert ledger.totals(SOURCE, Sli.QUALITY) == Events(19, 20)


def test_the_last_word_of_a_process_counts_although_another_follows_it() -> None:
    ledger = Ledger()
    ledger.advance(MEASURED, records(10, 10, 10), BEGIN + 10 * SECOND, listening=True)
    last = records(18, 18, 18)
    following = [
        (key, msgspec.structs.replace(record, instance="b", started=BEGIN + 20 * SECOND, time=BEGIN + 21 * SECOND))
        for key, record in records(1, 1, 1)
    ]
    ledger.advance(MEASURED, [*last, *following], BEGIN + 21 * SECOND, listening=True)
    assert ledger.totals(SOURCE, Sli.UPTIME) == Events(19, 21)
    assert ledger.totals(SOURCE, Sli.QUALITY) == Events(19, 19)


def test_what_exists_and_cannot_be_read_is_measured_as_before_also_by_the_next_one() -> None:
    ledger, following = Ledger(), Ledger()
    ledger.advance(MEASURED, records(10, 10, 10), BEGIN + 10 * SECOND, listening=True)
    for content in ledger.books().values():
        following.open(content)
    following.advance((), records(20, 20, 20), BEGIN + 20 * SECOND, listening=True)
    assert sorted(item.subject for item in following.measured) == sorted(item.subject for item in MEASURED)
    assert following.totals(SOURCE, Sli.UPTIME) == Events(20, 20)


def test_another_resource_of_the_same_name_begins_anew() -> None:
    ledger = Ledger()
    ledger.advance(MEASURED, records(10, 9, 10), BEGIN + 10 * SECOND, listening=True)
    ledger.advance([replace(MEASURED[0], uid="another")], (), BEGIN + 11 * SECOND, listening=True)
    assert ledger.totals(SOURCE, Sli.UPTIME) == Events()


def test_a_new_source_gets_the_time_to_start_and_no_more() -> None:
    ledger = Ledger()
    ledger.advance(MEASURED, (), BEGIN - 8 * SECOND, listening=True)
    ledger.advance(MEASURED, records(10, 10, 10), BEGIN + 10 * SECOND, listening=True)
    assert ledger.totals(SOURCE, Sli.UPTIME) == Events(10, 10)
    never = Ledger()
    for seconds in range(0, 100, 10):
        never.advance(MEASURED, (), BEGIN + seconds * SECOND, listening=True)
    assert never.totals(SOURCE, Sli.UPTIME) == Events(0, 90 - 15)


def test_a_dead_twin_burns_by_what_it_said_it_holds() -> None:
    ledger = Ledger()
    ledger.advance(MEASURED, records(10, 9, 10), BEGIN + 10 * SECOND, listening=True)
    ledger.advance(MEASURED, (), BEGIN + 40 * SECOND, listening=True)
    assert ledger.totals(TWIN, Sli.FRESHNESS).total == pytest.approx(20 + 60)


@given(st.lists(st.integers(1, 30), min_size=1, max_size=10), st.sets(st.integers(0, 9)))
def test_who_is_restarted_from_the_books_counts_the_same(steps: list[int], restarts: set[int]) -> None:
    whole, restarted, seconds = Ledger(), Ledger(), 0
    for number, step in enumerate(steps):
        seconds += step
        found, now = records(seconds, seconds - number, seconds), BEGIN + seconds * SECOND
        whole.advance(MEASURED, found, now, listening=True)
        restarted.advance(MEASURED, found, now, listening=True)
        if number in restarts:
            books, restarted = restarted.books(), Ledger()
            for content in books.values():
                restarted.open(content)
    now = BEGIN + seconds * SECOND
    for item in MEASURED:
        for sli in item.indicators:
            assert restarted.totals(item.subject, sli) == whole.totals(item.subject, sli)
            assert restarted.within(item.subject, sli, now) == whole.within(item.subject, sli, now)


def test_whoever_was_stopped_in_order_owes_nothing_for_the_time_until_it_is_started_again() -> None:
    ledger = Ledger()
    ledger.advance(MEASURED, records(10, 10, 10), BEGIN + 10 * SECOND, listening=True)
    ledger.rest()
    before = ledger.totals(SOURCE, Sli.UPTIME)
    # Whoever starts again hears of the old processes first: the bucket still has their last records.
    ledger.advance(MEASURED, records(11, 11, 11), BEGIN + 8999 * SECOND, listening=True)
    later = [
        (key, msgspec.structs.replace(record, instance="b", started=BEGIN + 9000 * SECOND))
        for key, record in records(5, 5, 9005)
    ]
    ledger.advance(MEASURED, later, BEGIN + 9005 * SECOND, listening=True)
    assert ledger.totals(SOURCE, Sli.UPTIME) == Events(before.good + 6, before.total + 6)


@given(st.binary(max_size=200))
def test_a_damaged_book_is_refused(content: bytes) -> None:
    with pytest.raises(BrownfieldError, match="cannot be read"):
        Ledger().open(content)
