"""A plan from YAML text or files, as `brownfield check` makes it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from brownfield_api.process import SpineConfig
from brownfield_planner import HostOptions, Plan, load_resources, plan, read_manifest

HOST = HostOptions(
    state_root="state",
    spine=SpineConfig(servers=("nats://127.0.0.1:4222",)),
    volumes={"meter-export": "drop", "history": "history"},
    secrets_dir="secrets",
)
PlanOf = Callable[..., Plan]


@pytest.fixture
def host() -> HostOptions:
    return HOST


@pytest.fixture
def plan_of() -> PlanOf:
    """`plan_of(text, …)` or `plan_of(Path, …)`, each one file; `host=` replaces the usual host."""

    def make(*files: str | Path, host: HostOptions = HOST) -> Plan:
        manifests = [
            read_manifest(item.name, item.read_text(encoding="utf-8"))
            if isinstance(item, Path)
            else read_manifest(f"file{number}.yaml", item)
            for number, item in enumerate(files)
        ]
        return plan(load_resources(manifests), host)

    return make
