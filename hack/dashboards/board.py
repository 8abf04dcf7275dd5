"""What all boards have in common: identity, variables, the links between them, and how they become JSON."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as models
from hack.dashboards.panels import DATASOURCE

SCHEMA = 39
"""The form of Grafana 11.0: newer Grafanas bring it up to theirs, the other way round there is no promise."""

TITLES = {
    "brownfield-fleet": "Brownfield / Fleet",
    "brownfield-source": "Brownfield / Source",
    "brownfield-twin": "Brownfield / Twin",
    "brownfield-operator": "Brownfield / Operator",
    "brownfield-spine": "Brownfield / Spine",
}
"""By uid, which is in people's bookmarks and in links: it never changes."""

Variable = Builder[models.VariableModel]


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under a heading, put side by side as long as their widths (of 24) fit."""

    title: str
    panels: Sequence[Builder[models.Panel]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A dashboard. `uid` is one of `TITLES`."""

    uid: str
    description: str
    variables: tuple[Variable, ...]
    rows: tuple[Row, ...]
    span: str = field(default="now-6h")


def one_of(name: str, label: str, values: str) -> Variable:
    """A variable with one value, out of those that the query `values` finds."""
    return _query(name, label, values).multi(multi=False)


def any_of(name: str, label: str, values: str) -> Variable:
    """A variable with one, several or all values; what has no such label belongs to all."""
    everything = models.VariableOption(selected=True, text=["All"], value=["$__all"])
    return (
        _query(name, label, values).multi(multi=True).include_all(include_all=True).all_value(".*").current(everything)
    )


def text(board: Board) -> str:
    """The dashboard's JSON, as files have it: the same for the same board."""
    made = dashboard.Dashboard(TITLES[board.uid]).uid(board.uid).description(board.description).tags(["brownfield"])
    made.time(board.span, "now").refresh("30s").timezone("browser").tooltip(models.DashboardCursorSync.CROSSHAIR)
    made.with_variable(dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
    for variable in board.variables:
        made.with_variable(variable)
    for uid, title in TITLES.items():
        if uid != board.uid:
            made.link(_link(uid, title.removeprefix("Brownfield / ")))
    for row in board.rows:
        made.with_row(dashboard.Row(row.title))
        for panel in row.panels:
            made.with_panel(panel)
    return _encoded(made.build())


def _query(name: str, label: str, values: str) -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable(name)
        .label(label)
        .datasource(DATASOURCE)
        .query({"query": values, "refId": name})
        .definition(values)
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.NATURAL_ASC)
    )


def _link(uid: str, title: str) -> dashboard.DashboardLink:
    """To another board, with the same Prometheus and time. Not by tag with all variables: "All" of one board would
    become the name of a namespace in another.
    """
    url = f"/d/{uid}?var-datasource=${{datasource}}"
    link = dashboard.DashboardLink(title).type(models.DashboardLinkType.LINK).icon("dashboard").url(url)
    return link.keep_time(keep_time=True)


def _encoded(made: models.Dashboard) -> str:
    made.schema_version = SCHEMA
    for at, panel in enumerate(made.panels or ()):
        panel.id_val = at + 1
    content = json.loads(json.dumps(made, cls=JSONEncoder))
    for link in content["links"]:
        del link["placement"]  # the SDK always says "in the menu"; people look above the panels
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"
