"""What is promised of a resource, and to whom one turns when the promise is broken."""

from decimal import Decimal

from pydantic import model_validator

from brownfield_api.resources.base import Part
from brownfield_api.resources.decimals import Number
from brownfield_api.resources.durations import Duration
from brownfield_api.resources.names import Line

HIGHEST_SHARE = Decimal("99.9999")
"""Per cent: less than three seconds in four weeks, which no poll of a second can tell from nothing."""

SHORTEST_WINDOW, LONGEST_WINDOW = 60.0, 366 * 86400.0


def _check_share(name: str, value: Decimal) -> None:
    if not 0 < value <= HIGHEST_SHARE:
        raise ValueError(f"{name} must be above 0 and at most {HIGHEST_SHARE} per cent")


def _check_window(window: float | None) -> None:
    if window is not None and not SHORTEST_WINDOW <= window <= LONGEST_WINDOW:
        raise ValueError("window must be at least 1m and at most 366d")


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
            if value is not None:
                _check_share(name, value)
        if self.uptime is None and self.latency is None and self.quality is None:
            raise ValueError("promise at least one of uptime, latency and quality")
        _check_window(self.window)
        return self


class TwinObjectives(Part):
    """Service level objectives of a twin, in per cent over a window."""

    freshness: Number
    """Per cent of the time of all its properties in which they are fresh."""
    window: Duration | None = None
    """The window it is meant over. Default: 28d."""

    @model_validator(mode="after")
    def _is_a_percentage(self) -> "TwinObjectives":
        _check_share("freshness", self.freshness)
        _check_window(self.window)
        return self
