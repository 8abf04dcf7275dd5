"""Status codes keep the standard's severities, and degrading never improves one."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from brownfield_api.status import Reason, Severity, Status, degrade, reason_names, severity, severity_of, status_name

_CODES = arrays(np.uint32, st.integers(0, 50))


@given(_CODES)
def test_the_severity_of_a_column_is_that_of_each_code(codes: npt.NDArray[np.uint32]) -> None:
    assert severity(codes).tolist() == [int(severity_of(int(code))) for code in codes]


@given(st.data(), st.sampled_from(list(Status)))
def test_degrading_never_improves_and_never_touches_what_is_elsewhere_or_worse(data: st.DataObject, to: Status) -> None:
    codes = data.draw(_CODES)
    where = data.draw(arrays(np.bool_, len(codes)))
    result = degrade(codes, where, to)
    assert result.dtype == np.uint32
    assert (severity(result) >= severity(codes)).all()
    assert (result[~where] == codes[~where]).all()
    kept = severity(codes) >= severity_of(to)
    assert (result[kept] == codes[kept]).all()
    assert (result[where & ~kept] == np.uint32(to)).all()
    assert np.array_equal(degrade(result, where, to), result)


@pytest.mark.parametrize("status", list(Status))
def test_each_code_has_the_severity_its_name_says(status: Status) -> None:
    expected = {"GOOD": Severity.GOOD, "UNCERTAIN": Severity.UNCERTAIN, "BAD": Severity.BAD}
    assert severity_of(status) == expected[status.name.split("_")[0]]


@given(st.integers(0, 2**32 - 1))
def test_every_code_has_a_name(code: int) -> None:
    assert status_name(code)


def test_names_are_the_standards() -> None:
    assert status_name(0x408F_0000) == "UncertainNoCommunicationLastUsableValue"
    assert status_name(0x8032_0000) == "BadWaitingForInitialData"
    assert status_name(0x8123_4567) == "Bad(0x81234567)"


@given(st.sets(st.sampled_from([reason for reason in Reason if reason])))
def test_a_mask_names_each_of_its_reasons_once(reasons: set[Reason]) -> None:
    mask = sum(reasons)
    assert mask < 1 << 16
    names = reason_names(mask)
    assert len(names) == len(set(names)) == len(reasons)
    assert ("GapBefore" in names) == (Reason.GAP_BEFORE in reasons)
