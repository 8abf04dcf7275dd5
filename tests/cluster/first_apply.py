"""The farm applied for the first time, to a cluster that has never seen it: what happens when, in seconds."""

import time
from dataclasses import dataclass
from typing import Any

from hack.cluster_demo.deployment import is_ready
from tests.api_server.eventually import eventually
from tests.cluster.farm import Farm

_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class FirstApply:
    """Seconds from just before `kubectl apply`."""

    first_value: float
    all_ready: float
    whole: float


def apply_first(farm: Farm) -> FirstApply:
    """Applies it and returns when it is whole."""
    begun = farm.apply()

    def after() -> float:
        return time.monotonic() - begun

    eventually(lambda: has_good_value(farm.twin.look("/api/v1/twin")), what="the twin has a value", seconds=_SECONDS)
    first_value = after()
    eventually(lambda: all(map(is_ready, farm.resources())), what="all resources are Ready", seconds=_SECONDS)
    all_ready = after()
    farm.await_whole(seconds=_SECONDS)
    farm.note_specs()
    return FirstApply(first_value, all_ready, after())


def has_good_value(twin: Any) -> bool:
    properties = [item for asset in (twin or {}).get("assets", ()) for item in asset["properties"]]
    return any(item["quality"] == "Good" for item in properties)
