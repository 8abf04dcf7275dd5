"""The tags of each source: its own list and the tables it shares, checked one by one."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from brownfield_api.errors import InvalidResource
from brownfield_api.expansion import fill
from brownfield_api.resources import LegacySource, Reason
from brownfield_api.resources.tags import TagSpec
from brownfield_api.tables import Tag, TagTable
from brownfield_planner.addresses import check_address, default_type
from brownfield_planner.csv_tables import Columns, Row, TableReader
from brownfield_planner.findings import Findings, Place
from brownfield_planner.resource_set import Loaded
from brownfield_planner.ucum import parse_unit

TAG_COLUMNS = Columns(
    model=TagSpec,
    fixed=("name", "address", "type", "unit", "scale", "offset", "interval", "deadband", "description"),
    required=("name", "address"),
)


@dataclass(frozen=True, slots=True)
class TagList:
    """The good tags of a source by name, in order. `refused` names the bad ones, so that nothing calls them
    unknown; `complete` is False when some could not even be read.
    """

    tags: Mapping[str, Tag] = field(default_factory=dict)
    refused: frozenset[str] = frozenset()
    complete: bool = True

    @property
    def table(self) -> TagTable:
        return TagTable(tags=tuple(self.tags.values()))

    def may_have(self, name: str) -> bool:
        """Whether a tag of this name is there, or may be among those that were refused."""
        return name in self.tags or name in self.refused or not self.complete


def protocol_of(source: LegacySource) -> str:
    """The name of the protocol block that is given."""
    spec = source.spec
    return "modbus" if spec.modbus else "opcua" if spec.opcua else "files"


def list_tags(source: Loaded[LegacySource], tables: TableReader, findings: Findings) -> TagList:
    """All tags of a source; what is wrong with each becomes a finding where it was written."""
    rows, complete = _rows(source, tables)
    protocol = protocol_of(source.model)
    good: dict[str, Tag] = {}
    refused: set[str] = set()
    for row, variables in rows:
        tag = _tag(row, variables, protocol, findings)
        if tag is None:
            refused.add(row.model.name)
        elif tag.name in good:
            message = f"{source.ref} has two tags named {tag.name!r}"
            findings.error(row.place.inside("name"), Reason.DUPLICATE_TAG, message)
            complete = False
        else:
            good[tag.name] = tag
    if not good and complete and not refused:
        findings.error(source.place("spec"), Reason.NO_TAGS, "the source has no tags")
        complete = False
    return TagList(good, frozenset(refused), complete)


def _rows(
    source: Loaded[LegacySource], tables: TableReader
) -> tuple[list[tuple[Row[TagSpec], Mapping[str, str]]], bool]:
    spec = source.model.spec
    rows: list[tuple[Row[TagSpec], Mapping[str, str]]] = [
        (Row(tag, source.place(f"spec.tags[{index}]")), {}) for index, tag in enumerate(spec.tags or ())
    ]
    complete = True
    for index, reference in enumerate(spec.tags_from or ()):
        table = tables.rows(source.namespace, reference, TAG_COLUMNS, source.place(f"spec.tagsFrom[{index}]"))
        complete = complete and table.complete
        rows.extend((row, reference.vars or {}) for row in table.items)
    return rows, complete


def _tag(row: Row[TagSpec], variables: Mapping[str, str], protocol: str, findings: Findings) -> Tag | None:
    spec = row.model
    before = findings.error_count
    try:
        name = fill(spec.name, variables, "")
        address = fill(spec.address, variables, "")
    except InvalidResource as error:
        do = "Add it to the vars of the source's tagsFrom"
        findings.error(row.place.inside("address"), Reason.UNKNOWN_VARIABLE, error.what, do)
        return None
    tag = Tag(
        name=name,
        address=address,
        type=spec.type or default_type(protocol, address),
        unit=spec.unit or "",
        scale=float(spec.scale) if spec.scale is not None else 1.0,
        offset=float(spec.offset) if spec.offset is not None else 0.0,
        interval=spec.interval or 0.0,
        deadband=float(spec.deadband) if spec.deadband is not None else 0.0,
        description=spec.description or "",
    )
    _check(tag, row.place, protocol, findings)
    return tag if findings.error_count == before else None


def _check(tag: Tag, place: Place, protocol: str, findings: Findings) -> None:
    try:
        check_address(protocol, tag)
    except InvalidResource as error:
        findings.error(place.inside("address"), Reason.MALFORMED_ADDRESS, error.what, error.do)
    if tag.unit:
        try:
            parse_unit(tag.unit)
        except InvalidResource as error:
            findings.error(place.inside("unit"), Reason.INVALID_UNIT, error.what, error.do)
    numeric = tag.type.value not in {"bool", "string"}
    if not numeric and (tag.unit or tag.scale != 1.0 or tag.offset != 0.0 or tag.deadband != 0.0):
        message = f"unit, scale, offset and deadband make no sense for type {tag.type.value}"
        findings.error(place.inside("type"), Reason.TYPE_MISMATCH, message)
    if tag.scale == 0.0:
        findings.error(place.inside("scale"), Reason.INVALID_FIELD, "a scale of zero loses the value")
    if tag.deadband < 0.0:
        findings.error(place.inside("deadband"), Reason.INVALID_FIELD, "a deadband is not below zero")
