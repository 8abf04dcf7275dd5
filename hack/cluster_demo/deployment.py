"""Brownfield and its plant onto a cluster: what a platform team would type, as functions."""

import json
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from hack.cluster import clusters
from hack.cluster.binaries import binaries
from hack.cluster.kubectl import Kubectl
from hack.images.build import Built, build
from hack.images.values import values

from brownfield_api.errors import BrownfieldError

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "wind-farm"
CHART = ROOT / "charts" / "brownfield"
SYSTEM = "brownfield-system"
FARM = "wind-farm"
RELEASE = "brownfield"

_HELM_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Deployment:
    """One cluster of `hack.cluster`."""

    cluster: str
    kubeconfig: Path

    @classmethod
    def on(cls, cluster: str) -> "Deployment":
        """The cluster of this name, made if there is none."""
        return cls(cluster, clusters.up(cluster).kubeconfig)

    @property
    def kubectl(self) -> Kubectl:
        return Kubectl(binaries().tools / "kubectl", self.kubeconfig, f"cluster {self.cluster}")

    def load(self) -> list[Built]:
        """Builds the images that have changed and brings them to the cluster's node."""
        images = build()
        clusters.load_images(self.cluster, [image.archive for image in images])
        return images

    def install(self, images: list[Built], chart: Path = CHART, extra: dict[str, Any] | None = None) -> None:
        """Installs or upgrades the chart, and waits until operator and spine are ready."""
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            yaml.safe_dump({**values(images), **(extra or {})}, file)
            file.flush()
            command = ["upgrade", "--install", RELEASE, str(chart), "--namespace", SYSTEM, "--create-namespace"]
            self.helm(*command, "--values", file.name, "--wait", "--timeout", f"{_HELM_SECONDS}s")

    def helm(self, *arguments: str) -> str:
        """What helm printed; `BrownfieldError` with its words when it fails."""
        command = [str(binaries().tools / "helm"), "--kubeconfig", str(self.kubeconfig), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_HELM_SECONDS + 30)
        if done.returncode:
            raise BrownfieldError(done.stderr.strip() or "failed", f"helm {arguments[0]}", "Correct it and try again")
        return done.stdout

    def apply_plant(self, images: list[Built]) -> None:
        """The simulated machines, as pods, and the volumes that the farm's resources name."""
        plant = next(image.reference for image in images if image.target == "plant")
        for name in ("volumes.yaml", "plant.yaml"):  # the meter's pod wants its volume, and its namespace
            text = (EXAMPLE / "cluster" / name).read_text(encoding="utf-8")
            self.kubectl.apply(text.replace("localhost/brownfield-plant:dev", plant))

    def apply_farm(self) -> float:
        """The farm's resources with kubectl; monotonic seconds of the moment before."""
        begun = time.monotonic()
        self.kubectl("apply", "--namespace", FARM, "-f", str(EXAMPLE))
        return begun

    def resources(self) -> list[dict[str, Any]]:
        """All LegacySources, AssetMappings and TwinModels of the farm."""
        found = json.loads(self.kubectl("get", "legacysources,assetmappings,twinmodels", "-n", FARM, "-o", "json"))
        items: list[dict[str, Any]] = found["items"]
        return items

    def twin(self, path: str) -> Any:
        """An answer of the twin's API, through the API server's proxy; None while there is none."""
        place = f"/api/v1/namespaces/{FARM}/services/twin-wind-farm:80/proxy{path}"
        try:
            return json.loads(self.kubectl("get", "--raw", place))
        except (BrownfieldError, json.JSONDecodeError):
            return None


def condition(resource: dict[str, Any], kind: str) -> dict[str, str]:
    """A condition of a resource, with empty words where it has none yet."""
    conditions = (resource.get("status") or {}).get("conditions") or ()
    found: dict[str, str] = next((each for each in conditions if each["type"] == kind), {})
    return {"status": "", "reason": "", "message": "", **found}


def is_ready(resource: dict[str, Any]) -> bool:
    """Ready, for the generation it has now."""
    ready = condition(resource, "Ready")
    return ready["status"] == "True" and ready.get("observedGeneration") == resource["metadata"]["generation"]
