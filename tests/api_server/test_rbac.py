"""Least privilege: the operator uses every right that the chart gives it, misses none, and reaches nothing else."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from tests.api_server import access, plant, proxy
from tests.api_server.access import Right
from tests.api_server.admin import Admin, path
from tests.api_server.eventually import eventually
from tests.api_server.identity import with_token
from tests.api_server.kubelet import Kubelet
from tests.api_server.operator_process import LEASE, NAMESPACE, OperatorProcess, write_settings
from tests.api_server.proxy import Proxy, Request
from tests.api_server.rules import groups, prometheus_rules
from tests.api_server.space import OURS, Space

from brownfield_operator.kube.kinds import Kind

TRUST = "brownfield-spine-trust"
RIGHTS = access.all_rights()


@pytest.fixture
def way(identity: Path) -> Iterator[Proxy]:
    with proxy.running(identity) as between:
        yield between


@pytest.fixture
def kind_of_rules(admin: Admin) -> Iterator[None]:
    with prometheus_rules(admin):
        yield


@pytest.fixture
def watched(
    way: Proxy, session_operator: OperatorProcess, identity: Path, kubelet: Kubelet, tmp_path: Path
) -> Iterator[OperatorProcess]:
    """An operator that has yet to be started, all of whose requests are recorded."""
    session_operator.stop()
    kubeconfig = proxy.through(way, identity, tmp_path / "by-way.kubeconfig")
    process = OperatorProcess(tmp_path, kubeconfig, write_settings(tmp_path / "settings.yaml"), "operator-0")
    yield process
    process.stop()


@pytest.mark.usefixtures("kind_of_rules")
@pytest.mark.timeout(180)
def test_every_right_is_used_and_none_is_missing(watched: OperatorProcess, way: Proxy, space: Space) -> None:
    a_life(watched, way, space)
    assert [request for request in way.requests if request.status == 403] == []
    used = {right for request in way.requests for right in RIGHTS if any(right.allows(**one) for one in asked(request))}
    unused = sorted(map(str, set(RIGHTS) - used))
    assert unused == [], "\n".join(unused)


@pytest.mark.chaos
@pytest.mark.usefixtures("kind_of_rules")
@pytest.mark.timeout(120)
@pytest.mark.parametrize("right", RIGHTS, ids=str)
def test_without_any_one_right_something_fails(
    watched: OperatorProcess, way: Proxy, space: Space, admin: Admin, right: Right
) -> None:
    for role in access.roles():
        admin.apply(access.without(role, right))
    try:
        with pytest.raises(AssertionError):
            a_life(watched, way, space)
        assert was_refused(way)
    finally:
        for role in access.roles():
            admin.apply(role)


def test_it_reaches_nothing_beyond(admin: Admin, identity: Path, space: Space) -> None:
    """The API server's own list of what the account may do, anywhere and in the operator's namespace."""
    operator, nobody = Admin(identity), _nobody(admin, space, identity)
    for namespace in (space.name, NAMESPACE):
        granted = _rules(operator, namespace) - _rules(nobody, namespace)
        wanted = {
            (right.group, right.resource, right.verb, right.names)
            for right in RIGHTS
            if right.role.startswith("ClusterRole/") or namespace == NAMESPACE
        }
        assert granted == wanted
    operator.close()
    nobody.close()


@pytest.mark.parametrize(
    ("verb", "resource", "name"),
    [
        ("get", "secrets", "plant-login"),
        ("list", "secrets", ""),
        ("watch", "secrets", ""),
        ("update", "secrets", "brownfield-spine-0"),
        ("create", "pods", ""),
        ("delete", "pods", ""),
        ("create", "pods/exec", ""),
        ("get", "pods/log", ""),
        ("get", "nodes", ""),
        ("create", "serviceaccounts/token", ""),
        ("patch", "legacysources.brownfield.dev", ""),
        ("delete", "legacysources.brownfield.dev", ""),
        ("create", "clusterroles.rbac.authorization.k8s.io", ""),
        ("get", "leases.coordination.k8s.io", "kube-scheduler"),
        ("impersonate", "users", ""),
    ],
)
def test_it_may_not(identity: Path, space: Space, verb: str, resource: str, name: str) -> None:
    resource, _, group = resource.partition(".")
    resource, _, subresource = resource.partition("/")
    where = {"namespace": space.name, "verb": verb, "group": group, "resource": resource, "name": name}
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {**where, "subresource": subresource}},
    }
    operator = Admin(identity)
    answer = operator.request("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", body)
    operator.close()
    assert answer["status"]["allowed"] is False


def was_refused(way: Proxy) -> bool:
    return any(request.status == 403 for request in way.requests)


def a_life(operator: OperatorProcess, way: Proxy, space: Space) -> None:
    """Everything that happens to an operator. Fails as soon as it was refused something."""

    def sees(look: Callable[[], object], what: str) -> None:
        eventually(lambda: was_refused(way) or look(), what=what)
        assert not was_refused(way)

    space.admin.delete("Lease", NAMESPACE, LEASE)
    space.admin.delete("Secret", NAMESPACE, TRUST)
    operator.start(lead=False)
    sees(operator.has_planned, "it leads")
    sees(lambda: groups(space.admin, "PrometheusRule"), "rules are there")
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "simulator"}}
    space.apply(
        {**service, "spec": {"selector": {"app": "simulator"}, "ports": [{"port": 502}]}},
        plant.table("unlabelled", labels={}),
        *plant.chain(space.name),
        plant.source("beside", "simulator", table="unlabelled"),
    )
    resources = (*plant.CHAIN, "LegacySource/beside")
    sees(lambda: space.are_ready(*resources), "all is Ready")
    for kind, change in _MEDDLING.items():
        name = space.list(kind, OURS)[0]["metadata"]["name"]
        space.patch(kind, name, change, how="strategic")
        sees(partial(_is_undone, space, kind), f"{kind} is undone")
    policies = [policy["metadata"]["name"] for policy in space.list("NetworkPolicy", OURS)]
    space.delete("NetworkPolicy", *policies)  # of each kind of process, each of which asks whether its owner lives
    sees(lambda: len(space.list("NetworkPolicy", OURS)) == len(policies), "the policies are back")
    secret = space.list("Secret", OURS)[0]
    space.patch("Secret", secret["metadata"]["name"], {"data": dict.fromkeys(secret["data"], _NONSENSE)})
    sees(lambda: _NONSENSE not in str(space.get("Secret", secret["metadata"]["name"])), "the Secret is undone")
    operator.stop()
    name, data = _exchange_a_config_map(space)
    operator.start(lead=False)
    sees(lambda: (space.get("ConfigMap", name) or {}).get("data") == data, "the ConfigMap is undone")
    _let_a_pod_fail(space)
    sees(lambda: any("involvedObject" in request.query for request in way.requests), "it looks for Events")
    trust = space.admin.get("Secret", NAMESPACE, TRUST)
    # What has lost its last owner may be gone before the operator looks; what has not, is the operator's to delete.
    space.apply(plant.twin("live", "farm", site="elsewhere"))
    sees(lambda: not any(name.startswith("twin-live") for _, name in space.children()), "the twin runs elsewhere")
    for resource in resources:
        space.delete(*resource.split("/"))
    sees(lambda: not space.children(), "nothing is left")
    sees(lambda: space.admin.get("Secret", NAMESPACE, TRUST) != trust, "the credentials are revoked")


_NONSENSE = "bm9uc2Vuc2U="
_MEDDLING = {
    "StatefulSet": {"spec": {"template": {"spec": {"containers": [{"name": "meddler", "image": "meddler"}]}}}},
    "Service": {"spec": {"ports": [{"name": "meddler", "port": 22}]}},
    "NetworkPolicy": {"spec": {"podSelector": {"matchLabels": {"app": "meddler"}}}},
}


def _is_undone(space: Space, kind: str) -> bool:
    return "meddler" not in str([item["spec"] for item in space.list(kind)])


def _exchange_a_config_map(space: Space) -> tuple[str, dict[str, str]]:
    """For one that can be edited, with something in it that nobody wants. Its name, and the data it had."""
    child = space.list("ConfigMap", OURS)[0]
    metadata = {name: child["metadata"][name] for name in ("name", "namespace", "labels", "annotations")}
    space.delete("ConfigMap", metadata["name"])
    data = {**child["data"], "more": "x"}
    space.admin.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})
    return metadata["name"], child["data"]


def _let_a_pod_fail(space: Space) -> None:
    pod = space.list("Pod", OURS)[0]["metadata"]["name"]
    unready = {"status": {"conditions": [{"type": "Ready", "status": "False"}]}}
    space.admin.request("PATCH", path("Pod", space.name, pod, "status"), unready, how="strategic")


_PATH = re.compile(
    r"/(?:api/v1|apis/(?P<group>[^/]+)/[^/]+)(?:/namespaces/(?P<namespace>[^/]+))?/(?P<resource>[a-z]+)"
    r"(?:/(?P<name>[^/]+))?(?:/(?P<sub>[^/]+))?$"
)
_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


def asked(request: Request) -> list[dict[str, str]]:
    """What the API server authorises for a request; for a patch that makes the object, to create it as well.

    What kinds of a group there are, everybody may ask.
    """
    if request.path == Kind.PROMETHEUS_RULE.home:
        return []
    found = _PATH.match(request.path)
    assert found is not None, request
    query = parse_qs(request.query)
    selected = query.get("fieldSelector", [""])[0].partition("metadata.name=")[2]
    name = found["name"] or selected
    verb = _VERBS.get(request.method) or ("get" if found["name"] else "watch" if "watch" in query else "list")
    resource = f"{found['resource']}/{found['sub']}" if found["sub"] else found["resource"]
    what = {"group": found["group"] or "", "resource": resource, "namespace": found["namespace"] or "", "name": name}
    verbs = ("patch", "create") if (verb, request.status) == ("patch", 201) else (verb,)
    return [{**what, "verb": each} for each in verbs]


def _nobody(admin: Admin, space: Space, identity: Path) -> Admin:
    """An account to which nobody has given anything: what every account may do is not the chart's doing."""
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "nobody"}}
    space.apply(account)
    return Admin(with_token(identity, admin.token(space.name, "nobody"), identity.with_name("nobody.kubeconfig")))


def _rules(client: Admin, namespace: str) -> set[tuple[str, str, str, tuple[str, ...]]]:
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": namespace},
    }
    answer = client.request("POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", body)
    return {
        (group, resource, verb, tuple(rule.get("resourceNames") or ()))
        for rule in answer["status"]["resourceRules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
