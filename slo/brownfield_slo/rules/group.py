"""Rules as plain data, before anybody writes YAML of them."""

from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["page", "ticket"]
"""`page`: somebody looks now. `ticket`: somebody looks within days."""


@dataclass(frozen=True, slots=True)
class Recording:
    """`expr` is evaluated and kept under the name `record`; `labels` are set on each series."""

    record: str
    expr: str
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Fires for each series of `expr` that has been there for `lasting` seconds; annotations are Go templates."""

    name: str
    severity: Severity
    expr: str
    summary: str
    description: str
    lasting: int = 0
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Group:
    """Rules evaluated one after the other, every `interval` seconds."""

    name: str
    interval: int
    rules: tuple[Recording | Alert, ...]

    @property
    def alerts(self) -> tuple[Alert, ...]:
        return tuple(rule for rule in self.rules if isinstance(rule, Alert))
