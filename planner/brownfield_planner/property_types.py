"""Type and unit of a property from those of its tags: inherited, converted or refused, never guessed."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from brownfield_api.errors import InvalidResource
from brownfield_api.resources import Reason
from brownfield_api.resources.assetmapping import PropertySpec
from brownfield_api.tables import Tag, ValueType
from brownfield_planner.units import UnitMismatch, conversion

WIDE = frozenset({ValueType.INT64, ValueType.UINT64})
FLOATS = frozenset({ValueType.FLOAT32, ValueType.FLOAT64})
_BITS = {
    ValueType.INT8: (7, True), ValueType.UINT8: (8, False), ValueType.INT16: (15, True), ValueType.UINT16: (16, False),
    ValueType.INT32: (31, True), ValueType.UINT32: (32, False), ValueType.INT64: (63, True),
    ValueType.UINT64: (64, False),
}  # fmt: skip
"""Bits of the largest value, and whether values may be negative."""


class Refused(InvalidResource):
    """A tag that a property cannot read, with the field that is to blame."""

    def __init__(self, field: str, reason: Reason, what: str, do: str = "") -> None:
        super().__init__(what, field, do)
        self.field = field
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Shape:
    """What a property is: its type and its unit ("" = none). `tag_unit`, no part of what it is, is the unit that
    the tags of all assets have ("" = they differ, have none, or are not all known).
    """

    type: ValueType
    unit: str = ""
    tag_unit: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Reading:
    """A tag as a property reads it: raw unit to property unit ("" = as it is)."""

    tag: Tag
    from_unit: str
    to_unit: str

    @property
    def changed(self) -> bool:
        """Whether the value is computed with, so that an exact integer is exact no longer."""
        return self.tag.scale != 1.0 or self.tag.offset != 0.0 or self.from_unit != self.to_unit

    @property
    def natural(self) -> ValueType:
        """The property's type where nobody says one."""
        exact = self.tag.type in WIDE and not self.changed
        return self.tag.type if exact or self.tag.type in {ValueType.BOOL, ValueType.STRING} else ValueType.FLOAT64


def read_unit(spec: PropertySpec, tag: Tag, inherited: str = "") -> Reading:
    """How the tag's unit becomes the property's; raises `Refused`. `inherited`: the class's unit for an override."""
    if spec.tag_unit and tag.unit and spec.tag_unit != tag.unit:
        message = f"tag {tag.name!r} has the unit {tag.unit}, tagUnit says {spec.tag_unit}"
        raise Refused("tagUnit", Reason.DIMENSION_MISMATCH, message, "tagUnit is for tags without a unit")
    raw = spec.tag_unit or tag.unit
    target = spec.unit or inherited
    if not target:
        return Reading(tag, raw, raw)
    if tag.type in {ValueType.BOOL, ValueType.STRING}:
        raise Refused("unit", Reason.TYPE_MISMATCH, f"tag {tag.name!r} is {tag.type.value}, which has no unit")
    if not raw:
        message = f"tag {tag.name!r} has no unit, so nothing can be converted to {target}"
        raise Refused("unit", Reason.MISSING_UNIT, message, "Give the tag's unit, or tagUnit here")
    try:
        conversion(raw, target)
    except UnitMismatch as error:
        message = f"tag {tag.name!r}: {error.what}"
        raise Refused("unit", Reason.DIMENSION_MISMATCH, message, error.do) from None
    except InvalidResource as error:
        raise Refused("unit", Reason.INVALID_UNIT, error.what, error.do) from None
    return Reading(tag, raw, target)


def check_type(declared: ValueType, reading: Reading) -> None:
    """Raises `Refused` unless values of the tag fit into a property of the declared type."""
    tag = reading.tag
    if not _fits(declared, reading):
        changed = " after scale and unit" if reading.changed and declared not in FLOATS else ""
        message = f"tag {tag.name!r} is {tag.type.value}{changed}, the property {declared.value}"
        do = "Use type float64" if tag.type is not ValueType.STRING and declared is not ValueType.STRING else ""
        raise Refused("type", Reason.TYPE_MISMATCH, message, do)


def _fits(declared: ValueType, reading: Reading) -> bool:
    given = reading.tag.type
    if declared is given:
        return declared in FLOATS or not reading.changed
    if ValueType.STRING in {declared, given} or declared is ValueType.BOOL:
        return False
    if declared in FLOATS:
        return True
    if reading.changed or given in FLOATS or declared in WIDE:
        return False
    if given is ValueType.BOOL:
        return True
    (bits, signed), (given_bits, given_signed) = _BITS[declared], _BITS[given]
    return given_bits <= bits and (signed or not given_signed)


def common_shape(spec: PropertySpec, readings: Iterable[Reading], inherited: Shape | None = None) -> Shape:
    """The one type and unit of a property over all tags it reads; raises `Refused` where they differ."""
    kinds: set[ValueType] = set()
    units: set[str] = set()
    for reading in readings:
        kinds.add(reading.natural)
        units.add(reading.to_unit)
    unit = spec.unit or (inherited.unit if inherited else "")
    if not unit and len(units) > 1:
        named = ", ".join(sorted(code or "none" for code in units))
        message = f"the tags of the assets have different units: {named}"
        raise Refused("unit", Reason.MISSING_UNIT, message, "Say which unit the property has")
    declared = spec.type or (inherited.type if inherited else None)
    if declared is None and len(kinds) > 1:
        named = ", ".join(sorted(kind.value for kind in kinds))
        message = f"the tags of the assets have different types: {named}"
        raise Refused("type", Reason.TYPE_MISMATCH, message, "Say which type the property has")
    natural = next(iter(kinds), ValueType.FLOAT64)
    return Shape(declared or natural, unit or next(iter(units), ""))
