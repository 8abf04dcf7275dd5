"""Every pod that the chart or the example makes may run where PodSecurity *restricted* is enforced."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.chart.conftest import Render
from tests.chart.finding import one, pod_templates
from tests.chart.test_rendering import VARIANTS
from tests.operator.manifests.restricted import violations

from brownfield_operator.manifests.pod import USER

CLUSTER = Path(__file__).parents[2] / "examples" / "wind-farm" / "cluster"


@pytest.mark.parametrize("values", VARIANTS.values(), ids=VARIANTS)
def test_pods_of_the_chart_keep_the_rules(render: Render, values: dict[str, Any]) -> None:
    templates = pod_templates(render(values))
    assert templates
    for name, template in templates.items():
        assert violations(template) == [], name
        _is_modest(template["spec"])


def test_pods_of_the_simulated_plant_keep_the_rules() -> None:
    objects = list(yaml.safe_load_all((CLUSTER / "plant.yaml").read_text()))
    templates = pod_templates(objects)
    assert len(templates) == 5
    for name, template in templates.items():
        assert violations(template) == [], name
        _is_modest(template["spec"])
        assert template["spec"]["automountServiceAccountToken"] is False


def test_no_probe_reaches_a_simulated_devices_own_port() -> None:
    for template in pod_templates(yaml.safe_load_all((CLUSTER / "plant.yaml").read_text())).values():
        (container,) = template["spec"]["containers"]
        probes = [probe for name, probe in container.items() if name.endswith("Probe")]
        assert [probe["httpGet"]["port"] for probe in probes] == ["control"]


def test_simulated_devices_answer_where_the_resources_look_for_them() -> None:
    plant = yaml.safe_load((CLUSTER.parent / "plant" / "plant.yaml").read_text())
    objects = list(yaml.safe_load_all((CLUSTER / "plant.yaml").read_text()))
    for device in plant["devices"]:
        if "address" not in device:
            continue
        host, port = device["address"].split(":")
        service = one(objects, "Service", device["name"])
        assert f"{service['metadata']['name']}.{service['metadata']['namespace']}" == host
        ports = {item["port"]: item["targetPort"] for item in service["spec"]["ports"]}
        assert ports[int(port)] == int(device["listen"].rpartition(":")[2])


def test_only_the_operator_gets_a_token(render: Render) -> None:
    objects = render()
    tokens = {name: item["spec"]["automountServiceAccountToken"] for name, item in pod_templates(objects).items()}
    assert tokens == {"Deployment/brownfield-operator": True, "StatefulSet/brownfield-spine": False}
    assert all(item["automountServiceAccountToken"] is False for item in objects if item["kind"] == "ServiceAccount")


def test_of_the_root_of_trust_the_spine_sees_only_what_it_needs(render: Render) -> None:
    volumes = one(render(), "StatefulSet", "brownfield-spine")["spec"]["template"]["spec"]["volumes"]
    (secret,) = [
        source["secret"]
        for volume in volumes
        for source in volume.get("projected", {}).get("sources", ())
        if "secret" in source
    ]
    assert secret == {"name": "brownfield-spine-trust", "items": [{"key": "trust.conf", "path": "trust.conf"}]}
    assert not [volume for volume in volumes if "secret" in volume]


def _is_modest(spec: dict[str, Any]) -> None:
    """What the standard does not ask for: no writing to the image, the user the images are made for, a limit."""
    assert spec["enableServiceLinks"] is False
    assert (spec["securityContext"]["runAsUser"], spec["securityContext"]["fsGroup"]) == (USER, USER)
    for container in spec["containers"]:
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["resources"]["limits"]["memory"]
        assert container["resources"]["requests"].keys() == {"cpu", "memory"}
