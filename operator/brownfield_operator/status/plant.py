"""Connected and Fresh: what a process says of the plant, through its health record.

These never make a resource unready. They are Unknown, not False, when nobody has heard of the process: the plant may
well be fine.
"""

from brownfield_api.health import EXPIRES, HealthRecord, LinkState, SourceHealth, TwinHealth
from brownfield_api.resources import Reason
from brownfield_api.resources.status import ConditionType
from brownfield_operator import names
from brownfield_operator.status.facts import ResourceFacts
from brownfield_operator.status.statement import Statement, cut


def connected(facts: ResourceFacts) -> Statement:
    """Whether the adapter has its connection to the legacy system."""
    unheard = _unheard(facts, ConditionType.CONNECTED)
    if unheard is not None:
        return unheard
    source = source_health(facts)
    if source is None:
        message = "Its adapter has not reported on it yet."
        return Statement(ConditionType.CONNECTED, "Unknown", Reason.WAITING_FOR_HEALTH, message)
    return _of_link(source)


def fresh(facts: ResourceFacts) -> Statement:
    """Whether all assets of the twin are fresh."""
    unheard = _unheard(facts, ConditionType.FRESH)
    if unheard is not None:
        return unheard
    twin = twin_health(facts)
    if twin is None:
        message = "Its process has not reported yet."
        return Statement(ConditionType.FRESH, "Unknown", Reason.WAITING_FOR_HEALTH, message)
    if twin.catching_up:
        message = "It is reading what it has missed and shows the past until it has caught up."
        return Statement(ConditionType.FRESH, "False", Reason.CATCHING_UP, message)
    if twin.fresh < twin.assets:
        away = twin.assets - twin.fresh
        message = (
            f"{away} of {twin.assets} assets {'is' if away == 1 else 'are'} not fresh: see its page for which, "
            f"and Connected of their sources: kubectl -n {facts.namespace} get legacysources"
        )
        return Statement(ConditionType.FRESH, "False", Reason.STALE, message)
    return Statement(ConditionType.FRESH, "True", Reason.FRESH, "All assets are fresh.")


def source_health(facts: ResourceFacts) -> SourceHealth | None:
    """The source's part of its adapter's last record, however old; None if there is none."""
    for record in _records(facts):
        for source in record.sources:
            if source.name == facts.name:
                return source
    return None


def twin_health(facts: ResourceFacts) -> TwinHealth | None:
    """The twin's part of its last record, however old; None if there is none."""
    return next((record.twin for record in _records(facts) if record.twin is not None), None)


def _records(facts: ResourceFacts) -> list[HealthRecord]:
    return [process.record for process in facts.processes if process.record is not None]


def _unheard(facts: ResourceFacts, condition: ConditionType) -> Statement | None:
    """Why nothing can be said, None if something can."""
    if not facts.spine_reachable:
        message = "The operator cannot reach the spine, where processes report. The data plane goes on without it."
        return Statement(condition, "Unknown", Reason.SPINE_UNREACHABLE, message)
    if any(process.heard for process in facts.processes):
        return None
    if not _records(facts):
        message = "Its process has not reported yet." if facts.processes else "No process runs for it."
        return Statement(condition, "Unknown", Reason.WAITING_FOR_HEALTH, message)
    message = (
        f"Its process has not reported for more than {EXPIRES:.0f} s. If Available is True, see what it is doing: "
        f"kubectl -n {facts.namespace} logs -l {names.PROCESS}={names.process_object(facts.processes[0].key)}"
    )
    return Statement(condition, "Unknown", Reason.HEALTH_EXPIRED, message)


def _of_link(source: SourceHealth) -> Statement:
    says = f" {source.message}" if source.message else ""
    match source.state:
        case LinkState.CONNECTED:
            return Statement(ConditionType.CONNECTED, "True", Reason.CONNECTED, cut(f"The source answers.{says}"))
        case LinkState.CONNECTING:
            message = cut(f"The adapter is connecting.{says}")
            return Statement(ConditionType.CONNECTED, "Unknown", Reason.CONNECTING, message)
        case LinkState.BACKOFF:
            message = cut(f"The source does not answer and is tried again with growing pauses.{says}")
            return Statement(ConditionType.CONNECTED, "False", Reason.BACKOFF, message)
        case LinkState.SUSPENDED:
            message = "spec.suspend is true: nothing is read and no connection is open."
            return Statement(ConditionType.CONNECTED, "False", Reason.SUSPENDED, message)
        case LinkState.STOPPED:
            message = cut(f"The adapter has stopped reading.{says}")
            return Statement(ConditionType.CONNECTED, "False", Reason.STOPPED, message)
