"""AssetMapping: how tags become properties of assets."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from brownfield_api.resources.base import Part, rules
from brownfield_api.resources.durations import Duration
from brownfield_api.resources.metadata import ResourceMeta
from brownfield_api.resources.names import (
    AssetPath,
    Line,
    PropertyName,
    ResourceName,
    TagName,
    Token,
    UnitCode,
    Variable,
)
from brownfield_api.resources.quality import QualityRules
from brownfield_api.resources.references import NamedReference, TableReference
from brownfield_api.resources.status import Status
from brownfield_api.resources.text import Form
from brownfield_api.tables import ValueType

Expression = Annotated[str, Form(r"^[\s\S]+$", 1024, "an expression of at most 1024 characters")]


class PropertySpec(Part):
    """One property: read from a tag, or computed from other properties of the same asset."""

    model_config = {
        "json_schema_extra": rules(
            ("has(self.tag) != has(self.expression)", "give exactly one of tag and expression"),
            (
                "!has(self.expression) || !(has(self.source) || has(self.tagUnit) || has(self.sequence))",
                "source, tagUnit and sequence belong to a property that reads a tag",
            ),
        )
    }

    name: PropertyName
    """The property's name, unique in its class; expressions use it."""
    tag: TagName | None = None
    """The tag it reads; ${name} stands for a variable of the asset."""
    expression: Expression | None = None
    """CEL over properties of the same asset; numbers are doubles, so write 2.0, not 2."""
    source: Token | None = None
    """The role of the source that has the tag. Default: default."""
    type: ValueType | None = None
    """Default: float64; bool, string and 64-bit integers follow their tag."""
    unit: UnitCode | None = None
    """Unit of the property, as UCUM code; the tag's value is converted. Default: the tag's unit."""
    tag_unit: UnitCode | None = None
    """Unit of the tag, where its source gives none."""
    sequence: bool | None = None
    """A counter that the source raises by one with each sample: proves delivery end to end. Default: false."""
    route: Literal["realtime", "batch"] | None = None
    """Realtime: twin and history; batch: history only. Default: realtime."""
    quality: QualityRules | None = None
    """Rules on its values."""

    @model_validator(mode="after")
    def _reads_or_computes(self) -> "PropertySpec":
        if (self.tag is None) == (self.expression is None):
            raise ValueError("give exactly one of tag and expression")
        given = (self.source, self.tag_unit, self.sequence)
        if self.expression is not None and any(value is not None for value in given):
            raise ValueError("source, tagUnit and sequence belong to a property that reads a tag")
        return self


class ClassSpec(Part):
    """A template: every asset of the class has these properties."""

    model_config = {
        "json_schema_extra": rules(
            ("has(self.properties) || has(self.propertiesFrom)", "give properties, propertiesFrom or both")
        )
    }

    name: Token
    """The class's name."""
    properties: tuple[PropertySpec, ...] | None = Field(default=None, max_length=2000)
    """Its properties, in display order."""
    properties_from: tuple[TableReference, ...] | None = Field(default=None, max_length=16)
    """Tables of properties, for long classes."""

    @model_validator(mode="after")
    def _has_properties(self) -> "ClassSpec":
        if self.properties is None and self.properties_from is None:
            raise ValueError("give properties, propertiesFrom or both")
        return self


class AssetSpec(Part):
    """One asset: its class, its place, and which sources stand behind the class's roles."""

    id: Token
    """The asset's id, unique in its namespace."""
    class_: Token = Field(alias="class")
    """The class it belongs to."""
    path: AssetPath | None = None
    """Its place in the plant's hierarchy (ISA-95), such as enterprise/site/line/machine."""
    sources: dict[Token, ResourceName] | None = Field(default=None, max_length=32)
    """Role to LegacySource."""
    aliases: dict[Token, Line] | None = Field(default=None, max_length=32)
    """What other systems call it: name space to name."""
    vars: dict[Variable, Line] | None = Field(default=None, max_length=64)
    """What stands for ${name} in the tags of its class."""
    overrides: tuple[PropertySpec, ...] | None = Field(default=None, max_length=64)
    """Properties that differ from the class's of the same name, or that only this asset has."""


class ParquetSinkSpec(Part):
    """Parquet files, one folder a day, both routes."""

    volume: NamedReference
    """The volume they are written to; `brownfield run` takes --volume NAME=FOLDER."""
    roll: Duration | None = None
    """How long one file is filled. Default: 1m."""


class SinkSpec(Part):
    """Where the mapped data goes beside the twins."""

    model_config = {"json_schema_extra": rules(("has(self.parquet)", "give exactly one kind of sink: parquet"))}

    parquet: ParquetSinkSpec | None = None
    """Parquet files."""

    @model_validator(mode="after")
    def _is_one(self) -> "SinkSpec":
        if self.parquet is None:
            raise ValueError("give exactly one kind of sink: parquet")
        return self


class AssetMappingSpec(Part):
    """Classes are templates, assets one line each."""

    model_config = {
        "json_schema_extra": rules(("has(self.assets) || has(self.assetsFrom)", "give assets, assetsFrom or both"))
    }

    classes: tuple[ClassSpec, ...] = Field(min_length=1, max_length=64)
    """Templates of assets."""
    assets: tuple[AssetSpec, ...] | None = Field(default=None, max_length=2000)
    """The assets."""
    assets_from: tuple[TableReference, ...] | None = Field(default=None, max_length=16)
    """Tables of assets: id, class, path, source.<role>, alias.<name space>, var.<name>."""
    sinks: tuple[SinkSpec, ...] | None = Field(default=None, max_length=8)
    """Where the mapped data goes beside the twins."""
    site: Token | None = None
    """The site that maps it. Default: the site it is applied to."""

    @model_validator(mode="after")
    def _has_assets(self) -> "AssetMappingSpec":
        if self.assets is None and self.assets_from is None:
            raise ValueError("give assets, assetsFrom or both")
        return self


class AssetMappingStatus(Status):
    """What is known of the mapping."""

    assets: Annotated[int, Field(ge=0)] | None = None
    """Assets mapped."""
    properties: Annotated[int, Field(ge=0)] | None = None
    """Properties mapped."""


class AssetMapping(Part):
    """How tags become properties of assets: classes, units, quality rules, routes and sinks."""

    KIND: ClassVar[str] = "AssetMapping"

    api_version: Literal["brownfield.dev/v1alpha1"]
    kind: Literal["AssetMapping"]
    metadata: ResourceMeta
    spec: AssetMappingSpec
    status: AssetMappingStatus | None = None
