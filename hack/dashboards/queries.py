"""Every query of the dashboards as files hold it: for tests, and for whoever wants to run them on a Prometheus."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::\w+)?\}|(\w+))")
_VALUES = re.compile(r"label_values\((.+), *\w+\)")


Substitute = Callable[[str, str], str]
"""From a dashboard's uid and a variable's name (`source`, `__range`) to the text that stands for it."""


@dataclass(frozen=True, slots=True)
class PanelQuery:
    """`dashboard` is the uid, `panel` the title; `expr` is PromQL without variables."""

    dashboard: str
    panel: str
    expr: str


def queries(folder: Path, substitute: Substitute) -> Iterator[PanelQuery]:
    """The queries of all panels in `folder`."""
    for content in contents(folder):
        for panel in panels(content):
            for target in panel["targets"]:
                yield PanelQuery(content["uid"], panel["title"], _filled(target["expr"], content["uid"], substitute))


def selections(folder: Path, substitute: Substitute) -> Iterator[PanelQuery]:
    """The series that the variables of all dashboards choose from; `panel` is the variable's name."""
    for content in contents(folder):
        for variable in content["templating"]["list"]:
            if variable["type"] == "query":
                found = _VALUES.fullmatch(variable["definition"])
                if found is None:
                    raise ValueError(f"{content['uid']}: {variable['definition']} is not label_values(series, label)")
                yield PanelQuery(content["uid"], variable["name"], _filled(found[1], content["uid"], substitute))


def contents(folder: Path) -> list[dict[str, Any]]:
    """All dashboards of a folder, in the order of their names."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]


def panels(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The panels of a dashboard, without the headings of its rows."""
    return [panel for panel in content["panels"] if panel["type"] != "row"]


def _filled(expr: str, uid: str, substitute: Substitute) -> str:
    return _VARIABLE.sub(lambda found: substitute(uid, found[1] or found[2]), expr)
