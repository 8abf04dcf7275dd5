"""The conditions of a resource: which it shows, what Ready is made of, and when each last flipped.

A resource of another site shows `Accepted=Unknown, OtherSite` and nothing else, in particular no Ready: this operator
says nothing about it. Whoever waits for readiness by the usual rules (kstatus: Flux, Helm) takes a resource without
Ready for current, but one whose Ready is False or Unknown for in progress, for ever; Argo CD's health check looks for
the reason.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from brownfield_api.resources import LegacySource, Reason, TwinModel
from brownfield_api.resources.status import Condition, ConditionType
from brownfield_operator.status.availability import available
from brownfield_operator.status.facts import ResourceFacts
from brownfield_operator.status.objectives import objectives_met
from brownfield_operator.status.planned import accepted, resolved
from brownfield_operator.status.plant import connected, fresh
from brownfield_operator.status.statement import Statement
from brownfield_operator.status.timestamps import timestamp

Shown = Mapping[str, Condition]
"""Conditions by type."""


def conditions(facts: ResourceFacts, shown: Shown, now: datetime) -> tuple[Condition, ...]:
    """What the resource shows from now on; `shown` is what it shows already, `now` is in UTC."""
    return tuple(_timed(statement, shown, facts.generation, now) for statement in statements(facts, shown))


def statements(facts: ResourceFacts, shown: Shown) -> tuple[Statement, ...]:
    """Ready first, because it is what most readers want; then what it is made of, then the plant."""
    first = accepted(facts)
    if facts.other_site:
        return (first,)
    parts = (first, resolved(facts), available(facts, shown.get(ConditionType.AVAILABLE)))
    return (ready(parts), *parts, *_of_plant(facts))


def ready(parts: Iterable[Statement]) -> Statement:
    """True if all parts are; False if one is False, else Unknown; reason and message are the first such part's."""
    parts = tuple(parts)
    for status in ("False", "Unknown"):
        for part in parts:
            if part.status == status:
                return Statement(ConditionType.READY, part.status, part.reason, part.message)
    return Statement(ConditionType.READY, "True", Reason.READY, "It is accepted, resolved and available.")


def read_conditions(status: Mapping[str, Any] | None) -> dict[str, Condition]:
    """The conditions of a live status by type. What is not a condition of ours is left out: it is written anew."""
    found: dict[str, Condition] = {}
    for raw in (status or {}).get("conditions") or ():
        try:
            condition = Condition.model_validate(raw)
        except ValidationError:
            continue
        found[condition.type] = condition
    return found


def _of_plant(facts: ResourceFacts) -> tuple[Statement, ...]:
    """A mapping has none: it connects to nothing, and how old its values are is the twins' to say."""
    if facts.kind not in {LegacySource.KIND, TwinModel.KIND}:
        return ()
    first = connected(facts) if facts.kind == LegacySource.KIND else fresh(facts)
    promises = objectives_met(facts)
    return (first,) if promises is None else (first, promises)


def _timed(statement: Statement, shown: Shown, generation: int, now: datetime) -> Condition:
    """The time moves only when the status flips: a new reason or message is not a transition (API conventions)."""
    was = shown.get(statement.type)
    kept = was is not None and was.status == statement.status
    return Condition(
        type=statement.type.value,
        status=statement.status,
        reason=statement.reason.value,
        message=statement.message,
        last_transition_time=was.last_transition_time if was is not None and kept else timestamp(now),
        observed_generation=generation,
    )
