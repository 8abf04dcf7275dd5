"""What the cluster lacks is said on *our* resource, with what to do about it, and mending it is all that is needed."""

import json
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hack.cluster_demo.deployment import condition
from tests.api_server.eventually import eventually
from tests.api_server.space import Space
from tests.cluster.farm import ADAPTERS, Farm
from tests.cluster.figures import Figures

from brownfield_operator.rollouts import LEAST

TAGS = [{"name": "power", "address": "holding:0", "type": "float32", "unit": "kW"}]
NODES = [{"name": "power", "address": "nsu=urn:maker;s=power", "type": "float64", "unit": "kW"}]
COLUMNS = [{"name": "energy", "address": "energy", "unit": "kW.h"}]


def _modbus(namespace: str, **spec: Any) -> dict[str, Any]:
    """A device that nobody has: whether it answers is no part of being Ready."""
    return {"modbus": {"endpoint": f"tcp://modbus.{namespace}:502", "unit": 1}, "tags": TAGS, **spec}


def _opcua(namespace: str, **spec: Any) -> dict[str, Any]:
    return {"opcua": {"endpoint": f"opc.tcp://opcua.{namespace}:4840"}, "tags": NODES, **spec}


def _files(volume: str) -> dict[str, Any]:
    time_column = {"column": "time", "format": "%Y-%m-%d %H:%M:%S", "zone": "Europe/Paris"}
    return {"files": {"volume": {"name": volume}, "pattern": "*.csv", "time": time_column}, "tags": COLUMNS}


def _claim(name: str, **spec: Any) -> dict[str, Any]:
    size = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": {**size, **spec}}


@dataclass(frozen=True, slots=True)
class Lack:
    """`spec` of a source for a namespace, what is there beside it, what its condition says, what mends it."""

    spec: Callable[[str], dict[str, Any]]
    condition: str
    reason: str
    says: tuple[str, ...]
    mend: Callable[[Farm, Space], None]
    beside: tuple[dict[str, Any], ...] = ()


def _make_secret(farm: Farm, space: Space) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "plant-login"}, "type": "Opaque"}
    space.apply({**secret, "stringData": {"username": "reader", "password": "guess"}})


def _make_claim(farm: Farm, space: Space) -> None:
    space.apply(_claim("exports"))


def _make_class(farm: Farm, space: Space) -> None:
    source = json.loads(farm.kubectl("get", "storageclass", "--output=json"))["items"][0]
    made = {name: source[name] for name in ("apiVersion", "kind", "provisioner", "volumeBindingMode", "reclaimPolicy")}
    farm.kubectl("apply", "-f", "-", text=json.dumps({**made, "metadata": {"name": f"class-of-{space.name}"}}))


def _take_selector_away(farm: Farm, space: Space) -> None:
    space.patch("LegacySource", "source", {"spec": {"pod": None}})


LACKS = {
    "a Secret": Lack(
        lambda namespace: _opcua(namespace, credentialsRef={"name": "plant-login"}),
        "Resolved", "MissingSecret", ("plant-login", "kubectl"), _make_secret,
    ),
    "a volume": Lack(lambda _: _files("exports"), "Resolved", "MissingVolume", ("exports",), _make_claim),
    "a StorageClass": Lack(
        lambda _: _files("archive"), "Available", "MissingStorageClass", ("class-of-",), _make_class,
        beside=(_claim("archive", storageClassName="class-of-{namespace}"),),
    ),
    "a node": Lack(
        lambda namespace: _modbus(namespace, pod={"nodeSelector": {"plant": "nowhere"}}),
        "Available", "Unschedulable", ("spec.pod", "affinity/selector"), _take_selector_away,
    ),
}  # fmt: skip


@pytest.fixture
def space(farm: Farm) -> Iterator[Space]:
    """A namespace beside the farm's."""
    name = f"t{secrets.token_hex(4)}"
    farm.admin.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    yield Space(farm.admin, name)
    farm.admin.delete("Namespace", "", name)
    farm.kubectl("delete", "storageclass", f"class-of-{name}", "--ignore-not-found")


@pytest.mark.parametrize("lack", LACKS)
def test_what_is_missing_is_named_on_the_resource_and_mending_it_is_enough(
    farm: Farm, space: Space, lack: str, figures: Figures
) -> None:
    case = LACKS[lack]
    beside = json.loads(json.dumps(case.beside).replace("{namespace}", space.name))
    source = {"apiVersion": "brownfield.dev/v1alpha1", "kind": "LegacySource", "metadata": {"name": "source"}}
    begun = time.monotonic()
    space.apply(*beside, {**source, "spec": case.spec(space.name)})
    found = space.await_condition("LegacySource/source", case.condition, "False", case.reason, seconds=60.0)
    said = time.monotonic() - begun
    assert all(words in found["message"] for words in case.says), found
    ready = space.condition("LegacySource", "source", "Ready")
    assert (ready["status"], ready["reason"], ready["message"]) == ("False", case.reason, found["message"])
    listed = farm.kubectl("--namespace", space.name, "get", "legacysources")
    described = farm.kubectl("--namespace", space.name, "describe", "legacysource", "source")
    assert case.reason in listed
    assert found["message"] in described
    begun = time.monotonic()
    case.mend(farm, space)
    space.await_ready("LegacySource/source", seconds=150.0)
    mended = time.monotonic() - begun
    figures.note(f"{lack} is missing: said after {said:.1f} s, Ready {mended:.1f} s after it was mended")
    figures.note(f"    {found['reason']}: {found['message']}")


def test_an_image_that_cannot_be_pulled_is_named_and_takes_no_more_processes_with_it_than_restart_at_a_time(
    farm: Farm, figures: Figures
) -> None:
    image = "localhost/brownfield-adapter:nowhere"
    pods = farm.pods()
    begun = time.monotonic()
    farm.install(processes={"adapter": {"image": image}})
    failing = eventually(
        lambda: _failing(farm) if len(_failing(farm)) == LEAST else None, what="sources name the image", seconds=60.0
    )
    figures.say("a bad adapter image installed to ImagePullFailed", time.monotonic() - begun)
    for message in failing.values():
        assert image in message
        assert "chart's values" in message
    figures.note(f"    {message}")
    columns = farm.columns("legacysources")
    assert {columns[name]["REASON"] for name in failing} == {"ImagePullFailed"}
    spared = {name: pods[name] for name in pods if name not in {ADAPTERS[source] for source in failing}}
    assert {name: farm.pod_uid(name) for name in spared} == spared
    begun = time.monotonic()
    farm.install()
    farm.space.await_ready(*(f"LegacySource/{name}" for name in ADAPTERS), seconds=120.0)
    figures.say("the right image installed to all Ready", time.monotonic() - begun)
    farm.await_whole()
    assert {name: farm.pod_uid(name) for name in spared} == spared


def _failing(farm: Farm) -> dict[str, str]:
    """Sources whose image cannot be pulled, and what they say of it."""
    found = {item["metadata"]["name"]: condition(item, "Available") for item in farm.space.list("LegacySource")}
    return {name: said["message"] for name, said in found.items() if said["reason"] == "ImagePullFailed"}


def test_a_volume_that_takes_its_time_is_no_alarm(farm: Farm, space: Space) -> None:
    """While a claim is made, the scheduler stumbles over whoever else edits it and tries again by itself. Saying that
    no node takes the pod would turn a wave of Argo CD Degraded for nothing.
    """
    table = [_modbus(space.name, modbus={"endpoint": f"tcp://n{number}.{space.name}:502"}) for number in range(6)]
    source = {"apiVersion": "brownfield.dev/v1alpha1", "kind": "LegacySource"}
    space.apply(*({**source, "metadata": {"name": f"n{at}"}, "spec": spec} for at, spec in enumerate(table)))
    seen: set[str] = set()

    def all_available() -> bool:
        found = [condition(item, "Available") for item in space.list("LegacySource")]
        seen.update(item["reason"] for item in found if item["reason"])
        return all(item["status"] == "True" for item in found)

    eventually(all_available, what="all six are available", seconds=90.0)
    assert seen <= {"Available", "Starting", "RollingOut"}
