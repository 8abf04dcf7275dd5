"""What the chart lets the operator do: its rules, and each single right in them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from hack.cluster.binaries import KUBERNETES, binaries
from hack.cluster.programs import run
from tests.api_server.operator_process import NAMESPACE

CHART = Path(__file__).parents[2] / "charts/brownfield"
RELEASE = "brownfield"


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """One verb on one resource, of certain names only if there are `names`. `role` is `Kind/name` of its role."""

    role: str
    group: str
    resource: str
    verb: str
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.role} {self.verb} {self.resource}{' by name' if self.names else ''}"

    def allows(self, *, group: str, resource: str, verb: str, namespace: str, name: str) -> bool:
        """Whether it is a right to that request. A Role's is one in the operator's own namespace."""
        here = self.role.startswith("ClusterRole/") or namespace == NAMESPACE
        same = (group, resource, verb) == (self.group, self.resource, self.verb)
        return here and same and (not self.names or name in self.names)


@cache
def access(*values: str) -> tuple[dict[str, Any], ...]:
    """Service account, roles and bindings as `helm install` makes them, with `values` as for `--set`."""
    command = [str(binaries().tools / "helm"), "template", RELEASE, str(CHART), "--namespace", NAMESPACE]
    command += [f"--set={value}" for value in values]
    shown = run([*command, "--show-only=templates/operator-access.yaml", f"--kube-version={KUBERNETES}"], where="helm")
    return tuple(item for item in yaml.safe_load_all(shown) if item)


def roles() -> list[dict[str, Any]]:
    """Those that are bound to the operator's account."""
    bound = {item["roleRef"]["name"] for item in access() if item["kind"].endswith("Binding")}
    return [item for item in access() if item["kind"] in {"Role", "ClusterRole"} and item["metadata"]["name"] in bound]


def rights(role: dict[str, Any]) -> Iterator[Right]:
    for rule in role["rules"]:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                for verb in rule["verbs"]:
                    yield Right(_of(role), group, resource, verb, tuple(rule.get("resourceNames") or ()))


def all_rights() -> list[Right]:
    return sorted({right for role in roles() for right in rights(role)})


def without(role: dict[str, Any], right: Right) -> dict[str, Any]:
    """The role with one right less."""
    return {**role, "rules": list(_rules_without(role["rules"], right)) if right.role == _of(role) else role["rules"]}


def _rules_without(rules: Iterable[dict[str, Any]], right: Right) -> Iterator[dict[str, Any]]:
    for rule in rules:
        concerned = (
            right.group in rule["apiGroups"]
            and right.resource in rule["resources"]
            and right.verb in rule["verbs"]
            and right.names == tuple(rule.get("resourceNames") or ())
        )
        if not concerned:
            yield rule
            continue
        others = [resource for resource in rule["resources"] if resource != right.resource]
        less = [verb for verb in rule["verbs"] if verb != right.verb]
        if others:
            yield {**rule, "resources": others}
        if less:
            yield {**rule, "resources": [right.resource], "verbs": less}


def _of(role: dict[str, Any]) -> str:
    return f"{role['kind']}/{role['metadata']['name']}"
