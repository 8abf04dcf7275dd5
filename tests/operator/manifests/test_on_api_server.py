"""What the API server makes of a rendered child, and of what other people do to it with kubectl."""

import copy
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import pytest
import yaml
from hack.cluster.binaries import binaries
from hack.cluster.control_plane import ControlPlane
from hack.cluster.kubectl import Kubectl
from prometheus_client import CollectorRegistry
from tests.operator.manifests import processes
from tests.operator.manifests.test_quantities import PAIRS

from brownfield_api.errors import BrownfieldError
from brownfield_api.resources.pod import PodSpec
from brownfield_operator.desired import DesiredProcess, Owner
from brownfield_operator.drift import Drift, drift, needs_recreation, without_foreign
from brownfield_operator.kube.access import load_access
from brownfield_operator.kube.client import KubeClient
from brownfield_operator.kube.counting import Requests
from brownfield_operator.kube.errors import KubeError
from brownfield_operator.kube.kinds import Json, kind_of
from brownfield_operator.manifests import Manifest, render


@dataclass(frozen=True, slots=True)
class Bench:
    """The operator's own client, and kubectl for everybody else, in a namespace of the test's own."""

    client: KubeClient
    kubectl: Kubectl
    namespace: str

    def children(self, process: DesiredProcess) -> tuple[Manifest, ...]:
        return render(replace(process, namespace=self.namespace), processes.settings())

    async def apply(self, manifest: Manifest) -> Json:
        return await self.client.apply(dict(manifest))

    async def live(self, manifest: Manifest) -> Json:
        metadata = manifest["metadata"]
        found = await self.client.get(kind_of(dict(manifest)), metadata["namespace"], metadata["name"])
        assert found is not None
        return found

    def other(self, *arguments: str, text: str | None = None) -> str:
        return self.kubectl("--namespace", self.namespace, *arguments, text=text)

    async def restore(self, intent: Manifest) -> Json:
        """What the reconciler does until there is no drift; three steps are the most any case needs."""
        for _ in range(3):
            live = await self.live(intent)
            found = drift(intent, live)
            if found is Drift.NONE:
                return live
            if found is Drift.APPLY:
                await self.apply(intent)
            else:
                await self.client.replace(dict(without_foreign(intent, live)))
        live = await self.live(intent)
        assert drift(intent, live) is Drift.NONE
        return live


@pytest.fixture(scope="module")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    with ControlPlane(tmp_path_factory.mktemp("control-plane"), name="manifests") as running:
        yield running


@pytest.fixture
async def bench(control_plane: ControlPlane) -> AsyncIterator[Bench]:
    kubeconfig = control_plane.kubeconfig
    kubectl = Kubectl(binaries().kubectl, kubeconfig, where="the API server of the tests")
    namespace = f"render-{uuid4().hex[:8]}"
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    documents = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": labels}},
        # A cluster's controllers make it; admission asks for it before it looks at a pod.
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": namespace}},
    ]
    kubectl.apply(yaml.safe_dump_all(documents))
    configuration = await load_access({"KUBECONFIG": str(kubeconfig)})
    async with KubeClient(configuration, Requests(CollectorRegistry())) as client:
        yield Bench(client, kubectl, namespace)


def content(live: Mapping[str, Any]) -> Any:
    """Everything of an object but what says when and by whom it was written."""
    whole = copy.deepcopy({name: value for name, value in live.items() if name != "status"})
    for name in ("managedFields", "resourceVersion", "generation"):
        whole["metadata"].pop(name, None)
    return whole


def only(manifests: tuple[Manifest, ...], kind: str) -> Manifest:
    return next(manifest for manifest in manifests if manifest["kind"] == kind)


@pytest.mark.parametrize("process", processes.ALL, ids=lambda process: process.kind)
async def test_a_child_that_was_applied_has_not_drifted_and_applying_it_again_changes_nothing(
    bench: Bench, process: DesiredProcess
) -> None:
    for intent in bench.children(process):
        await bench.apply(intent)
        live = await bench.live(intent)
        assert drift(intent, live) is Drift.NONE
        assert not needs_recreation(intent, live)
        again = await bench.apply(intent)
        assert again["metadata"]["resourceVersion"] == live["metadata"]["resourceVersion"]


@pytest.mark.parametrize("process", processes.ALL, ids=lambda process: process.kind)
def test_pod_security_admission_lets_the_pods_in(bench: Bench, process: DesiredProcess) -> None:
    template = bench.children(process)[-1]["spec"]["template"]
    pod = json.loads(json.dumps({"apiVersion": "v1", "kind": "Pod", **template}))
    pod["metadata"]["name"] = "allowed"
    pod["spec"]["volumes"].append({"name": "state", "emptyDir": {}}) if process.storage else None
    bench.other("create", "--dry-run=server", "-f", "-", text=json.dumps(pod))
    pod["spec"]["containers"][0]["securityContext"]["capabilities"] = {}
    with pytest.raises(BrownfieldError, match="violates PodSecurity"):
        bench.other("create", "--dry-run=server", "-f", "-", text=json.dumps(pod))


SIDECAR = {"spec": {"template": {"spec": {"containers": [{"name": "shell", "image": "busybox"}]}}}}
EDITS: dict[str, tuple[str, Drift, list[str]]] = {
    "a sidecar": ("StatefulSet", Drift.REPLACE, ["patch", "{it}", "--patch", json.dumps(SIDECAR)]),
    "an environment variable": ("StatefulSet", Drift.REPLACE, ["set", "env", "{it}", "DEBUG=1"]),
    "another image": ("StatefulSet", Drift.REPLACE, ["set", "image", "{it}", "adapter=evil"]),
    "other resources": ("StatefulSet", Drift.REPLACE, ["set", "resources", "{it}", "--limits=cpu=1"]),
    "a volume": (
        "StatefulSet",
        Drift.REPLACE,
        ["patch", "{it}", "--patch", '{"spec":{"template":{"spec":{"volumes":[{"name":"x","emptyDir":{}}]}}}}'],
    ),
    "no replica": ("StatefulSet", Drift.APPLY, ["scale", "{it}", "--replicas=0"]),
    "another label of ours": ("StatefulSet", Drift.APPLY, ["label", "{it}", "--overwrite", "brownfield.dev/process=x"]),
    "no label of ours": ("NetworkPolicy", Drift.APPLY, ["label", "{it}", "app.kubernetes.io/managed-by-"]),
    "no intent": ("NetworkPolicy", Drift.APPLY, ["annotate", "{it}", "brownfield.dev/intent-"]),
    "no owner": (
        "ConfigMap",
        Drift.APPLY,
        ["patch", "{it}", "--type=json", "--patch", '[{"op":"remove","path":"/metadata/ownerReferences/0"}]'],
    ),
    "a hole in the policy": (
        "NetworkPolicy",
        Drift.REPLACE,
        ["patch", "{it}", "--type=json", "--patch", '[{"op":"add","path":"/spec/egress/-","value":{}}]'],
    ),
    "no rule in the policy": (
        "NetworkPolicy",
        Drift.APPLY,
        ["patch", "{it}", "--type=json", "--patch", '[{"op":"remove","path":"/spec/egress"}]'],
    ),
    "a port of the node": ("Service", Drift.REPLACE, ["patch", "{it}", "--patch", '{"spec":{"type":"NodePort"}}']),
    "another port": (
        "Service",
        Drift.REPLACE,
        ["patch", "{it}", "--patch", '{"spec":{"ports":[{"name":"ssh","port":22}]}}'],
    ),
    "another selector": ("Service", Drift.REPLACE, ["set", "selector", "{it}", "app=evil"]),
}


@pytest.mark.parametrize("edit", EDITS)
async def test_what_somebody_else_did_is_seen_and_undone(bench: Bench, edit: str) -> None:
    kind, expected, arguments = EDITS[edit]
    process = processes.twin() if kind == "Service" else processes.adapter()
    intent = only(bench.children(process), kind)
    before = await bench.apply(intent)
    it = f"{kind}/{intent['metadata']['name']}"
    bench.other(*(it if argument == "{it}" else argument for argument in arguments))
    assert drift(intent, await bench.live(intent)) is expected
    assert content(await bench.restore(intent)) == content(before)


async def test_nobody_can_change_a_configuration(bench: Bench) -> None:
    intent = only(bench.children(processes.adapter()), "ConfigMap")
    await bench.apply(intent)
    with pytest.raises(BrownfieldError, match="immutable"):
        bench.other("patch", f"ConfigMap/{intent['metadata']['name']}", "--patch", '{"data":{"x":"y"}}')


@pytest.mark.parametrize("immutable", [False, True])
async def test_a_configuration_somebody_put_in_the_place_of_ours_is_found(bench: Bench, immutable: bool) -> None:
    intent = only(bench.children(processes.adapter()), "ConfigMap")
    fake = {**intent, "data": {"config.json.000": "{}"}, "immutable": immutable}
    bench.other("create", "-f", "-", text=json.dumps(fake))
    live = await bench.live(intent)
    assert drift(intent, live) is not Drift.NONE
    assert needs_recreation(intent, live) is immutable
    if not immutable:
        assert (await bench.restore(intent))["data"] == intent["data"]


async def test_labels_and_annotations_of_others_on_the_metadata_are_their_own_affair(bench: Bench) -> None:
    intent = only(bench.children(processes.adapter()), "StatefulSet")
    await bench.apply(intent)
    it = f"StatefulSet/{intent['metadata']['name']}"
    bench.other("label", it, "cost-centre=7")
    bench.other("annotate", it, "note=mine")
    assert drift(intent, await bench.live(intent)) is Drift.NONE
    bench.other("set", "env", it, "DEBUG=1")
    metadata = (await bench.restore(intent))["metadata"]
    assert (metadata["labels"]["cost-centre"], metadata["annotations"]["note"]) == ("7", "mine")


async def test_a_rollout_restart_is_left_alone_and_survives_a_repair(bench: Bench) -> None:
    intent = only(bench.children(processes.adapter()), "StatefulSet")
    await bench.apply(intent)
    it = f"StatefulSet/{intent['metadata']['name']}"
    bench.other("rollout", "restart", it)
    restarted = await bench.live(intent)
    assert drift(intent, restarted) is Drift.NONE
    annotations = restarted["spec"]["template"]["metadata"]["annotations"]
    assert "kubectl.kubernetes.io/restartedAt" in annotations
    bench.other("set", "env", it, "DEBUG=1")
    repaired = await bench.restore(intent)
    assert repaired["spec"]["template"]["metadata"]["annotations"] == annotations
    again = await bench.apply(intent)
    assert again["spec"]["template"]["metadata"]["annotations"] == annotations


async def test_a_manager_that_wants_what_we_want_is_dealt_with_once(bench: Bench) -> None:
    """Else each look at the object would find somebody else in it, and write."""
    intent = only(bench.children(processes.adapter()), "StatefulSet")
    await bench.apply(intent)
    bench.other(
        "apply", "--server-side", "--force-conflicts", "--field-manager=other", "-f", "-", text=json.dumps(intent)
    )
    assert drift(intent, await bench.live(intent)) is Drift.REPLACE
    await bench.client.replace(dict(without_foreign(intent, await bench.live(intent))))
    assert drift(intent, await bench.live(intent)) is Drift.NONE


async def test_what_the_intent_no_longer_has_goes_also_after_a_replace(bench: Bench) -> None:
    """Fields that a PUT of ours set are not removed by a later apply."""
    process = processes.adapter()
    intent = only(bench.children(process), "StatefulSet")
    await bench.apply(intent)
    bench.other("set", "image", f"StatefulSet/{intent['metadata']['name']}", "adapter=evil")
    bench.other(
        "patch",
        f"StatefulSet/{intent['metadata']['name']}",
        "--type=json",
        "--patch",
        '[{"op":"replace","path":"/spec/template/spec/nodeSelector","value":{}}]',
    )
    await bench.restore(intent)
    less = only(bench.children(replace(process, pod=PodSpec(), owners=process.owners[:1])), "StatefulSet")
    assert drift(less, await bench.live(intent)) is Drift.REPLACE
    live = await bench.restore(less)
    assert "nodeSelector" not in live["spec"]["template"]["spec"]
    assert [owner["uid"] for owner in live["metadata"]["ownerReferences"]] == [process.owners[0].uid]


async def test_an_owner_that_left_is_gone_with_the_next_apply_and_a_foreign_one_stays(bench: Bench) -> None:
    process = processes.adapter()
    intent = only(bench.children(process), "NetworkPolicy")
    await bench.apply(intent)
    foreign = {"apiVersion": "v1", "kind": "ConfigMap", "name": "theirs", "uid": "9"}
    patch = [{"op": "add", "path": "/metadata/ownerReferences/-", "value": foreign}]
    it = f"NetworkPolicy/{intent['metadata']['name']}"
    bench.other("patch", it, "--type=json", "--patch", json.dumps(patch))
    bench.other("patch", it, "--type=json", "--patch", '[{"op":"add","path":"/spec/egress/-","value":{}}]')
    newcomer = Owner(kind="LegacySource", name="new", uid="8")
    changed = only(bench.children(replace(process, owners=(process.owners[0], newcomer))), "NetworkPolicy")
    live = await bench.restore(changed)
    assert {owner["uid"] for owner in live["metadata"]["ownerReferences"]} == {process.owners[0].uid, "8", "9"}


async def test_somebody_who_covers_his_tracks_is_found_all_the_same(bench: Bench) -> None:
    intent = only(bench.children(processes.adapter()), "StatefulSet")
    before = await bench.apply(intent)
    it = f"StatefulSet/{intent['metadata']['name']}"
    bench.other("patch", it, "--patch", json.dumps(SIDECAR))
    wiped = '[{"op":"replace","path":"/metadata/managedFields","value":[{}]}]'
    bench.other("patch", it, "--type=json", "--patch", wiped)
    assert drift(intent, await bench.live(intent)) is Drift.APPLY
    assert content(await bench.restore(intent)) == content(before)


Change = Callable[[DesiredProcess], DesiredProcess]


@pytest.mark.parametrize(
    "change",
    [
        lambda process: replace(process, storage=9 * 1024**3),
        lambda process: replace(process, storage=0),
    ],
    ids=["a larger volume", "no volume"],
)
async def test_what_the_api_server_would_refuse_is_known_before_it_is_asked(bench: Bench, change: Change) -> None:
    process = processes.adapter()
    intent, changed = (only(bench.children(item), "StatefulSet") for item in (process, change(process)))
    await bench.apply(intent)
    assert needs_recreation(changed, await bench.live(intent))
    with pytest.raises(KubeError, match="updates to statefulset spec"):
        await bench.apply(changed)
    metadata = changed["metadata"]
    await bench.client.delete(kind_of(dict(changed)), metadata["namespace"], metadata["name"])
    await bench.apply(changed)
    assert drift(changed, await bench.live(changed)) is Drift.NONE


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")  # aiohttp's, above 1 MiB; it arrives
async def test_a_configuration_of_three_mebibytes_is_stored(bench: Bench) -> None:
    """Of characters that are three times as long on their way to the server: it takes no more than 3 MiB at once."""
    content = f'"{"°" * (3 * 512 * 1024)}"'.encode()
    parts = bench.children(replace(processes.adapter(), content=content))[:-2]
    assert len(parts) == 4
    for part in parts:
        assert (await bench.apply(part))["data"] == part["data"]


def test_quantities_come_back_as_they_are_rendered(bench: Bench) -> None:
    rendered = [rendered for _, rendered in PAIRS]
    volumes = [{"name": f"v{place}", "emptyDir": {"sizeLimit": size}} for place, size in enumerate(rendered)]
    template = json.loads(json.dumps(bench.children(processes.twin())[-1]["spec"]["template"]))
    template["spec"]["volumes"].extend(volumes)
    pod = {"apiVersion": "v1", "kind": "Pod", **template, "metadata": {"name": "quantities"}}
    stored = json.loads(bench.other("create", "--dry-run=server", "-o", "json", "-f", "-", text=json.dumps(pod)))
    limits = {volume["name"]: volume.get("emptyDir", {}).get("sizeLimit") for volume in stored["spec"]["volumes"]}
    assert [limits[f"v{place}"] for place in range(len(rendered))] == rendered


def test_the_golden_files_are_accepted_by_kubectl_with_strict_validation(bench: Bench) -> None:
    for process in processes.ALL:
        documents = list(yaml.safe_load_all((processes.DATA / f"{process.kind}.yaml").read_text(encoding="utf-8")))
        for document in documents:
            document["metadata"]["namespace"] = bench.namespace
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": documents})
        bench.other("create", "--dry-run=server", "--validate=strict", "-f", "-", text=text)
