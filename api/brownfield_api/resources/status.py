"""Status of all kinds: conditions a person can act on, and a short summary. Never samples.

`Ready` is Accepted and Resolved and Available, and nothing else: what the plant does (Connected,
Fresh, ObjectivesMet) must not block a roll-out because one machine is in maintenance.
`docs/conditions.md` says of each condition and each reason what it means and what to do.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from brownfield_api.resources.base import Part
from brownfield_api.resources.names import Line, Note
from brownfield_api.resources.text import Form

Timestamp = Annotated[
    str,
    Form(
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$",
        40,
        "a time as of RFC 3339",
    ),
]


class ConditionType(StrEnum):
    """The conditions a resource may show."""

    READY = "Ready"
    ACCEPTED = "Accepted"
    RESOLVED = "Resolved"
    AVAILABLE = "Available"
    CONNECTED = "Connected"
    FRESH = "Fresh"
    OBJECTIVES_MET = "ObjectivesMet"


class Reason(StrEnum):
    """Why a condition or a finding is what it is: the one list of reasons, explained in `docs/conditions.md`."""

    READY = "Ready"

    # What the resource says, by itself and beside others.
    ACCEPTED = "Accepted"
    ACCEPTED_WITH_WARNINGS = "AcceptedWithWarnings"
    RESOLVED = "Resolved"
    RESOLVED_WITH_WARNINGS = "ResolvedWithWarnings"
    NOT_CHECKED = "NotChecked"
    DEPENDENCY_INVALID = "DependencyInvalid"
    NETWORK_OPEN = "NetworkOpen"
    INPUT_NOT_LABELLED = "InputNotLabelled"
    INVALID_YAML = "InvalidYaml"
    INVALID_FIELD = "InvalidField"
    UNKNOWN_FIELD = "UnknownField"
    UNKNOWN_KIND = "UnknownKind"
    DUPLICATE_RESOURCE = "DuplicateResource"
    OTHER_SITE = "OtherSite"
    ENDPOINT_IN_USE = "EndpointInUse"
    ENDPOINT_CONFLICT = "EndpointConflict"
    MALFORMED_ADDRESS = "MalformedAddress"
    DUPLICATE_TAG = "DuplicateTag"
    DUPLICATE_PROPERTY = "DuplicateProperty"
    DUPLICATE_CLASS = "DuplicateClass"
    DUPLICATE_ASSET = "DuplicateAsset"
    ALIAS_CONFLICT = "AliasConflict"
    INVALID_UNIT = "InvalidUnit"
    MISSING_UNIT = "MissingUnit"
    DIMENSION_MISMATCH = "DimensionMismatch"
    TYPE_MISMATCH = "TypeMismatch"
    INVALID_EXPRESSION = "InvalidExpression"
    EXPRESSION_CYCLE = "ExpressionCycle"
    UNKNOWN_SOURCE = "UnknownSource"
    UNKNOWN_TAG = "UnknownTag"
    UNKNOWN_ROLE = "UnknownRole"
    UNKNOWN_CLASS = "UnknownClass"
    UNKNOWN_VARIABLE = "UnknownVariable"
    UNKNOWN_MAPPING = "UnknownMapping"
    UNKNOWN_PROPERTY = "UnknownProperty"
    UNKNOWN_BEHAVIOUR = "UnknownBehaviour"
    UNKNOWN_ZONE = "UnknownZone"
    ORPHAN_TAG = "OrphanTag"
    BUDGET_EXCEEDED = "BudgetExceeded"
    MISSING_CONFIG_MAP = "MissingConfigMap"
    MISSING_SECRET = "MissingSecret"  # noqa: S105 - a reason, not a secret.
    MISSING_KEY = "MissingKey"
    INVALID_TABLE = "InvalidTable"
    MISSING_VOLUME = "MissingVolume"
    VOLUME_NOT_MAPPED = "VolumeNotMapped"
    NO_TAGS = "NoTags"
    NO_ASSETS = "NoAssets"
    INVALID_CURVE = "InvalidCurve"
    INVALID_STALENESS = "InvalidStaleness"
    NOTHING_TO_RUN = "NothingToRun"

    # What Kubernetes says of its process.
    AVAILABLE = "Available"
    STARTING = "Starting"
    ROLLING_OUT = "RollingOut"
    WAITING_FOR_ENDPOINT = "WaitingForEndpoint"
    WAITING_FOR_INPUTS = "WaitingForInputs"
    NOT_RUNNING = "NotRunning"
    IMAGE_PULL_FAILED = "ImagePullFailed"
    UNSCHEDULABLE = "Unschedulable"
    VOLUME_NOT_BOUND = "VolumeNotBound"
    VOLUME_NOT_MOUNTED = "VolumeNotMounted"
    MISSING_STORAGE_CLASS = "MissingStorageClass"
    CRASH_LOOPING = "CrashLooping"
    CONTAINER_FAILED = "ContainerFailed"
    FORBIDDEN = "Forbidden"
    NODE_LOST = "NodeLost"

    # What its process says of the plant.
    CONNECTED = "Connected"
    CONNECTING = "Connecting"
    BACKOFF = "Backoff"
    SUSPENDED = "Suspended"
    STOPPED = "Stopped"
    FRESH = "Fresh"
    STALE = "Stale"
    CATCHING_UP = "CatchingUp"
    WAITING_FOR_HEALTH = "WaitingForHealth"
    HEALTH_EXPIRED = "HealthExpired"
    SPINE_UNREACHABLE = "SpineUnreachable"

    # What has become of the promises.
    OBJECTIVES_MET = "ObjectivesMet"
    BUDGET_EXHAUSTED = "BudgetExhausted"
    NO_EVENTS = "NoEvents"
    WAITING_FOR_FIGURES = "WaitingForFigures"


class Condition(Part):
    """One statement about a resource (Kubernetes API conventions, *typical status properties*)."""

    type: Line
    """What is stated."""
    status: Literal["True", "False", "Unknown"]
    """Whether it holds."""
    reason: Line
    """Why, as one CamelCase word."""
    message: Note | None = None
    """What it means and what to do."""
    last_transition_time: Timestamp
    """When the status last flipped."""
    observed_generation: Annotated[int, Field(ge=0)] | None = None
    """The generation of the spec this is about."""


class InputHash(Part):
    """A ConfigMap or resource that the result was made from: its edit bumps no generation of ours."""

    ref: Line
    """Kind/name."""
    hash: Line
    """Hash of its content."""


class Status(Part):
    """What all kinds report."""

    observed_generation: Annotated[int, Field(ge=0)] | None = None
    """The generation of the spec that was last planned."""
    inputs: tuple[InputHash, ...] | None = Field(default=None, max_length=64)
    """What the plan was made from beside the spec."""
    conditions: tuple[Condition, ...] | None = Field(
        default=None,
        max_length=16,
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]},
    )
    """Ready, Accepted, Resolved, Available, and what the plant does."""
