"""What can go wrong with a device on demand, and what follows from it: one small pure state machine.

A `Fault` is an order ("the tag P_avg is bad from now on"), `Faults` is the state the device is in, and `after`
leads from one to the next. Devices look at the state when they answer; tests and the control endpoint give the
same orders.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from brownfield_api.errors import BrownfieldError


class FaultKind(StrEnum):
    """The orders a device may understand; each device says which (`Device.understands`)."""

    AWAY = "away"
    """Listener and connections close; for an export the shared folder disappears."""
    BACK = "back"
    """The end of `away`, on the same port."""
    RESTART = "restart"
    """The process behind the address starts anew: connections, sessions and subscriptions are gone."""
    FREEZE = "freeze"
    """Values, counters and time stamps stop; the device still answers."""
    THAW = "thaw"
    CLOCK = "clock"
    """The device's clock is `seconds` off from now on."""
    BAD = "bad"
    """`tag` delivers a bad value: NaN, BadSensorFailure, text in place of a number."""
    SLOW = "slow"
    """Every answer takes `seconds`."""
    REFUSE = "refuse"
    """The device refuses to read `tag`, and with it every block that holds it."""
    GARBAGE = "garbage"
    """Answers are bytes that are no frame; `times` of them, or until `clear`."""
    TRANSACTION = "transaction"
    """Answers carry a foreign transaction identifier; `times` of them, or until `clear`."""
    CONNECTIONS = "connections"
    """No more than `times` connections at once; further ones are closed."""
    CLEAR = "clear"
    """Everything above ends; an away device comes back."""


class Fault(BaseModel):
    """One order to one device. `seconds`, `tag` and `times` are read by the kinds that name them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: FaultKind
    tag: str | None = None
    seconds: float | None = Field(default=None, ge=-1e7, le=1e7)
    times: int | None = Field(default=None, ge=1)


@dataclass(frozen=True)
class Faults:
    """What is wrong with a device right now; the default is a healthy one."""

    away: bool = False
    frozen: bool = False
    clock: float = 0.0
    slow: float = 0.0
    bad: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    garbage: int = 0
    """Answers still to be spoilt; negative means all of them. `transaction` counts alike."""
    transaction: int = 0
    connections: int | None = None

    def described(self) -> list[str]:
        """One word or two per fault that is on, for people: `["away", "bad P_avg"]`."""
        flags = ("away", "frozen", "clock", "slow", "garbage", "transaction", "connections")
        return [
            *(flag for flag in flags if getattr(self, flag)),
            *(f"bad {tag}" for tag in sorted(self.bad)),
            *(f"refuse {tag}" for tag in sorted(self.refused)),
        ]


def after(state: Faults, fault: Fault, *, tags: Collection[str], breakable: Collection[str], where: str) -> Faults:
    """The state that follows `fault`; raises `BrownfieldError` for an unknown tag or a missing number.

    `tags` are the names that `refuse` may use on this device, `breakable` those that can deliver a bad value;
    `where` names the device in the error.
    """
    match fault.kind:
        case FaultKind.AWAY | FaultKind.BACK:
            return replace(state, away=fault.kind is FaultKind.AWAY)
        case FaultKind.FREEZE | FaultKind.THAW:
            return replace(state, frozen=fault.kind is FaultKind.FREEZE)
        case FaultKind.BAD:
            return replace(state, bad=state.bad | {_tag(fault, breakable, where)})
        case FaultKind.REFUSE:
            return replace(state, refused=state.refused | {_tag(fault, tags, where)})
        case FaultKind.CLEAR:
            return Faults()
        case _:
            return _after_number(state, fault, where)


def _after_number(state: Faults, fault: Fault, where: str) -> Faults:
    match fault.kind:
        case FaultKind.CLOCK:
            return replace(state, clock=_seconds(fault, where))
        case FaultKind.SLOW:
            return replace(state, slow=max(0.0, _seconds(fault, where)))
        case FaultKind.GARBAGE:
            return replace(state, garbage=fault.times or -1)
        case FaultKind.TRANSACTION:
            return replace(state, transaction=fault.times or -1)
        case FaultKind.CONNECTIONS:
            return replace(state, connections=fault.times or 1)
        case _:
            return state


def _tag(fault: Fault, tags: Collection[str], where: str) -> str:
    if fault.tag is None or fault.tag not in tags:
        raise BrownfieldError(
            f"{fault.kind} needs one of the tags {', '.join(tags)}, not {fault.tag}", where, "Name it with tag="
        )
    return fault.tag


def _seconds(fault: Fault, where: str) -> float:
    if fault.seconds is None:
        raise BrownfieldError(f"{fault.kind} needs a number of seconds", where, "Name it with seconds=")
    return fault.seconds
