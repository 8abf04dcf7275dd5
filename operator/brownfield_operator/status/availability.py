"""Available: whether the resource's process runs, and what to do if it does not.

A process that was available and is being restarted stays `Available=True` for `PATIENCE`, as long as nothing is known
to be wrong. A pod is replaced for many reasons that are no fault (a drain, an upgrade, another member of its group),
and with one replica there is always a moment without a ready pod. Saying False each time would flip `Ready` of every
member of a group, write hundreds of statuses for one restart and stop Argo CD's waves. Others do the same: a
Deployment reports a stuck roll-out only after `progressDeadlineSeconds` (600 s), Strimzi only after its operation
time-out (300 s).

Three things end the patience at once: a reason that needs somebody (no image, no room, a crash loop), a resource that
is new, and a generation of it that never ran: whoever applies a change, a wave of Argo CD for instance, learns
whether *this* change came up. `Connected` and `Fresh` go on telling what arrives meanwhile.
"""

from brownfield_api.resources import Reason
from brownfield_api.resources.status import Condition, ConditionType
from brownfield_operator.status.facts import ProcessFacts, ResourceFacts
from brownfield_operator.status.reasons import CONDITION_OF, TRANSIENT
from brownfield_operator.status.statement import Statement, cut

PATIENCE = 300.0
"""Seconds for which a process may be away, without a known reason, before it counts as not available."""


def available(facts: ResourceFacts, was: Condition | None) -> Statement:
    """Whether the resource's processes run; `was` is what its status says now."""
    if not facts.processes:
        return _without_process(facts)
    said = [_of_process(process) for process in facts.processes]
    patient = was is not None and was.status == "True" and was.observed_generation == facts.generation
    for process, (reason, message) in zip(facts.processes, said, strict=True):
        if reason is Reason.AVAILABLE or (patient and reason in TRANSIENT and process.not_ready_for < PATIENCE):
            continue
        return Statement(ConditionType.AVAILABLE, "False", reason, cut(message))
    return Statement(ConditionType.AVAILABLE, "True", Reason.AVAILABLE, cut(_running(facts.processes)))


def _without_process(facts: ResourceFacts) -> Statement:
    if facts.left_out_because:
        message = "Nothing runs for it: Accepted and Resolved say why."
        return Statement(ConditionType.AVAILABLE, "False", Reason.NOT_RUNNING, message)
    return Statement(ConditionType.AVAILABLE, "False", Reason.STARTING, "Its process is being planned.")


def _of_process(process: ProcessFacts) -> tuple[Reason, str]:
    """Reason and message of one process; `Available` if it runs."""
    kind, _, name = process.key
    if process.held_back:
        endpoints = ", ".join(process.held_back)
        message = f"{kind} {name} waits until another pod has let go of {endpoints}: a device bears one connection."
        return Reason.WAITING_FOR_ENDPOINT, message
    workload = process.workload
    if workload is None:
        return Reason.STARTING, f"The StatefulSet of {kind} {name} is being made."
    if workload.ready:
        return Reason.AVAILABLE, ""
    if CONDITION_OF[workload.reason] is ConditionType.AVAILABLE:
        return workload.reason, workload.message
    return Reason.WAITING_FOR_INPUTS, f"{kind} {name} cannot start: {workload.message}"


def _running(processes: tuple[ProcessFacts, ...]) -> str:
    """That it runs, and what its processes complain of themselves (a full disk, for instance)."""
    complaints = [
        process.record.message
        for process in processes
        if process.heard and process.record is not None and process.record.message
    ]
    return " ".join(["It runs.", *(f"It says: {text}" for text in complaints)])
