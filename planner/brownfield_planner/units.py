"""Conversions between units, computed once when the plan is made."""

from dataclasses import dataclass
from functools import lru_cache

from brownfield_api.errors import InvalidResource
from brownfield_planner.ucum import Unit, parse_unit


class UnitMismatch(InvalidResource):
    """Two units that measure different things."""


@dataclass(frozen=True, slots=True)
class Linear:
    """value in the target unit = value * factor + offset."""

    factor: float
    offset: float

    def __call__(self, value: float) -> float:
        return value * self.factor + self.offset


@lru_cache(maxsize=4096)
def conversion(source: str, target: str) -> Linear:
    """From one UCUM code to another; raises `InvalidResource` for a code that is none, `UnitMismatch` if they differ
    in dimension.
    """
    if source == target:
        parse_unit(source)
        return Linear(1.0, 0.0)
    one, other = parse_unit(source), parse_unit(target)
    if one.dimension != other.dimension:
        raise UnitMismatch(
            f"{source} ({one.quantity}) cannot become {target} ({other.quantity})", do=_advice(one, other)
        )
    try:
        return Linear(float(one.factor / other.factor), float((one.offset - other.offset) / other.factor))
    except OverflowError:
        raise InvalidResource(f"{source} is too many {target} for a number") from None


def _advice(one: Unit, other: Unit) -> str:
    pair = {one.quantity, other.quantity}
    if pair == {"pressure", "gauge pressure"}:
        return "Gauge and absolute pressure differ by the air's own pressure; mark the gauge one as in bar{gauge}"
    if pair == {"temperature", "temperature difference"}:
        return "A difference of temperatures has no zero point; mark it as in K{delta}"
    return ""
