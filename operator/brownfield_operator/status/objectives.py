"""ObjectivesMet: what has become of the promises, by the ledger's figures, which a dashboard shows as well.

It never makes a resource unready: a plant that is worse than was promised is no reason to stop a roll-out.
"""

from brownfield_api.resources import Reason
from brownfield_api.resources.status import ConditionType
from brownfield_operator.status.facts import ResourceFacts
from brownfield_operator.status.statement import Statement, cut
from brownfield_slo.indicators import Sli
from brownfield_slo.levels import Level, window_text

_NAMES = {
    Sli.UPTIME: "uptime",
    Sli.LATENCY: "latency to the spine",
    Sli.TWIN_LATENCY: "latency to the twins",
    Sli.QUALITY: "quality",
    Sli.FRESHNESS: "freshness",
}


def objectives_met(facts: ResourceFacts) -> Statement | None:
    """Whether every promise can still be kept; None if none was given."""
    if not facts.has_objectives:
        return None
    if facts.figures is None:
        message = "Nothing has been counted yet: the ledger begins when the spine is there."
        return Statement(ConditionType.OBJECTIVES_MET, "Unknown", Reason.WAITING_FOR_FIGURES, message)
    broken = [level for level in facts.figures.levels if level.met is False]
    if broken:
        told = " ".join(_told(level) for level in sorted(broken, key=lambda level: level.budget))
        do = "What to do: docs/runbooks/BrownfieldErrorBudgetExhausted.md"
        return Statement(ConditionType.OBJECTIVES_MET, "False", Reason.BUDGET_EXHAUSTED, cut(f"{told} {do}"))
    if not any(level.met for level in facts.figures.levels):
        message = "Nothing that was promised has happened yet, neither well nor badly."
        return Statement(ConditionType.OBJECTIVES_MET, "Unknown", Reason.NO_EVENTS, message)
    return Statement(ConditionType.OBJECTIVES_MET, "True", Reason.OBJECTIVES_MET, "All promises can be kept.")


def _told(level: Level) -> str:
    """Rounded so coarsely that it does not change with every look."""
    ratio = level.events.ratio or 0.0
    return (
        f"{_NAMES[level.sli].capitalize()} is {ratio * 100:.1f}%, {level.objective * 100:.6g}% were promised over "
        f"{window_text(level.window)}: the error budget is used up."
    )
