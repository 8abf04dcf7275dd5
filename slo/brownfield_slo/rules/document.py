"""Groups as the YAML that Prometheus, or its operator, reads. The same groups give the same bytes."""

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from brownfield_slo.rules.group import Alert, Group, Recording
from brownfield_slo.rules.windows import duration_text

DEFAULT_RUNBOOKS = "https://brownfield.dev/docs/runbooks"
"""Where `docs/runbooks` is published; an alert travels without the documents, so it cannot say `../runbooks`."""

FILE_NAME = "brownfield-rules.yaml"
"""Of the rule file, on a disk and in a ConfigMap."""

_LINE = 4096
"""Columns: Prometheus' own tools never fold a line, so a diff shows the one rule that changed."""


def rule_file(groups: Iterable[Group], *, runbooks: str = DEFAULT_RUNBOOKS) -> str:
    """A rule file of a plain Prometheus; `runbooks` is the address of the folder with a page for each alert."""
    return _yaml(_spec(groups, runbooks))


def prometheus_rule(
    groups: Iterable[Group],
    *,
    name: str,
    namespace: str,
    labels: Mapping[str, str],
    runbooks: str = DEFAULT_RUNBOOKS,
) -> dict[str, Any]:
    """The manifest of a PrometheusRule (`monitoring.coreos.com/v1`); `labels` are what a Prometheus selects it by."""
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": name, "namespace": namespace, "labels": dict(labels)},
        "spec": _spec(groups, runbooks),
    }


def config_map(
    groups: Iterable[Group],
    *,
    name: str,
    namespace: str,
    labels: Mapping[str, str],
    runbooks: str = DEFAULT_RUNBOOKS,
) -> dict[str, Any]:
    """The manifest of a ConfigMap that holds the rule file, for clusters without the kind PrometheusRule."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace, "labels": dict(labels)},
        "data": {FILE_NAME: rule_file(groups, runbooks=runbooks)},
    }


def _spec(groups: Iterable[Group], runbooks: str) -> dict[str, Any]:
    return {"groups": [_group(group, runbooks) for group in groups]}


def _group(group: Group, runbooks: str) -> dict[str, Any]:
    rules = [_recording(rule) if isinstance(rule, Recording) else _alert(rule, runbooks) for rule in group.rules]
    return {"name": group.name, "interval": duration_text(group.interval), "rules": rules}


def _recording(rule: Recording) -> dict[str, Any]:
    return {"record": rule.record, "expr": rule.expr, **({"labels": rule.labels} if rule.labels else {})}


def _alert(rule: Alert, runbooks: str) -> dict[str, Any]:
    return {
        "alert": rule.name,
        "expr": rule.expr,
        **({"for": duration_text(rule.lasting)} if rule.lasting else {}),
        "labels": {"severity": rule.severity, **rule.labels},
        "annotations": {
            "summary": rule.summary,
            "description": rule.description,
            "runbook_url": f"{runbooks.rstrip('/')}/{rule.name}.md",
        },
    }


class _Dumper(yaml.SafeDumper):
    """Expressions of several lines as literal blocks, as people write them."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def _yaml(content: object) -> str:
    return yaml.dump(content, Dumper=_Dumper, sort_keys=False, width=_LINE, allow_unicode=True)
