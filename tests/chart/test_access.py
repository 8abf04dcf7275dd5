"""What the operator may do on the cluster, verb for verb: `data/access.yaml` is the whole of it."""

from collections import Counter
from pathlib import Path
from typing import Any

import yaml
from tests.chart.conftest import Render
from tests.chart.finding import of_kind, one

from brownfield_operator.kube.kinds import Kind
from brownfield_operator.names import SPINE_SECRETS
from brownfield_operator.root_of_trust import TRUST_SECRET

GOLDEN = yaml.safe_load((Path(__file__).parent / "data" / "access.yaml").read_text())
SPACE = "brownfield-system"
WIDE = f"{SPACE}-brownfield-operator"
Rule = dict[str, Any]


def _granted(rules: list[Rule]) -> list[str]:
    """One line for each resource: `group/resource [names]: verbs`."""
    lines = []
    for rule in rules:
        names = f" {sorted(rule['resourceNames'])}" if "resourceNames" in rule else ""
        for group in rule["apiGroups"]:
            verbs = ", ".join(sorted(rule["verbs"]))
            lines += [f"{group or 'core'}/{name}{names}: {verbs}" for name in rule["resources"]]
    assert [line for line, count in Counter(lines).items() if count > 1] == []
    return sorted(lines)


def test_the_rights_are_the_listed_ones(render: Render) -> None:
    objects = render()
    assert _granted(one(objects, "ClusterRole", WIDE)["rules"]) == sorted(GOLDEN["watched"])
    assert _granted(one(objects, "Role", "brownfield-operator")["rules"]) == sorted(GOLDEN["home"])


def test_with_a_list_of_namespaces_the_same_rights_end_at_them(render: Render) -> None:
    objects = render({"watchNamespaces": ["north", "south"]})
    assert WIDE not in of_kind(objects, "ClusterRole")
    roles = [item for item in objects if item["kind"] == "Role" and item["metadata"]["name"] == WIDE]
    assert [role["metadata"]["namespace"] for role in roles] == ["north", "south"]
    assert all(_granted(role["rules"]) == sorted(GOLDEN["watched"]) for role in roles)
    home = _granted(one(objects, "Role", "brownfield-operator")["rules"])
    assert home == sorted([*GOLDEN["home"], *GOLDEN["ending"]])


def test_without_rules_there_is_no_right_to_any(render: Render) -> None:
    role = one(render({"rules": {"enabled": False}, "watchNamespaces": ["north"]}), "Role", "brownfield-operator")
    assert not [line for line in _granted(role["rules"]) if "brownfield-rules" in line]


def test_all_bindings_are_the_operators_and_lead_to_roles_that_exist(render: Render) -> None:
    for values in ({}, {"watchNamespaces": ["north", "south"]}):
        objects = render(values)
        roles = {
            (item["kind"], item["metadata"]["name"])
            for item in objects
            if item["kind"] in ("Role", "ClusterRole") and "aggregate" not in str(item["metadata"]["labels"])
        }
        bindings = [item for item in objects if item["kind"] in ("RoleBinding", "ClusterRoleBinding")]
        assert {(item["roleRef"]["kind"], item["roleRef"]["name"]) for item in bindings} == roles
        account = {"kind": "ServiceAccount", "name": "brownfield-operator", "namespace": SPACE}
        assert all(item["subjects"] == [account] for item in bindings)
        assert (
            one(objects, "Deployment", "brownfield-operator")["spec"]["template"]["spec"]["serviceAccountName"]
            == (account["name"])
        )


def test_no_secret_but_the_spines_can_be_read_or_changed(render: Render) -> None:
    for role in [item for item in render() if item["kind"] in ("Role", "ClusterRole")]:
        for rule in role["rules"]:
            if "secrets" in rule["resources"] and rule["verbs"] != ["create"]:
                assert rule["resourceNames"] in (list(SPINE_SECRETS), [TRUST_SECRET])
                assert rule["resources"] == ["secrets"]


def test_no_rule_is_wider_than_what_the_operator_deals_with(render: Render) -> None:
    known = {(kind.group, kind.plural) for kind in Kind}
    for role in [item for item in render() if item["kind"] in ("Role", "ClusterRole")]:
        for rule in role["rules"]:
            assert {"*"}.isdisjoint((*rule["apiGroups"], *rule["resources"], *rule["verbs"]))
            for group in rule["apiGroups"]:
                assert {(group, name.removesuffix("/status")) for name in rule["resources"]} <= known


def test_people_who_may_edit_a_namespace_may_edit_our_kinds_but_not_their_status(render: Render) -> None:
    objects = render()
    view, edit = (one(objects, "ClusterRole", f"{WIDE}-{word}") for word in ("view", "edit"))
    assert view["metadata"]["labels"]["rbac.authorization.k8s.io/aggregate-to-view"] == "true"
    assert edit["metadata"]["labels"]["rbac.authorization.k8s.io/aggregate-to-edit"] == "true"
    assert _granted([*view["rules"], *edit["rules"]]) == sorted(GOLDEN["people"])
