import copy
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.operator.manifests import processes
from tests.operator.manifests.restricted import violations

from brownfield_api.resources.pod import PodResources, PodSpec
from brownfield_operator import names, paths
from brownfield_operator.desired import DesiredProcess
from brownfield_operator.manifests import render

Change = Callable[[Any], object]


def template(process: DesiredProcess) -> Any:
    return json.loads(json.dumps(render(process, processes.settings())[-1]))["spec"]["template"]


def container(process: DesiredProcess) -> Any:
    return template(process)["spec"]["containers"][0]


def volume_of(process: DesiredProcess, path: str) -> Any:
    """What is mounted at `path`, without its name."""
    name = next(mount["name"] for mount in container(process)["volumeMounts"] if mount["mountPath"] == path)
    volume = next(volume for volume in template(process)["spec"]["volumes"] if volume["name"] == name)
    return {key: value for key, value in volume.items() if key != "name"}


@pytest.mark.parametrize("process", processes.ALL, ids=lambda process: process.kind)
def test_pods_pass_pod_security_restricted(process: DesiredProcess) -> None:
    assert violations(template(process)) == []


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("host namespaces: hostNetwork", lambda pod: pod["spec"].update(hostNetwork=True)),
        ("volume types", lambda pod: pod["spec"]["volumes"].append({"name": "x", "hostPath": {"path": "/"}})),
        ("privilege escalation", lambda pod: pod["spec"]["containers"][0]["securityContext"].clear()),
        ("running as non-root", lambda pod: pod["spec"]["securityContext"].pop("runAsNonRoot")),
        ("seccomp", lambda pod: pod["spec"]["securityContext"].pop("seccompProfile")),
        ("capabilities", lambda pod: pod["spec"]["containers"].append({"name": "sidecar"})),
    ],
)
def test_the_check_of_pod_security_finds_what_is_wrong(rule: str, change: Change) -> None:
    pod = copy.deepcopy(template(processes.adapter()))
    change(pod)
    assert [found for found in violations(pod) if found.startswith(rule)]


@pytest.mark.parametrize("process", processes.ALL, ids=lambda process: process.kind)
def test_nothing_in_a_container_can_be_written_but_state_scratch_and_written_volumes(process: DesiredProcess) -> None:
    item = container(process)
    assert item["securityContext"]["readOnlyRootFilesystem"] is True
    writable = {mount["mountPath"] for mount in item["volumeMounts"] if not mount.get("readOnly")}
    wanted = {paths.volume(volume.name) for volume in process.volumes if not volume.read_only}
    assert writable == {paths.STATE_DIR, "/tmp", *wanted}  # noqa: S108 - a path inside the pod


def test_a_volume_that_is_only_read_is_read_only_at_its_claim_too() -> None:
    """Else the kubelet gives every file of the legacy system to the group of the pod."""
    source = volume_of(processes.adapter(), paths.volume("meter-export"))
    assert source == {"persistentVolumeClaim": {"claimName": "meter-export", "readOnly": True}}


def test_secrets_of_legacy_systems_are_where_the_configuration_says() -> None:
    source = volume_of(processes.adapter(), f"{paths.SECRETS_DIR}/farm/scada.login")
    assert source == {"secret": {"secretName": "scada.login", "defaultMode": 0o440}}


def test_a_pod_sees_its_own_key_of_the_shared_spine_secret_and_no_other() -> None:
    process = processes.adapter()
    source = volume_of(process, paths.SPINE_CREDENTIALS.rpartition("/")[0])["secret"]
    assert source["secretName"] in names.SPINE_SECRETS
    assert source["items"] == [{"key": "adapter-group-feeder-1.creds", "path": "user.creds"}]


def test_processes_are_spread_over_all_the_spine_secrets() -> None:
    used = {names.spine_secret(names.process_object(("adapter", "farm", f"t{number}"))) for number in range(400)}
    assert used == set(names.SPINE_SECRETS)


def test_names_of_volumes_are_labels_whatever_the_secrets_are_called() -> None:
    secrets = ("a.b", "a-b", "x" * 253, "x" * 252 + "y")
    volumes = template(replace(processes.twin(), secrets=secrets))["spec"]["volumes"]
    given = [volume["name"] for volume in volumes]
    assert len(set(given)) == len(given)
    assert all(len(name) <= 63 and "." not in name for name in given)


def test_the_resources_own_wish_replaces_what_the_chart_gives() -> None:
    default = container(replace(processes.adapter(), pod=PodSpec()))["resources"]
    assert default == {"requests": {"cpu": "20m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}}
    wish = PodSpec(resources=PodResources(limits={"memory": "64Mi"}))
    assert container(replace(processes.adapter(), pod=wish))["resources"] == {"limits": {"memory": "64Mi"}}
    assert "resources" not in container(processes.twin())


def test_a_slow_edge_box_has_minutes_to_start_and_a_fast_pod_is_ready_at_once() -> None:
    startup = container(processes.adapter())["startupProbe"]
    assert startup["periodSeconds"] == 1
    assert startup["periodSeconds"] * startup["failureThreshold"] >= 300


@pytest.mark.parametrize(("process", "port"), [(processes.pipeline(), 9090), (processes.twin(), 8080)])
def test_readiness_is_asked_where_the_process_serves(process: DesiredProcess, port: int) -> None:
    item = container(process)
    assert item["readinessProbe"]["httpGet"]["port"] == port
    assert item["livenessProbe"]["httpGet"]["port"] == 9090


def test_endpoints_are_known_by_the_pod_so_that_it_can_be_seen_who_may_hold_a_connection() -> None:
    hashes = sorted(names.endpoint_hash(key) for key in processes.adapter().endpoints)
    assert template(processes.adapter())["metadata"]["annotations"][names.ENDPOINTS] == ",".join(hashes)
    assert names.ENDPOINTS not in template(processes.twin())["metadata"]["annotations"]
