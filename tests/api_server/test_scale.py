"""Many sources at once, many resources at a start, and a long rest. Figures beside a bare client's, in one run.

etcd and API server alone, without Kubernetes' controllers: what is measured is the operator and what it asks for.
"""

import asyncio
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hack.cluster.control_plane import ControlPlane
from prometheus_client import CollectorRegistry
from tests.api_server import plant
from tests.api_server.admin import Admin
from tests.api_server.conftest import unexpected
from tests.api_server.eventually import eventually, stays
from tests.api_server.operator_process import OperatorProcess, write_settings
from tests.api_server.plane import plane
from tests.api_server.space import OURS
from tests.api_server.writes import Written, counted

from brownfield_operator.kube.access import load_access
from brownfield_operator.kube.client import KubeClient
from brownfield_operator.kube.counting import Requests
from brownfield_operator.kube.kinds import Json, Kind

pytestmark = pytest.mark.chaos

IN_FLIGHT = 16
"""Requests at a time, the bare client's and the operator's."""

LOOK = 0.25
"""Seconds between two looks at the operator: each is work for it, and for the server that is measured."""

MEBIBYTE = 1024**2
TEN_MINUTES = 600.0


@dataclass
class Bench:
    """A control plane of its own, the operator on it, and a client with every right for the bulk."""

    control_plane: ControlPlane
    admin: Admin
    operator: OperatorProcess

    def apply_all(self, manifests: Iterable[Json]) -> float:
        """Applies everything, `IN_FLIGHT` at a time; seconds it took."""
        begun = time.monotonic()
        asyncio.run(_apply_all(self.control_plane.kubeconfig, list(manifests)))
        return time.monotonic() - begun

    def count(self, kind: Kind, namespace: str) -> int:
        """How many children of a kind there are."""
        listing = self.admin.request("GET", f"{kind.path(namespace)}", labelSelector=OURS)
        return len(listing["items"])

    def settle(self, namespace: str, processes: int, *, seconds: float) -> float:
        """Seconds until every process has its StatefulSet and nothing waits to be reconciled."""
        begun = time.monotonic()
        eventually(
            lambda: self.operator.settled() and self.count(Kind.STATEFUL_SET, namespace) == processes,
            what=f"{processes} processes",
            seconds=seconds,
            step=LOOK,
        )
        return time.monotonic() - begun


async def _apply_all(kubeconfig: Path, manifests: list[Json]) -> None:
    configuration = await load_access({"KUBECONFIG": str(kubeconfig)})
    async with KubeClient(configuration, Requests(CollectorRegistry())) as client:
        left = iter(manifests)

        async def work() -> None:
            for manifest in left:
                await client.apply(manifest)

        async with asyncio.TaskGroup() as group:
            for _ in range(IN_FLIGHT):
                group.create_task(work())
    await asyncio.sleep(0.25)  # aiohttp: TLS connections end a moment after they were closed


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with plane(tmp_path, "scale") as own:
        operator = OperatorProcess(tmp_path, own.identity, write_settings(tmp_path / "settings.yaml"))
        operator.start()
        yield Bench(own.control_plane, own.admin, operator)
        operator.stop()
        assert unexpected(operator.lines()) == []


def load_average() -> float:
    """Of the last minute: figures shift with what else runs on the machine."""
    return round(os.getloadavg()[0], 1)


def sources(namespace: str, count: int) -> list[Json]:
    made = [plant.source(f"s{number}", f"s{number}.plant") for number in range(count)]
    return [in_namespace(item, namespace) for item in made]


def in_namespace(manifest: dict[str, Any], namespace: str) -> Json:
    return {**manifest, "metadata": {**manifest["metadata"], "namespace": namespace}}


def new_namespace(admin: Admin, name: str) -> str:
    admin.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    return name


@pytest.mark.timeout(900)
@pytest.mark.parametrize("count", [1000])
def test_many_sources_at_once_beside_a_bare_client_that_applies_the_same(
    bench: Bench, count: int, record_property: Callable[[str, object], None]
) -> None:
    ours, bare = new_namespace(bench.admin, "ours"), new_namespace(bench.admin, "bare")
    written = Written.from_now(bench.control_plane)
    cpu = bench.operator.cpu()
    applied = bench.apply_all([in_namespace(plant.table(), ours), *sources(ours, count)])
    after = bench.settle(ours, count, seconds=600.0)
    cpu, load = bench.operator.cpu() - cpu, [load_average()]
    done = written.children()
    span = (done[-1].time - done[0].time).total_seconds()
    bench.operator.stop()
    children = [_as_rendered(item, bare) for kind in _CHILDREN for item in bench.admin.list(kind, ours, OURS)]
    alone = bench.apply_all(children)
    load.append(load_average())
    requests = counted(written.all())
    figures = {
        "sources": count,
        "sources applied (s)": applied,
        "settled after the last one (s)": after,
        "first to last write of a child (s)": span,
        "bare client, the same children (s)": alone,
        "ratio": span / alone,
        "children": len(children),
        "operator CPU (s)": cpu,
        "load of the machine after the operator, after the bare client": load,
        "writes": requests,
    }
    print("\n".join(f"{name}: {value}" for name, value in figures.items()))  # noqa: T201
    record_property("at_once", figures)
    assert len(children) >= 3 * count


_CHILDREN = ("ConfigMap", "NetworkPolicy", "StatefulSet", "Secret")


def _as_rendered(live: Json, namespace: str) -> Json:
    """A child without what the server says about it. Its owners are in another namespace and stay behind."""
    metadata = {name: live["metadata"].get(name) or {} for name in ("name", "labels", "annotations")}
    whole = {name: value for name, value in live.items() if name not in {"metadata", "status"}}
    api = {"StatefulSet": "apps/v1", "NetworkPolicy": "networking.k8s.io/v1"}.get(live["kind"], "v1")
    return {**whole, "apiVersion": api, "metadata": {**metadata, "namespace": namespace}}


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("count", [5000])
def test_a_start_with_thousands_of_resources(
    bench: Bench, count: int, record_property: Callable[[str, object], None]
) -> None:
    space = new_namespace(bench.admin, "ours")
    bench.apply_all([in_namespace(plant.table(), space), *sources(space, count)])
    bench.settle(space, count, seconds=1200.0)
    eventually(lambda: not _writes_within(bench, 5.0), what="statuses are written", seconds=600.0)
    grown = bench.operator.resident()
    bench.operator.stop()
    written = Written.from_now(bench.control_plane)
    begun = time.monotonic()
    bench.operator.start()
    planned = time.monotonic() - begun
    eventually(lambda: _reconciled(bench) >= count, what="every process was looked at", seconds=300.0, step=LOOK)
    consistent = time.monotonic() - begun
    first = bench.operator.resident()
    stays(bench.operator.is_alive, what="it works on", seconds=90.0)
    figures = {
        "resources": count,
        "load of the machine": load_average(),
        "first plan (s)": planned,
        "every process compared (s)": consistent,
        "operator CPU until 90 s later (s)": bench.operator.cpu(),
        "resident then (MiB)": first / MEBIBYTE,
        "resident 90 s later (MiB)": bench.operator.resident() / MEBIBYTE,
        "resident after having made them (MiB)": grown / MEBIBYTE,
        "writes": counted(written.all()),
    }
    print("\n".join(f"{name}: {value}" for name, value in figures.items()))  # noqa: T201
    record_property("start", figures)
    assert counted(written.all()) == {}


def _reconciled(bench: Bench) -> float:
    return bench.operator.metrics().get('brownfield_operator_reconciles_total{queue="process"}', 0.0)


def _writes_within(bench: Bench, seconds: float) -> bool:
    written = Written.from_now(bench.control_plane)
    stays(lambda: True, what="", seconds=seconds)
    return bool(written.all())


@pytest.mark.timeout(1500)
def test_ten_quiet_minutes_with_a_thousand_sources_see_no_write(
    bench: Bench, record_property: Callable[[str, object], None]
) -> None:
    space = new_namespace(bench.admin, "ours")
    bench.apply_all([in_namespace(plant.table(), space), *sources(space, 1000)])
    bench.settle(space, 1000, seconds=600.0)
    # What is told of processes that do not come up is told within minutes, and then there is nothing more to say.
    eventually(lambda: not _writes_within(bench, 70.0), what="it has come to rest", seconds=600.0)
    written, cpu = Written.from_now(bench.control_plane), bench.operator.cpu()
    stays(bench.operator.is_alive, what="it works on", seconds=TEN_MINUTES)
    cpu = (bench.operator.cpu() - cpu) / TEN_MINUTES
    figures = {"writes": counted(written.all()), "leases": written.leases(), "cores": cpu, "load": load_average()}
    print(figures)  # noqa: T201
    record_property("quiet", figures)
    assert counted(written.all()) == {}
