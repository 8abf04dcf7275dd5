"""Which condition a reason belongs to: every reason once, a test sees to it.

Accepted is what a resource says by itself or in conflict with another; Resolved is what it names elsewhere and whether
that fits; Available is what Kubernetes says; Connected and Fresh are what the process says of the plant, ObjectivesMet
what the ledger says of the promises. Ready repeats the reason of the first of its three that is not True.
"""

from collections.abc import Mapping

from brownfield_api.resources import Reason
from brownfield_api.resources.status import ConditionType

_BY_CONDITION: Mapping[ConditionType, tuple[Reason, ...]] = {
    ConditionType.READY: (Reason.READY,),
    ConditionType.ACCEPTED: (
        Reason.ACCEPTED,
        Reason.ACCEPTED_WITH_WARNINGS,
        Reason.NETWORK_OPEN,
        Reason.INVALID_YAML,
        Reason.INVALID_FIELD,
        Reason.UNKNOWN_FIELD,
        Reason.UNKNOWN_KIND,
        Reason.DUPLICATE_RESOURCE,
        Reason.OTHER_SITE,
        Reason.ENDPOINT_IN_USE,
        Reason.ENDPOINT_CONFLICT,
        Reason.MALFORMED_ADDRESS,
        Reason.DUPLICATE_TAG,
        Reason.DUPLICATE_PROPERTY,
        Reason.DUPLICATE_CLASS,
        Reason.DUPLICATE_ASSET,
        Reason.ALIAS_CONFLICT,
        Reason.INVALID_UNIT,
        Reason.INVALID_EXPRESSION,
        Reason.EXPRESSION_CYCLE,
        Reason.UNKNOWN_ROLE,
        Reason.UNKNOWN_VARIABLE,
        Reason.UNKNOWN_BEHAVIOUR,
        Reason.UNKNOWN_ZONE,
        Reason.BUDGET_EXCEEDED,
        Reason.NO_TAGS,
        Reason.NO_ASSETS,
        Reason.INVALID_CURVE,
        Reason.INVALID_STALENESS,
        Reason.NOTHING_TO_RUN,
    ),
    ConditionType.RESOLVED: (
        Reason.RESOLVED,
        Reason.RESOLVED_WITH_WARNINGS,
        Reason.NOT_CHECKED,
        Reason.DEPENDENCY_INVALID,
        Reason.INPUT_NOT_LABELLED,
        Reason.ORPHAN_TAG,
        Reason.MISSING_UNIT,
        Reason.DIMENSION_MISMATCH,
        Reason.TYPE_MISMATCH,
        Reason.UNKNOWN_SOURCE,
        Reason.UNKNOWN_TAG,
        Reason.UNKNOWN_CLASS,
        Reason.UNKNOWN_MAPPING,
        Reason.UNKNOWN_PROPERTY,
        Reason.MISSING_CONFIG_MAP,
        Reason.MISSING_SECRET,
        Reason.MISSING_KEY,
        Reason.MISSING_VOLUME,
        Reason.VOLUME_NOT_MAPPED,
        Reason.INVALID_TABLE,
    ),
    ConditionType.AVAILABLE: (
        Reason.AVAILABLE,
        Reason.STARTING,
        Reason.ROLLING_OUT,
        Reason.WAITING_FOR_ENDPOINT,
        Reason.WAITING_FOR_INPUTS,
        Reason.NOT_RUNNING,
        Reason.IMAGE_PULL_FAILED,
        Reason.UNSCHEDULABLE,
        Reason.VOLUME_NOT_BOUND,
        Reason.VOLUME_NOT_MOUNTED,
        Reason.MISSING_STORAGE_CLASS,
        Reason.CRASH_LOOPING,
        Reason.CONTAINER_FAILED,
        Reason.FORBIDDEN,
        Reason.NODE_LOST,
    ),
    ConditionType.CONNECTED: (
        Reason.CONNECTED,
        Reason.CONNECTING,
        Reason.BACKOFF,
        Reason.SUSPENDED,
        Reason.STOPPED,
        # Fresh uses these three as well: they are about the record both are made from.
        Reason.WAITING_FOR_HEALTH,
        Reason.HEALTH_EXPIRED,
        Reason.SPINE_UNREACHABLE,
    ),
    ConditionType.FRESH: (Reason.FRESH, Reason.STALE, Reason.CATCHING_UP),
    ConditionType.OBJECTIVES_MET: (
        Reason.OBJECTIVES_MET,
        Reason.BUDGET_EXHAUSTED,
        Reason.NO_EVENTS,
        Reason.WAITING_FOR_FIGURES,
    ),
}

CONDITION_OF: Mapping[Reason, ConditionType] = {
    reason: condition for condition, reasons in _BY_CONDITION.items() for reason in reasons
}

TRANSIENT = frozenset({Reason.STARTING, Reason.ROLLING_OUT, Reason.WAITING_FOR_ENDPOINT, Reason.NODE_LOST})
"""Reasons of a process that is not ready and may come back without anybody's help. A node that does not answer may
be rebooting; Kubernetes itself waits 300 s before it gives it up.
"""
