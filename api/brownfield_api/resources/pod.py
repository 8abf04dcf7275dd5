"""Where a process runs on a cluster and what it may use; on one machine it is left alone."""

from typing import Annotated, Literal

from pydantic import Field

from brownfield_api.resources.base import Part
from brownfield_api.resources.names import Line
from brownfield_api.resources.text import Form

Quantity = Annotated[
    str,
    Form(r"^[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?$", 20, "a Kubernetes quantity such as 250m or 128Mi"),
]


class Toleration(Part):
    """A taint the pod bears (Kubernetes, *Taints and Tolerations*)."""

    key: Line | None = None
    """The taint's key; none means every key."""
    operator: Literal["Equal", "Exists"] | None = None
    """How the value is compared. Default: Equal."""
    value: Line | None = None
    """The taint's value."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    """The effect that is borne; none means every effect."""


class PodResources(Part):
    """What the container asks for and may use."""

    requests: dict[Line, Quantity] | None = Field(default=None, max_length=8)
    """Reserved for it."""
    limits: dict[Line, Quantity] | None = Field(default=None, max_length=8)
    """The most it may use."""


class PodSpec(Part):
    """Placement and resources of the process's pod. Sources of one process: the first by name that says counts."""

    node_selector: dict[Line, Line] | None = Field(default=None, max_length=16)
    """Labels of the nodes it may run on."""
    tolerations: tuple[Toleration, ...] | None = Field(default=None, max_length=16)
    """Taints it bears."""
    resources: PodResources | None = None
    """Instead of what the chart gives."""
