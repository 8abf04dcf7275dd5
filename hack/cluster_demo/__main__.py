"""`python -m hack.cluster_demo [CLUSTER]`: exit code 0 when all is Ready and four twins are live, else 1 and why."""

import argparse
import sys
import time
from typing import Any

import hack.cluster_demo
from hack.cluster.binaries import binaries
from hack.cluster_demo.deployment import FARM, Deployment, condition, is_ready
from hack.cluster_demo.equality import differences

from brownfield_api.errors import BrownfieldError

_DEADLINE = 240.0
_LOOK = 0.5


def main() -> int:
    """Runs the demonstration; says each step and how long it took."""
    parser = argparse.ArgumentParser(prog="python -m hack.cluster_demo", description=hack.cluster_demo.__doc__)
    parser.add_argument("cluster", nargs="?", default="brownfield")
    try:
        return _demonstrate(parser.parse_args().cluster)
    except BrownfieldError as refused:
        print(f"cluster-demo: {refused}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _demonstrate(name: str) -> int:
    steps = _Steps()
    deployment = Deployment.on(name)
    steps.done(f"cluster {name}")
    images = deployment.load()
    steps.done("images built and on the node")
    deployment.install(images)
    steps.done("chart installed: operator and spine are ready")
    deployment.apply_plant(images)
    steps.done("plant applied")
    begun = deployment.apply_farm()
    first = _first_value(deployment, begun)
    steps.done("farm applied")
    if first is not None:
        print(f"from apply to the first twin value: {first:.1f} s")
    waiting = _wait(deployment)
    print(_table(deployment.resources()))
    if waiting:
        print("\nNot ready:\n" + "\n".join(waiting), file=sys.stderr)
        return 1
    wrong = differences(deployment)
    if wrong:
        print("\nNot as `brownfield run` has it:\n" + "\n".join(wrong), file=sys.stderr)
        return 1
    steps.done("all is Ready, four twins are live, and the numbers are those of `brownfield run`")
    print(f"\nexport KUBECONFIG={deployment.kubeconfig} PATH={binaries().tools}:$PATH")
    print(f"kubectl -n {FARM} get brownfield          kubectl -n {FARM} port-forward svc/twin-wind-farm 8080:80")
    print(f"python -m hack.cluster down {name}          removes it all")
    return 0


class _Steps:
    """Says what is done, and how long it took."""

    def __init__(self) -> None:
        self._since = time.monotonic()

    def done(self, what: str) -> None:
        now = time.monotonic()
        print(f"{now - self._since:6.1f} s  {what}", flush=True)
        self._since = now


def _first_value(deployment: Deployment, begun: float) -> float | None:
    """Seconds from `begun` until some property of the twin has a Good value; None if none came in time."""
    while time.monotonic() - begun < _DEADLINE:
        twin = deployment.twin("/api/v1/twin")
        if twin and any(each["quality"] == "Good" for asset in twin["assets"] for each in asset["properties"]):
            return time.monotonic() - begun
        time.sleep(_LOOK / 2)
    return None


def _wait(deployment: Deployment) -> list[str]:
    """What is missing when the time is over; nothing, as soon as nothing is."""
    deadline = time.monotonic() + _DEADLINE
    while True:
        missing = _missing(deployment)
        if not missing or time.monotonic() > deadline:
            return missing
        time.sleep(_LOOK)


def _missing(deployment: Deployment) -> list[str]:
    resources = deployment.resources()
    lines = [
        f"{each['kind']}/{each['metadata']['name']}: {condition(each, 'Ready')['reason'] or 'no status'}: "
        f"{condition(each, 'Ready')['message']}"
        for each in resources
        if not is_ready(each)
    ]
    twin = deployment.twin("/api/v1/twin") or {"assets": []}
    fresh = [asset["id"] for asset in twin["assets"] if asset["freshness"] == "Fresh"]
    connected = [each for each in resources if each["kind"] == "LegacySource"]
    if all(condition(each, "Connected")["status"] == "True" for each in connected) and len(fresh) != 4:
        lines.append(f"TwinModel/wind-farm: {len(fresh)} of 4 twins are fresh")
    return lines


def _table(resources: list[dict[str, Any]]) -> str:
    """What a person wants to see of each resource."""
    rows = [("KIND", "NAME", "READY", "CONNECTED", "MESSAGE")]
    for each in resources:
        ready, connected = condition(each, "Ready"), condition(each, "Connected")
        told = connected if connected["status"] == "False" else ready
        rows.append((each["kind"], each["metadata"]["name"], ready["status"], connected["status"], told["message"]))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4][:80]]) for row in rows
    )


if __name__ == "__main__":
    sys.exit(main())
