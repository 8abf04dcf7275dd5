"""Whether a status is worth a write: conditions at once, figures and remarks when they have come to stay.

At rest nothing is written. A figure that wobbles would break that promise however it is rounded, so a change of what
is only shown (a summary, the remark of a process) is written after it has lasted `SETTLED` without a break, which
also bounds such writes to one a minute. A rejected way, "at most once a minute", writes once a minute for ever.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from brownfield_api.resources import Reason
from brownfield_api.resources.status import Condition, ConditionType
from brownfield_operator.status.conditions import read_conditions
from brownfield_operator.status.reasons import CONDITION_OF
from brownfield_operator.status.timestamps import moment

SETTLED = 60.0
"""Seconds for which a figure or a remark must differ from what is shown before it is written."""

FLAPPING = 15.0
"""Seconds between two flips of what the plant does (Connected, Fresh, ObjectivesMet) that are written: a loose plug is
no reason to write a status every second. The first flip is written at once.
"""

_FIGURES = frozenset({"summary", "fresh", "budget"})
_OF_PLANT = frozenset({ConditionType.CONNECTED, ConditionType.FRESH, ConditionType.OBJECTIVES_MET})
_REMARKING = _OF_PLANT | {ConditionType.AVAILABLE}
"""Conditions whose messages repeat what others say: a kubelet, a scheduler, a device."""


@dataclass(frozen=True, slots=True)
class Decision:
    """`patch` is the status to write, None for nothing. `differs_since` goes into the next call, which may have
    something to write `again` seconds from now, should nothing else call for one before; None: not by time alone.
    """

    patch: Mapping[str, Any] | None
    differs_since: float | None = None
    again: float | None = None


def decide(
    live: Mapping[str, Any] | None, wanted: Mapping[str, Any], differs_since: float | None, now: float
) -> Decision:
    """`now` and `differs_since` are of one monotonic clock, in seconds; `differs_since` is None at first.

    Forgetting `differs_since`, in a restart for instance, only delays a figure.
    """
    live = live or {}
    if wanted == live:
        return Decision(None)
    held = _flapping(live, wanted)
    if _essence(live, live, held) != _essence(wanted, live, held):
        return Decision(wanted)
    since = now if differs_since is None else differs_since
    rest = since + SETTLED - now
    return Decision(wanted) if rest <= 0 else Decision(None, since, min(rest, FLAPPING) if held else rest)


def _essence(status: Mapping[str, Any], live: Mapping[str, Any], held: frozenset[str]) -> dict[str, Any]:
    """What of a status is worth a write by itself; a condition that flaps is what it is in `live`."""
    shown = _by_type(live)
    conditions = {
        kind: _without_remark(shown[kind] if kind in held else condition)
        for kind, condition in _by_type(status).items()
    }
    rest = {name: value for name, value in status.items() if name not in _FIGURES and name != "conditions"}
    return {**rest, "conditions": conditions}


def _by_type(status: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {str(condition.get("type")): condition for condition in status.get("conditions") or ()}


def _without_remark(condition: Mapping[str, Any]) -> dict[str, Any]:
    """Ready repeats the message of the condition its reason belongs to."""
    kind = condition.get("type")
    speaker = kind if kind != ConditionType.READY else _condition_of(str(condition.get("reason")))
    if speaker not in _REMARKING:
        return dict(condition)
    return {name: value for name, value in condition.items() if name != "message"}


def _condition_of(reason: str) -> ConditionType | None:
    return CONDITION_OF[Reason(reason)] if reason in list(Reason) else None


def _flapping(live: Mapping[str, Any], wanted: Mapping[str, Any]) -> frozenset[str]:
    """Types of plant conditions that flip between True and False again, less than `FLAPPING` after the last time."""
    shown, will = read_conditions(live), read_conditions(wanted)
    return frozenset(kind for kind in _OF_PLANT if kind in shown and kind in will and _flips(shown[kind], will[kind]))


def _flips(was: Condition, will: Condition) -> bool:
    if {was.status, will.status} != {"True", "False"}:
        return False
    between = moment(will.last_transition_time) - moment(was.last_transition_time)
    return between.total_seconds() < FLAPPING
