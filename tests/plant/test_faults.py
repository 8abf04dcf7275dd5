"""Faults as a pure state machine."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brownfield_api.errors import BrownfieldError
from brownfield_plant import Fault, FaultKind, Faults
from brownfield_plant.faults import after

TAGS = ("P_avg", "Count")

orders = st.builds(
    Fault,
    kind=st.sampled_from(FaultKind),
    tag=st.sampled_from(TAGS),
    seconds=st.floats(-100, 100),
    times=st.none() | st.integers(1, 5),
)


def _after(state: Faults, fault: Fault) -> Faults:
    return after(state, fault, tags=TAGS, breakable=TAGS, where="r1")


@given(st.lists(orders))
def test_clear_ends_everything_whatever_happened_before(happened: list[Fault]) -> None:
    state = Faults()
    for fault in happened:
        state = _after(state, fault)
    assert _after(state, Fault(kind=FaultKind.CLEAR)) == Faults()


@given(orders)
def test_an_order_given_twice_changes_nothing_more(fault: Fault) -> None:
    once = _after(Faults(), fault)
    assert _after(once, fault) == once


@given(st.lists(orders), orders)
def test_the_state_before_is_left_as_it_was(happened: list[Fault], fault: Fault) -> None:
    state = Faults()
    for order in happened:
        state = _after(state, order)
    copy = Faults(**{name: getattr(state, name) for name in Faults.__dataclass_fields__})
    _after(state, fault)
    assert state == copy


def test_an_unknown_tag_is_refused_with_the_ones_that_exist() -> None:
    with pytest.raises(BrownfieldError, match="r1: bad needs one of the tags P_avg, Count, not Q_avg"):
        _after(Faults(), Fault(kind=FaultKind.BAD, tag="Q_avg"))


def test_a_missing_number_of_seconds_is_asked_for() -> None:
    with pytest.raises(BrownfieldError, match="slow needs a number of seconds"):
        _after(Faults(), Fault(kind=FaultKind.SLOW))


def test_every_fault_that_is_on_is_described() -> None:
    state = Faults(away=True, clock=3.0, bad=frozenset({"P_avg"}), refused=frozenset({"Count"}), garbage=-1)
    assert state.described() == ["away", "clock", "garbage", "bad P_avg", "refuse Count"]
    assert Faults().described() == []
