"""The operator reads what the chart writes for it."""

from pathlib import Path
from typing import Any

import pytest
from tests.chart.conftest import Render
from tests.chart.finding import one
from tests.chart.test_rendering import VARIANTS

from brownfield_cli.render_manifests import CHART_DEFAULTS
from brownfield_operator.settings import AlertRuleSettings, OperatorSettings, read_settings


def _settings(objects: list[dict[str, Any]], folder: Path, name: str = "brownfield-operator") -> OperatorSettings:
    path = folder / "settings.yaml"
    path.write_text(one(objects, "ConfigMap", name)["data"]["settings.yaml"], encoding="utf-8")
    return read_settings(path)


@pytest.mark.parametrize("values", VARIANTS.values(), ids=VARIANTS)
def test_the_settings_are_valid(render: Render, tmp_path: Path, values: dict[str, Any]) -> None:
    name = f"{values.get('fullnameOverride', 'brownfield')}-operator"
    settings = _settings(render(values), tmp_path, name)
    assert settings.site == values.get("site", "local")
    assert settings.watch_namespaces == tuple(values.get("watchNamespaces", ()))


def test_every_value_arrives(render: Render, tmp_path: Path) -> None:
    resources = {"requests": {"cpu": 1, "memory": 268435456}, "limits": {"cpu": 1.5, "memory": "1Gi"}}
    values = {
        "images": {"registry": "mirror.example", "tag": "1.2.3", "pullPolicy": "Always", "pullSecrets": ["pull"]},
        "operator": {"replicas": 1, "leaderElection": False, "resyncSeconds": 0.5},
        "processes": {
            "adapter": {"image": "mirror.example/adapter:edge", "resources": resources},
            "storage": {"className": "fast", "size": "2G"},
        },
        "plantNetworks": ["10.20.0.0/16", "fd00:20::/64"],
        "spine": {"storage": {"size": "10Gi"}},
        "rules": {
            "enabled": False,
            "labels": {"release": "prometheus"},
            "interval": "2m",
            "runbooks": "https://wiki.example/a",
        },
    }
    settings = _settings(render(values), tmp_path)
    assert settings.adapter.image == "mirror.example/adapter:edge"
    assert settings.adapter.resources.requests == {"cpu": "1", "memory": "268435456"}
    assert settings.adapter.resources.limits == {"cpu": "1.5", "memory": "1Gi"}
    assert settings.twin.image == "mirror.example/brownfield-twin:1.2.3"
    assert (settings.image_pull_policy, settings.image_pull_secrets) == ("Always", ("pull",))
    assert (settings.storage.class_name, settings.storage.size) == ("fast", 2 * 10**9)
    assert settings.plant_networks == ("10.20.0.0/16", "fd00:20::/64")
    assert (settings.leader_election, settings.resync_seconds) == (False, 0.5)
    assert settings.spine.store_bytes == 8 * 1024**3
    assert (settings.rules.enabled, settings.rules.labels) == (False, {"release": "prometheus"})
    assert (settings.rules.interval, settings.rules.runbooks) == (120.0, "https://wiki.example/a")


def test_what_the_chart_says_of_rules_is_what_the_operator_takes_without_it(render: Render, tmp_path: Path) -> None:
    assert _settings(render(), tmp_path).rules == AlertRuleSettings()


def test_render_manifests_takes_the_charts_defaults_where_nothing_is_said(render: Render, tmp_path: Path) -> None:
    assert read_settings(CHART_DEFAULTS) == _settings(render(), tmp_path)


def test_the_spine_it_names_is_the_one_the_chart_makes(render: Render, tmp_path: Path) -> None:
    objects = render()
    spine = _settings(objects, tmp_path).spine
    service = one(objects, "Service", "brownfield-spine")
    template = one(objects, "StatefulSet", "brownfield-spine")["spec"]["template"]
    assert spine.servers == ("nats://brownfield-spine.brownfield-system.svc:4222",)
    assert spine.namespace == service["metadata"]["namespace"]
    assert spine.labels == service["spec"]["selector"]
    assert spine.labels.items() <= template["metadata"]["labels"].items()


def test_a_spine_elsewhere_is_named_with_its_addresses(render: Render, tmp_path: Path) -> None:
    objects = render(VARIANTS["spine elsewhere"])
    spine = _settings(objects, tmp_path).spine
    assert (spine.servers, spine.cidrs) == (("nats://hub.example:4222",), ("192.0.2.0/24",))
    assert (spine.namespace, spine.labels) == ("", {})
    assert not [item for item in objects if item["metadata"]["name"] == "brownfield-spine"]


def test_other_settings_restart_the_operator_and_leave_the_spine_alone(render: Render) -> None:
    before, after = render(), render({"plantNetworks": ["10.20.0.0/16"]})
    for kind, name, same in (
        ("Deployment", "brownfield-operator", False),
        ("StatefulSet", "brownfield-spine", True),
    ):
        templates = [one(objects, kind, name)["spec"]["template"] for objects in (before, after)]
        assert (templates[0] == templates[1]) is same
