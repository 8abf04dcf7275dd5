"""Decoded values to samples: the server's word stays, what is no value of the declared type is Bad and alone."""

import math

import numpy as np
import pytest

from brownfield_adapters.opcua.decode import Values
from brownfield_adapters.opcua.values import TagColumns
from brownfield_api.status import Reason, Status
from brownfield_api.tables import Tag, ValueType

NOW = 1_700_000_000_000_000_000
SOURCE = 133_444_736_000_000_000  # 2023-11-14T22:13:20Z in 100 ns since 1601, as NOW
BOOLEAN, INT16, UINT32, INT64, UINT64, DOUBLE, STRING, OTHER = 1, 4, 7, 8, 9, 11, 12, 255


def value(kind: int, number: float = 0.0, *, bits: int = 0, status: int = 0, text: str | None = None) -> Values:
    return Values(
        np.zeros(1, np.uint32),
        np.array([kind], np.uint8),
        np.array([number]),
        np.array([bits], np.int64),
        np.array([status], np.uint32),
        np.array([SOURCE + 7], np.int64),
        np.array([SOURCE + 9], np.int64),
        {} if text is None else {0: text},
    )


def judged(declared: ValueType, values: Values, timestamps: str = "source") -> tuple[float, int, int, int]:
    columns = TagColumns([Tag(name="x", address="i=1", type=declared)], timestamps)
    batch = columns.batch(np.zeros(1, np.uint32), values, NOW)
    return float(batch.value[0]), int(batch.status[0]), int(batch.reasons[0]), int(batch.source_time[0])


@pytest.mark.parametrize("code", [0x0, 0x40900000, 0x00A60000])
def test_status_and_value_of_a_usable_sample_are_kept_exactly(code: int) -> None:
    assert judged(ValueType.FLOAT64, value(DOUBLE, 1.5, status=code))[:3] == (1.5, code, 0)


def test_a_bad_status_is_kept_exactly_and_carries_no_value() -> None:
    number, status, reasons, _ = judged(ValueType.FLOAT64, value(DOUBLE, 1.5, status=0x808C0000))
    assert math.isnan(number)
    assert (status, reasons) == (0x808C0000, 0)


def test_the_overflow_bit_says_that_samples_before_this_one_are_missing() -> None:
    assert judged(ValueType.FLOAT64, value(DOUBLE, 1.5, status=0x480))[:3] == (1.5, 0x480, Reason.GAP_BEFORE)


@pytest.mark.parametrize(
    ("declared", "kind", "number", "bits", "status"),
    [
        (ValueType.FLOAT64, BOOLEAN, 1.0, 0, Status.BAD_TYPE_MISMATCH),
        (ValueType.FLOAT64, OTHER, 0.0, 0, Status.BAD_TYPE_MISMATCH),
        (ValueType.BOOL, UINT32, 1.0, 1, Status.BAD_TYPE_MISMATCH),
        (ValueType.INT32, DOUBLE, 1.0, 0, Status.BAD_TYPE_MISMATCH),
        (ValueType.STRING, DOUBLE, 1.0, 0, Status.BAD_TYPE_MISMATCH),
        (ValueType.INT16, UINT32, 40000.0, 40000, Status.BAD_OUT_OF_RANGE),
        (ValueType.UINT8, INT16, -1.0, -1, Status.BAD_OUT_OF_RANGE),
        (ValueType.INT64, UINT64, 2.0**63, -(2**63), Status.BAD_OUT_OF_RANGE),
        (ValueType.UINT64, INT64, -1.0, -1, Status.BAD_OUT_OF_RANGE),
        (ValueType.FLOAT64, DOUBLE, math.inf, 0, Status.BAD),
        (ValueType.FLOAT64, 0, 0.0, 0, Status.BAD_NO_DATA),
    ],
)
def test_what_cannot_be_of_the_declared_type_is_bad(
    declared: ValueType, kind: int, number: float, bits: int, status: Status
) -> None:
    found, code, _, _ = judged(declared, value(kind, number, bits=bits))
    assert code == status
    assert math.isnan(found)


@pytest.mark.parametrize(
    ("declared", "kind"), [(ValueType.FLOAT64, INT16), (ValueType.INT32, INT16), (ValueType.UINT64, UINT32)]
)
def test_a_number_may_be_narrower_than_declared(declared: ValueType, kind: int) -> None:
    assert judged(declared, value(kind, 7.0, bits=7))[:2] == (7.0, 0)


def test_64_bit_integers_stay_exact() -> None:
    tags = [Tag(name="i", address="i=1", type=ValueType.INT64), Tag(name="u", address="i=2", type=ValueType.UINT64)]
    both = Values(
        np.arange(2, dtype=np.uint32),
        np.array([INT64, UINT64], np.uint8),
        np.array([-(2.0**62), 2.0**64]),
        np.array([-(2**62) - 1, -1], np.int64),
        np.zeros(2, np.uint32),
        np.zeros(2, np.int64),
        np.zeros(2, np.int64),
        {},
    )
    batch = TagColumns(tags, "source").batch(np.arange(2, dtype=np.uint32), both, NOW)
    assert batch.value_i64 is not None
    assert batch.value_u64 is not None
    assert batch.value_i64.tolist() == [-(2**62) - 1, 0]
    assert batch.value_u64.tolist() == [0, 2**64 - 1]
    assert not batch.status.any()


def test_strings_travel_beside_the_numbers() -> None:
    batch = TagColumns([Tag(name="x", address="i=1", type=ValueType.STRING)], "source").batch(
        np.zeros(1, np.uint32), value(STRING, text="R80736"), NOW
    )
    assert batch.texts() == ["R80736"]


@pytest.mark.parametrize(("policy", "time"), [("source", NOW + 700), ("server", NOW + 900), ("gather", NOW)])
def test_the_source_time_is_the_chosen_clocks_to_the_tick(policy: str, time: int) -> None:
    assert judged(ValueType.FLOAT64, value(DOUBLE, 1.0), policy)[3] == time


@pytest.mark.parametrize("missing", [0, 2**63 - 1, 3_155_378_975_999_999_999])
def test_without_a_source_time_the_servers_counts_and_without_that_ours(missing: int) -> None:
    values = value(DOUBLE, 1.0)
    values.source_ticks[:] = missing
    assert judged(ValueType.FLOAT64, values)[3] == NOW + 900
    values.server_ticks[:] = missing
    assert judged(ValueType.FLOAT64, values)[3] == NOW
