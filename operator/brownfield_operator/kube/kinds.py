"""The kinds the operator deals with: a closed table, so that no request depends on discovery.

What is not in this table cannot be read or written; a role that grants more than the table is too wide.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Self
from urllib.parse import quote

Json = dict[str, Any]
"""An object as the API server sends it."""


class Kind(StrEnum):
    """A kind; its value is what stands under `kind` in a manifest."""

    api_version: str
    plural: str

    LEGACY_SOURCE = "LegacySource", "brownfield.dev/v1alpha1", "legacysources"
    ASSET_MAPPING = "AssetMapping", "brownfield.dev/v1alpha1", "assetmappings"
    TWIN_MODEL = "TwinModel", "brownfield.dev/v1alpha1", "twinmodels"
    CONFIG_MAP = "ConfigMap", "v1", "configmaps"
    SECRET = "Secret", "v1", "secrets"
    SERVICE = "Service", "v1", "services"
    POD = "Pod", "v1", "pods"
    EVENT = "Event", "v1", "events"
    STATEFUL_SET = "StatefulSet", "apps/v1", "statefulsets"
    NETWORK_POLICY = "NetworkPolicy", "networking.k8s.io/v1", "networkpolicies"
    LEASE = "Lease", "coordination.k8s.io/v1", "leases"
    PROMETHEUS_RULE = "PrometheusRule", "monitoring.coreos.com/v1", "prometheusrules"
    """The one kind that a cluster may lack: ask `KubePort.serves` first."""

    def __new__(cls, kind: str, api_version: str, plural: str) -> Self:
        member = str.__new__(cls, kind)
        member._value_ = kind
        member.api_version = api_version
        member.plural = plural
        return member

    @property
    def group(self) -> str:
        """The API group, "" for the core."""
        return self.api_version.rpartition("/")[0]

    @property
    def home(self) -> str:
        """The path of the kind's group and version, where the API server says what it serves."""
        return f"{'/apis' if self.group else '/api'}/{self.api_version}"

    def path(self, namespace: str | None = None, name: str = "", subresource: str = "") -> str:
        """The path of a request. `namespace` None (or ""): all namespaces."""
        parts = [self.home]
        if namespace:
            parts.append(f"namespaces/{quote(namespace, safe='')}")
        parts.append(self.plural)
        parts += [quote(part, safe="") for part in (name, subresource) if part]
        return "/".join(parts)


def kind_of(manifest: Mapping[str, Any]) -> Kind:
    """The kind of a manifest; raises `ValueError` for one that is not in the table."""
    kind = _TABLE.get((manifest["apiVersion"], manifest["kind"]))
    if kind is None:
        raise ValueError(f"{manifest['apiVersion']} {manifest['kind']} is no kind that the operator deals with")
    return kind


_TABLE = {(kind.api_version, kind.value): kind for kind in Kind}
