"""Tables of tags, properties and assets: CSV kept in a ConfigMap, checked row by row.

The first line names the columns, in any order; an empty cell is a field that is not given. Every
row becomes the same model that the YAML list would hold, so both have the same checks.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

import msgspec
from pydantic import BaseModel, ValidationError

from brownfield_api.resources import ConfigMap, Reason
from brownfield_api.resources.references import TableReference
from brownfield_planner.findings import Findings, Place, closest
from brownfield_planner.resource_set import Key, Loaded, Resources
from brownfield_planner.violations import message_of

RowT = TypeVar("RowT", bound=BaseModel)
Cells = dict[str, str]


@dataclass(frozen=True, slots=True)
class Row(Generic[RowT]):
    """A model and where it was written."""

    model: RowT
    place: Place


@dataclass(frozen=True, slots=True)
class Rows(Generic[RowT]):
    """What a list or table holds. `complete` is False when something of it was refused and is missing here."""

    items: tuple[Row[RowT], ...] = ()
    complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns(Generic[RowT]):
    """What a table may hold: its model, fixed columns, prefixes of free ones, and how cells become fields."""

    model: type[RowT]
    fixed: tuple[str, ...]
    required: tuple[str, ...]
    prefixes: tuple[str, ...] = ()
    to_fields: Callable[[Cells], Mapping[str, Any]] = dict


class TableReader:
    """Reads each table once, however many resources share it."""

    def __init__(self, resources: Resources, findings: Findings) -> None:
        self._resources = resources
        self._findings = findings
        self._read: dict[tuple[Key, str, type[BaseModel]], Rows[Any]] = {}

    def rows(self, namespace: str, reference: TableReference, columns: Columns[RowT], user: Place) -> Rows[RowT]:
        """The table's rows; findings name `user` for a missing table and the table itself for what is in it."""
        key = (namespace, reference.config_map)
        cached = self._read.get((key, reference.key, columns.model))
        if cached is not None:
            return cached
        holder = self._resources.config_maps.get(key)
        if holder is None:
            self._missing_config_map(key, user)
            return Rows(complete=False)
        text = (holder.model.data or {}).get(reference.key)
        if text is None:
            message = f"ConfigMap/{holder.name} has no key {reference.key!r}"
            self._findings.error(user, Reason.MISSING_KEY, message, closest(reference.key, holder.model.data or {}))
            return Rows(complete=False)
        rows = _parse(holder, reference.key, text, columns, self._findings)
        self._read[key, reference.key, columns.model] = rows
        return rows

    def was_complete(self, namespace: str, reference: TableReference) -> bool:
        """Whether a table that was read held no mistake; False for one that is missing."""
        read = [
            rows for key, rows in self._read.items() if key[:2] == ((namespace, reference.config_map), reference.key)
        ]
        return bool(read) and all(rows.complete for rows in read)

    def _missing_config_map(self, key: Key, user: Place) -> None:
        namespace, name = key
        if self._resources.exists_refused("ConfigMap", namespace, name):
            return
        near = closest(name, (other for space, other in self._resources.config_maps if space == namespace))
        message = f"ConfigMap/{name} does not exist in namespace {namespace}"
        do = "Give its file, too" if user.file else "Create it"
        self._findings.error(user, Reason.MISSING_CONFIG_MAP, message, near or do)


def _parse(holder: Loaded[ConfigMap], key: str, text: str, columns: Columns[RowT], findings: Findings) -> Rows[RowT]:
    path = f"data[{key}]"
    before = findings.error_count

    def place(row: int, column: str = "") -> Place:
        line = holder.document.line_in_block(path if path in holder.document.lines else f"data.{key}", row)
        spot = f"{path} row {row}" + (f", {column}" if column else "")
        return Place(file=holder.document.file, line=line, resource=holder.ref, field=spot, namespace=holder.namespace)

    lines = _lines(text, place, findings)
    header = next(lines, None)
    if header is None or not _header_is_right(header[1], columns, place(1), findings):
        if header is None and findings.error_count == before:
            findings.error(place(1), Reason.INVALID_TABLE, "the table is empty", "Its first line names the columns")
        return Rows(complete=False)
    names = [name.strip() for name in header[1]]
    items = []
    for number, cells in lines:
        row = _row(cells, columns, names, partial(place, number), findings)
        if row is not None:
            items.append(row)
    return Rows(tuple(items), complete=findings.error_count == before)


def _lines(text: str, place: Callable[[int], Place], findings: Findings) -> Iterator[tuple[int, list[str]]]:
    """Line number (first = 1) and cells of each line that holds something; # begins a comment line."""
    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells) and not cells[0].startswith("#"):
                yield reader.line_num, [cell.strip() for cell in cells]
    except csv.Error as error:
        findings.error(place(reader.line_num), Reason.INVALID_TABLE, f"not CSV: {error}")


def _header_is_right(header: list[str], columns: Columns[RowT], place: Place, findings: Findings) -> bool:
    before = findings.error_count
    for name in header:
        if name not in columns.fixed and not _is_free(name, columns.prefixes):
            known = (*columns.fixed, *(f"{prefix}…" for prefix in columns.prefixes))
            do = closest(name, columns.fixed) or f"Known: {', '.join(known)}"
            findings.error(place, Reason.INVALID_TABLE, f"{name!r} is not a column of this table", do)
    for name in columns.required:
        if name not in header:
            findings.error(place, Reason.INVALID_TABLE, f"the column {name!r} is missing")
    for name in sorted({name for name in header if header.count(name) > 1}):
        findings.error(place, Reason.INVALID_TABLE, f"the column {name!r} is there twice")
    return findings.error_count == before


def _is_free(name: str, prefixes: tuple[str, ...]) -> bool:
    return any(name.startswith(prefix) and len(name) > len(prefix) for prefix in prefixes)


def _row(
    cells: list[str], columns: Columns[RowT], names: list[str], place: Callable[[str], Place], findings: Findings
) -> Row[RowT] | None:
    if len(cells) != len(names):
        message = f"the row has {len(cells)} cells, the header {len(names)}"
        findings.error(place(""), Reason.INVALID_TABLE, message, "Quote a cell that holds a comma")
        return None
    fields = columns.to_fields({name: cell for name, cell in zip(names, cells, strict=True) if cell})
    try:
        return Row(columns.model.model_validate_json(msgspec.json.encode(fields)), place(""))
    except ValidationError as error:
        for details in error.errors(include_url=False):
            column = ".".join(str(step) for step in details["loc"] if step != "[key]")
            findings.error(place(column), Reason.INVALID_TABLE, message_of(details))
        return None
