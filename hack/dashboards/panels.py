"""Panels of the kinds the boards use, all in one style. Colours mean the same everywhere: green is as it should be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import common, dashboard, heatmap, prometheus, stat, table, timeseries
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models import heatmap as heatmap_models
from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

Steps = tuple[tuple[float, str], ...]
"""Colours from a value upwards; below the first one: the base colour."""

DATASOURCE = common_models.DataSourceRef(type_val="prometheus", uid="${datasource}")
BUDGET: Steps = ((0.0, "orange"), (0.25, "green"))
"""Of what is left of an error budget; red below 0."""
SAMPLES_PER_SECOND = "count:samples/s"
"""Grafana's way to say: with K and M, and this behind it."""
GREEN_IF_NONE: Steps = ((1.0, "red"),)


@dataclass(frozen=True, slots=True)
class Query:
    """PromQL, and how its series are called (`{{label}}` is replaced)."""

    expr: str
    legend: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of figures in a table: one query, `unit` in Grafana's terms."""

    title: str
    expr: str
    unit: str
    base: str = "text"
    steps: Steps = ()


@dataclass(frozen=True, slots=True)
class Link:
    """Turns the cells of a table's column into links."""

    column: str
    title: str
    url: str


def figure(
    title: str,
    description: str,
    *queries: Query,
    unit: str = units.Short,
    width: int = 4,
    base: str = "text",
    steps: Steps = (),
    names: dict[str, str] | None = None,
    decimals: int | None = None,
) -> stat.Panel:
    """The last value of each series, large; `names` are words for values."""
    panel = (
        stat.Panel()
        .title(title)
        .description(description)
        .datasource(DATASOURCE)
        .unit(unit)
        .span(width)
        .height(4)
        .graph_mode(common_models.BigValueGraphMode.NONE)
        .color_mode(common_models.BigValueColorMode.VALUE)
        .color_scheme(dashboard.FieldColor().mode(models.FieldColorModeId.THRESHOLDS))
        .reduce_options(common.ReduceDataOptions().values(values=False).calcs(["lastNotNull"]))
        .thresholds(thresholds(base, steps))
    )
    if names:
        results = {value: models.ValueMappingResult(text=text) for value, text in names.items()}
        panel.mappings([models.ValueMap(options=results)])
    if decimals is not None:
        panel.decimals(decimals)
    return panel.targets([_instant(query).ref_id(chr(ord("A") + at)) for at, query in enumerate(queries)])


def graph(
    title: str,
    description: str,
    *queries: Query,
    unit: str = units.Short,
    width: int = 8,
    stacked: bool = False,
    limits: tuple[float, ...] = (),
    least: float | None = 0.0,
) -> timeseries.Panel:
    """Series over time; `limits` are dashed lines, `least` is where the axis begins unless a value is below it."""
    panel = (
        timeseries.Panel()
        .title(title)
        .description(description)
        .datasource(DATASOURCE)
        .unit(unit)
        .span(width)
        .height(8)
        .color_scheme(dashboard.FieldColor().mode(models.FieldColorModeId.PALETTE_CLASSIC))
        .line_width(1)
        .fill_opacity(30 if stacked else 5)
        .show_points(common_models.VisibilityMode.NEVER)
        .legend(common.VizLegendOptions().show_legend(show_legend=True).placement(common_models.LegendPlacement.BOTTOM))
        .tooltip(common.VizTooltipOptions().mode(common_models.TooltipDisplayMode.MULTI))
    )
    if least is not None:
        panel.axis_soft_min(least)
    if stacked:
        panel.stacking(common.StackingConfig().mode(common_models.StackingMode.NORMAL))
    if limits:
        panel.thresholds(thresholds("transparent", tuple((limit, "red") for limit in limits)))
        style = common.GraphThresholdsStyleConfig().mode(common_models.GraphThresholdsStyleMode.DASHED)
        panel.thresholds_style(style)
    return panel.targets([_range(query).ref_id(chr(ord("A") + at)) for at, query in enumerate(queries)])


def distribution(title: str, description: str, expr: str, *, unit: str, width: int = 12) -> heatmap.Panel:
    """A histogram over time: the darker a cell, the more fell into it."""
    colour = heatmap.HeatmapColorOptions().mode(heatmap_models.HeatmapColorMode.SCHEME).scheme("Blues").steps(64)
    target = _range(Query(expr, "{{le}}")).format(PromQueryFormat.HEATMAP).ref_id("A")
    return (
        heatmap.Panel()
        .title(title)
        .description(description)
        .datasource(DATASOURCE)
        .unit(units.Short)
        .span(width)
        .height(8)
        .calculate(calculate=False)
        .color(colour)
        .y_axis(heatmap.YAxisConfig().unit(unit))
        .hide_legend()
        .targets([target])
    )


def rows(
    title: str,
    description: str,
    *columns: Column,
    labels: dict[str, str],
    sort: str,
    descending: bool = False,
    links: tuple[Link, ...] = (),
    width: int = 24,
    height: int = 9,
) -> table.Panel:
    """A row for each set of labels; `labels` are shown in this order under these titles. Queries are joined on them."""
    panel = (
        table.Panel()
        .title(title)
        .description(description)
        .datasource(DATASOURCE)
        .unit(columns[0].unit)
        .span(width)
        .height(height)
        .targets([_cells(column).ref_id(chr(ord("A") + at)) for at, column in enumerate(columns)])
        .with_transformation(models.DataTransformerConfig(id_val="merge", options={}))
        .with_transformation(models.DataTransformerConfig(id_val="organize", options=_arranged(columns, labels)))
        .sort_by([common.TableSortByFieldState().display_name(sort).desc(desc=descending)])
    )
    for column in columns:
        panel.override_by_name(column.title, _look(column))
    for link in links:
        entry = {"title": link.title, "url": link.url}
        panel.override_by_name(link.column, [models.DynamicConfigValue(id_val="links", value=[entry])])
    return panel


def thresholds(base: str, steps: Steps) -> dashboard.ThresholdsConfig:
    """`base` below the first of `steps`."""
    levels = [models.Threshold(value=None, color=base), *(models.Threshold(value, colour) for value, colour in steps)]
    return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(levels)


def _arranged(columns: Sequence[Column], labels: Mapping[str, str]) -> dict[str, object]:
    """Order and titles of a table's columns, labels first."""
    titles = {f"Value #{chr(ord('A') + at)}": column.title for at, column in enumerate(columns)}
    if len(columns) == 1:
        titles["Value"] = columns[0].title  # how Grafana calls the figures where there is one query
    return {
        "excludeByName": {"Time": True},
        "indexByName": {name: at for at, name in enumerate((*labels, *titles))},
        "renameByName": {**labels, **titles},
    }


def _look(column: Column) -> list[models.DynamicConfigValue]:
    look = [models.DynamicConfigValue(id_val="unit", value=column.unit)]
    if column.steps:
        colours = thresholds(column.base, column.steps).build()
        cell = {"type": common_models.TableCellDisplayMode.COLOR_TEXT.value}
        look.append(models.DynamicConfigValue(id_val="color", value={"mode": "thresholds"}))
        look.append(models.DynamicConfigValue(id_val="thresholds", value=colours))
        look.append(models.DynamicConfigValue(id_val="custom.cellOptions", value=cell))
    return look


def _range(query: Query) -> prometheus.Dataquery:
    return prometheus.Dataquery().datasource(DATASOURCE).expr(query.expr).legend_format(query.legend).range()


def _instant(query: Query) -> prometheus.Dataquery:
    return prometheus.Dataquery().datasource(DATASOURCE).expr(query.expr).legend_format(query.legend).instant()


def _cells(column: Column) -> prometheus.Dataquery:
    return _instant(Query(column.expr)).format(PromQueryFormat.TABLE)
