"""Behaviours of a twin: their properties exist, their curves rise to the right, the active one is among them."""

from collections.abc import Mapping
from itertools import pairwise

from brownfield_api.resources import Reason, TwinModel
from brownfield_api.resources.twinmodel import Behaviour
from brownfield_api.tables import ValueType
from brownfield_api.twin_config import CurveConfig, TwinProperty
from brownfield_planner.findings import Findings, closest
from brownfield_planner.resource_set import Loaded

Classes = Mapping[str, Mapping[str, TwinProperty]]


def check_behaviours(twin: Loaded[TwinModel], classes: Classes, findings: Findings) -> None:
    """Reports behaviours that nothing in the twin can feed, and an `active` that is not there."""
    seen: set[str] = set()
    behaviours = twin.model.spec.behaviours or ()
    for index, behaviour in enumerate(behaviours):
        path = f"spec.behaviours[{index}]"
        if behaviour.name in seen:
            message = f"behaviour {behaviour.name} is defined twice"
            findings.error(twin.place(f"{path}.name"), Reason.DUPLICATE_PROPERTY, message)
        seen.add(behaviour.name)
        _check_properties(twin, path, behaviour, classes, findings)
        _check_points(twin, path, behaviour, findings)
    active = twin.model.spec.active
    if active is not None and active not in seen:
        message = f"there is no behaviour {active}"
        findings.error(twin.place("spec.active"), Reason.UNKNOWN_BEHAVIOUR, message, closest(active, seen))


def _check_properties(
    twin: Loaded[TwinModel], path: str, behaviour: Behaviour, classes: Classes, findings: Findings
) -> None:
    named = {
        **{f"{path}.inputs.{key}": name for key, name in behaviour.inputs.items()},
        **{f"{path}.outputs.{key}": name for key, name in behaviour.outputs.items()},
    }
    known = {name: item for properties in classes.values() for name, item in properties.items()}
    bad = False
    for place, name in named.items():
        if name not in known:
            bad = True
            message = f"no class of the twin has a realtime property {name}"
            findings.error(twin.place(place), Reason.UNKNOWN_PROPERTY, message, closest(name, known))
        elif known[name].type in {ValueType.STRING, ValueType.BOOL}:
            bad = True
            message = f"{name} is {known[name].type.value}, a behaviour needs numbers"
            findings.error(twin.place(place), Reason.TYPE_MISMATCH, message)
    wanted = set(named.values())
    if not bad and not any(wanted <= set(properties) for properties in classes.values()):
        message = f"no single class has all of {', '.join(sorted(wanted))}"
        findings.error(twin.place(path), Reason.UNKNOWN_PROPERTY, message)


def _check_points(twin: Loaded[TwinModel], path: str, behaviour: Behaviour, findings: Findings) -> None:
    points = curve_points(behaviour)
    for index, (before, after) in enumerate(pairwise(points)):
        if after[0] <= before[0]:
            message = f"x goes from {before[0]:g} to {after[0]:g}"
            place = twin.place(f"{path}.points[{index + 1}]")
            findings.error(place, Reason.INVALID_CURVE, message, "Order the points so that x increases")


def curve_points(behaviour: Behaviour) -> tuple[tuple[float, float], ...]:
    """Points as numbers."""
    return tuple((float(point[0]), float(point[1])) for point in behaviour.points or ())


def curve_config(behaviour: Behaviour) -> CurveConfig:
    """A checked behaviour as the twin reads it: its one input is x, its one output y, whatever the YAML calls them.

    To YAML 1.1, which kubectl and Argo CD read, a bare `y` is a boolean and arrives as "true".
    """
    standard = CurveConfig(name="", inputs={}, outputs={}, points=())
    return CurveConfig(
        name=behaviour.name,
        inputs={"x": next(iter(behaviour.inputs.values()))},
        outputs={"y": next(iter(behaviour.outputs.values()))},
        points=curve_points(behaviour),
        error_window=behaviour.error_window or standard.error_window,
    )
