"""From one raw batch to one asset batch: units, side columns, routes, losses, and what cannot be fed."""

import math
from typing import Any

import numpy as np
import pytest

from brownfield_api.batch import checksum, decode, encode
from brownfield_api.pipeline_config import PipelineSource, PropertyConfig, QualityConfig
from brownfield_api.status import Reason, Status
from brownfield_api.tables import Tag, TagTable, ValueType
from brownfield_pipeline.slots import number_slots


def test_scale_offset_and_unit_become_one_line(plant: Any) -> None:
    properties = [
        PropertyConfig(name="power", tag="t0", unit="kW"),
        PropertyConfig(name="same", tag="t0", unit="W"),
        PropertyConfig(name="temperature", tag="t1", unit="Cel", tag_unit="K"),
        PropertyConfig(name="plain", tag="t1"),
    ]
    table = TagTable(
        tags=(Tag(name="t0", address="0", unit="W", scale=10.0, offset=5.0), Tag(name="t1", address="1", unit="mbar"))
    )
    output = plant.bench(plant.config(properties), table).feed(plant.sample(0, 1.0, 100.0), plant.sample(1, 1.0, 300.0))
    assert output.stored.index.tolist() == [0, 1, 2, 3]
    np.testing.assert_allclose(output.stored.value, [1.005, 1005.0, 26.85, 300.0])


def test_the_asset_table_says_in_which_unit_a_tag_is_read(plant: Any) -> None:
    properties = [PropertyConfig(name="t", tag="t0", unit="Cel", tag_unit="K"), PropertyConfig(name="p", tag="t1")]
    table = number_slots(plant.config(properties)).table
    assert [item.tag_unit for item in table.properties] == ["K", ""]


def test_tags_nobody_asked_for_are_left_out(plant: Any) -> None:
    bench = plant.bench(plant.config([PropertyConfig(name="p", tag="t1")]), plant.table(3))
    output = bench.feed(plant.sample(0, 1.0, 1.0), plant.sample(1, 1.0, 2.0), plant.sample(2, 1.0, 3.0))
    assert output.stored.value.tolist() == [2.0]
    assert output.samples == 3


def test_a_heartbeat_stays_a_heartbeat(plant: Any) -> None:
    bench = plant.bench(plant.config([PropertyConfig(name="p", tag="t0")]), plant.table(1))
    output = bench.feed(as_of=7.0)
    assert (len(output.asset), output.source) == (0, "S0")
    assert output.as_of == 1_700_000_007_000_000_000


def test_strings_and_wide_integers_travel_unchanged(plant: Any) -> None:
    properties = [
        PropertyConfig(name="serial", tag="name", type=ValueType.STRING),
        PropertyConfig(name="energy", tag="count", type=ValueType.INT64),
        PropertyConfig(name="about", tag="count", unit="kW"),
    ]
    table = TagTable(
        tags=(
            Tag(name="name", address="0", type=ValueType.STRING),
            Tag(name="count", address="1", type=ValueType.INT64, unit="W"),
        )
    )
    wide = 2**60 + 1
    samples = (plant.sample(0, 1.0, 0.0, text="MM82"), plant.sample(1, 1.0, float(wide), integer=wide))
    stored = plant.bench(plant.config(properties), table).feed(*samples, texts=True, integers=True).stored
    assert stored.texts() == ["MM82", "", ""]
    assert stored.value_i64.tolist() == [0, wide, 0]
    assert stored.value[2] == wide * 0.001
    assert stored.status.tolist() == [0, 0, 0]
    again = decode(encode(stored), checksum(encode(stored)))
    assert again.texts() == stored.texts()


def test_the_first_sample_after_a_loss_says_so_once_per_property(plant: Any) -> None:
    bench = plant.bench(plant.config([PropertyConfig(name=f"p{n}", tag=f"t{n}") for n in range(2)]), plant.table(2))
    bench.feed(plant.sample(0, 1.0, 1.0), plant.sample(1, 1.0, 1.0))
    bench.seqs["S0"] += 1
    output = bench.feed(plant.sample(0, 2.0, 1.0), plant.sample(0, 3.0, 1.0))
    assert output.stored.reasons.tolist() == [Reason.GAP_BEFORE, 0]
    output = bench.feed(plant.sample(0, 4.0, 1.0), plant.sample(1, 4.0, 1.0))
    assert output.stored.reasons.tolist() == [0, Reason.GAP_BEFORE]
    bench.epoch, bench.seqs = 2, {}
    assert bench.feed(plant.sample(0, 5.0, 1.0)).stored.reasons.tolist() == [Reason.GAP_BEFORE]


def test_what_was_seen_is_not_used_again(plant: Any) -> None:
    bench = plant.bench(plant.config([PropertyConfig(name="p", tag="t0")]), plant.table(1))
    bench.feed(plant.sample(0, 1.0, 1.0))
    payload = encode(plant.batch([plant.sample(0, 2.0, 1.0)]))
    header = bench.header("S0", payload)
    assert bench.stage.step("S0", header, payload) is not None
    assert bench.stage.step("S0", header, payload) is None


@pytest.mark.parametrize("damage", ["crc", "index"])
def test_a_corrupt_batch_costs_its_own_samples_only(plant: Any, damage: str) -> None:
    bench = plant.bench(plant.config([PropertyConfig(name="p", tag="t0")]), plant.table(1))
    bench.feed(plant.sample(0, 1.0, 1.0))
    payload = encode(plant.batch([plant.sample(9 if damage == "index" else 0, 2.0, 1.0)]))
    header = bench.header("S0", payload, as_of=2.0)
    if damage == "crc":
        payload = payload[:-1] + bytes([payload[-1] ^ 1])
    output = bench.stage.step("S0", header, payload)
    assert output is not None
    assert (len(output.asset), output.as_of) == (0, 0)
    assert output.corrupt
    assert bench.feed(plant.sample(0, 3.0, 1.0)).stored.reasons.tolist() == [Reason.GAP_BEFORE]


def test_a_property_whose_tag_is_missing_is_bad_once_and_named(plant: Any) -> None:
    properties = [
        PropertyConfig(name="here", tag="t0"),
        PropertyConfig(name="gone", tag="t7"),
        PropertyConfig(name="text", tag="t0", type=ValueType.STRING),
        PropertyConfig(name="odd", tag="t1", tag_unit="bar", unit="kW"),
        PropertyConfig(name="sum", expression="here + gone"),
    ]
    bench = plant.bench(plant.config(properties), plant.table(2))
    output = bench.feed(plant.sample(0, 1.0, 1.0))
    told = dict(zip(output.stored.index.tolist(), output.stored.status.tolist(), strict=True))
    unknown, mismatch = Status.BAD_NODE_ID_UNKNOWN, Status.BAD_TYPE_MISMATCH
    assert told == {0: 0, 1: unknown, 2: mismatch, 3: mismatch, 4: unknown}
    assert output.stored.index.tolist() == [0, 1, 2, 3, 4]
    assert bench.feed(plant.sample(0, 2.0, 1.0)).stored.index.tolist() == [0, 4]
    messages = bench.stage.bind("S0", "again", bench.table)
    assert [message.split(":")[0] for message in messages] == ["A0.gone", "A0.text", "A0.odd"]


def test_the_batch_route_goes_to_history_only(plant: Any) -> None:
    properties = [PropertyConfig(name="now", tag="t0"), PropertyConfig(name="later", tag="t1", route="batch")]
    bench = plant.bench(plant.config(properties), plant.table(2))
    output = bench.feed(plant.sample(0, 1.0, 1.0), plant.sample(1, 1.0, 2.0))
    assert output.asset.index.tolist() == [0]
    assert output.stored.index.tolist() == [0, 1]


def test_quarantined_samples_leave_the_output_with_their_reasons(plant: Any) -> None:
    away = QualityConfig(range_max=10.0, duplicates=True, on_violation="Quarantine")
    bench = plant.bench(plant.config([PropertyConfig(name="p", tag="t0", quality=away)]), plant.table(1))
    output = bench.feed(plant.sample(0, 1.0, 1.0), plant.sample(0, 2.0, 99.0), plant.sample(0, 2.0, 99.0))
    assert output.stored.value.tolist() == [1.0]
    assert output.quarantined.value.tolist() == [99.0, 99.0]
    assert output.quarantined.reasons.tolist() == [Reason.RANGE, Reason.RANGE | Reason.DUPLICATE]
    assert output.counts() == (1, 0, 0)


def test_what_is_not_finite_is_bad_and_carries_no_number(plant: Any) -> None:
    bench = plant.bench(plant.config([PropertyConfig(name="p", tag="t0")]), plant.table(1))
    bad = int(Status.BAD_TIMEOUT)
    samples = [plant.sample(0, 1.0, math.inf), plant.sample(0, 2.0, math.nan), plant.sample(0, 3.0, math.nan, bad)]
    stored = bench.feed(*samples).stored
    assert np.isnan(stored.value).all()
    assert stored.status.tolist() == [Status.BAD, Status.BAD, bad]
    assert stored.reasons.tolist() == [Reason.NON_FINITE, Reason.NON_FINITE, 0]
    assert bench.feed(plant.sample(0, 4.0, 1.0), plant.sample(0, 5.0, math.nan)).counts() == (1, 0, 1)


def test_held_samples_pass_and_leave_no_trace(plant: Any) -> None:
    rules = QualityConfig(range_max=1.0, duplicates=True, flatline=1.0, max_gap=1.0, on_violation="Quarantine")
    bench = plant.bench(plant.config([PropertyConfig(name="p", tag="t0", quality=rules)]), plant.table(1))
    held = int(Status.UNCERTAIN_NO_COMMUNICATION_LAST_USABLE_VALUE)
    bench.feed(plant.sample(0, 1.0, 0.5))
    output = bench.feed(plant.sample(0, 1.0, 0.5, held, int(Reason.HELD), 30.0))
    assert output.stored.status.tolist() == [held]
    output = bench.feed(plant.sample(0, 1.5, 0.7))
    assert (output.stored.status.tolist(), output.quarantined) == ([0], None)


def test_a_quiet_source_that_vouches_has_no_gap(plant: Any) -> None:
    rules = QualityConfig(max_gap=2.0)
    bench = plant.bench(plant.config([PropertyConfig(name="p", tag="t0", quality=rules)]), plant.table(1))
    bench.feed(plant.sample(0, 1.0, 1.0), as_of=1.0)
    for second in range(2, 10):
        bench.feed(as_of=float(second))
    assert bench.feed(plant.sample(0, 10.0, 2.0), as_of=10.0).stored.reasons.tolist() == [0]
    for second in range(11, 15):
        bench.feed(as_of=float(second))
    bench.feed(as_of=0.0)  # the link is down: nothing is vouched for
    bench.feed(as_of=0.0)
    assert bench.feed(plant.sample(0, 20.0, 3.0), as_of=20.0).stored.reasons.tolist() == [Reason.MAX_GAP]


@pytest.mark.parametrize(("stamps", "own", "reasons"), [("source", None, 64), ("gather", None, 0), ("source", 60.0, 0)])
def test_skew_is_judged_where_a_source_stamps_its_own_time(
    plant: Any, stamps: str, own: float | None, reasons: int
) -> None:
    sources = [PipelineSource(name="S0", subject="bf.raw.here.default.S0", timestamps=stamps, max_skew=5.0)]
    properties = [PropertyConfig(name="p", tag="t0", quality=QualityConfig(max_skew=own))]
    bench = plant.bench(plant.config(properties, sources=sources), plant.table(1))
    assert bench.feed(plant.sample(0, 1.0, 1.0, received=11.0)).stored.reasons.tolist() == [reasons]


def test_flatline_and_duplicates_know_strings_and_wide_integers(plant: Any) -> None:
    rules = QualityConfig(duplicates=True, flatline=10.0)
    properties = [
        PropertyConfig(name="text", tag="name", type=ValueType.STRING, quality=rules),
        PropertyConfig(name="count", tag="count", type=ValueType.INT64, quality=rules),
    ]
    table = TagTable(
        tags=(
            Tag(name="name", address="0", type=ValueType.STRING),
            Tag(name="count", address="1", type=ValueType.INT64),
        )
    )
    bench = plant.bench(plant.config(properties), table)
    big = 2**60

    def samples(time: float, text: str, integer: int) -> list[int]:
        pair = (plant.sample(0, time, 0.0, text=text), plant.sample(1, time, float(big), integer=integer))
        reasons: list[int] = bench.feed(*pair, texts=True, integers=True).stored.reasons.tolist()
        return reasons

    assert samples(1.0, "on", big) == [0, 0]
    assert samples(1.0, "off", big + 1) == [0, 0]
    assert samples(1.0, "off", big + 1) == [Reason.DUPLICATE, Reason.DUPLICATE]
    assert samples(11.0, "off", big + 1) == [Reason.FLATLINE, Reason.FLATLINE]
    assert samples(12.0, "on", big + 1) == [0, Reason.FLATLINE]


@pytest.mark.parametrize(("received", "reasons"), [(12.0, 0), (12.001, int(Reason.MAX_GAP))])
def test_vouching_covers_just_as_long_as_the_gap_may_be(plant: Any, received: float, reasons: int) -> None:
    bench = plant.bench(
        plant.config([PropertyConfig(name="p", tag="t0", quality=QualityConfig(max_gap=2.0))]), plant.table(1)
    )
    bench.feed(plant.sample(0, 1.0, 1.0), as_of=1.0)
    bench.feed(as_of=10.0)
    output = bench.feed(plant.sample(0, 12.0, 2.0, received=received), as_of=12.5)
    assert output.stored.reasons.tolist() == [reasons]
