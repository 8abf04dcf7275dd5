"""A message fits, and says how much of it did not."""

import re

from hypothesis import given
from hypothesis import strategies as st

from brownfield_operator.status.statement import LONGEST, listed


def test_one_sentence_stands_alone() -> None:
    assert listed(["spec.tags: none."], "It does not run.") == "spec.tags: none. It does not run."


def test_several_are_numbered() -> None:
    assert listed(["a.", "b."], "End.") == "(1) a. (2) b. End."


def test_what_does_not_fit_is_counted() -> None:
    text = listed([f"{'x' * 97}." for _ in range(50)], "It does not run.")
    assert len(text) <= LONGEST
    shown = text.count("(")
    assert text.endswith(f" And {50 - shown} more. It does not run.")
    assert shown >= 8


def test_one_endless_sentence_is_cut_where_one_sees_it() -> None:
    text = listed(["y" * 5000], "End.")
    assert len(text) == LONGEST
    assert text.endswith("… End.")


@given(st.lists(st.text(min_size=1, max_size=1500), min_size=1, max_size=40), st.text(max_size=80))
def test_every_item_is_shown_or_counted_and_the_bound_holds(items: list[str], closing: str) -> None:
    text = listed(items, closing)
    assert len(text) <= LONGEST
    more = re.search(r" And (\d+) more\.", text)
    if more is None:
        assert len(items) == 1 or all(item in text for item in items)
    else:
        assert 0 < int(more[1]) < len(items) or any("And" in item for item in items)


def test_the_second_of_two_is_counted_when_the_first_fills_the_line() -> None:
    text = listed(["z" * 3000, "b."], "End.")
    assert len(text) <= LONGEST
    assert text.endswith("… And 1 more. End.")
