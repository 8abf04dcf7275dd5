"""Findings: everything that is wrong with the resources, said all at once instead of raised one by one."""

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from brownfield_api.errors import BrownfieldError
from brownfield_api.resources import Reason


class Severity(StrEnum):
    """An error keeps a resource from running; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where: file and line of the YAML (line 0 = unknown), resource as `Kind/name`, field as `spec.tags[3].unit`."""

    file: str = ""
    line: int = 0
    resource: str = ""
    field: str = ""
    namespace: str = ""
    line_of: Callable[[str], int] | None = dataclasses.field(default=None, compare=False, repr=False)
    """Line of another field of the same document, where that is known."""

    def inside(self, name: str) -> "Place":
        """A field of this list's item, or a column of this table's row."""
        if " row " in self.field:
            return dataclasses.replace(self, field=f"{self.field}, {name}")
        path = f"{self.field}.{name}" if self.field else name
        return dataclasses.replace(self, field=path, line=self.line_of(path) if self.line_of else self.line)

    def __str__(self) -> str:
        spot = f"{self.file}:{self.line}" if self.file and self.line else self.file
        return " ".join(part for part in (spot, self.resource, self.field) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong: where, why (a CamelCase reason), what, and what to do about it."""

    severity: Severity
    reason: Reason
    place: Place
    message: str
    do: str = ""

    @property
    def file(self) -> str:
        return self.place.file

    @property
    def line(self) -> int:
        return self.place.line

    @property
    def resource(self) -> str:
        return self.place.resource

    @property
    def field(self) -> str:
        return self.place.field

    def __str__(self) -> str:
        return str(BrownfieldError(self.message, str(self.place), self.do))


@dataclass(slots=True)
class Findings:
    """Collects findings while the plan is made; the one thing in this room that changes."""

    items: list[Finding] = dataclasses.field(default_factory=list)
    error_count: int = 0
    """Errors said so far, each time one is: who looks whether its own part went wrong must also see an error that
    somebody else has said before, in a table that both share.
    """
    _seen: set[Finding] = dataclasses.field(default_factory=set)

    def error(self, place: Place, reason: Reason, message: str, do: str = "") -> None:
        self.add(Finding(severity=Severity.ERROR, reason=reason, place=place, message=message, do=do))

    def warn(self, place: Place, reason: Reason, message: str, do: str = "") -> None:
        self.add(Finding(severity=Severity.WARNING, reason=reason, place=place, message=message, do=do))

    def add(self, finding: Finding) -> None:
        """Keeps a finding once: a table that two hundred machines share is wrong in one place only."""
        self.error_count += finding.severity is Severity.ERROR
        if finding not in self._seen:
            self._seen.add(finding)
            self.items.append(finding)

    def extend(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            self.add(finding)

    def ordered(self) -> tuple[Finding, ...]:
        """By file and line, then resource and field, so that the same input always reads the same."""
        return tuple(
            sorted(
                self.items,
                key=lambda item: (
                    item.file,
                    item.line,
                    item.place.namespace,
                    item.resource,
                    item.field,
                    item.reason,
                    item.message,
                ),
            )
        )


def closest(word: str, known: Iterable[str]) -> str:
    """A sentence that offers the nearest known word, "" if none is near."""
    near = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"Did you mean {near[0]}?" if near else ""
