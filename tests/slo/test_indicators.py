"""Each misfortune burns the indicator it should and no other: real processes, a simulated plant, the ledger as scraped.

Everything happens at once, in one run of about a minute; each test looks at one thing that came of it.
"""

import asyncio
from itertools import pairwise

import pytest
from tests.slo.misfortunes import DOWN, Misfortunes, Restarts, go_through

pytestmark = [pytest.mark.chain, pytest.mark.timeout(300)]

SLIS = ("uptime", "latency", "twin_latency", "quality")
IN_FLIGHT = 1.0
"""A poll that was asked for and is not answered yet; the next record says how it ended."""
POLLS = 2.0
"""How far counts of schedule × time may be off: a second between two health records at either end."""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> tuple[Misfortunes, Restarts]:
    return asyncio.run(go_through(tmp_path_factory.mktemp("indicators")))


@pytest.fixture
def misfortunes(seen: tuple[Misfortunes, Restarts]) -> Misfortunes:
    return seen[0]


@pytest.fixture
def restarts(seen: tuple[Misfortunes, Restarts]) -> Restarts:
    return seen[1]


def bad_events(misfortunes: Misfortunes, source: str) -> dict[str, float]:
    """What each indicator lost while the faults lasted."""
    before, after = misfortunes.before, misfortunes.after
    lost = {}
    for sli in SLIS:
        earlier, later = before.of(source, sli), after.of(source, sli)
        lost[sli] = (later.total - later.good) - (earlier.total - earlier.good)
    return lost


@pytest.mark.parametrize(
    ("source", "burns"),
    [
        ("healthy", set()),
        ("unplugged", {"uptime"}),
        ("broken-sensor", {"quality"}),
        ("bad-code", {"quality"}),
        ("slow", {"latency", "twin_latency"}),
        ("clock-ahead", {"quality"}),
        ("clock-behind", {"quality"}),
        ("abandoned", {"uptime"}),
    ],
)
def test_a_misfortune_burns_what_it_should_and_nothing_else(
    misfortunes: Misfortunes, source: str, burns: set[str]
) -> None:
    lost = bad_events(misfortunes, source)
    assert {sli for sli, count in lost.items() if count > (IN_FLIGHT if sli == "uptime" else 0.0)} == burns, lost
    seconds = misfortunes.after.at - misfortunes.before.at
    # A subscription says once that a sensor is broken: its trigger is a change of status or value (OPC 10000-4).
    least = 1.0 if source == "bad-code" else seconds / 3
    assert all(lost[sli] >= least for sli in burns), lost


def test_a_value_that_no_machine_can_have_burns_quality_from_the_first(misfortunes: Misfortunes) -> None:
    assert misfortunes.after.of("unbelievable", "quality").good == 0.0
    assert misfortunes.after.of("unbelievable", "quality").total > 20
    lost = bad_events(misfortunes, "unbelievable")
    assert (lost["uptime"] <= IN_FLIGHT, lost["latency"], lost["twin_latency"]) == (True, 0.0, 0.0), lost


def test_a_source_that_is_away_is_not_slow_but_says_nothing(misfortunes: Misfortunes) -> None:
    for sli in ("latency", "twin_latency", "quality"):
        counted = misfortunes.after.of("unplugged", sli).total - misfortunes.before.of("unplugged", sli).total
        assert counted <= 4, sli  # two tags, in what was under way


def test_a_suspended_source_owes_nothing(misfortunes: Misfortunes) -> None:
    assert {sli: misfortunes.after.of("suspended", sli).total for sli in SLIS} == dict.fromkeys(SLIS, 0.0)


def test_polls_come_as_the_schedule_says(misfortunes: Misfortunes) -> None:
    before, after = misfortunes.before, misfortunes.after
    for source in ("healthy", "unplugged", "slow", "bad-code", "clock-ahead"):
        counted = after.of(source, "uptime").total - before.of(source, "uptime").total
        assert counted == pytest.approx(after.at - before.at, abs=POLLS + IN_FLIGHT), source


def test_an_adapter_that_does_nothing_owes_schedule_times_time(misfortunes: Misfortunes) -> None:
    before, during = misfortunes.before, misfortunes.abandoned
    owed = during.of("abandoned", "uptime").total - before.of("abandoned", "uptime").total
    assert owed == pytest.approx(during.at - before.at, abs=POLLS)
    assert during.of("abandoned", "uptime").good - before.of("abandoned", "uptime").good <= POLLS


def test_a_killed_adapter_leaves_no_hole_and_counts_nothing_twice(misfortunes: Misfortunes) -> None:
    before, after = misfortunes.before, misfortunes.after
    counted = after.of("abandoned", "uptime").total - before.of("abandoned", "uptime").total
    assert counted == pytest.approx(after.at - before.at, abs=POLLS)


def test_what_was_not_fresh_burns_the_twin_s_freshness_and_all_its_time_is_counted(misfortunes: Misfortunes) -> None:
    before, after = (entry.of("plant", "freshness") for entry in (misfortunes.before, misfortunes.after))
    seconds, properties = misfortunes.after.at - misfortunes.before.at, 19
    total = after.total - before.total
    assert total == pytest.approx(seconds * properties, abs=POLLS * properties)
    assert 0.5 * total < after.good - before.good < 0.9 * total


def test_no_exposed_counter_falls(misfortunes: Misfortunes, restarts: Restarts) -> None:
    assert [*misfortunes.watch.falls(), *restarts.watch.falls()] == []
    runs = (0.0, restarts.started, restarts.before_kill.at, restarts.after_kill.at)
    looks = [sum(begin < entry.at <= end for entry in restarts.watch.entries) for begin, end in pairwise(runs)]
    assert all(looks), looks


def test_the_time_after_an_orderly_stop_does_not_count(restarts: Restarts) -> None:
    before, after = restarts.before_stop, restarts.after_stop
    counted = after.of("again", "uptime").total - before.of("again", "uptime").total
    asked, ended = restarts.stopped
    after_start = after.at - restarts.started
    assert asked - before.at - POLLS <= counted <= (ended - before.at) + after_start + POLLS
    assert (after.at - before.at) - ((ended - before.at) + after_start + POLLS) > DOWN / 2  # it would be seen


def test_the_time_after_a_kill_counts(restarts: Restarts) -> None:
    before, after = restarts.before_kill, restarts.after_kill
    counted = after.of("again", "uptime").total - before.of("again", "uptime").total
    assert counted == pytest.approx(after.at - before.at, abs=POLLS)
    assert after.at - before.at > DOWN
