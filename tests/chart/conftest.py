"""Helm, as `hack.cluster` builds it, and the chart rendered with any values."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hack.cluster.binaries import KUBERNETES, binaries

CHART = Path(__file__).parents[2] / "charts" / "brownfield"
HERE = Path(__file__).parent

Manifest = dict[str, Any]
Helm = Callable[..., "subprocess.CompletedProcess[str]"]
Render = Callable[..., list[Manifest]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first of these tests on a machine builds Helm, in minutes."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.chart)
            item.add_marker(pytest.mark.timeout(1200))


@pytest.fixture(scope="session")
def helm() -> Helm:
    """Runs `helm VERB …` on the chart with `values`; the caller looks at the exit code."""
    program = binaries().tools / "helm"

    def run(*arguments: str, values: Manifest | None = None) -> "subprocess.CompletedProcess[str]":
        given = ["--values", "-"] if values is not None else []
        return subprocess.run(
            [program, *arguments, "--kube-version", KUBERNETES, *given],
            input=json.dumps(values),
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def render(helm: Helm) -> Render:
    """The objects of a release called `brownfield` in the namespace `brownfield-system`."""

    def objects(values: Manifest | None = None, *more: str) -> list[Manifest]:
        command = ("template", "brownfield", str(CHART), "--namespace", "brownfield-system")
        done = helm(*command, *more, values=values or {})
        assert done.returncode == 0, done.stderr
        return [found for found in yaml.safe_load_all(done.stdout) if found]

    return objects
