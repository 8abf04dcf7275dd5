"""Limits of age that a polled source cannot keep: between two polls its values would turn Stale and Fresh again."""

import math
from collections.abc import Iterable, Mapping

from brownfield_api.resources import Reason, TwinModel
from brownfield_api.twin_config import StalenessConfig, TwinProperty
from brownfield_planner.bindings import Pace
from brownfield_planner.findings import Findings
from brownfield_planner.mapping import CheckedMapping
from brownfield_planner.resource_set import Loaded

MARGIN = 1.5
"""Intervals that `fresh` must span: a poll may come late by half of one."""


def warn_of_flapping(
    twin: Loaded[TwinModel],
    classes: Mapping[str, Mapping[str, TwinProperty]],
    standard: StalenessConfig,
    mappings: Iterable[CheckedMapping],
    findings: Findings,
) -> None:
    """One warning for each limit that is too short, about the slowest property it is for.

    `standard` is what the twin says for properties that have no limits of their own.
    """
    paces = _paces(mappings)
    slow: dict[str, list[tuple[float, str, str, Pace]]] = {}
    for class_name, properties in classes.items():
        for name, item in properties.items():
            pace = paces.get((class_name, name))
            fresh = (item.staleness or standard).fresh
            if pace is not None and fresh * 1.000001 < MARGIN * pace.interval:
                slow.setdefault(_path(twin, class_name, name), []).append((fresh, class_name, name, pace))
    for path, found in slow.items():
        fresh, class_name, name, pace = max(found, key=lambda each: each[3].interval)
        more = f" (and {len(found) - 1} more like it)" if len(found) > 1 else ""
        message = (
            f"fresh is {fresh:g} s, but {pace.source} reads {class_name}.{name} every {pace.interval:g} s: "
            f"it would go back and forth between Fresh and Stale{more}"
        )
        do = f"Write at least {_duration(MARGIN * pace.interval)}, or read more often"
        findings.warn(twin.place(path), Reason.INVALID_STALENESS, message, do)


def _duration(seconds: float) -> str:
    """As it is to be written: whole seconds or milliseconds."""
    thousandths = math.ceil(round(seconds * 1000, 3))
    return f"{thousandths // 1000}s" if thousandths % 1000 == 0 else f"{thousandths}ms"


def _paces(mappings: Iterable[CheckedMapping]) -> dict[tuple[str, str], Pace]:
    """The slowest pace of each property over all mappings, by class and name."""
    paces: dict[tuple[str, str], Pace] = {}
    for mapping in mappings:
        for place, pace in mapping.bindings.paces.items():
            if place not in paces or pace.interval > paces[place].interval:
                paces[place] = pace
    return paces


def _path(twin: Loaded[TwinModel], class_name: str, name: str) -> str:
    """The field that says how long the property is fresh: the last that is about it, else the twin's own."""
    path = "spec.staleness.fresh"
    for index, spec in enumerate(twin.model.spec.properties or ()):
        if spec.staleness is not None and spec.name == name and spec.class_ in {None, class_name}:
            own = spec.staleness.fresh is not None
            path = f"spec.properties[{index}].staleness.fresh" if own else "spec.staleness.fresh"
    return path
