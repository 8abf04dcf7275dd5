"""Expressions checked before anything runs: syntax, names, types, cycles.

They are CEL (common-expression-language), where numbers are doubles and nothing is converted
silently. Types are found by evaluating once with sample values, because the compiler knows none.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from brownfield_api.cel_engine import engine as cel
from brownfield_api.errors import InvalidResource
from brownfield_api.tables import ValueType

_SAMPLES = (1.5, 0.25, 3.0)
"""Different sample values, so that a division by a difference of two is not always by zero."""


@lru_cache(maxsize=4096)
def expression_inputs(source: str) -> tuple[str, ...]:
    """Names the expression reads, sorted; raises `InvalidResource` for what is not CEL."""
    return tuple(sorted(set(_compiled(source).variables())))


@lru_cache(maxsize=4096)
def _compiled(source: str) -> cel.Program:
    try:
        return cel.compile(source)
    except ValueError as error:
        detail = str(error).partition("ERROR: ")[2].splitlines()
        spot = detail[0].removeprefix("<input>:").partition(" expecting ")[0] if detail else str(error)
        raise InvalidResource(f"not an expression: {spot}", do="Expressions are CEL (cel.dev)") from None


def result_type(source: str, types: Mapping[str, ValueType]) -> ValueType:
    """`bool` or `float64`; raises `InvalidResource` when the expression cannot work on these types."""
    program = _compiled(source)
    outcome: object = None
    problem = ""
    for shift in range(len(_SAMPLES)):
        sample = {name: _sample(kind, index + shift) for index, (name, kind) in enumerate(sorted(types.items()))}
        try:
            outcome = program.execute(sample)
            problem = ""
            break
        except (TypeError, RuntimeError, ValueError, ArithmeticError) as error:
            problem = str(error)
    if problem:
        raise InvalidResource(f"cannot be computed: {_in_words(problem)}", do=_advice(problem))
    if isinstance(outcome, bool):
        return ValueType.BOOL
    if isinstance(outcome, int | float):
        return ValueType.FLOAT64
    raise InvalidResource(f"yields {type(outcome).__name__}, neither a number nor true or false")


def _sample(kind: ValueType, index: int) -> object:
    if kind is ValueType.STRING:
        return "text"
    if kind is ValueType.BOOL:
        return index % 2 == 0
    return _SAMPLES[index % len(_SAMPLES)]


def _in_words(problem: str) -> str:
    words = re.split(r"\. (?:CEL does not coerce|Check that)", problem)[0]
    return words.removeprefix("Unsupported operation: ").replace("float", "double")


def _advice(problem: str) -> str:
    if "Undefined" in problem:
        return "Known are + - * / comparisons && || ! ?: and CEL's own functions"
    if "int" in problem.partition(". CEL does not")[0]:
        return "Numbers are doubles: write 2.0, not 2"
    return "Numbers are doubles (2.0, not 2); truth becomes a number by x ? 1.0 : 0.0"


def find_cycle(reads: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Names that read each other in a circle, () if none do; `reads` name -> names it reads."""
    done: set[str] = set()
    for start in sorted(reads):
        path: list[str] = []
        cycle = _walk(start, reads, path, done)
        if cycle:
            return cycle
    return ()


def _walk(start: str, reads: Mapping[str, Iterable[str]], path: list[str], done: set[str]) -> tuple[str, ...]:
    stack = [(start, iter(sorted(reads.get(start, ()))))]
    path.append(start)
    while stack:
        name, inputs = stack[-1]
        following = next(inputs, None)
        if following is None:
            stack.pop()
            path.pop()
            done.add(name)
        elif following in path:
            return tuple(path[path.index(following) :])
        elif following in reads and following not in done:
            stack.append((following, iter(sorted(reads[following]))))
            path.append(following)
    return ()
