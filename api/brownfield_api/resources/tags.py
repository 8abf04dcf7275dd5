"""Tags: what a source offers, in the plant's own words."""

from brownfield_api.resources.base import Part
from brownfield_api.resources.decimals import Number
from brownfield_api.resources.durations import Duration
from brownfield_api.resources.names import Line, Note, TagName, UnitCode
from brownfield_api.tables import ValueType


class TagSpec(Part):
    """One tag. The same fields are the columns of a tag table (`tagsFrom`)."""

    name: TagName
    """The tag's name, unique in its source."""
    address: Line
    """Where it is, in the protocol's own notation: holding:0, nsu=urn:maker:type;s=Name, a column's name."""
    type: ValueType | None = None
    """Type of the raw value. Default: float64; Modbus: uint16, bool for a bit, string for a text."""
    unit: UnitCode | None = None
    """Unit of the value after scale and offset, as UCUM code."""
    scale: Number | None = None
    """Value = raw * scale + offset. Default: 1."""
    offset: Number | None = None
    """Value = raw * scale + offset. Default: 0."""
    interval: Duration | None = None
    """How often it is read, where that differs from the source's interval."""
    deadband: Number | None = None
    """Smallest change of the raw value that counts. Default: 0, every change."""
    description: Note | None = None
    """What it means."""
