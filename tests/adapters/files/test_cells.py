"""Cells of text to values of the declared type; what is none costs only itself."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brownfield_adapters.files.cells import read_cells
from brownfield_api.status import Reason, Status
from brownfield_api.tables import ValueType


def test_clean_numbers_with_a_decimal_comma_are_good() -> None:
    cells = read_cells(["1,5", "-0,25", "3", " 4,0 "], ValueType.FLOAT64, ",")
    assert cells.value.tolist() == [1.5, -0.25, 3.0, 4.0]
    assert not cells.status.any()


def test_one_bad_cell_costs_nothing_but_itself() -> None:
    cells = read_cells(["1,5", "#WERT!", "", "inf", "1.000,5", "1_000", "2,5"], ValueType.FLOAT64, ",")
    assert cells.value[[0, 6]].tolist() == [1.5, 2.5]
    assert cells.status.tolist() == [0, Status.BAD, Status.BAD_NO_DATA, Status.BAD, Status.BAD, Status.BAD, 0]
    unreadable = int(Reason.UNREADABLE)
    assert cells.reasons.tolist() == [0, unreadable, 0, int(Reason.NON_FINITE), unreadable, unreadable, 0]
    assert all(math.isnan(value) for value in cells.value[1:6].tolist())


def test_64_bit_integers_stay_exact() -> None:
    cells = read_cells(["9223372036854775807", "-9223372036854775808", "12,00"], ValueType.INT64, ",")
    assert list(cells.exact) == [2**63 - 1, -(2**63), 12]
    assert not cells.status.any()


@pytest.mark.parametrize(
    ("text", "kind", "status"),
    [
        ("256", ValueType.UINT8, Status.BAD_OUT_OF_RANGE),
        ("-1", ValueType.UINT32, Status.BAD_OUT_OF_RANGE),
        ("18446744073709551616", ValueType.UINT64, Status.BAD_OUT_OF_RANGE),
        ("1e400", ValueType.INT64, Status.BAD),
        ("1e300", ValueType.INT64, Status.BAD_OUT_OF_RANGE),
        ("1.5", ValueType.INT32, Status.BAD),
        ("maybe", ValueType.BOOL, Status.BAD),
    ],
)
def test_what_does_not_fit_the_type_is_bad(text: str, kind: ValueType, status: Status) -> None:
    cells = read_cells([text], kind, ".")
    assert cells.status.tolist() == [status]
    assert math.isnan(cells.value[0])


def test_flags_and_strings_are_read() -> None:
    assert read_cells(["true", "No", "1"], ValueType.BOOL, ".").value.tolist() == [1.0, 0.0, 1.0]
    cells = read_cells(["run", ""], ValueType.STRING, ".")
    assert list(cells.texts) == ["run", ""]
    assert cells.status.tolist() == [0, Status.BAD_NO_DATA]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1), st.sampled_from([".", ","]))
def test_any_number_comes_back_as_it_was_written(numbers: list[float], decimal: str) -> None:
    cells = read_cells([repr(number).replace(".", decimal) for number in numbers], ValueType.FLOAT64, decimal)
    assert cells.value.tolist() == numbers
