"""Expressions: CEL over the properties of one asset, evaluated for many assets and instants at once.

The text is always validated by the CEL implementation itself; its arithmetic part then runs as numpy,
anything else through the interpreter, value by value. Both ways agree wherever CEL gives a number.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from brownfield_api.cel_engine import engine as cel
from brownfield_api.errors import InvalidResource
from brownfield_pipeline.cel_subset import Term, parse

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression.

    `inputs`: names it reads, sorted. `vectorised`: False where the interpreter does the work.
    `evaluate`: float64 arrays of one length by name -> an array of that length; NaN where the expression
    has no number (0/0, a comparison with NaN, a type CEL refuses, a string). Booleans count 1.0 and 0.0.
    """

    source: str
    inputs: tuple[str, ...]
    vectorised: bool
    evaluate: Callable[[Mapping[str, Numbers]], Numbers]


def compile_expression(source: str, booleans: frozenset[str] = frozenset()) -> Expression:
    """The expression in `source`; raises `InvalidResource` if it is not CEL.

    Names are bound as double, those in `booleans` as bool (from 1.0 and 0.0).
    """
    try:
        program = cel.compile(source)
    except ValueError as error:
        raise InvalidResource(f"not a CEL expression: {error}", f"expression {source!r}") from error
    inputs = tuple(sorted(program.variables()))
    term = parse(source, booleans)
    evaluate = _as_arrays(term) if term is not None else _value_by_value(program, booleans & set(inputs))
    return Expression(source, inputs, term is not None, evaluate)


def _as_arrays(term: Term) -> Callable[[Mapping[str, Numbers]], Numbers]:
    def evaluate(inputs: Mapping[str, Numbers]) -> Numbers:
        with np.errstate(all="ignore"):
            result = term.compute(inputs)
        length = max((len(values) for values in inputs.values()), default=1)
        return np.array(np.broadcast_to(result, length), dtype=np.float64)

    return evaluate


def _value_by_value(program: cel.Program, booleans: frozenset[str]) -> Callable[[Mapping[str, Numbers]], Numbers]:
    def evaluate(inputs: Mapping[str, Numbers]) -> Numbers:
        names = list(inputs)
        columns = [_bound(values, boolean=name in booleans) for name, values in inputs.items()]
        rows = zip(*columns, strict=True) if columns else iter([()])
        return np.array([_execute(program, dict(zip(names, row, strict=True))) for row in rows], dtype=np.float64)

    return evaluate


def _bound(values: Numbers, *, boolean: bool) -> list[float] | list[bool]:
    return [bool(value) for value in values] if boolean else values.tolist()


def _execute(program: cel.Program, inputs: dict[str, float | bool]) -> float:
    try:
        result = program.execute(inputs)
    except (TypeError, ValueError, RuntimeError, ArithmeticError):
        return float("nan")  # CEL's runtime errors; the sample becomes Bad, which is how it is said
    return float(result) if isinstance(result, bool | int | float) else float("nan")
