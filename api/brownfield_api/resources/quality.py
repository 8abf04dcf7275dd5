"""Rules on the values of a property. What each means exactly: docs/quality.md."""

from typing import Literal

from pydantic import model_validator

from brownfield_api.resources.base import Part
from brownfield_api.resources.decimals import Number
from brownfield_api.resources.durations import Duration


class RangeRule(Part):
    """Limits of a believable value, in the property's unit."""

    min: Number | None = None
    """Smallest believable value."""
    max: Number | None = None
    """Largest believable value."""

    @model_validator(mode="after")
    def _is_a_range(self) -> "RangeRule":
        if self.min is not None and self.max is not None and self.min >= self.max:
            raise ValueError(f"min {self.min} is not below max {self.max}")
        return self


class QualityRules(Part):
    """A rule that is not given is not checked."""

    range: RangeRule | None = None
    """Limits of a believable value."""
    max_rate: Number | None = None
    """Fastest believable change, in the property's unit per second."""
    flatline: Duration | None = None
    """A value that has not changed for so long is suspect."""
    max_gap: Duration | None = None
    """Longest time between two samples."""
    duplicates: bool | None = None
    """Whether to mark a record that was sent twice (same time, same value). Default: false."""
    out_of_order: bool | None = None
    """Whether to mark a sample that is older than its predecessor. Default: false."""
    max_skew: Duration | None = None
    """How far the source's clock may be off."""
    on_violation: Literal["Uncertain", "Bad", "Quarantine"] | None = None
    """What a violation does: degrade the sample to Uncertain or Bad, or take it out. Default: Uncertain."""

    @model_validator(mode="after")
    def _rate_is_positive(self) -> "QualityRules":
        if self.max_rate is not None and self.max_rate <= 0:
            raise ValueError("maxRate must be above zero")
        return self
