"""UCUM codes (`kW.h`, `m/s`, `Cel`, `bar{gauge}`) to exact factors and dimensions.

UCUM's grammar (§6 to §12) is parsed here, pint resolves the atoms. Beyond UCUM stands a closed table:
`{gauge}` on a pressure, `{delta}` on a temperature, `var`, `VA` and `rpm`; every other annotation in
braces says nothing, as the standard has it.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache

import pint

from brownfield_api.errors import InvalidResource
from brownfield_planner import ucum_atoms as atoms
from brownfield_planner.findings import closest

Dimension = tuple[tuple[str, Fraction], ...]
"""Base dimensions and their exponents, sorted; () is a pure number."""

_ATOM = re.compile(r"(?:10[*^]|(?:\[[^\[\]]+\]|[^0-9+\-./(){}\[\]\s])+)")
_EXPONENT = re.compile(r"[+-]?[0-9]{1,2}")
_NUMBER = re.compile(r"[0-9]{1,12}")
_ANNOTATION = re.compile(r"\{[^{}]*\}")
_SPECIAL = re.compile(r"^(?P<code>[^{}]*)\{(?P<word>gauge|delta|rpm|absolute)\}$")


@dataclass(frozen=True, slots=True)
class Unit:
    """value in base units = value * factor + offset, exactly; `dimension` says which base units."""

    code: str
    factor: Fraction
    dimension: Dimension
    offset: Fraction = Fraction(0)

    @property
    def quantity(self) -> str:
        """What it measures, in a word where there is one."""
        return _names().get(self.dimension) or _formula(self.dimension)

    def times(self, other: "Unit", power: int) -> "Unit":
        exponents = dict(self.dimension)
        for base, exponent in other.dimension:
            exponents[base] = exponents.get(base, Fraction(0)) + power * exponent
        dimension = tuple(sorted((base, exponent) for base, exponent in exponents.items() if exponent))
        return Unit(self.code, self.factor * other.factor**power, dimension)


_ONE = Unit("1", Fraction(1), ())


@lru_cache(maxsize=4096)
def parse_unit(code: str) -> Unit:
    """The unit with this code; raises `InvalidResource` saying what is not understood."""
    special = _SPECIAL.match(code)
    if special is not None:
        return _special(code, special["code"], special["word"])
    if code in atoms.OFFSETS:
        base, factor, offset = atoms.OFFSETS[code]
        return Unit(code, Fraction(factor), _resolve(base).dimension, Fraction(offset))
    unit = _Parser(code).parse()
    return Unit(code, unit.factor, unit.dimension)


def _special(code: str, inner: str, word: str) -> Unit:
    """The closed table of annotations that do mean something."""
    if word == "rpm" and inner in {"", "1"}:
        return Unit(code, Fraction(1, 60), _resolve("1/second").dimension)
    if word == "delta" and inner in atoms.DELTAS:
        return Unit(code, Fraction(atoms.DELTAS[inner]), _resolve("difference_kelvin").dimension)
    unit = parse_unit(inner) if inner else _ONE
    if word == "gauge" and unit.dimension == _resolve("pascal").dimension:
        return Unit(code, unit.factor / _resolve("pascal").factor, _resolve("gauge_pascal").dimension)
    if word in {"gauge", "delta"}:
        kind = "a pressure" if word == "gauge" else "Cel, K or [degF]"
        raise InvalidResource(f"{{{word}}} stands behind {kind}, not in {code!r}")
    return Unit(code, unit.factor, unit.dimension, unit.offset)


class _Parser:
    """Recursive descent over UCUM's grammar; products and quotients read from left to right."""

    def __init__(self, code: str) -> None:
        self._code = code
        self._at = 0

    def parse(self) -> Unit:
        unit = self._term(_ONE, -1 if self._take("/") else 1)
        if self._at != len(self._code):
            raise self._wrong(f"{self._code[self._at :]!r} is not expected")
        return unit

    def _term(self, left: Unit, power: int) -> Unit:
        unit = left.times(self._component(), power)
        while self._at < len(self._code) and self._code[self._at] in "./":
            power = 1 if self._take(".") else -1
            if power < 0:
                self._take("/")
            unit = unit.times(self._component(), power)
        return unit

    def _component(self) -> Unit:
        if self._take("("):
            if self._code.count("(") > 8:
                raise self._wrong("has too many parentheses")
            unit = self._term(_ONE, 1)
            if not self._take(")"):
                raise self._wrong("a parenthesis is not closed")
            return unit
        if self._matched(_ANNOTATION):
            return _ONE
        atom = self._matched(_ATOM)
        if atom:
            exponent = self._matched(_EXPONENT)
            unit = _ONE.times(self._atom(atom), int(exponent) if exponent else 1)
        else:
            number = self._matched(_NUMBER)
            if not number or int(number) == 0:
                raise self._wrong("a unit is missing" if self._at else "is not a unit")
            unit = Unit(number, Fraction(int(number)), ())
        self._matched(_ANNOTATION)
        return unit

    def _atom(self, name: str) -> Unit:
        if name in atoms.OFFSETS:
            raise self._wrong(f"{name} has a zero point of its own, so it stands alone", "Use K in products")
        unit = _atom(name)
        if unit is None:
            known = [*atoms.METRIC, *atoms.PLAIN, *(f"k{code}" for code in atoms.METRIC), *atoms.OFFSETS]
            raise self._wrong(f"{name!r} is not a UCUM unit", _HABITS.get(name) or closest(name, known))
        return unit

    def _take(self, text: str) -> bool:
        if self._code.startswith(text, self._at):
            self._at += len(text)
            return True
        return False

    def _matched(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._code, self._at)
        if match is None:
            return ""
        self._at = match.end()
        return match[0]

    def _wrong(self, what: str, advice: str = "") -> InvalidResource:
        return InvalidResource(f"unit {self._code!r}: {what}", do=advice)


_HABITS = {
    "°C": "Write Cel", "C°": "Write Cel", "degC": "Write Cel", "°": "Write deg", "kwh": "Write kW.h",
    "kWh": "Write kW.h", "MWh": "Write MW.h", "Wh": "Write W.h", "kVAh": "Write kVA.h", "psi": "Write [psi]",
    "barg": "Write bar{gauge}", "bara": "Write bar", "sec": "Write s", "hr": "Write h", "kw": "Write kW",
    "MVAr": "Write Mvar", "kVAr": "Write kvar", "ppm": "Write [ppm]", "mmHg": "Write mm[Hg]", "degF": "Write [degF]",
}  # fmt: skip
"""What people write instead, and what UCUM calls it."""


@cache
def _registry() -> pint.UnitRegistry[Fraction]:
    registry: pint.UnitRegistry[Fraction] = pint.UnitRegistry(non_int_type=Fraction)
    for definition in atoms.DEFINITIONS:
        registry.define(definition)
    return registry


@cache
def _atom(name: str) -> Unit | None:
    """An atom with or without its prefix, None if there is none of this name."""
    if name in atoms.PLAIN:
        return _resolve(atoms.PLAIN[name])
    if name in atoms.METRIC:
        return _resolve(atoms.METRIC[name])
    for prefix, power in atoms.PREFIXES.items():
        rest = name.removeprefix(prefix)
        if rest != name and rest in atoms.METRIC:
            unit = _resolve(atoms.METRIC[rest])
            return Unit(name, unit.factor * Fraction(10) ** power, unit.dimension)
    return None


@cache
def _resolve(expression: str) -> Unit:
    """A pint expression as factor to base units and dimension."""
    root = _registry().Quantity(Fraction(1), "dimensionless") * _registry().parse_expression(expression)
    root = root.to_root_units()
    dimension = tuple(sorted((str(base), Fraction(power)) for base, power in root.dimensionality.items() if power))
    return Unit(expression, Fraction(str(root.magnitude)), dimension)


@cache
def _names() -> dict[Dimension, str]:
    return {parse_unit(code).dimension: name for name, code in reversed(atoms.QUANTITIES.items())}


def _formula(dimension: Dimension) -> str:
    return ".".join(f"{base}{'' if power == 1 else power}" for base, power in dimension) or "ratio"
