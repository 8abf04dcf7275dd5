"""The operator's rules for Prometheus as they are on the API server, and the kind they have where it exists."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from tests.api_server.admin import Admin, Json, Refused, path
from tests.api_server.eventually import eventually
from tests.api_server.operator_process import NAMESPACE

from brownfield_operator.alert_rules import NAME
from brownfield_operator.kube.kinds import Kind
from brownfield_slo.rules import FILE_NAME

_CRD: Json = yaml.safe_load((Path(__file__).parent / "data/prometheusrules.yaml").read_text(encoding="utf-8"))


@contextmanager
def prometheus_rules(admin: Admin) -> Iterator[None]:
    """The kind PrometheusRule is served, and nobody has made one yet; afterwards it is gone."""
    admin.apply(_CRD)
    eventually(lambda: _is_served(admin), what="the API server serves PrometheusRules")
    admin.delete("PrometheusRule", NAMESPACE, NAME)
    try:
        yield
    finally:
        name = _CRD["metadata"]["name"]
        admin.delete(_CRD["kind"], "", name)
        eventually(lambda: admin.get(_CRD["kind"], "", name) is None, what="the kind is gone")
        eventually(lambda: not _is_served(admin), what="the API server serves it no more")


def _is_served(admin: Admin) -> bool:
    """In discovery and by itself, which begin and end at moments of their own."""
    try:
        for where in (Kind.PROMETHEUS_RULE.home, path("PrometheusRule", NAMESPACE)):
            admin.request("GET", where)
    except Refused as refused:
        if refused.code not in {404, 503}:
            raise
        return False
    return True


def groups(admin: Admin, kind: str) -> list[dict[str, Any]]:
    """What Prometheus would evaluate; nothing where the object is not there."""
    found = admin.get(kind, NAMESPACE, NAME)
    if found is None:
        return []
    content = found["spec"] if kind == "PrometheusRule" else yaml.safe_load(found["data"][FILE_NAME])
    listed: list[dict[str, Any]] = content["groups"]
    return listed


def windows(admin: Admin, kind: str) -> set[str]:
    """Of the objectives that the rules are for."""
    of_burns = {group["name"] for group in groups(admin, kind) if group["name"].startswith("brownfield-burn-")}
    return {name.rpartition("-")[2] for name in of_burns}
