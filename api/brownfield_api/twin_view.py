"""What the twin's HTTP and WebSocket API serves; the page and other clients read exactly this.

pydantic, because these shapes are published as OpenAPI. Times are RFC 3339 in UTC with milliseconds,
ages and durations seconds. A value is null when there is none (Bad carries NaN inside, JSON has no NaN).
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Freshness = Literal["Fresh", "Stale", "Expired", "Never"]
SeverityName = Literal["Good", "Uncertain", "Bad"]
Value = float | int | str | bool | None


class View(BaseModel):
    """Base of all views: immutable, camelCase."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)


class PropertyView(View):
    """A property now. `estimated`: a behaviour's value stands in; `kind` tells measured from computed ones."""

    name: str
    kind: Literal["measured", "derived", "behaviour"]
    unit: str
    value: Value
    quality: SeverityName
    status: Annotated[str, Field(description="Name of the OPC UA status code")]
    reasons: list[str]
    freshness: Freshness
    age: float | None
    stale_since: str | None
    source_time: str | None
    estimated: bool


class LineageView(View):
    """Where a property's value comes from."""

    property: str
    source: str
    tag: str
    tag_unit: str
    expression: str
    inputs: list[str]
    mapping: str
    generation: str


class AssetView(View):
    """An asset now; `freshness` and `quality` are the worst of its measured properties.

    `good`, `uncertain` and `bad` count all its measured and derived properties. In a large twin the whole twin,
    the list of assets and the live stream carry only some of each asset's `properties` (what behaviours are
    about first, then the order of the class) and say so: `abridged`. An asset asked for by itself has all.
    """

    id: str
    class_name: str
    path: str
    aliases: dict[str, str]
    sources: dict[str, str]
    freshness: Freshness
    stale_since: str | None
    quality: SeverityName
    good: int = 0
    uncertain: int = 0
    bad: int = 0
    abridged: bool = False
    properties: list[PropertyView]


class AssetDetailView(AssetView):
    """An asset with its lineage."""

    lineage: list[LineageView]


class LevelView(View):
    """A service level objective: shares between 0 and 1, `ratio` null without events; `budget` is the share of the
    error budget that is left, below 0 when it is overdrawn; `window` as a duration, such as 28d. `expired`: nobody has
    kept the ledger for a while, and this is what it said last.
    """

    sli: str
    objective: float
    window: str
    ratio: float | None
    budget: float
    expired: bool = False


class SourceView(View):
    """A legacy system as its adapter's health record tells; `expired`: the record is too old to speak."""

    name: str
    protocol: str
    endpoint: str
    state: str
    since: str | None
    tags: int
    good: int
    uncertain: int
    bad: int
    polls_scheduled: int
    polls_succeeded: int
    requests: int
    reconnects: int
    last_sample: str | None
    latency_p99: float | None
    buffer_batches: int
    buffer_age: float | None
    message: str
    expired: bool
    levels: list[LevelView]


class BehaviourView(View):
    """A behaviour's definition as the page draws it."""

    name: str
    kind: str
    active: bool
    inputs: dict[str, str]
    outputs: dict[str, str]
    points: list[tuple[float, float]]


class TwinView(View):
    """The whole twin: first message of the live stream and answer of `GET /api/v1/twin`."""

    name: str
    site: str
    namespace: str
    time: str
    catching_up: bool
    fresh: float
    expired: float
    behaviours: list[BehaviourView]
    assets: list[AssetView]
    sources: list[SourceView]
    levels: list[LevelView]


class HistoryView(View):
    """Samples of one property of one asset, oldest first, columns of equal length.

    `time` is seconds since 1970 UTC (what plot libraries take). Thinned to at most `points` by keeping each
    bucket's first, last, least and greatest sample; `quality` 0 Good, 1 Uncertain, 2 Bad.
    """

    asset: str
    property: str
    unit: str
    time: list[float]
    value: list[float | None]
    quality: list[int]
    thinned: bool


class LiveMessage(View):
    """One message of `WS /api/v1/live`: `twin` at the start and after structural changes, then the assets
    and sources that changed since the last one (at most once a second), and `levels` when those of the twin itself
    did. Null is as before.
    """

    type: Literal["twin", "update"]
    time: str
    catching_up: bool
    twin: TwinView | None = None
    assets: list[AssetView] = []
    sources: list[SourceView] | None = None
    levels: list[LevelView] | None = None
