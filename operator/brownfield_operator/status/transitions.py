"""Which Kubernetes Events a change of status deserves: one for each condition that flipped, none for anything else.

Ready has an event only when it becomes True; when it is lost, the condition that cost it says more. A part that is
True from the start is no event: Ready tells of all of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from brownfield_api.resources import Reason
from brownfield_api.resources.status import Condition, ConditionType
from brownfield_operator.status.conditions import read_conditions
from brownfield_operator.status.statement import cut

_HARMLESS = frozenset({
    Reason.STARTING,
    Reason.ROLLING_OUT,
    Reason.WAITING_FOR_ENDPOINT,
    Reason.SUSPENDED,
    Reason.STOPPED,
    Reason.CATCHING_UP,
    Reason.OTHER_SITE,
})  # fmt: skip
"""Nobody has to do anything about these."""
_UNSAID = frozenset({
    Reason.NOT_CHECKED,
    Reason.WAITING_FOR_HEALTH,
    Reason.CONNECTING,
    Reason.WAITING_FOR_FIGURES,
    Reason.NO_EVENTS,
})  # fmt: skip
"""Between two states; the next one is worth an event."""


@dataclass(frozen=True, slots=True)
class Transition:
    """A Kubernetes Event to record about the resource (core v1 or events.k8s.io/v1)."""

    type: Literal["Normal", "Warning"]
    reason: str
    message: str


def transitions(live: Mapping[str, Any] | None, written: Mapping[str, Any]) -> tuple[Transition, ...]:
    """The events of a status that was just written over `live`, in the order of its conditions."""
    shown = read_conditions(live)
    found = (_transition(shown.get(kind), condition) for kind, condition in read_conditions(written).items())
    return tuple(event for event in found if event is not None)


def _transition(was: Condition | None, condition: Condition) -> Transition | None:
    if (was is not None and was.status == condition.status) or not _is_news(was, condition):
        return None
    harmless = condition.status == "True" or condition.reason in _HARMLESS
    note = cut(f"{condition.type}: {condition.message or condition.status}")
    return Transition("Normal" if harmless else "Warning", condition.reason, note)


def _is_news(was: Condition | None, condition: Condition) -> bool:
    if condition.type == ConditionType.READY:
        return condition.status == "True"
    if condition.status == "True":
        return was is not None
    return condition.reason not in _UNSAID
