"""Rendered configuration of one twin process: the assets of a TwinModel. Durations are seconds."""

from brownfield_api.process import Config, ProcessConfig
from brownfield_api.tables import ValueType


class StalenessConfig(Config, frozen=True, kw_only=True):
    """Age up to `fresh` is Fresh, up to `expired` Stale, beyond Expired. `on_stale` is Hold (keep the last
    value, marked uncertain), Model (the active behaviour's value stands in, marked estimated) or
    Invalidate (no value).
    """

    fresh: float = 5.0
    expired: float = 60.0
    on_stale: str = "Hold"


class TwinProperty(Config, frozen=True, kw_only=True):
    """A property the twin holds. Stored ones come from the pipeline; behaviours add theirs themselves."""

    name: str
    type: ValueType = ValueType.FLOAT64
    unit: str = ""
    sequence: bool = False
    staleness: StalenessConfig | None = None


class TwinClass(Config, frozen=True, kw_only=True):
    """The properties all assets of a class have, in display order."""

    name: str
    properties: tuple[TwinProperty, ...]


class TwinAsset(Config, frozen=True, kw_only=True):
    """An asset of the twin. `path` is the place in the plant's hierarchy (ISA-95), `sources` role -> source."""

    id: str
    class_name: str
    path: str
    mapping: str
    aliases: dict[str, str] = {}
    sources: dict[str, str] = {}


class CurveConfig(Config, frozen=True, kw_only=True, tag="Curve", tag_field="kind"):
    """Expected output as a piecewise linear function of one input; constant beyond the ends.

    `inputs` {"x": property}, `outputs` {"y": property}: the behaviour predicts y from x and adds, per
    asset, the properties `<name>.expected`, `<name>.residual` (actual - expected, in units of y) and
    `<name>.error` (exponentially weighted mean absolute residual, time constant `error_window`).
    """

    name: str
    inputs: dict[str, str]
    outputs: dict[str, str]
    points: tuple[tuple[float, float], ...]
    error_window: float = 600.0


class HistoryConfig(Config, frozen=True, kw_only=True):
    """Seconds kept in memory at full resolution, and the folders of finished Parquet files (of all mappings)."""

    memory: float = 900.0
    parquet: tuple[str, ...] = ()


class TwinInput(Config, frozen=True, kw_only=True):
    """An asset subject the twin reads."""

    mapping: str
    subject: str


class TwinConfig(ProcessConfig, frozen=True, kw_only=True):
    """One twin process. `listen` is host:port of API and page; `active` names the behaviour that stands in
    when a property is stale ("": none). `timely`: by source, the latency that was promised.
    """

    listen: str
    inputs: tuple[TwinInput, ...]
    classes: tuple[TwinClass, ...]
    assets: tuple[TwinAsset, ...]
    staleness: StalenessConfig = StalenessConfig()
    behaviours: tuple[CurveConfig, ...] = ()
    active: str = ""
    timely: dict[str, float] = {}
    history: HistoryConfig = HistoryConfig()
