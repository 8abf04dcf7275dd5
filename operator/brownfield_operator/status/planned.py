"""Accepted and Resolved: what planning found, in the words of the findings.

A warning never makes a condition False. It stands in the message of a True condition whose reason ends in
`WithWarnings`, so that it can be looked for; the rejected way, a condition of its own for each warning, makes every
reader of conditions learn which of them matter.
"""

from brownfield_api.resources import Reason
from brownfield_api.resources.status import ConditionType
from brownfield_operator import names
from brownfield_operator.status.facts import ResourceFacts
from brownfield_operator.status.reasons import CONDITION_OF
from brownfield_operator.status.statement import Statement, listed
from brownfield_planner.findings import Finding, Severity


def accepted(facts: ResourceFacts) -> Statement:
    """What the resource says by itself, and whether another one has what it claims.

    Of another site: Unknown, not False, because nobody here has looked at it; nothing is wrong with it.
    """
    if facts.other_site:
        message = f"It belongs to site {facts.other_site}: the operator of that site runs it, this one leaves it alone."
        return Statement(ConditionType.ACCEPTED, "Unknown", Reason.OTHER_SITE, message)
    problem = _errors(facts, ConditionType.ACCEPTED)
    if problem is not None:
        return problem
    warnings = _warnings(facts, ConditionType.ACCEPTED)
    warnings += [_network_open(link) for link in facts.network_open]
    if warnings:
        return Statement(ConditionType.ACCEPTED, "True", Reason.ACCEPTED_WITH_WARNINGS, listed(warnings))
    return Statement(ConditionType.ACCEPTED, "True", Reason.ACCEPTED, "The specification is valid.")


def resolved(facts: ResourceFacts) -> Statement:
    """What the resource names elsewhere: whether it is there and fits.

    Unknown while the resource itself is not accepted, unless something is known to be missing all the same.
    """
    problem = _errors(facts, ConditionType.RESOLVED) or _missing(facts) or _dependency(facts)
    if problem is not None:
        return problem
    if _errors(facts, ConditionType.ACCEPTED) is not None:
        message = "What it names is checked as soon as it is accepted."
        return Statement(ConditionType.RESOLVED, "Unknown", Reason.NOT_CHECKED, message)
    warnings = [
        *_warnings(facts, ConditionType.RESOLVED),
        *(_not_labelled(name, facts) for name in facts.unlabelled_inputs),
    ]
    if warnings:
        return Statement(ConditionType.RESOLVED, "True", Reason.RESOLVED_WITH_WARNINGS, listed(warnings))
    return Statement(ConditionType.RESOLVED, "True", Reason.RESOLVED, "All that it names is there and fits.")


def _errors(facts: ResourceFacts, condition: ConditionType) -> Statement | None:
    errors = [item for item in _of(facts, condition) if item.severity is Severity.ERROR]
    if not errors:
        return None
    return Statement(
        condition, "False", errors[0].reason, listed([_said(item, facts) for item in errors], _goes_on(facts))
    )


def _warnings(facts: ResourceFacts, condition: ConditionType) -> list[str]:
    found = [item for item in _of(facts, condition) if item.severity is Severity.WARNING]
    return [f"{item.reason}: {_said(item, facts)}" for item in found]


def _of(facts: ResourceFacts, condition: ConditionType) -> list[Finding]:
    return [item for item in facts.findings if CONDITION_OF[item.reason] is condition]


def _missing(facts: ResourceFacts) -> Statement | None:
    """What the pod mounts for this very resource and does not find.

    Sources of a group share a pod: only the one that names the object is told so here, the others see in Available
    that their pod waits.
    """
    for process in facts.processes:
        workload = process.workload
        if workload is None or workload.ready or workload.missing not in facts.references:
            continue
        if CONDITION_OF[workload.reason] is ConditionType.RESOLVED:
            return Statement(ConditionType.RESOLVED, "False", workload.reason, listed([workload.message]))
    return None


def _dependency(facts: ResourceFacts) -> Statement | None:
    because = facts.left_out_because
    if not because:
        return None
    if because != facts.ref:
        text = f"It needs {because}, which has an error: kubectl -n {facts.namespace} describe {because.lower()}"
        message = listed([f"{text}."], _goes_on(facts))
    elif any(item.severity is Severity.ERROR for item in facts.findings):
        return None
    else:
        message = listed(["Something that it reads has an error, which is reported there."], _goes_on(facts))
    return Statement(ConditionType.RESOLVED, "False", Reason.DEPENDENCY_INVALID, message)


def _goes_on(facts: ResourceFacts) -> str:
    if not facts.left_out_because:
        return ""
    if facts.runs_last_good:
        return "The last good version goes on running until this is corrected."
    return "It does not run until this is corrected."


def _said(finding: Finding, facts: ResourceFacts) -> str:
    """The finding as sentences, with its place; the resource is named only where it is another one."""
    where = finding.field if finding.resource in {"", facts.ref} else f"{finding.resource} {finding.field}".strip()
    text = f"{where}: {finding.message}" if where else finding.message
    return " ".join(_ended(part) for part in (text, finding.do) if part)


def _ended(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _network_open(link: str) -> str:
    return (
        f"{Reason.NETWORK_OPEN}: it is not known where {link} leads, so the NetworkPolicy lets the pod connect to any "
        "address on that port. Give the addresses in spec.network.cidrs, or the plant's in the chart's plantNetworks."
    )


def _not_labelled(name: str, facts: ResourceFacts) -> str:
    return (
        f"{Reason.INPUT_NOT_LABELLED}: ConfigMap/{name} has no label {names.INPUT}, so a change of it is seen "
        f"only at the next resync. Set it: kubectl -n {facts.namespace} label configmap {name} {names.INPUT}=user"
    )
