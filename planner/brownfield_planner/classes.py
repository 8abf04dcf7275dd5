"""Classes of a mapping: their properties from lists and tables, checked one by one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from brownfield_api.errors import InvalidResource
from brownfield_api.pipeline_config import QualityConfig
from brownfield_api.resources import AssetMapping, Reason
from brownfield_api.resources.assetmapping import PropertySpec
from brownfield_api.resources.quality import QualityRules
from brownfield_planner.csv_tables import Cells, Columns, Row, TableReader
from brownfield_planner.expressions import expression_inputs
from brownfield_planner.findings import Findings, Place
from brownfield_planner.resource_set import Loaded
from brownfield_planner.ucum import parse_unit

_RULES = ("maxRate", "flatline", "maxGap", "maxSkew", "duplicates", "outOfOrder", "onViolation")
_FLAGS = {"true": True, "false": False}


def _property_fields(cells: Cells) -> dict[str, Any]:
    """A row as the mapping the YAML would hold: quality rules are columns of their own."""
    fields: dict[str, Any] = {
        name: _FLAGS.get(cell, cell) if name == "sequence" else cell for name, cell in cells.items()
    }
    limits = {side: fields.pop(f"range.{side}") for side in ("min", "max") if f"range.{side}" in fields}
    quality = {
        name: _FLAGS.get(fields[name], fields[name]) if name in {"duplicates", "outOfOrder"} else fields[name]
        for name in _RULES
        if name in fields
    }
    fields = {name: value for name, value in fields.items() if name not in _RULES}
    if limits:
        quality["range"] = limits
    return {**fields, "quality": quality} if quality else fields


PROPERTY_COLUMNS = Columns(
    model=PropertySpec,
    fixed=(
        *("name", "tag", "expression", "source", "type", "unit", "tagUnit", "sequence", "route"),
        *("range.min", "range.max", *_RULES),
    ),
    required=("name",),
    to_fields=_property_fields,
)


@dataclass(frozen=True, slots=True)
class Template:
    """A class: its properties by name, in order, each with the place where it was written."""

    name: str
    place: Place
    properties: Mapping[str, Row[PropertySpec]]


def list_classes(mapping: Loaded[AssetMapping], tables: TableReader, findings: Findings) -> dict[str, Template]:
    """Classes by name; the first of two with one name wins."""
    classes: dict[str, Template] = {}
    for index, spec in enumerate(mapping.model.spec.classes):
        path = f"spec.classes[{index}]"
        rows = [Row(item, mapping.place(f"{path}.properties[{at}]")) for at, item in enumerate(spec.properties or ())]
        for number, reference in enumerate(spec.properties_from or ()):
            user = mapping.place(f"{path}.propertiesFrom[{number}]")
            rows.extend(tables.rows(mapping.namespace, reference, PROPERTY_COLUMNS, user).items)
        if spec.name in classes:
            message = f"class {spec.name} is defined twice"
            findings.error(mapping.place(f"{path}.name"), Reason.DUPLICATE_CLASS, message)
        else:
            properties = dict(unique_properties(rows, findings))
            classes[spec.name] = Template(spec.name, mapping.place(path), properties)
    return classes


def unique_properties(rows: list[Row[PropertySpec]], findings: Findings) -> Iterator[tuple[str, Row[PropertySpec]]]:
    """Good properties by name; the first of two wins, a bad one is reported and left out."""
    seen: set[str] = set()
    for row in rows:
        name = row.model.name
        if name in seen:
            findings.error(row.place.inside("name"), Reason.DUPLICATE_PROPERTY, f"property {name} is defined twice")
            continue
        seen.add(name)
        check_property(row, findings)
        yield name, row


def check_property(row: Row[PropertySpec], findings: Findings) -> None:
    """What a property's own fields say, without its source."""
    spec = row.model
    for field, code in (("unit", spec.unit), ("tagUnit", spec.tag_unit)):
        if code:
            try:
                parse_unit(code)
            except InvalidResource as error:
                findings.error(row.place.inside(field), Reason.INVALID_UNIT, error.what, error.do)
    if spec.expression:
        try:
            inputs = expression_inputs(spec.expression)
        except InvalidResource as error:
            findings.error(row.place.inside("expression"), Reason.INVALID_EXPRESSION, error.what, error.do)
        else:
            if not inputs:
                message = "the expression reads no property, so nothing would ever compute it"
                findings.error(row.place.inside("expression"), Reason.INVALID_EXPRESSION, message)


def quality_config(rules: QualityRules | None) -> QualityConfig:
    """Rules as the pipeline reads them."""
    if rules is None:
        return QualityConfig()
    limits = rules.range
    return QualityConfig(
        range_min=None if limits is None or limits.min is None else float(limits.min),
        range_max=None if limits is None or limits.max is None else float(limits.max),
        max_rate=None if rules.max_rate is None else float(rules.max_rate),
        flatline=rules.flatline,
        max_gap=rules.max_gap,
        max_skew=rules.max_skew,
        duplicates=bool(rules.duplicates),
        out_of_order=bool(rules.out_of_order),
        on_violation=rules.on_violation or "Uncertain",
    )
