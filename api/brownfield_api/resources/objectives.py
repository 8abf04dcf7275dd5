"""What is promised of a resource, and to whom one turns when the promise is broken."""

from pydantic import model_validator

from brownfield_api.resources.base import Part
from brownfield_api.resources.decimals import Number
from brownfield_api.resources.durations import Duration
from brownfield_api.resources.names import Line


class Owner(Part):
    """Who answers for it."""

    team: Line
    """The team."""
    contact: Line | None = None
    """How to reach it."""


class LatencyObjective(Part):
    """A share of samples that reach the spine in time."""

    threshold: Duration
    """From source time to the spine, and to each twin."""
    ratio: Number
    """Per cent of samples."""


class Objectives(Part):
    """Service level objectives, in per cent over a window."""

    uptime: Number | None = None
    """Per cent of scheduled polls that succeed."""
    latency: LatencyObjective | None = None
    """How soon samples arrive."""
    quality: Number | None = None
    """Per cent of fresh samples whose code is Good."""
    window: Duration | None = None
    """The window they are meant over. Default: 28d."""

    @model_validator(mode="after")
    def _are_percentages(self) -> "Objectives":
        for name, value in (
            ("uptime", self.uptime),
            ("latency.ratio", self.latency.ratio if self.latency else None),
            ("quality", self.quality),
        ):
            if value is not None and not 0 < value < 100:
                raise ValueError(f"{name} must be between 0 and 100 per cent, both excluded")
        return self


class TwinObjectives(Part):
    """Service level objectives of a twin, in per cent over a window."""

    freshness: Number
    """Per cent of the time of all its properties in which they are fresh."""
    window: Duration | None = None
    """The window it is meant over. Default: 28d."""

    @model_validator(mode="after")
    def _is_a_percentage(self) -> "TwinObjectives":
        if not 0 < self.freshness < 100:
            raise ValueError("freshness must be between 0 and 100 per cent, both excluded")
        return self
