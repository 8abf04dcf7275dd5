"""An asset in one word: what makes it stale, and what only makes its quality bad."""

from typing import Any

import numpy as np
import pytest

from brownfield_api.status import Reason, Severity, Status
from brownfield_twin.freshness import FRESH, NEVER, STALE
from brownfield_twin.sources import SourceBoard
from brownfield_twin.views import Views

SECOND = 1_000_000_000
NOW = 1_800_000_000 * SECOND


def summary(farm: Any, twin: Any, now: int) -> tuple[list[int], list[int], list[int]]:
    views = Views(twin, SourceBoard(twin.config), clock=lambda: now, catching_up=lambda: False)
    _, found = views.look()
    return found.freshness.tolist(), found.stale_since.tolist(), found.quality.tolist()


def test_an_asset_is_as_fresh_as_its_oldest_measured_property(farm: Any) -> None:
    twin = farm.twin()
    farm.take(twin, farm.poll("T1", NOW))
    later = NOW + 3 * SECOND
    rows = [row for row in farm.poll("T1", later) if row.property != "power"]
    farm.take(twin, rows)
    freshness, since, quality = summary(farm, twin, later)
    assert freshness == [STALE, NEVER]
    assert since == [NOW + 2 * SECOND, 0]
    assert quality == [Severity.UNCERTAIN, Severity.BAD]


def test_one_tag_that_its_device_calls_bad_does_not_make_its_asset_look_lost(farm: Any) -> None:
    twin = farm.twin()
    farm.take(twin, farm.poll("T1", NOW))
    for second in range(1, 10):
        moment = NOW + second * SECOND
        rows = [row for row in farm.poll("T1", moment) if row.property != "power"]
        rows.append(farm.sample("T1", "power", np.nan, moment, moment, Status.BAD_SENSOR_FAILURE))
        farm.take(twin, rows)
    freshness, since, quality = summary(farm, twin, moment)
    assert (freshness[0], since[0], quality[0]) == (FRESH, 0, Severity.BAD)


def test_an_asset_whose_every_tag_is_bad_ages_all_the_same(farm: Any) -> None:
    twin = farm.twin()
    farm.take(twin, farm.poll("T1", NOW))
    later = NOW + 3 * SECOND
    names = ("power", "windSpeed", "running", "serial", "count", "pulses")
    bad = [farm.sample("T1", name, np.nan, later, later, Status.BAD_DEVICE_FAILURE) for name in names]
    farm.take(twin, bad)
    freshness, since, quality = summary(farm, twin, later)
    assert (freshness[0], since[0], quality[0]) == (STALE, NOW + 2 * SECOND, Severity.BAD)


@pytest.mark.parametrize("asset", [0, 1])
def test_derived_values_and_behaviours_do_not_count(farm: Any, asset: int) -> None:
    twin = farm.twin()
    for source, name in (("r1", "T1"), ("r2", "T2")):
        rows = farm.poll(name, NOW)
        rows[2] = farm.sample(name, "powerCoefficient", np.nan, NOW, NOW, Status.BAD, Reason.NON_FINITE)
        farm.take(twin, rows, source=source)
    _, _, quality = summary(farm, twin, NOW)
    assert quality[asset] == Severity.GOOD
