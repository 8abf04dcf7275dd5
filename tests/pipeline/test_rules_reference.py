"""The vectorised rules equal a slow reading of docs/quality.md, sample by sample, wherever batches are cut."""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from brownfield_api.pipeline_config import PipelineSource, PropertyConfig, QualityConfig
from brownfield_api.status import Reason, Status

SECOND = 1_000_000_000
DAY = 86_400 * SECOND
CODES = {
    Reason.RANGE: (Status.UNCERTAIN_ENGINEERING_UNITS_EXCEEDED, Status.BAD_OUT_OF_RANGE),
    Reason.MAX_RATE: (Status.UNCERTAIN_SENSOR_NOT_ACCURATE, Status.BAD_SENSOR_FAILURE),
    Reason.FLATLINE: (Status.UNCERTAIN_SENSOR_NOT_ACCURATE, Status.BAD_SENSOR_FAILURE),
    Reason.MAX_GAP: (Status.UNCERTAIN, Status.BAD),
    Reason.DUPLICATE: (Status.UNCERTAIN, Status.BAD),
    Reason.OUT_OF_ORDER: (Status.UNCERTAIN, Status.BAD),
    Reason.MAX_SKEW: (Status.UNCERTAIN, Status.BAD),
}


@dataclass
class Slot:
    """What the rules know of one property before its next sample."""

    quality: QualityConfig
    last_time: int | None = None
    last_value: float = 0.0
    flat_since: int = 0
    rate: tuple[int, float] | None = None
    was_good: bool = False


@dataclass
class Reference:
    """docs/quality.md in plain Python."""

    slots: list[Slot] = field(default_factory=list)

    def judge(self, sample: Any, time: int, received: int, vouched: int) -> tuple[int, int]:
        slot = self.slots[sample.tag]
        status, reasons = sample.status, sample.reasons
        if not math.isfinite(sample.value) and status >> 30 < 2:
            status, reasons = int(Status.BAD), reasons | Reason.NON_FINITE
        held = bool(reasons & Reason.HELD)
        good = status >> 30 == 0 and not held
        spoken_for, slot.was_good = slot.was_good, good
        if status >> 30 >= 2 or held or not math.isfinite(sample.value):
            return status, reasons
        found = self._range(slot.quality, sample.value)
        if time <= received + DAY:
            found |= self._over_time(slot, sample, (time, received, vouched if spoken_for else 0), good and not found)
        return self._degraded(slot.quality, status, found), reasons | found

    @staticmethod
    def _range(quality: QualityConfig, value: float) -> int:
        low = -math.inf if quality.range_min is None else quality.range_min
        high = math.inf if quality.range_max is None else quality.range_max
        return 0 if low <= value <= high else int(Reason.RANGE)

    def _over_time(self, slot: Slot, sample: Any, times: tuple[int, int, int], good: bool) -> int:
        (time, received, vouched), quality, found = times, slot.quality, 0
        initial = bool(sample.reasons & Reason.INITIAL)
        repeat = slot.last_time is not None and slot.last_time == time
        same = slot.last_time is not None and slot.last_value == sample.value
        askew = quality.max_skew is not None and abs(received - time) > round(quality.max_skew * SECOND)
        if askew and not initial and not repeat:
            found |= Reason.MAX_SKEW
        if slot.last_time is not None and time < slot.last_time:
            return found | (Reason.OUT_OF_ORDER if quality.out_of_order else 0)
        if quality.duplicates and repeat and same and not initial:
            found |= Reason.DUPLICATE
        if quality.max_gap is not None and slot.last_time is not None:
            limit = round(quality.max_gap * SECOND)
            excused = vouched > 0 and received - vouched <= limit
            if time - slot.last_time > limit and not excused:
                found |= Reason.MAX_GAP
        if good and not found & (Reason.MAX_SKEW | Reason.DUPLICATE):
            found |= self._rate(slot, time, sample.value)
        if not same:
            slot.flat_since = time
        elif quality.flatline is not None and time - slot.flat_since >= round(quality.flatline * SECOND):
            found |= Reason.FLATLINE
        slot.last_time, slot.last_value = time, sample.value
        return int(found)

    @staticmethod
    def _rate(slot: Slot, time: int, value: float) -> int:
        before, slot.rate = slot.rate, (time, value)
        if slot.quality.max_rate is None or before is None or time <= before[0]:
            return 0
        fast = abs(value - before[1]) > slot.quality.max_rate * ((time - before[0]) * 1e-9)
        return int(Reason.MAX_RATE) if fast else 0

    @staticmethod
    def _degraded(quality: QualityConfig, status: int, found: int) -> int:
        for reason, codes in CODES.items():
            code = codes[quality.on_violation == "Bad"]
            if found & reason and status >> 30 < code >> 30:
                status = int(code)
        return status


_LIMIT = st.sampled_from([None, 0.5, 1.0, 2.0, 3.0])
_QUALITY = st.builds(
    QualityConfig,
    range_min=st.sampled_from([None, -1.0, 1.0]),
    range_max=st.sampled_from([None, 2.0, 5.0]),
    max_rate=_LIMIT,
    flatline=_LIMIT,
    max_gap=_LIMIT,
    max_skew=_LIMIT,
    duplicates=st.booleans(),
    out_of_order=st.booleans(),
    on_violation=st.sampled_from(["Uncertain", "Bad", "Quarantine"]),
)
_STATUS = st.sampled_from([0, 0, 0, 0, int(Status.UNCERTAIN_INITIAL_VALUE), int(Status.BAD_TIMEOUT), 0x00960000])
_REASONS = st.sampled_from([0, 0, 0, 0, int(Reason.INITIAL), int(Reason.HELD)])
_VALUE = st.sampled_from([0.0, -0.0, 1.0, 1.0, 2.0, 7.0, -3.0, math.nan, math.inf])


@st.composite
def _streams(draw: st.DrawFn) -> list[tuple[float, list[tuple[int, float, float, int, int, float]]]]:
    """Batches as (asOf, samples of (tag, time, value, status, reasons, received)); time mostly moves on."""
    clock, batches = 10.0, []
    for _ in range(draw(st.integers(1, 5))):
        as_of = draw(st.sampled_from([0.0, clock, clock + 1.0]))
        samples = []
        for _ in range(draw(st.integers(0, 8))):
            clock += draw(st.sampled_from([0.0, 0.0, 0.5, 1.0, 3.0]))
            late = draw(st.sampled_from([0.0, 0.0, 0.0, 1.5, -100_000.0]))
            tag, received = draw(st.integers(0, 1)), clock + draw(st.sampled_from([0.0, 0.1, 2.5]))
            samples.append((tag, clock - late, draw(_VALUE), draw(_STATUS), draw(_REASONS), received))
        batches.append((as_of, samples))
    return batches


@settings(max_examples=400, deadline=None)
@given(st.lists(_QUALITY, min_size=2, max_size=2), _streams(), st.integers(1, 9))
def test_rules_equal_a_slow_reference_wherever_batches_are_cut(
    plant: Any, qualities: list[QualityConfig], batches: list[tuple[float, list[Any]]], piece: int
) -> None:
    config = plant.config(
        [PropertyConfig(name=f"p{n}", tag=f"t{n}", quality=quality) for n, quality in enumerate(qualities)],
        sources=[PipelineSource(name="S0", subject="bf.raw.here.default.S0", timestamps="source")],
    )
    reference = Reference([Slot(quality) for quality in qualities])
    bench = plant.bench(config, plant.table(2))
    as_of_before = as_of_now = 0.0
    for as_of, rows in batches:
        samples = [plant.sample(*row) for row in rows]
        if as_of != as_of_now:
            as_of_before, as_of_now = as_of_now, as_of
        raw = plant.batch(samples)
        vouched = 1_700_000_000 * SECOND + round(as_of_before * SECOND) if as_of_before else 0
        expected = [
            reference.judge(sample, time, received, vouched)
            for sample, time, received in zip(samples, raw.source_time.tolist(), raw.receive_time.tolist(), strict=True)
        ]
        kept: list[tuple[int, ...]] = []
        taken: list[tuple[int, ...]] = []
        # Pieces of one batch share its asOf, as the adapters' writer cuts them.
        for start in range(0, max(len(samples), 1), piece):
            output = bench.feed(*samples[start : start + piece], as_of=as_of)
            kept += _rows(output.stored)
            taken += _rows(output.quarantined) if output.quarantined is not None else []
        violating = [bool(reasons & 0x7F) and qualities[sample.tag].on_violation == "Quarantine"
                     for sample, (_, reasons) in zip(samples, expected, strict=True)]  # fmt: skip
        wanted = [
            (sample.tag, status, reasons, int(time))
            for sample, (status, reasons), time in zip(samples, expected, raw.source_time, strict=True)
        ]
        assert kept == [row for row, away in zip(wanted, violating, strict=True) if not away]
        assert taken == [row for row, away in zip(wanted, violating, strict=True) if away]


def _rows(batch: Any) -> list[tuple[int, ...]]:
    columns = (batch.index, batch.status, batch.reasons, batch.source_time)
    return [tuple(int(item) for item in row) for row in zip(*columns, strict=True)]


def test_values_are_never_changed_by_a_rule(plant: Any) -> None:
    quality = QualityConfig(range_min=0.0, range_max=1.0, max_rate=0.1, duplicates=True, on_violation="Bad")
    bench = plant.bench(plant.config([PropertyConfig(name="p", tag="t0", quality=quality)]), plant.table(1))
    values = [0.5, 5.0, -5.0, 0.5]
    output = bench.feed(*(plant.sample(0, float(n), value) for n, value in enumerate(values)))
    np.testing.assert_array_equal(output.stored.value, values)
