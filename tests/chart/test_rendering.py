"""The chart renders with every kind of values, the same each time, and refuses what it does not know."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.chart.conftest import CHART, Helm, Render
from tests.chart.finding import of_kind, one

EXTERNAL = {"enabled": False, "external": {"servers": ["nats://hub.example:4222"], "cidrs": ["192.0.2.0/24"]}}
VARIANTS: dict[str, dict[str, Any]] = {
    "defaults": {},
    "two namespaces": {"watchNamespaces": ["north", "south"]},
    "spine elsewhere": {"spine": EXTERNAL},
    "one operator": {"operator": {"replicas": 1, "leaderElection": False}},
    "no definitions": {"crds": {"enabled": False}},
    "no policies": {"networkPolicies": {"enabled": False}},
    "another name": {"fullnameOverride": "twins"},
    "dashboards": {"dashboards": {"enabled": True}},
    "an edge box": {
        "site": "plant-a",
        "images": {"registry": "registry.example/brownfield", "tag": "1.2.3", "pullSecrets": ["pull"]},
        "operator": {"replicas": 1, "nodeSelector": {"edge": "yes"}, "tolerations": [{"operator": "Exists"}]},
        "spine": {"storage": {"size": "512Mi", "className": "local", "existingClaim": "disk"}},
        "plantNetworks": ["10.20.0.0/16"],
    },
}


@pytest.mark.parametrize("values", VARIANTS.values(), ids=VARIANTS)
def test_it_renders_and_passes_helms_own_check(helm: Helm, render: Render, values: dict[str, Any]) -> None:
    done = helm("lint", str(CHART), "--strict", values=values)
    assert done.returncode == 0, done.stdout + done.stderr
    objects = render(values)
    names = Counter((item["kind"], item["metadata"].get("namespace"), item["metadata"]["name"]) for item in objects)
    assert [name for name, count in names.items() if count > 1] == []
    assert render(values) == objects


def test_nothing_in_it_depends_on_chance_time_or_the_cluster() -> None:
    made_up = re.compile(r"\b(lookup|now|rand\w*|uuidv4|gen\w*(Key|Cert|CA)\w*|derivePassword|htpasswd)\b")
    for template in (CHART / "templates").iterdir():
        actions = re.findall(r"{{.*?}}", re.sub(r"{{-? /\*.*?\*/ -?}}", "", template.read_text(), flags=re.DOTALL))
        assert [action for action in actions if made_up.search(action)] == []


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"sites": "a"}, "additional properties 'sites' not allowed"),
        ({"operator": {"replica": 3}}, "additional properties 'replica' not allowed"),
        ({"operator": {"resources": {"limit": {}}}}, "additional properties 'limit' not allowed"),
        ({"spine": {"storage": {"storageClass": "fast"}}}, "additional properties 'storageClass' not allowed"),
        ({"spine": {"storage": {"size": "1.5Gi"}}}, "/spine/storage/size"),
        ({"processes": {"twins": {}}}, "additional properties 'twins' not allowed"),
        ({"networkPolicies": {"enable": True}}, "additional properties 'enable' not allowed"),
        ({"podMonitors": {"interval": "soon"}}, "/podMonitors/interval"),
        ({"rules": {"enable": True}}, "additional properties 'enable' not allowed"),
        ({"rules": {"interval": "121s"}}, "/rules/interval"),
        ({"rules": {"runbooks": "wiki"}}, "/rules/runbooks"),
        ({"dashboards": {"enable": True}}, "additional properties 'enable' not allowed"),
        ({"dashboards": {"labelValue": "a b"}}, "/dashboards/labelValue"),
        ({"images": {"pullPolicy": "Sometimes"}}, "/images/pullPolicy"),
        ({"site": "plant a"}, "/site"),
        ({"plantNetworks": ["10.20.0.11"]}, "/plantNetworks/0"),
        ({"watchNamespaces": "north"}, "/watchNamespaces"),
        ({"operator": {"tolerations": [{"keys": "edge"}]}}, "additional properties 'keys' not allowed"),
        ({"spine": {"external": {"servers": ["nats://user:word@hub:4222"]}}}, "/spine/external/servers/0"),
        ({"operator": {"leaderElection": False}}, "operator.replicas: more than one needs"),
        ({"spine": {"enabled": False}}, "spine.external.servers and spine.external.cidrs must say"),
        ({"spine": {"storage": {"size": "100Mi"}}}, "spine.storage.size: streams, tables and health records need"),
    ],
)
def test_wrong_values_are_refused_by_name(helm: Helm, values: dict[str, Any], says: str) -> None:
    done = helm("template", "brownfield", str(CHART), values=values)
    assert done.returncode != 0
    assert says in done.stderr


def test_every_value_has_a_place_in_the_schema_and_every_place_a_value() -> None:
    schema = yaml.safe_load((CHART / "values.schema.json").read_text())
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    assert _unlike(schema, values, schema["definitions"]) == []


def test_monitors_exist_only_where_their_kind_does(render: Render) -> None:
    assert of_kind(render(), "PodMonitor") == {}
    there = ("--api-versions", "monitoring.coreos.com/v1/PodMonitor")
    values = {"podMonitors": {"labels": {"release": "prometheus"}}, "watchNamespaces": ["north"]}
    monitors = of_kind(render(values, *there), "PodMonitor")
    assert monitors.keys() == {"brownfield-operator", "brownfield-processes"}
    assert all(item["metadata"]["labels"]["release"] == "prometheus" for item in monitors.values())
    assert monitors["brownfield-processes"]["spec"]["namespaceSelector"] == {"matchNames": ["north"]}
    assert of_kind(render({"podMonitors": {"enabled": False}}, *there), "PodMonitor") == {}


def test_the_definitions_are_those_of_the_project_and_stay_when_the_release_goes(render: Render) -> None:
    sources = {path.name: path for path in (CHART.parents[1] / "crds").iterdir()}
    copies = {path.name: path for path in (CHART / "files" / "crds").iterdir()}
    assert {name: path.read_text() for name, path in copies.items()} == {
        name: path.read_text() for name, path in sources.items()
    }, "copy crds/ to charts/brownfield/files/crds: `make crds`"
    expected = {crd["metadata"]["name"]: crd["spec"] for crd in map(_read, sources.values())}
    rendered = of_kind(render(), "CustomResourceDefinition")
    assert {name: crd["spec"] for name, crd in rendered.items()} == expected
    assert all(crd["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"} for crd in rendered.values())
    assert of_kind(render({"crds": {"enabled": False}}), "CustomResourceDefinition") == {}
    dropped = of_kind(render({"crds": {"keep": False}}), "CustomResourceDefinition").values()
    assert all("annotations" not in crd["metadata"] for crd in dropped)


def test_a_component_takes_its_own_image_before_the_common_one(render: Render) -> None:
    digest = "mirror.example/operator@sha256:" + "0" * 64
    values = {"images": {"registry": "mirror.example/", "tag": "1.2.3"}, "operator": {"image": digest}}
    objects = render(values)
    operator = one(objects, "Deployment", "brownfield-operator")["spec"]["template"]["spec"]["containers"][0]
    spine = one(objects, "StatefulSet", "brownfield-spine")["spec"]["template"]["spec"]["containers"][0]
    assert (operator["image"], spine["image"]) == (digest, "mirror.example/brownfield-spine:1.2.3")


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def _unlike(schema: dict[str, Any], values: dict[str, Any], definitions: dict[str, Any], at: str = "") -> list[str]:
    """Paths that only one of the two has. `global` is Helm's; free maps and spine resources' choice are no places."""
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    places = schema.get("properties", {}).keys() - {"global"}
    if not places or at.endswith("/resources"):
        return []
    wrong = [f"{at}/{name}" for name in places ^ values.keys()]
    for name in places & values.keys():
        if isinstance(values[name], dict):
            wrong += _unlike(schema["properties"][name], values[name], definitions, f"{at}/{name}")
    return wrong
