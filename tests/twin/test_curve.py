"""The curve behaviour: expected, residual and running error, for all assets at once."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from brownfield_api.status import Reason, Status

SECOND = 1_000_000_000
NOW = 1_800_000_000 * SECOND


def value(twin: Any, name: str, asset: str = "T1") -> float:
    return float(twin.state.value[twin.layout.slot[asset, name]])


def test_expected_follows_the_input_and_is_constant_beyond_the_ends(farm: Any) -> None:
    twin = farm.twin()
    for position, (wind, expected) in enumerate([(3.0, 0.0), (5.5, 380.0), (8.0, 760.0), (1.0, 0.0), (30.0, 2050.0)]):
        farm.take(twin, [farm.sample("T1", "windSpeed", wind, NOW + position * SECOND)])
        assert value(twin, "curve.expected") == pytest.approx(expected)
    assert math.isnan(value(twin, "curve.residual")), "there is no actual yet"


def test_residual_is_actual_minus_expected_per_asset(farm: Any) -> None:
    twin = farm.twin()
    farm.take(twin, farm.poll("T1", NOW, wind=8.0, power=800.0) + farm.poll("T2", NOW, wind=12.0, power=1900.0))
    assert value(twin, "curve.residual") == pytest.approx(40.0)
    assert value(twin, "curve.residual", "T2") == pytest.approx(-50.0)


def test_the_error_is_an_exponential_mean_in_source_time(farm: Any) -> None:
    twin = farm.twin()
    farm.take(twin, farm.poll("T1", NOW, wind=8.0, power=860.0))
    assert value(twin, "curve.error") == pytest.approx(100.0)
    farm.take(twin, farm.poll("T1", NOW + 60 * SECOND, wind=8.0, power=760.0))
    assert value(twin, "curve.error") == pytest.approx(100.0 * math.exp(-1.0))


def test_an_input_that_comes_alone_is_not_compared_with_an_old_output(farm: Any) -> None:
    twin = farm.twin()
    farm.take(twin, farm.poll("T1", NOW, wind=8.0, power=760.0))
    later = NOW + SECOND
    farm.take(twin, [farm.sample("T1", "windSpeed", 14.0, later)])
    assert value(twin, "curve.error") == 0.0
    farm.take(twin, [farm.sample("T1", "power", 2050.0, later)])
    assert value(twin, "curve.error") == 0.0


@pytest.mark.parametrize(
    ("status", "reasons"),
    [
        (Status.UNCERTAIN_ENGINEERING_UNITS_EXCEEDED, Reason.RANGE),
        (Status.BAD_SENSOR_FAILURE, Reason.NONE),
        (Status.UNCERTAIN_NO_COMMUNICATION_LAST_USABLE_VALUE, Reason.HELD),
        (Status.GOOD, Reason.HELD),
    ],
)
def test_only_good_measurements_are_actuals(farm: Any, status: Status, reasons: Reason) -> None:
    twin = farm.twin()
    farm.take(twin, farm.poll("T1", NOW, wind=8.0, power=860.0))
    later = NOW + SECOND
    farm.take(
        twin,
        [
            farm.sample("T1", "windSpeed", 8.0, later),
            farm.sample("T1", "power", 5000.0, later, later, status, int(reasons)),
        ],
    )
    assert value(twin, "curve.error") == pytest.approx(100.0)
    assert value(twin, "curve.residual") == pytest.approx(100.0)


def test_values_received_too_far_apart_are_not_compared(farm: Any) -> None:
    twin = farm.twin()
    farm.take(twin, [farm.sample("T1", "windSpeed", 8.0, NOW)])
    farm.take(twin, [farm.sample("T1", "power", 760.0, NOW + 3 * SECOND)])
    assert math.isnan(value(twin, "curve.residual"))


def test_a_bad_input_makes_the_expected_value_bad(farm: Any) -> None:
    twin = farm.twin()
    farm.take(twin, [farm.sample("T1", "windSpeed", np.nan, NOW, NOW, Status.BAD_SENSOR_FAILURE)])
    slot = twin.layout.slot["T1", "curve.expected"]
    assert twin.state.status[slot] == Status.BAD_SENSOR_FAILURE
    assert twin.state.reasons[slot] == Reason.INPUT


@given(powers=st.lists(st.floats(-100, 3000), min_size=1, max_size=20), gaps=st.lists(st.integers(1, 100), min_size=20))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
def test_the_error_equals_a_plain_reference(farm: Any, powers: list[float], gaps: list[int]) -> None:
    twin = farm.twin()
    now, error = NOW, 0.0
    for position, (power, gap) in enumerate(zip(powers, gaps, strict=False)):
        now += gap * SECOND
        farm.take(twin, farm.poll("T1", now, wind=8.0, power=power))
        weight = 1.0 if position == 0 else 1.0 - math.exp(-gap / 60.0)
        error += weight * (abs(power - 760.0) - error)
    assert value(twin, "curve.error") == pytest.approx(error)
