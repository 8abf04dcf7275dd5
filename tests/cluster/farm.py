"""The wind farm on the cluster, as somebody with kubectl and a browser has it before them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hack.cluster.provider import Cluster
from hack.cluster_demo.deployment import CHART, FARM, SYSTEM, Deployment, condition, is_ready
from hack.images.build import Built
from hack.images.values import values
from tests.api_server.admin import Admin, Json
from tests.api_server.eventually import eventually
from tests.api_server.space import Space
from tests.cluster.device import Device, device
from tests.cluster.proxy import Proxied
from tests.cluster.twin_watch import TwinWatch

from brownfield_operator.paths import METRICS_PORT

TURBINES = {"r80711": "Asset_2047", "r80721": "Asset_2048", "r80736": "Asset_2049", "r80790": "Asset_2050"}
"""Source and asset of each turbine."""

ADAPTERS = {
    "r80711": "adapter-r80711-plant-502",
    "r80721": "adapter-r80721-plant-502",
    "r80736": "adapter-r80736-plant-4840-plant",
    "r80790": "adapter-r80790-plant-4840-plant",
    "farm-meter": "adapter-volume-meter-export",
}
"""Source and StatefulSet of its adapter."""

PIPELINE = "pipeline-la-haute-borne"
TWIN = "twin-wind-farm"
PROCESSES = (*ADAPTERS.values(), PIPELINE, TWIN)
OPERATOR = "deployment/brownfield-operator"
LOSSES = ("_lost_batches_total", "_duplicated_batches_total", "_reordered_batches_total", "_corrupt_batches_total")


@dataclass(frozen=True, slots=True)
class Farm:
    """The farm, its operator and its plant."""

    cluster: Cluster
    deployment: Deployment
    admin: Admin
    images: tuple[Built, ...]
    written: dict[tuple[str, str], object] = field(default_factory=dict)
    """Specs by kind and name as the example has them, from the first time it was applied."""
    kept: dict[str, Any] = field(default_factory=dict)
    """Values of the chart that a test has changed for good: where the spine's store now lies."""

    @property
    def space(self) -> Space:
        """The farm's namespace."""
        return Space(self.admin, FARM)

    @property
    def twin(self) -> Proxied:
        return Proxied(self.admin, FARM, TWIN, 80)

    def watch(self) -> TwinWatch:
        return TwinWatch(self.twin)

    def device(self, name: str) -> Device:
        return device(self.admin, name)

    def kubectl(self, *arguments: str, text: str | None = None, seconds: float = 60.0) -> str:
        return self.deployment.kubectl(*arguments, text=text, seconds=seconds)

    def of_farm(self, *arguments: str, seconds: float = 60.0) -> str:
        """kubectl in the farm's namespace."""
        return self.kubectl("--namespace", FARM, *arguments, seconds=seconds)

    def of_system(self, *arguments: str, seconds: float = 60.0) -> str:
        """kubectl in the operator's namespace."""
        return self.kubectl("--namespace", SYSTEM, *arguments, seconds=seconds)

    def leader(self) -> str:
        """The pod that holds the operator's lease; empty while nobody does who is still there."""
        lease = self.admin.get("Lease", SYSTEM, "brownfield-operator") or {}
        holder = str((lease.get("spec") or {}).get("holderIdentity") or "")
        return holder if holder and self.admin.get("Pod", SYSTEM, holder) else ""

    def pod_uid(self, stateful_set: str) -> str:
        """Of a process's pod; empty while there is none."""
        pod = self.space.get("Pod", f"{stateful_set}-0")
        return str(pod["metadata"]["uid"]) if pod else ""

    def await_new_pod(self, stateful_set: str, old: str, *, seconds: float = 60.0) -> Json:
        """The pod after the one with the uid `old`, as soon as it is ready."""

        def look() -> Json | None:
            pod = self.space.get("Pod", f"{stateful_set}-0")
            return pod if pod and pod["metadata"]["uid"] != old and is_pod_ready(pod) else None

        return eventually(look, what=f"{stateful_set} has a new pod that is ready", seconds=seconds)

    def resources(self) -> list[Json]:
        kinds = ("LegacySource", "AssetMapping", "TwinModel")
        return [item for kind in kinds for item in self.space.list(kind)]

    def columns(self, kind: str) -> dict[str, dict[str, str]]:
        """What `kubectl get KIND` prints, by name and heading."""
        heading, *rows = self.of_farm("get", kind).splitlines()
        starts = [at for at, character in enumerate(heading) if character != " " and (not at or heading[at - 1] == " ")]
        cells = [
            [line[a:b].strip() for a, b in zip(starts, [*starts[1:], None], strict=True)] for line in (heading, *rows)
        ]
        return {row[0]: dict(zip(cells[0], row, strict=True)) for row in cells[1:]}

    def install(self, chart: Path = CHART, **changed: Any) -> None:
        """`helm upgrade --install` with the images that are loaded and some values changed; of nested ones only those
        that are named.
        """
        self.deployment.install(list(self.images), chart, _merged(_merged(values(self.images), self.kept), changed))

    def configuration(self, stateful_set: str) -> list[str]:
        """The ConfigMaps that a process's pod mounts."""
        pod = self.space.get("Pod", f"{stateful_set}-0") or {"spec": {"volumes": []}}
        projected = [item["projected"]["sources"] for item in pod["spec"]["volumes"] if "projected" in item]
        return [source["configMap"]["name"] for sources in projected for source in sources if "configMap" in source]

    def pods(self) -> dict[str, str]:
        """Uid of each process's pod."""
        return {name: self.pod_uid(name) for name in PROCESSES}

    def losses(self) -> dict[str, float]:
        """Batches that pipeline and twin missed, had twice or late, since each was started."""
        pipeline = Proxied(self.admin, FARM, f"{PIPELINE}-0", METRICS_PORT, kind="pods")
        lines = [line.split() for text in (pipeline, self.twin) for line in text.text("/metrics").splitlines()]
        return {line[0]: float(line[1]) for line in lines if line[0].endswith(LOSSES)}

    def apply(self) -> float:
        """The example with kubectl; monotonic seconds of the moment before."""
        return self.deployment.apply_farm()

    def is_whole(self) -> bool:
        """Everything is Ready and connected, and four twins are live."""
        found = self.resources()
        sources = [item for item in found if item["kind"] == "LegacySource"]
        view = self.twin.look("/api/v1/twin") or {"assets": []}
        return (
            len(found) == len(ADAPTERS) + 2
            and all(is_ready(item) for item in found)
            and all(condition(item, "Connected")["status"] == "True" for item in sources)
            and [asset["freshness"] for asset in view["assets"]] == ["Fresh"] * len(TURBINES)
        )

    def await_whole(self, *, seconds: float = 120.0) -> None:
        eventually(self.is_whole, what="the farm is Ready, connected and live", seconds=seconds)

    def mend(self) -> None:
        """Brings the farm back to where every test begins, whatever the one before left behind."""
        eventually(self.leader, what="an operator leads", seconds=60.0)
        if self.is_whole() and self._specs() == self.written:
            return
        for name in TURBINES:
            self.device(name).order("clear")
        self.apply()
        self.await_whole()

    def note_specs(self) -> None:
        """What the resources are now is what `mend` brings back."""
        self.written.update(self._specs())

    def _specs(self) -> Mapping[tuple[str, str], object]:
        return {(item["kind"], item["metadata"]["name"]): item["spec"] for item in self.resources()}


def is_pod_ready(pod: Json) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)


def _merged(base: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    both = dict(base)
    for name, value in changed.items():
        both[name] = _merged(both.get(name) or {}, value) if isinstance(value, Mapping) else value
    return both
