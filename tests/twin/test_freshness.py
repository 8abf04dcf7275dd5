"""What age does to a value: fresh, stale, expired, and what each policy then shows."""

from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from brownfield_api.status import Reason, Status
from brownfield_api.twin_config import StalenessConfig, TwinClass
from brownfield_twin.freshness import EXPIRED, FRESH, NEVER, STALE, classify

SECOND = 1_000_000_000
NOW = 1_800_000_000 * SECOND


def shown(twin: Any, asset: str, name: str, now: int) -> dict[str, Any]:
    slot, frame = twin.layout.slot[asset, name], twin.frame(now)
    return {
        "freshness": int(frame.freshness[slot]),
        "since": int(frame.stale_since[slot]),
        "age": float(frame.age[slot]),
        "value": None if frame.withdrawn[slot] else float(frame.value[slot]),
        "status": int(frame.status[slot]),
        "estimated": bool(frame.estimated[slot]),
        "reasons": int(frame.reasons[slot]),
    }


def test_nothing_ever_arrived_is_never_and_waits_for_initial_data(farm: Any) -> None:
    seen = shown(farm.twin(), "T1", "power", NOW)
    assert (seen["freshness"], seen["since"], seen["value"]) == (NEVER, 0, None)
    assert np.isnan(seen["age"])
    assert seen["status"] == Status.BAD_WAITING_FOR_INITIAL_DATA


def test_a_value_is_stale_from_the_moment_its_age_passes_fresh(farm: Any) -> None:
    twin = farm.twin()
    farm.take(twin, [farm.sample("T1", "power", 5.0, NOW)], as_of=NOW)
    assert shown(twin, "T1", "power", NOW + 2 * SECOND)["freshness"] == FRESH
    stale = shown(twin, "T1", "power", NOW + 2 * SECOND + 1)
    assert (stale["freshness"], stale["since"]) == (STALE, NOW + 2 * SECOND)
    assert shown(twin, "T1", "power", NOW + 5 * SECOND + 1)["freshness"] == EXPIRED
    assert shown(twin, "T1", "power", NOW + 60 * SECOND)["since"] == NOW + 2 * SECOND


def test_hold_keeps_the_value_and_says_it_is_the_last_usable(farm: Any) -> None:
    twin = farm.twin()
    farm.take(twin, [farm.sample("T1", "power", 5.0, NOW)], as_of=NOW)
    seen = shown(twin, "T1", "power", NOW + 10 * SECOND)
    assert (seen["value"], seen["status"]) == (5.0, Status.UNCERTAIN_LAST_USABLE_VALUE)


def test_a_heartbeat_renews_what_its_source_vouches_for_and_nothing_else(farm: Any) -> None:
    twin = farm.twin()
    for asset, source in (("T1", "r1"), ("T2", "r2")):
        farm.take(twin, farm.poll(asset, NOW), source=source, as_of=NOW)
    later = NOW + 30 * SECOND
    farm.take(twin, [], source="r1", as_of=later)
    assert shown(twin, "T1", "power", later)["age"] == 0.0
    assert shown(twin, "T1", "powerCoefficient", later)["freshness"] == FRESH, "derived from r1's values"
    assert shown(twin, "T2", "power", later)["freshness"] == EXPIRED


def test_a_heartbeat_that_vouches_for_nothing_renews_nothing(farm: Any) -> None:
    twin = farm.twin()
    farm.take(twin, farm.poll("T1", NOW), as_of=NOW)
    farm.take(twin, [], as_of=0)
    assert shown(twin, "T1", "power", NOW + 3 * SECOND)["freshness"] == STALE


def test_held_samples_set_the_quality_but_not_the_freshness(farm: Any) -> None:
    twin = farm.twin()
    farm.take(twin, farm.poll("T1", NOW), as_of=NOW)
    held = Status.UNCERTAIN_NO_COMMUNICATION_LAST_USABLE_VALUE
    sample = farm.sample("T1", "power", 800.0, NOW, NOW + 3 * SECOND, held, Reason.HELD)
    farm.take(twin, [sample], as_of=0)
    farm.take(twin, [], as_of=NOW + 4 * SECOND)
    seen = shown(twin, "T1", "power", NOW + 4 * SECOND)
    assert (seen["freshness"], seen["since"], seen["status"]) == (STALE, NOW + 2 * SECOND, held)
    assert seen["value"] == 800.0


def test_a_value_derived_from_a_held_one_is_not_renewed_by_another_source(farm: Any) -> None:
    twin = farm.twin()
    farm.take(twin, farm.poll("T1", NOW), as_of=NOW)
    status = Status.UNCERTAIN_NO_COMMUNICATION_LAST_USABLE_VALUE
    later = NOW + 3 * SECOND
    farm.take(twin, [farm.sample("T1", "powerCoefficient", 1.0, later, later, status, Reason.INPUT)], as_of=0)
    assert shown(twin, "T1", "powerCoefficient", later)["freshness"] == STALE


def test_a_value_that_only_a_rule_degraded_is_vouched_for(farm: Any) -> None:
    twin = farm.twin()
    status = Status.UNCERTAIN_ENGINEERING_UNITS_EXCEEDED
    farm.take(twin, [farm.sample("T1", "power", 9e9, NOW, NOW, status, Reason.RANGE)], as_of=NOW)
    farm.take(twin, [], as_of=NOW + 10 * SECOND)
    seen = shown(twin, "T1", "power", NOW + 10 * SECOND)
    assert (seen["freshness"], seen["status"]) == (FRESH, status)


def test_a_bad_value_ages_but_keeps_what_its_device_said(farm: Any) -> None:
    twin = farm.twin()
    farm.take(twin, [farm.sample("T1", "power", 5.0, NOW)], as_of=NOW)
    later = NOW + 3 * SECOND
    bad = farm.sample("T1", "power", np.nan, later, later, Status.BAD_SENSOR_FAILURE)
    farm.take(twin, [bad], as_of=later)
    seen = shown(twin, "T1", "power", later)
    assert (seen["freshness"], seen["status"], seen["value"]) == (STALE, Status.BAD_SENSOR_FAILURE, None)


def test_old_rows_of_a_file_are_old_however_lately_they_were_read(farm: Any) -> None:
    twin = farm.twin()
    row = NOW - 3600 * SECOND
    farm.take(twin, [farm.sample("T1", "power", 5.0, row, NOW)], as_of=row)
    seen = shown(twin, "T1", "power", NOW)
    assert (seen["freshness"], seen["since"], seen["age"]) == (EXPIRED, row + 2 * SECOND, 3600.0)
    assert (seen["value"], seen["status"]) == (5.0, Status.UNCERTAIN_LAST_USABLE_VALUE)
    newer = NOW - 3 * SECOND
    farm.take(twin, [farm.sample("T1", "power", 6.0, newer, NOW)], as_of=newer)
    assert shown(twin, "T1", "power", NOW)["freshness"] == STALE
    farm.take(twin, [farm.sample("T1", "power", 7.0, NOW, NOW + SECOND)], as_of=NOW)
    assert shown(twin, "T1", "power", NOW + SECOND)["age"] == 1.0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(age=st.integers(0, 10**6), delay=st.integers(0, 10**6))
def test_a_file_is_exactly_as_old_as_its_newest_row(farm: Any, age: int, delay: int) -> None:
    twin, row = farm.twin(), NOW - age * SECOND
    farm.take(twin, farm.poll("T1", row), as_of=row)
    late = [farm.sample("T1", "power", 1.0, row, NOW + delay * SECOND)]
    farm.take(twin, late, as_of=row)
    assert shown(twin, "T1", "power", NOW)["age"] == age
    assert shown(twin, "T1", "curve.expected", NOW)["age"] == age


def test_a_clock_that_is_off_makes_a_polled_value_neither_old_nor_young(farm: Any) -> None:
    for skew in (-3600, 3600):
        twin = farm.twin()
        farm.take(twin, [farm.sample("T1", "power", 5.0, NOW + skew * SECOND, NOW)], as_of=NOW)
        assert shown(twin, "T1", "power", NOW)["age"] == 0.0
        assert shown(twin, "T1", "power", NOW + 3 * SECOND)["freshness"] == STALE


def test_a_fast_tag_is_fresh_although_its_source_vouches_only_as_far_as_its_slowest(farm: Any) -> None:
    twin = farm.twin()
    slow = NOW - 50 * SECOND
    farm.take(twin, [farm.sample("T1", "serial", 0.0, slow, text="SN")], as_of=slow)
    farm.take(twin, [farm.sample("T1", "power", 5.0, NOW)], as_of=slow)
    assert shown(twin, "T1", "power", NOW)["freshness"] == FRESH
    assert shown(twin, "T1", "serial", NOW)["freshness"] == EXPIRED


def test_without_as_of_only_the_time_of_receipt_counts(farm: Any) -> None:
    twin = farm.twin()
    farm.take(twin, [farm.sample("T1", "power", 5.0, NOW - 60 * SECOND, NOW)], as_of=0)
    assert shown(twin, "T1", "power", NOW + SECOND)["age"] == 1.0


def test_a_value_made_from_two_sources_is_as_old_as_the_older(farm: Any) -> None:
    """Power is read now, the wind out of a file that ends an hour ago."""
    table = farm.make_table("two")
    rows = [
        msgspec.structs.replace(row, source="file") if row.property == "windSpeed" else row for row in table.properties
    ]
    twin = farm.twin()
    twin.introduce("two", msgspec.structs.replace(table, properties=tuple(rows)))
    hour_ago = NOW - 3600 * SECOND
    wind = [
        farm.sample("T1", "windSpeed", 8.0, hour_ago, NOW),
        farm.sample("T1", "powerCoefficient", 1.0, hour_ago, NOW),
    ]
    farm.take(twin, wind, source="file", as_of=hour_ago, table="two")
    both = [farm.sample("T1", "power", 800.0, NOW), farm.sample("T1", "powerCoefficient", 100.0, NOW)]
    farm.take(twin, both, source="r1", as_of=NOW, table="two")
    assert shown(twin, "T1", "power", NOW)["freshness"] == FRESH
    assert shown(twin, "T1", "windSpeed", NOW)["age"] == 3600.0
    assert shown(twin, "T1", "powerCoefficient", NOW)["age"] == 3600.0
    assert shown(twin, "T1", "curve.expected", NOW)["age"] == 3600.0


def policy_twin(farm: Any, policy: str) -> Any:
    plain = farm.config().classes[0].properties
    power = type(plain[0])(name="power", unit="kW", staleness=StalenessConfig(fresh=2.0, expired=5.0, on_stale=policy))
    return farm.twin(classes=(TwinClass(name="WindTurbine", properties=(power, *plain[1:])),))


def test_invalidate_shows_no_value(farm: Any) -> None:
    twin = policy_twin(farm, "Invalidate")
    farm.take(twin, farm.poll("T1", NOW), as_of=NOW)
    assert shown(twin, "T1", "power", NOW + SECOND)["value"] == 800.0
    seen = shown(twin, "T1", "power", NOW + 3 * SECOND)
    assert (seen["value"], seen["status"]) == (None, Status.BAD_NO_DATA)


def test_the_active_model_stands_in_while_its_input_is_fresh(farm: Any) -> None:
    twin = policy_twin(farm, "Model")
    farm.take(twin, farm.poll("T1", NOW), as_of=NOW)
    later = NOW + 4 * SECOND
    farm.take(twin, [farm.sample("T1", "windSpeed", 12.0, later)], as_of=0)
    seen = shown(twin, "T1", "power", later)
    assert (seen["value"], seen["status"], seen["estimated"]) == (1950.0, Status.UNCERTAIN_SUBSTITUTE_VALUE, True)
    assert seen["reasons"] & Reason.ESTIMATED
    assert seen["freshness"] == STALE
    assert twin.state.value[twin.layout.slot["T1", "power"]] == 800.0, "an estimate never becomes an actual"
    blind = shown(twin, "T1", "power", later + 4 * SECOND)
    assert (blind["value"], blind["estimated"]) == (800.0, False), "without a fresh input it is held"


def test_an_unknown_policy_is_refused_by_name(farm: Any) -> None:
    with pytest.raises(Exception, match="onStale 'Guess' does not exist"):
        policy_twin(farm, "Guess")


@given(
    renewed=st.integers(0, 2**62),
    fresh=st.integers(1, 10**12),
    more=st.integers(0, 10**12),
    now=st.integers(0, 2**62),
)
def test_freshness_only_ever_worsens_with_time(renewed: int, fresh: int, more: int, now: int) -> None:
    when, young, old = (np.array([value], np.int64) for value in (renewed, fresh, fresh + more))
    first, since = classify(when, young, old, now)
    second, _ = classify(when, young, old, now + 1)
    assert second[0] >= first[0]
    assert (since[0] > 0) == (first[0] in {STALE, EXPIRED})
    if since[0]:
        assert since[0] < now
