"""`data/live` holds a StatefulSet as Kubernetes 1.34 returned it: `intent` was applied, then kubectl had its way.

`applied` has a status by the controller manager; `restarted` adds `kubectl rollout restart` and a label; `scaled` adds
`kubectl scale`; `environment` is restarted, has `kubectl set env`, `set image` and an annotation; `replaced` is the
PUT after that.
"""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from brownfield_operator.drift import Drift, drift, needs_recreation, without_foreign

LIVE = Path(__file__).parent / "data" / "live"
RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"


def read(name: str) -> Any:
    return yaml.safe_load((LIVE / f"{name}.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("applied", Drift.NONE),
        ("restarted", Drift.NONE),
        ("scaled", Drift.APPLY),
        ("environment", Drift.REPLACE),
        ("replaced", Drift.NONE),
    ],
)
def test_drift_of_what_an_api_server_returned(name: str, expected: Drift) -> None:
    assert drift(read("intent"), read(name)) is expected


def test_an_intent_that_changed_is_applied() -> None:
    intent = read("intent")
    intent["spec"]["template"]["spec"]["containers"][0]["image"] = "registry.example/brownfield-adapter:0.3.0"
    assert drift(intent, read("applied")) is Drift.APPLY


def test_after_a_replace_a_changed_intent_is_put_again_because_an_apply_would_leave_old_fields() -> None:
    intent = read("intent")
    del intent["spec"]["template"]["spec"]["nodeSelector"]
    intent["metadata"]["annotations"]["brownfield.dev/intent"] = "another"
    assert drift(intent, read("replaced")) is Drift.REPLACE
    assert "nodeSelector" not in without_foreign(intent, read("replaced"))["spec"]["template"]["spec"]


@pytest.mark.parametrize("field", ["labels", "annotations", "ownerReferences"])
def test_metadata_that_somebody_emptied_is_applied_again(field: str) -> None:
    live = read("applied")
    del live["metadata"][field]
    assert drift(read("intent"), live) is Drift.APPLY


def test_an_object_nobody_says_to_have_written_is_applied_so_that_its_fields_get_owners() -> None:
    live = read("applied")
    del live["metadata"]["managedFields"]
    assert drift(read("intent"), live) is Drift.APPLY


@pytest.mark.parametrize("subresource", ["status", "scale"])
def test_what_others_own_of_a_subresource_is_not_foreign(subresource: str) -> None:
    live = read("applied")
    fields: dict[str, Any] = {"f:spec": {"f:replicas": {}}, "f:status": {"f:replicas": {}}}
    live["metadata"]["managedFields"].append(entry("somebody", fields, subresource=subresource))
    assert drift(read("intent"), live) is Drift.NONE


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"f:metadata": {"f:labels": {"f:x": {}}}}, Drift.NONE),
        ({"f:status": {"f:replicas": {}}}, Drift.NONE),
        ({"f:spec": {"f:template": {"f:metadata": {"f:annotations": {".": {}, "f:x": {}}}}}}, Drift.NONE),
        ({"f:spec": {"f:template": {"f:metadata": {"f:labels": {"f:x": {}}}}}}, Drift.REPLACE),
        (
            {"f:spec": {"f:template": {"f:metadata": {"f:annotations": {"f:x": {}}}, "f:spec": {"f:hostPID": {}}}}},
            Drift.REPLACE,
        ),
        ({"f:spec": {"f:replicas": {}}}, Drift.REPLACE),
        ({"f:data": {"f:x": {}}}, Drift.REPLACE),
        ({"f:binaryData": {".": {}, "f:x": {}}}, Drift.REPLACE),
        ({"f:immutable": {}}, Drift.REPLACE),
    ],
)
def test_which_fields_of_others_are_foreign(fields: dict[str, Any], expected: Drift) -> None:
    live = read("applied")
    live["metadata"]["managedFields"].append(entry("somebody", fields))
    assert drift(read("intent"), live) is expected


def test_a_replace_takes_out_what_is_foreign_and_keeps_what_is_other_peoples() -> None:
    intent, live = read("intent"), read("environment")
    whole = without_foreign(intent, live)
    assert whole["metadata"]["uid"] == live["metadata"]["uid"]
    assert whole["metadata"]["resourceVersion"] == live["metadata"]["resourceVersion"]
    assert whole["metadata"]["annotations"]["note"] == "mine"
    assert RESTARTED_AT in whole["spec"]["template"]["metadata"]["annotations"]
    template = copy.deepcopy(dict(whole["spec"]["template"]))
    del template["metadata"]["annotations"][RESTARTED_AT]
    assert {**whole["spec"], "template": template} == intent["spec"]


def test_a_replace_ends_the_ownership_of_whoever_owned_something_foreign() -> None:
    """The entry of `kubectl set env` goes; those of `kubectl rollout restart` and `kubectl annotate` stay."""
    entries = without_foreign(read("intent"), read("environment"))["metadata"]["managedFields"]
    assert [item["manager"] for item in entries] == ["brownfield", "kubectl-annotate", "kubectl-rollout"]


def test_a_replace_of_an_object_that_only_others_wrote_empties_the_list_of_managers() -> None:
    live = read("applied")
    live["metadata"]["managedFields"] = [entry("before-first-apply", {"f:spec": {"f:replicas": {}}})]
    assert without_foreign(read("intent"), live)["metadata"]["managedFields"] == [{}]


def test_a_replace_keeps_finalizers_and_foreign_owners_and_drops_what_only_we_once_set() -> None:
    intent, live = read("intent"), read("applied")
    live["metadata"]["finalizers"] = ["example.com/wait"]
    left = live["metadata"]["ownerReferences"][1]
    intent["metadata"]["ownerReferences"].remove(left)
    del intent["metadata"]["annotations"]["brownfield.dev/endpoints"]
    foreign = {"apiVersion": "v1", "kind": "ConfigMap", "name": "theirs", "uid": "9"}
    live["metadata"]["ownerReferences"].append(foreign)
    metadata = without_foreign(intent, live)["metadata"]
    assert metadata["finalizers"] == ["example.com/wait"]
    assert metadata["ownerReferences"] == [*intent["metadata"]["ownerReferences"], foreign]
    assert "brownfield.dev/endpoints" not in metadata["annotations"]


@pytest.mark.parametrize("name", ["applied", "restarted", "scaled", "environment", "replaced"])
def test_no_edit_that_the_server_allows_asks_for_a_new_object(name: str) -> None:
    assert not needs_recreation(read("intent"), read(name))


@pytest.mark.parametrize(
    "path",
    [
        ("selector", "matchLabels", "brownfield.dev/process"),
        ("podManagementPolicy",),
        ("serviceName",),
        ("volumeClaimTemplates", 0, "metadata", "name"),
        ("volumeClaimTemplates", 0, "spec", "storageClassName"),
        ("volumeClaimTemplates", 0, "spec", "resources", "requests", "storage"),
        ("volumeClaimTemplates", 0, "spec", "accessModes"),
    ],
    ids=str,
)
def test_what_a_stateful_set_can_never_change_asks_for_a_new_one(path: tuple[Any, ...]) -> None:
    intent = read("intent")
    place = intent["spec"]
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = "other"
    assert needs_recreation(intent, read("applied"))


def test_a_storage_class_that_is_left_to_the_cluster_now_asks_for_a_new_object() -> None:
    intent = read("intent")
    del intent["spec"]["volumeClaimTemplates"][0]["spec"]["storageClassName"]
    assert needs_recreation(intent, read("applied"))
    del intent["spec"]["volumeClaimTemplates"]
    assert needs_recreation(intent, read("applied"))


def entry(manager: str, fields: dict[str, Any], *, subresource: str = "") -> dict[str, Any]:
    rest = {"subresource": subresource} if subresource else {}
    return {"manager": manager, "operation": "Update", "apiVersion": "apps/v1", "fieldsV1": fields, **rest}
