"""Expressions of classes and assets: their names exist, they do not circle, their types work."""

from collections.abc import Mapping

from brownfield_api.errors import InvalidResource
from brownfield_api.resources import Reason
from brownfield_api.resources.assetmapping import PropertySpec
from brownfield_api.tables import ValueType
from brownfield_planner.bindings import Shapes
from brownfield_planner.csv_tables import Row
from brownfield_planner.expressions import expression_inputs, find_cycle, result_type
from brownfield_planner.findings import Findings, closest
from brownfield_planner.property_types import FLOATS, Shape

Properties = Mapping[str, Row[PropertySpec]]


def check_expressions(properties: Properties, shapes: Shapes, findings: Findings) -> Shapes:
    """Types of the expressions among `properties`, as a new mapping; what is wrong is reported where it stands."""
    reads = _reads(properties, findings)
    _refuse_cycles(reads, properties, findings)
    types = {name: shapes[name].type for name, row in properties.items() if row.model.expression is None}
    settled: Shapes = {}
    for name in _in_order(reads):
        if not all(item in types for item in reads[name]):
            continue
        kind = _type_of(properties[name], {item: types[item] for item in reads[name]}, shapes[name], findings)
        if kind is not None:
            types[name] = kind
            settled[name] = Shape(kind, shapes[name].unit)
    return settled


def _reads(properties: Properties, findings: Findings) -> dict[str, tuple[str, ...]]:
    """Inputs by expression; an unknown name is reported, what does not even parse was reported before."""
    reads = {}
    for name, row in properties.items():
        if row.model.expression is None:
            continue
        try:
            reads[name] = expression_inputs(row.model.expression)
        except InvalidResource:
            continue
        for item in reads[name]:
            if item not in properties:
                message = f"{item!r} is not a property of this class or asset"
                do = closest(item, properties)
                findings.error(row.place.inside("expression"), Reason.UNKNOWN_PROPERTY, message, do)
    return reads


def _refuse_cycles(reads: dict[str, tuple[str, ...]], properties: Properties, findings: Findings) -> None:
    """Reports every circle and takes its members out of `reads`."""
    while cycle := find_cycle(reads):
        path = " -> ".join([*cycle, cycle[0]])
        place = properties[cycle[0]].place.inside("expression")
        findings.error(place, Reason.EXPRESSION_CYCLE, f"the expressions read each other in a circle: {path}")
        for name in cycle:
            del reads[name]


def _in_order(reads: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Expressions so that each comes behind those it reads."""
    order: list[str] = []
    waiting = dict(reads)
    while waiting:
        ready = [name for name, inputs in waiting.items() if not any(item in waiting for item in inputs)]
        order.extend(ready)
        for name in ready:
            del waiting[name]
    return order


def _type_of(
    row: Row[PropertySpec], inputs: Mapping[str, ValueType], shape: Shape, findings: Findings
) -> ValueType | None:
    expression = row.model.expression or ""
    place = row.place.inside("expression")
    try:
        found = result_type(expression, inputs)
    except InvalidResource as error:
        findings.error(place, Reason.TYPE_MISMATCH, error.what, error.do)
        return None
    texts = [name for name, kind in inputs.items() if kind is ValueType.STRING]
    if texts:
        findings.error(place, Reason.TYPE_MISMATCH, f"{texts[0]!r} is a string; expressions compute with numbers")
        return None
    declared = row.model.type or (shape.type if shape.type is ValueType.BOOL else None)
    if declared is None:
        return found
    if (declared is ValueType.BOOL) == (found is ValueType.BOOL) and declared in {ValueType.BOOL, *FLOATS}:
        return declared
    message = f"the expression yields {found.value}, the property is {declared.value}"
    findings.error(row.place.inside("type"), Reason.TYPE_MISMATCH, message)
    return None
