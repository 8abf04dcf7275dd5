"""The numpy compilation says what CEL says, wherever CEL says a number."""

import math

import cel
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from brownfield_api.errors import InvalidResource
from brownfield_pipeline.expressions import compile_expression

_NAMES = st.sampled_from(["a", "b", "c"])
_DOUBLES = st.sampled_from(["0.0", "1.0", "2.5", "1e3", ".5", "7.25e-2"])


def _binary(operators: list[str], operand: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds("({} {} {})".format, operand, st.sampled_from(operators), operand)


def _numbers(depth: int) -> st.SearchStrategy[str]:
    leaf = st.one_of(_NAMES, _DOUBLES)
    if not depth:
        return leaf
    below = _numbers(depth - 1)
    return st.one_of(
        leaf,
        _binary(["+", "-", "*", "/"], below),
        st.builds("{0} * {1} - {0} / {1} + {1}".format, below, leaf),
        st.builds("-{}".format, leaf),
        st.builds("({} ? {} : {})".format, _truths(depth - 1), below, below),
    )


def _truths(depth: int) -> st.SearchStrategy[str]:
    compared = _binary(["<", "<=", ">", ">=", "==", "!="], _numbers(max(depth - 1, 0)))
    if not depth:
        return st.one_of(compared, st.sampled_from(["p", "true", "false", "!p"]))
    below = _truths(depth - 1)
    return st.one_of(compared, _binary(["&&", "||"], below), st.builds("!({})".format, below), _binary(["=="], below))


def _said_by_cel(source: str, row: dict[str, float | bool]) -> float:
    try:
        return float(cel.compile(source).execute(row))
    except (TypeError, ValueError, RuntimeError, ArithmeticError):
        return math.nan


_VALUES = st.one_of(st.floats(allow_nan=True, allow_infinity=True), st.sampled_from([0.0, 1.0, -1.0, 2.5]))
_ROWS = st.lists(st.tuples(_VALUES, _VALUES, _VALUES, st.booleans()), min_size=1, max_size=4)


@settings(max_examples=300, deadline=None)
@given(st.one_of(_numbers(3), _truths(3)), _ROWS)
@example("a < b && b < c", [(math.nan, 2.0, 1.0, True)])
@example("(a < b) == (b < c)", [(math.nan, 2.0, 1.0, True)])
@example("a == (a < b ? a : c)", [(0.0, math.nan, 0.0, False)])
def test_numpy_and_cel_agree(source: str, rows: list[tuple[float, float, float, bool]]) -> None:
    expression = compile_expression(source, frozenset({"p"}))
    columns = dict(zip("abcp", np.array(rows, dtype=np.float64).T, strict=True))
    found = expression.evaluate({name: columns[name] for name in expression.inputs})
    if not expression.inputs:
        rows, found = rows[:1], found[:1]
    told = [_said_by_cel(source, dict(zip("abcp", row, strict=True))) for row in rows]
    np.testing.assert_array_equal(found, told)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("a * 2", 6.0),  # CEL itself refuses a double beside an integer literal
        ("1 / a", 1 / 3),
        ("7 / 2 * a", 9.0),  # integers among themselves stay CEL's
        ("-7 / 2 + a", 0.0),
        ("a % 2.0", 1.0),
        ("-a % 2", -1.0),
        ("a > 2 ? 1 : 0.5", 1.0),
        ("a - 1 - 1", 1.0),
        ("2.0 -1.0 + a", 4.0),
        ("a // a comment\n + 1.0", 4.0),
    ],
)
def test_literals_follow_their_neighbours(source: str, value: float) -> None:
    expression = compile_expression(source)
    assert expression.vectorised
    assert expression.evaluate({"a": np.array([3.0])}).tolist() == [value]


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("[a, 2.0][1]", 2.0),
        ("size(string(1)) > 0 ? a : 0.0", 3.0),
        ("a in [3.0]", 1.0),
        ("'x' == 'x' ? a : 0.0", 3.0),
        ("p * a", math.nan),  # arithmetic on a boolean is an error in CEL
        ("'text'", math.nan),
        ("1 / 0", math.nan),
        ("9223372036854775807 + 1", math.nan),
        ("{'k': a}.k", 3.0),
        ("(a > 1.0) == a", 0.0),
    ],
)
def test_what_numpy_does_not_know_cel_computes(source: str, value: float) -> None:
    expression = compile_expression(source, frozenset({"p"}))
    assert not expression.vectorised
    columns = {"a": np.array([3.0]), "p": np.array([1.0])}
    found = expression.evaluate({name: columns[name] for name in expression.inputs})
    np.testing.assert_array_equal(found, [value])


@pytest.mark.parametrize("source", ["a +", "2 ** a", "a if b else c", "", "a ? b"])
def test_what_is_not_cel_is_refused_by_name(source: str) -> None:
    with pytest.raises(InvalidResource, match="expression"):
        compile_expression(source)
