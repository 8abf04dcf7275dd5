"""Whether the cluster runs what `brownfield run` would run: the same configurations, made by the same planner.

Compared is everything that decides about a number: which tags are read how, classes, assets, conversions, rules,
staleness and behaviours. Left out is where things are (spine, folders, listening addresses), which must differ.
"""

import json
from pathlib import Path
from typing import Any

import msgspec
from hack.cluster_demo.deployment import EXAMPLE, FARM, Deployment

from brownfield_cli.planning import Place, make_plan, read_resources

_ELSEWHERE = frozenset({"spine", "stateDir", "metricsListen", "listen", "directory", "parquet"})


def differences(deployment: Deployment) -> list[str]:
    """Processes whose configuration is not the one of `brownfield run`; empty if all are."""
    place = Place(
        files=[EXAMPLE], state=Path("state"), namespace=FARM, volumes={"meter-export": "exports", "history": "history"}
    )
    here = {
        (process.kind, process.name): msgspec.json.decode(process.content)
        for process in make_plan(read_resources(place), place).processes
    }
    there = _on_cluster(deployment)
    lines = [f"{kind} {name} runs only in one of the two places" for kind, name in sorted(here.keys() ^ there.keys())]
    lines += [
        f"{kind} {name} has another configuration"
        for kind, name in sorted(here.keys() & there.keys())
        if _essence(here[kind, name]) != _essence(there[kind, name])
    ]
    return lines


def _on_cluster(deployment: Deployment) -> dict[tuple[str, str], Any]:
    """The configurations the pods mount now, by kind and name of the process."""
    kubectl = deployment.kubectl
    maps = json.loads(kubectl("get", "configmaps", "-n", FARM, "-l", "brownfield.dev/input=process", "-o", "json"))
    texts = {item["metadata"]["name"]: item["data"] for item in maps["items"]}
    pods = json.loads(kubectl("get", "pods", "-n", FARM, "-l", "brownfield.dev/process", "-o", "json"))
    found = {}
    for pod in pods["items"]:
        mounted = json.dumps(pod["spec"]["volumes"])
        parts = [text for name, data in sorted(texts.items()) if f'"{name}"' in mounted for text in data.values()]
        config = json.loads("".join(parts))
        found[config["kind"], config["name"]] = config
    return found


def _essence(config: Any) -> Any:
    if isinstance(config, dict):
        return {key: _essence(value) for key, value in config.items() if key not in _ELSEWHERE}
    return [_essence(item) for item in config] if isinstance(config, list) else config
