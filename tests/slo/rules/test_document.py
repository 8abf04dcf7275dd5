"""The same groups for a plain Prometheus, for its operator, and in a ConfigMap."""

from typing import Any

import yaml

from brownfield_slo.rules import FILE_NAME, config_map, prometheus_rule, rule_file, rule_groups

GROUPS = rule_groups([28 * 86400.0])
PLACE: dict[str, Any] = {
    "name": "brownfield-rules",
    "namespace": "brownfield-system",
    "labels": {"release": "monitoring"},
}


def test_a_prometheus_rule_holds_what_the_rule_file_holds() -> None:
    manifest = prometheus_rule(GROUPS, **PLACE)
    assert (manifest["apiVersion"], manifest["kind"]) == ("monitoring.coreos.com/v1", "PrometheusRule")
    assert manifest["metadata"] == PLACE
    assert manifest["spec"] == yaml.safe_load(rule_file(GROUPS))


def test_a_config_map_holds_the_rule_file_as_it_is() -> None:
    manifest = config_map(GROUPS, **PLACE)
    assert (manifest["apiVersion"], manifest["kind"]) == ("v1", "ConfigMap")
    assert manifest["metadata"] == PLACE
    assert manifest["data"] == {FILE_NAME: rule_file(GROUPS)}


def test_alerts_lead_to_the_runbooks_of_ones_own() -> None:
    urls = [
        rule["annotations"]["runbook_url"]
        for group in yaml.safe_load(rule_file(GROUPS, runbooks="https://wiki.example.com/bf/"))["groups"]
        for rule in group["rules"]
        if "alert" in rule
    ]
    assert "https://wiki.example.com/bf/BrownfieldSpineDown.md" in urls
    assert all(url.startswith("https://wiki.example.com/bf/Brownfield") for url in urls)
