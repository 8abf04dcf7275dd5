"""Rendered configuration of one pipeline process: one partition of an AssetMapping.

Classes are not expanded here (200 assets x 600 properties would be megabytes); `expand` in
`brownfield_api.expansion` does it at start, the same way for the pipeline and the planner. Units are
already dimension-checked: the process finds a factor per pair of units in `conversions` and never
parses a unit. Durations are seconds.
"""

from brownfield_api.process import Config, ProcessConfig
from brownfield_api.tables import ValueType


class QualityConfig(Config, frozen=True, kw_only=True):
    """Rules on one property, None or False = not checked. `max_rate` is in property units per second;
    `on_violation` is Uncertain, Bad or Quarantine. What each rule means: docs/quality.md.
    """

    range_min: float | None = None
    range_max: float | None = None
    max_rate: float | None = None
    flatline: float | None = None
    max_gap: float | None = None
    max_skew: float | None = None
    duplicates: bool = False
    out_of_order: bool = False
    on_violation: str = "Uncertain"


class PropertyConfig(Config, frozen=True, kw_only=True):
    """One property of a class. Reads `tag` (may hold `${var}`) of the asset's source in `role`, in `tag_unit`
    ("": in what the tag's own table says, which may differ from asset to asset), or is a CEL `expression` over
    properties of its own asset. `route` is realtime (twin and history) or batch.
    """

    name: str
    type: ValueType = ValueType.FLOAT64
    unit: str = ""
    role: str = "default"
    tag: str = ""
    tag_unit: str = ""
    expression: str = ""
    sequence: bool = False
    route: str = "realtime"
    quality: QualityConfig = QualityConfig()


class ClassConfig(Config, frozen=True, kw_only=True):
    """A template: every asset of the class has these properties."""

    name: str
    properties: tuple[PropertyConfig, ...]


class AssetConfig(Config, frozen=True, kw_only=True):
    """One asset: which source stands behind each role, and what fills the template's variables.
    `overrides` replace the class's property of the same name, or add one.
    """

    id: str
    class_name: str
    sources: dict[str, str]
    vars: dict[str, str] = {}
    overrides: tuple[PropertyConfig, ...] = ()


class PipelineSource(Config, frozen=True, kw_only=True):
    """One raw subject this partition reads. `timestamps` source, server or gather; `max_skew` seconds a
    source's clock may be off before its samples say so (None: not checked).
    """

    name: str
    subject: str
    timestamps: str
    max_skew: float | None = None


class Conversion(Config, frozen=True, kw_only=True):
    """value in `to_unit` = value in `from_unit` * factor + offset."""

    from_unit: str
    to_unit: str
    factor: float
    offset: float


class ParquetSink(Config, frozen=True, kw_only=True):
    """Finished Parquet files of all properties (both routes) under `directory`, one folder a day."""

    directory: str
    roll_seconds: float = 60.0
    roll_rows: int = 1_000_000


class PipelineConfig(ProcessConfig, frozen=True, kw_only=True):
    """One pipeline process. `generation` is the hash of the mapping's content, for lineage."""

    mapping: str
    partition: int
    generation: str
    sources: tuple[PipelineSource, ...]
    classes: tuple[ClassConfig, ...]
    assets: tuple[AssetConfig, ...]
    conversions: tuple[Conversion, ...]
    output_subject: str
    quarantine_subject: str
    sinks: tuple[ParquetSink, ...] = ()
