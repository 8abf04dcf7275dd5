"""One condition before it has a time: what holds, why, and what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from brownfield_api.resources import Reason
from brownfield_api.resources.status import ConditionType

LONGEST = 1024
"""Characters of a message: the bound in the CRD, and of an Event's note (events.k8s.io/v1)."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A condition of type `type`. `message` is at most `LONGEST` characters."""

    type: ConditionType
    status: Literal["True", "False", "Unknown"]
    reason: Reason
    message: str = ""


def cut(text: str, longest: int = LONGEST) -> str:
    """`text` in at most `longest` characters; an ellipsis says that there was more."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def listed(items: Sequence[str], closing: str = "", longest: int = LONGEST) -> str:
    """Sentences in one line, numbered where there are several, then `closing`; what does not fit is counted."""
    tail = f" {closing}" if closing else ""
    if len(items) == 1:
        return cut(items[0], longest - len(tail)) + tail
    numbered = [f"({number}) {item}" for number, item in enumerate(items, 1)]
    whole = " ".join(numbered)
    if len(whole) + len(tail) <= longest:
        return whole + tail
    room = longest - len(tail) - len(f" And {len(items)} more.")
    shown = 0
    used = 0
    while used + len(numbered[shown]) + 1 <= room:
        used += len(numbered[shown]) + 1
        shown += 1
    if shown == 0:
        shown, first = 1, cut(numbered[0], room)
    else:
        first = " ".join(numbered[:shown])
    return f"{first} And {len(items) - shown} more.{tail}"
