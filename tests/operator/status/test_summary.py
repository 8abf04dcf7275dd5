"""The figures of each kind, and what is left of them when nobody reports."""

from dataclasses import replace

from tests.operator.status.known import NANOSECONDS, figures, source, source_health, twin, with_process

from brownfield_api.health import LinkState, QualityCounts, Quantiles, TwinHealth
from brownfield_operator.status.summary import fresh_assets, source_summary
from brownfield_slo.ledger.account import Events


def test_a_live_source_shows_figures_and_no_last_sample() -> None:
    counted = figures(uptime=Events(999, 1000), quality=Events(100, 100))
    summary = source_summary(source(figures=counted), {})
    assert summary is not None
    assert summary.model_dump(by_alias=True, exclude_none=True) == {
        "tags": "120/120",
        "quality": "100%",
        "latencyP99": "20ms",
        "uptime": "99.9%",
        "budget": "90%",
    }


def test_before_the_ledger_has_counted_there_are_no_levels() -> None:
    summary = source_summary(source(), {})
    assert summary is not None
    assert summary.model_dump(by_alias=True, exclude_none=True) == {"tags": "120/120", "latencyP99": "20ms"}


def test_a_source_that_is_away_shows_when_its_last_sample_came() -> None:
    away = source_health(
        state=LinkState.BACKOFF,
        quality=QualityCounts(uncertain=120),
        latency=Quantiles(),
        last_sample=1_772_366_399 * NANOSECONDS + 999_999_999,
    )
    counted = figures(uptime=Events(970, 1000), quality=Events(0, 0))
    summary = source_summary(source(away, figures=counted), {})
    assert summary is not None
    assert summary.model_dump(by_alias=True, exclude_none=True) == {
        "tags": "0/120",
        "budget": "overdrawn",
        "uptime": "97%",
        "lastSample": "2026-03-01T11:59:59Z",
    }


def test_of_a_process_gone_quiet_the_ledger_goes_on_to_tell() -> None:
    quiet = with_process(source(figures=figures(Events(90, 100), Events(5, 5))), record_age=20.0)
    summary = source_summary(quiet, {"tags": "120/120"})
    assert summary is not None
    assert summary.model_dump(exclude_none=True) == {
        "last_sample": "2026-03-01T12:00:00Z",
        "uptime": "90%",
        "quality": "100%",
        "budget": "overdrawn",
    }


def test_of_a_process_gone_quiet_only_the_last_sample_is_left() -> None:
    summary = source_summary(with_process(source(), record_age=20.0), {"tags": "120/120"})
    assert summary is not None
    assert summary.model_dump(exclude_none=True) == {"last_sample": "2026-03-01T12:00:00Z"}


def test_a_last_sample_is_remembered_when_the_record_itself_is_gone() -> None:
    gone = with_process(source(), record=None, record_age=None)
    summary = source_summary(gone, {"tags": "1/120", "lastSample": "2026-03-01T12:00:00Z"})
    assert summary is not None
    assert summary.model_dump(exclude_none=True) == {"last_sample": "2026-03-01T12:00:00Z"}
    assert source_summary(gone, {}) is None


def test_a_source_that_never_had_a_sample_shows_none() -> None:
    never = source_health(state=LinkState.BACKOFF, last_sample=0)
    summary = source_summary(source(never), {})
    assert summary is not None
    assert summary.last_sample is None


def test_while_the_spine_is_away_everything_stays_as_it_is_shown() -> None:
    shown = {"tags": "118/120", "quality": "98%", "somebody": "else's"}
    summary = source_summary(replace(source(), spine_reachable=False), shown)
    assert summary is not None
    assert summary.model_dump(exclude_none=True) == {"tags": "118/120", "quality": "98%"}
    assert source_summary(replace(source(), spine_reachable=False), {}) is None
    assert fresh_assets(replace(twin(), spine_reachable=False), "4/4") == "4/4"


def test_a_twin_shows_how_many_assets_are_fresh() -> None:
    assert fresh_assets(twin(TwinHealth(assets=4, fresh=3, stale=1)), None) == "3/4"
    assert fresh_assets(with_process(twin(), record_age=20.0), "4/4") is None
