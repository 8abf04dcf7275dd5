"""An upgrade changes every pod, and takes away few processes at a time."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from tests.api_server import plant
from tests.api_server.admin import Admin, Json
from tests.api_server.eventually import eventually
from tests.api_server.history import History
from tests.api_server.kubelet import Kubelet
from tests.api_server.operator_process import OperatorProcess, write_settings
from tests.api_server.space import Space

from brownfield_operator.names import PROCESS_NAME
from brownfield_operator.rollouts import LEAST

SOURCES = 8
NEW = "brownfield-adapter:new"


@pytest.fixture
def slow_pods(kubelet: Kubelet) -> Iterator[None]:
    kubelet.terminating = 0.5
    yield
    kubelet.terminating = 0.0


@pytest.mark.usefixtures("slow_pods")
def test_a_new_image_reaches_all_pods_and_restarts_few_processes_at_a_time(
    operator: OperatorProcess, admin: Admin, identity: Path, space: Space, tmp_path: Path
) -> None:
    names = [f"s{number}" for number in range(SOURCES)]
    space.apply(plant.table(), *(plant.source(name, f"{name}.{space.name}") for name in names))
    space.await_ready(*(f"LegacySource/{name}" for name in names))
    pods = History.begin(admin, "Pod", space.name)
    operator.stop()
    settings = yaml.safe_load(operator.settings.read_text(encoding="utf-8")) | {"adapter": {"image": NEW}}
    upgraded = OperatorProcess(tmp_path, identity, write_settings(tmp_path / "settings.yaml", **settings))
    upgraded.start()
    try:
        eventually(lambda: _images(space) == [NEW] * SOURCES, what="every pod has the new image", seconds=60.0)
        space.await_ready(*(f"LegacySource/{name}" for name in names))
    finally:
        upgraded.stop()
    most = most_away_at_once(pods)
    print(f"{SOURCES} processes with another image: {most} away at a time")  # noqa: T201
    assert 1 <= most <= LEAST


def _images(space: Space) -> list[str]:
    """Of the pods that are ready."""
    return [pod["spec"]["containers"][0]["image"] for pod in space.list("Pod") if _works(pod)]


def most_away_at_once(pods: History) -> int:
    """How many processes were ever without a working pod at a time, after they had one."""
    working = {pod["metadata"]["annotations"][PROCESS_NAME] for pod in pods.admin.list("Pod", pods.namespace)}
    away: set[str] = set()
    most = 0
    for event, pod in pods.events():
        process = pod["metadata"]["annotations"][PROCESS_NAME]
        if event != "DELETED" and _works(pod):
            away.discard(process)
        elif process in working:
            away.add(process)
        most = max(most, len(away))
    return most


def _works(pod: Json) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or ()
    ready = any((item["type"], item["status"]) == ("Ready", "True") for item in conditions)
    return ready and "deletionTimestamp" not in pod["metadata"]
