"""TwinModel: a live model over assets."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from brownfield_api.resources.base import Part, rules
from brownfield_api.resources.decimals import Number
from brownfield_api.resources.durations import Duration
from brownfield_api.resources.metadata import ResourceMeta
from brownfield_api.resources.names import Line, PropertyName, ResourceName, Token
from brownfield_api.resources.objectives import Owner, TwinObjectives
from brownfield_api.resources.status import Status


class TwinAssets(Part):
    """Assets the twin holds."""

    mapping: ResourceName
    """The AssetMapping they come from."""
    classes: tuple[Token, ...] | None = Field(default=None, min_length=1, max_length=64)
    """Only assets of these classes. Default: all."""


class Staleness(Part):
    """When a value is no longer fresh, and what then stands in its place."""

    fresh: Duration | None = None
    """Up to this age a value is fresh. Default: 5s."""
    expired: Duration | None = None
    """Beyond this age a value is expired, between the two it is stale. Default: 60s."""
    on_stale: Literal["Hold", "Model", "Invalidate"] | None = None
    """Hold the last value, let the active behaviour stand in, or show none. Default: Hold."""


class TwinPropertySpec(Part):
    """What differs for one property."""

    name: PropertyName
    """The property's name."""
    class_: Token | None = Field(default=None, alias="class")
    """Only in this class. Default: in every class that has it."""
    staleness: Staleness | None = None
    """Its own limits; what is not given here is the twin's."""


Point = Annotated[tuple[Number, ...], Field(min_length=2, max_length=2)]


class Behaviour(Part):
    """A model of how the asset behaves: it predicts outputs from inputs and is scored on the actuals."""

    model_config = {
        "json_schema_extra": rules(
            (
                "self.kind != 'Curve' || (size(self.inputs) == 1 && size(self.outputs) == 1 && has(self.points))",
                "a Curve needs one input, one output and points",
            )
        )
    }

    name: ResourceName
    """The behaviour's name; it adds <name>.expected, <name>.residual and <name>.error to its assets."""
    kind: Literal["Curve"]
    """Curve: piecewise linear through points, constant beyond its ends."""
    inputs: dict[Token, PropertyName] = Field(min_length=1, max_length=64)
    """The behaviour's inputs, each to a property. A Curve has one, whatever it is called."""
    outputs: dict[Token, PropertyName] = Field(min_length=1, max_length=64)
    """The behaviour's outputs, each to the property it predicts. A Curve has one, whatever it is called."""
    points: tuple[Point, ...] | None = Field(default=None, min_length=2, max_length=1000)
    """Curve: pairs of x and y, in the properties' units, x increasing."""
    error_window: Duration | None = None
    """Time constant of the running mean of the absolute residual. Default: 10m."""

    @model_validator(mode="after")
    def _is_complete(self) -> "Behaviour":
        if len(self.inputs) != 1 or len(self.outputs) != 1 or self.points is None:
            raise ValueError("a Curve needs one input, one output and points")
        return self


class HistorySpec(Part):
    """How much of the past is kept at hand; older data comes from the mapping's Parquet files."""

    memory: Duration | None = None
    """Kept in memory at full resolution. Default: 15m."""


class TwinModelSpec(Part):
    """A live model over assets."""

    assets: tuple[TwinAssets, ...] = Field(min_length=1, max_length=32)
    """The assets it holds."""
    staleness: Staleness | None = None
    """When values are no longer fresh."""
    properties: tuple[TwinPropertySpec, ...] | None = Field(default=None, max_length=2000)
    """Properties that differ from the rest."""
    behaviours: tuple[Behaviour, ...] | None = Field(default=None, max_length=32)
    """Models side by side."""
    active: ResourceName | None = None
    """The behaviour that counts; the others run in its shadow. Default: none."""
    history: HistorySpec | None = None
    """How much of the past is kept at hand."""
    owner: Owner | None = None
    """Who answers for the twin: alerts carry the team."""
    objectives: TwinObjectives | None = None
    """What is promised of it. Default: nothing, but it is measured all the same."""
    site: Token | None = None
    """The site that holds it. Default: the site it is applied to."""


class TwinModelStatus(Status):
    """What is known of the twin."""

    assets: Annotated[int, Field(ge=0)] | None = None
    """Assets held."""
    fresh: Line | None = None
    """Fresh assets / all assets."""
    budget: Line | None = None
    """What is left of the error budget of its objective."""
    url: Line | None = None
    """Where its page and API are."""


class TwinModel(Part):
    """A live model over assets: state, age and quality of each property, behaviours beside it, an API and a page."""

    KIND: ClassVar[str] = "TwinModel"

    api_version: Literal["brownfield.dev/v1alpha1"]
    kind: Literal["TwinModel"]
    metadata: ResourceMeta
    spec: TwinModelSpec
    status: TwinModelStatus | None = None
