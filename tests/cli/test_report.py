"""The report adds up what must be added up and takes off what was there before."""

from brownfield_api.health import HealthRecord, Hop, LinkState, QualityCounts, Quantiles, SourceHealth, TwinHealth
from brownfield_cli.report import HealthLog, ProcessReport, build_report


def adapter(instance: str, started: int, read: int, published: int) -> HealthRecord:
    source = SourceHealth(
        name="pump",
        protocol="modbus",
        endpoint="tcp://pump:502",
        state=LinkState.CONNECTED,
        since=started,
        tags=4,
        quality=QualityCounts(good=3, bad=1),
        polls_scheduled=10,
        polls_succeeded=9,
        requests=12,
        samples_read=read,
        samples_published=published,
        latency=Quantiles(count=10, p50=0.002, p99=0.01, max=0.02),
    )
    return HealthRecord(
        kind="adapter", namespace="default", name="pump", instance=instance, time=started, started=started, metrics="",
        sources=(source,),
    )  # fmt: skip


def twin(instance: str, hop: Hop, sequence: Hop, good: int) -> HealthRecord:
    return HealthRecord(
        kind="twin", namespace="default", name="farm", instance=instance, time=5, started=5, metrics="",
        hops={"bf.asset.site.default.farm.0": hop}, latency=Quantiles(count=1, p50=0.1, p99=0.2, max=0.3),
        twin=TwinHealth(assets=4, fresh=3, stale=1, quality=QualityCounts(good=good), sequence=sequence),
    )  # fmt: skip


def test_counters_of_every_start_of_an_adapter_are_added_up() -> None:
    health = HealthLog(baseline={})
    health.observe({"adapter.default.pump": adapter("a", 1, 10, 8)})
    health.observe({"adapter.default.pump": adapter("a", 1, 40, 38)})
    health.observe({"adapter.default.pump": adapter("b", 2, 5, 5)})
    samples = build_report(health, {}).samples
    assert (samples.read, samples.published) == (45, 43)


def test_counters_that_outlive_a_restart_are_counted_from_where_the_run_began() -> None:
    before = twin("old", Hop(batches=100, samples=1000, lost=2), Hop(samples=50), good=900)
    health = HealthLog(baseline={"twin.default.farm": before})
    health.observe({"twin.default.farm": before})
    health.observe(
        {"twin.default.farm": twin("new", Hop(batches=110, samples=1100, lost=3), Hop(samples=60, lost=1), good=990)}
    )
    report = build_report(health, {})
    assert report.samples.delivered == 100
    assert report.samples.lost == 1
    assert (report.samples.end_to_end.delivered, report.samples.end_to_end.lost) == (10, 1)
    assert report.quality.good == 90


def test_a_counter_that_began_anew_is_not_negative() -> None:
    before = twin("old", Hop(batches=100, samples=1000), Hop(), good=0)
    health = HealthLog(baseline={"twin.default.farm": before})
    health.observe({"twin.default.farm": twin("new", Hop(batches=1, samples=7), Hop(), good=0)})
    assert build_report(health, {}).samples.delivered == 7


def test_records_left_by_an_earlier_run_do_not_count() -> None:
    old = adapter("a", 1, 10, 10)
    health = HealthLog(baseline={"adapter.default.pump": old})
    health.observe({"adapter.default.pump": old})
    report = build_report(health, {"pump": ProcessReport(cpu_seconds=1.0, rss_bytes=2, restarts=0)})
    assert report.samples.read == 0
    assert report.sources == {}
    assert report.processes["pump"].rss_bytes == 2


def test_sources_and_twins_are_told_as_they_are_now() -> None:
    health = HealthLog(baseline={})
    health.observe({"adapter.default.pump": adapter("a", 1, 10, 8), "twin.default.farm": twin("t", Hop(), Hop(), 0)})
    report = build_report(health, {})
    assert (report.sources["pump"].tags, report.sources["pump"].good, report.sources["pump"].polls) == (4, 3, 9)
    assert (report.twins["farm"].assets, report.twins["farm"].fresh, report.twins["farm"].stale) == (4, 3, 1)
    assert report.latency["spine"].p99 == 0.01
    assert report.latency["twin"].max == 0.3


def test_losses_seen_by_every_start_of_a_pipeline_are_added_up() -> None:
    health = HealthLog(baseline={})
    for instance, started, lost in (("a", 1, 2), ("b", 2, 1)):
        record = HealthRecord(
            kind="pipeline", namespace="default", name="farm", instance=instance, time=started, started=started,
            metrics="", hops={"bf.raw.site.default.pump": Hop(batches=5, samples=5, lost=lost)}, quarantined=3,
        )  # fmt: skip
        health.observe({"pipeline.default.farm": record})
    samples = build_report(health, {}).samples
    assert (samples.lost, samples.quarantined) == (3, 6)
