"""Each verb of the port, as a real API server understands it."""

import asyncio
import signal
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any

import pytest
from hack.cluster import audit
from hack.cluster.control_plane import ControlPlane
from kubernetes.aio.client import Configuration
from prometheus_client import CollectorRegistry

from brownfield_operator import names
from brownfield_operator.kube.access import KUBECONFIG, load_access
from brownfield_operator.kube.client import KubeClient
from brownfield_operator.kube.counting import Requests
from brownfield_operator.kube.errors import Conflict, Forbidden, Gone, Invalid, NotFound, Unauthorized, Unreachable
from brownfield_operator.kube.events import events_of, record_event
from brownfield_operator.kube.kinds import Json, Kind
from brownfield_operator.kube.port import PAGE, Page

pytestmark = pytest.mark.apiserver

SOURCE: Json = {"modbus": {"endpoint": "tcp://r80711.plant:502", "unit": 1}, "interval": "1s"}
SOURCE["tags"] = [{"name": "P_avg", "address": "holding:0", "type": "float32", "unit": "kW"}]


def config_map(name: str, data: dict[str, Any] | None = None, **metadata: object) -> Json:
    found: Json = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"namespace": "plant", "name": name, **metadata},
    }
    return found if data is None else {**found, "data": data}


def source(name: str) -> Json:
    kind = Kind.LEGACY_SOURCE
    metadata = {"namespace": "plant", "name": name}
    return {"apiVersion": kind.api_version, "kind": str(kind), "metadata": metadata, "spec": SOURCE}


async def made(client: KubeClient, name: str) -> str:
    """The uid of a new LegacySource."""
    return str((await client.apply(source(name)))["metadata"]["uid"])


async def test_what_is_applied_can_be_got_and_what_is_not_there_is_none(client: KubeClient, name: str) -> None:
    assert await client.get(Kind.CONFIG_MAP, "plant", name) is None
    live = await client.apply(config_map(name, {"key": "value"}))
    assert live["data"] == {"key": "value"}
    assert await client.get(Kind.CONFIG_MAP, "plant", name) == live
    assert [entry["manager"] for entry in live["metadata"]["managedFields"]] == [names.FIELD_MANAGER]


async def test_it_tells_which_kinds_there_are(client: KubeClient) -> None:
    assert await client.serves(Kind.CONFIG_MAP)
    assert await client.serves(Kind.TWIN_MODEL)
    assert not await client.serves(Kind.PROMETHEUS_RULE)


async def test_the_same_applied_again_changes_nothing(client: KubeClient, name: str) -> None:
    first = await client.apply(config_map(name, {"key": "value"}))
    assert await client.apply(config_map(name, {"key": "value"})) == first


async def test_a_misspelt_field_is_refused_and_not_dropped(client: KubeClient, name: str) -> None:
    with pytest.raises(Invalid, match="dta"):
        await client.apply({**config_map(name), "dta": {"key": "value"}})
    with pytest.raises(Invalid, match="dta"):
        await client.create({**config_map(name), "dta": {"key": "value"}})
    assert await client.get(Kind.CONFIG_MAP, "plant", name) is None


async def test_an_invalid_object_says_which_field_is_wrong(client: KubeClient, name: str) -> None:
    wrong = source(name)
    wrong["spec"] = {**SOURCE, "interval": "soon"}
    with pytest.raises(Invalid) as refused:
        await client.apply(wrong)
    assert [cause.field for cause in refused.value.causes] == ["spec.interval"]


async def test_an_object_made_anew_is_not_taken_for_the_old_one(client: KubeClient, name: str) -> None:
    old = await client.apply(config_map(name))
    await client.delete(Kind.CONFIG_MAP, "plant", name)
    await client.apply(config_map(name))
    with pytest.raises(Conflict):
        await client.apply(config_map(name, {"key": "value"}, uid=old["metadata"]["uid"]))
    with pytest.raises(Conflict):
        await client.delete(Kind.CONFIG_MAP, "plant", name, uid=old["metadata"]["uid"])
    assert await client.get(Kind.CONFIG_MAP, "plant", name) is not None
    with pytest.raises(Conflict):
        await client.apply(config_map(f"{name}-gone", uid=old["metadata"]["uid"]))


async def test_a_field_of_another_manager_is_taken_only_by_force(client: KubeClient, name: str) -> None:
    made = await client.create(config_map(name, {"key": "theirs"}))
    assert made is not None
    with pytest.raises(Conflict):
        await client.apply(config_map(name, {"key": "ours"}), force=False)
    assert (await client.apply(config_map(name, {"key": "ours"})))["data"] == {"key": "ours"}


async def test_a_replace_of_what_has_changed_meanwhile_is_a_conflict(client: KubeClient, name: str) -> None:
    seen = await client.apply(config_map(name, {"key": "1"}))
    await client.merge_patch(Kind.CONFIG_MAP, "plant", name, {"data": {"key": "2"}})
    with pytest.raises(Conflict):
        await client.replace({**seen, "data": {"key": "3"}})
    seen = await client.get(Kind.CONFIG_MAP, "plant", name) or {}
    assert (await client.replace({**seen, "data": {"other": "3"}}))["data"] == {"other": "3"}


async def test_a_name_that_is_taken_is_no_error_of_a_creation(client: KubeClient, name: str) -> None:
    assert await client.create(config_map(name, {"key": "first"})) is not None
    assert await client.create(config_map(name, {"key": "second"})) is None
    found = await client.get(Kind.CONFIG_MAP, "plant", name)
    assert found is not None
    assert found["data"] == {"key": "first"}


async def test_a_creation_where_no_namespace_is_fails_as_such(client: KubeClient) -> None:
    with pytest.raises(NotFound, match="nowhere"):
        await client.create({**config_map("x"), "metadata": {"namespace": "nowhere", "name": "x"}})


async def test_what_is_deleted_twice_is_deleted(client: KubeClient, name: str) -> None:
    live = await client.apply(config_map(name))
    await client.delete(Kind.CONFIG_MAP, "plant", name, uid=live["metadata"]["uid"])
    assert await client.get(Kind.CONFIG_MAP, "plant", name) is None
    await client.delete(Kind.CONFIG_MAP, "plant", name, uid=live["metadata"]["uid"])


async def test_a_delete_says_what_becomes_of_dependents(client: KubeClient, name: str) -> None:
    await client.apply(config_map(name))
    await client.delete(Kind.CONFIG_MAP, "plant", name, orphan=True)
    waiting = await client.get(Kind.CONFIG_MAP, "plant", name)
    assert waiting is not None, "nobody collects garbage here"
    assert waiting["metadata"]["finalizers"] == ["orphan"]


async def test_one_key_of_a_secret_is_set_and_removed_beside_others(client: KubeClient, name: str) -> None:
    secret = {**config_map(name), "kind": "Secret", "stringData": {"theirs": "x"}}
    await client.create(secret)
    await client.merge_patch(Kind.SECRET, "plant", name, {"data": {"ours": "eA=="}})
    after = await client.merge_patch(Kind.SECRET, "plant", name, {"data": {"theirs": None}})
    assert after["data"] == {"ours": "eA=="}


async def test_a_patch_of_what_is_not_there_is_not_found(client: KubeClient, name: str) -> None:
    with pytest.raises(NotFound):
        await client.merge_patch(Kind.SECRET, "plant", name, {"data": {}})
    with pytest.raises(NotFound):
        await client.patch_status(Kind.LEGACY_SOURCE, "plant", name, {}, uid="00-11")


async def test_a_status_is_written_beside_the_spec_and_loses_what_is_left_out(client: KubeClient, name: str) -> None:
    made = await client.create(source(name))
    assert made is not None
    uid = made["metadata"]["uid"]
    first = {"observedGeneration": 1, "protocol": "modbus", "endpoint": "tcp://r80711.plant:502"}
    live = await client.patch_status(Kind.LEGACY_SOURCE, "plant", name, first, uid=uid)
    assert live["status"] == first
    live = await client.patch_status(Kind.LEGACY_SOURCE, "plant", name, {"observedGeneration": 1}, uid=uid)
    assert live["status"] == {"observedGeneration": 1}
    assert live["spec"] == made["spec"]
    assert live["metadata"]["generation"] == made["metadata"]["generation"]
    ours = [entry for entry in live["metadata"]["managedFields"] if entry.get("subresource") == "status"]
    assert [(entry["manager"], entry["operation"]) for entry in ours] == [(names.FIELD_MANAGER, "Update")]
    assert set(ours[0]["fieldsV1"]) == {"f:status"}


async def test_the_same_status_again_changes_nothing(client: KubeClient, name: str) -> None:
    uid = await made(client, name)
    first = await client.patch_status(Kind.LEGACY_SOURCE, "plant", name, {"observedGeneration": 1}, uid=uid)
    assert await client.patch_status(Kind.LEGACY_SOURCE, "plant", name, {"observedGeneration": 1}, uid=uid) == first


async def test_a_status_for_a_resource_made_anew_is_a_conflict(client: KubeClient, name: str) -> None:
    old = await made(client, name)
    await client.delete(Kind.LEGACY_SOURCE, "plant", name)
    await made(client, name)
    with pytest.raises(Conflict, match="another has its name"):
        await client.patch_status(Kind.LEGACY_SOURCE, "plant", name, {"observedGeneration": 1}, uid=old)


async def test_an_invalid_status_says_which_field_is_wrong(client: KubeClient, name: str) -> None:
    uid = await made(client, name)
    with pytest.raises(Invalid) as refused:
        await client.patch_status(Kind.LEGACY_SOURCE, "plant", name, {"observedGeneration": "two"}, uid=uid)
    assert refused.value.causes[0].field == "status.observedGeneration"


async def test_a_status_that_older_crds_do_not_know_arrives_as_far_as_they_do(client: KubeClient, name: str) -> None:
    status = {"observedGeneration": 1, "newer": "x"}
    live = await client.patch_status(Kind.LEGACY_SOURCE, "plant", name, status, uid=await made(client, name))
    assert live["status"] == {"observedGeneration": 1}


async def fill(client: KubeClient, name: str, count: int) -> set[str]:
    made = {f"{name}-{number}" for number in range(count)}
    await asyncio.gather(*(client.create(config_map(each, {"k": "v"}, labels={"test": name})) for each in made))
    return made


async def test_a_list_longer_than_a_page_is_complete_and_of_one_moment(client: KubeClient, name: str) -> None:
    made = await fill(client, name, 2 * PAGE + 1)
    pages = [page async for page in client.pages(Kind.CONFIG_MAP, namespace="plant", labels=f"test={name}")]
    assert [len(page.objects) for page in pages] == [PAGE, PAGE, 1]
    assert len({page.resource_version for page in pages}) == 1
    listing = await client.list(Kind.CONFIG_MAP, labels=f"test={name}")
    assert {found["metadata"]["name"] for found in listing.objects} == made
    assert {(found["kind"], found["apiVersion"]) for found in listing.objects} == {("ConfigMap", "v1")}


async def test_a_list_is_narrowed_by_labels_fields_and_namespace(client: KubeClient, name: str) -> None:
    await fill(client, name, 2)
    assert len((await client.list(Kind.CONFIG_MAP, labels=f"test={name}")).objects) == 2
    fields = f"metadata.name={name}-1"
    assert len((await client.list(Kind.CONFIG_MAP, labels=f"test={name}", fields=fields)).objects) == 1
    assert (await client.list(Kind.CONFIG_MAP, namespace="default", labels=f"test={name}")).objects == ()


async def test_a_list_of_metadata_has_nothing_else_and_may_be_empty(client: KubeClient, name: str) -> None:
    assert (await client.list(Kind.CONFIG_MAP, labels=f"test={name}", metadata_only=True)).objects == ()
    await fill(client, name, 1)
    (found,) = (await client.list(Kind.CONFIG_MAP, labels=f"test={name}", metadata_only=True)).objects
    assert set(found) <= {"apiVersion", "kind", "metadata"}
    assert found["metadata"]["labels"] == {"test": name}


async def forget_history(control_plane: ControlPlane) -> None:
    """Restarted, or the API server would go on from its own memory."""
    await asyncio.to_thread(control_plane.restart_api_server)
    await asyncio.to_thread(control_plane.compact)


async def test_a_list_that_the_server_forgot_half_way_is_gone(
    client: KubeClient, control_plane: ControlPlane, name: str
) -> None:
    await fill(client, name, PAGE + 1)
    pages = client.pages(Kind.CONFIG_MAP, labels=f"test={name}")
    await anext(pages)
    await client.apply(config_map(name))
    await forget_history(control_plane)
    with pytest.raises(Gone):
        await anext(pages)


async def test_a_complete_list_begins_anew_when_the_server_forgot_it(
    client: KubeClient, control_plane: ControlPlane, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await fill(client, name, PAGE + 1)
    pages, begun = client.pages, 0

    async def interrupted(*args: Any, **kwargs: Any) -> AsyncGenerator[Page, None]:
        nonlocal begun
        begun += 1
        first = begun == 1
        async for page in pages(*args, **kwargs):
            yield page
            if first:
                first = False
                await client.delete(Kind.CONFIG_MAP, "plant", f"{name}-0")
                await forget_history(control_plane)

    monkeypatch.setattr(client, "pages", interrupted)
    listing = await client.list(Kind.CONFIG_MAP, labels=f"test={name}")
    assert begun == 2
    assert {found["metadata"]["name"] for found in listing.objects} == made - {f"{name}-0"}


async def test_a_watch_tells_what_happened_since(client: KubeClient, name: str) -> None:
    listing = await client.list(Kind.CONFIG_MAP, labels=f"test={name}")
    await client.create(config_map(name, {"k": "1"}, labels={"test": name}))
    await client.merge_patch(Kind.CONFIG_MAP, "plant", name, {"data": {"k": "2"}})
    await client.delete(Kind.CONFIG_MAP, "plant", name)
    events = client.watch(Kind.CONFIG_MAP, listing.resource_version, namespace="plant", labels=f"test={name}")
    seen = [(event.type, event.object["data"]["k"]) for event in [await anext(events) for _ in range(3)]]
    assert seen == [("ADDED", "1"), ("MODIFIED", "2"), ("DELETED", "2")]
    await events.aclose()


async def test_a_watch_of_metadata_has_nothing_else(client: KubeClient, name: str) -> None:
    listing = await client.list(Kind.CONFIG_MAP, labels=f"test={name}", metadata_only=True)
    await client.create(config_map(name, {"k": "1"}, labels={"test": name}))
    events = client.watch(Kind.CONFIG_MAP, listing.resource_version, labels=f"test={name}", metadata_only=True)
    assert set((await anext(events)).object) <= {"apiVersion", "kind", "metadata"}
    await events.aclose()


async def test_a_watch_from_a_forgotten_moment_is_gone(
    client: KubeClient, control_plane: ControlPlane, name: str
) -> None:
    listing = await client.list(Kind.CONFIG_MAP)
    await client.apply(config_map(name))
    await forget_history(control_plane)
    with pytest.raises(Gone):
        await anext(client.watch(Kind.CONFIG_MAP, listing.resource_version))


async def test_an_event_is_found_by_what_it_is_about(client: KubeClient, name: str) -> None:
    made = await client.create(source(name))
    assert made is not None
    for minute, reason in enumerate(("Accepted", "Resolved")):
        at = datetime(2026, 3, 1, 12, minute, tzinfo=UTC)
        await record_event(client, made, severity="Normal", reason=reason, message="So it is", at=at, instance="pod-0")
        await record_event(client, made, severity="Normal", reason=reason, message="So it is", at=at, instance="pod-0")
    found = await events_of(client, "plant", made["metadata"]["uid"])
    assert [event["reason"] for event in found] == ["Accepted", "Resolved"]
    assert await events_of(client, "plant", "another-uid") == ()


async def test_who_is_not_known_is_unauthorized_and_who_has_no_right_forbidden(control_plane: ControlPlane) -> None:
    trusted = await load_access({KUBECONFIG: str(control_plane.kubeconfig)})
    stranger = Configuration(host=trusted.host, ssl_ca_cert=trusted.ssl_ca_cert)
    async with KubeClient(stranger, Requests(CollectorRegistry())) as client:
        with pytest.raises(Forbidden, match="anonymous"):
            await client.get(Kind.CONFIG_MAP, "plant", "x")
    liar = Configuration(host=trusted.host, ssl_ca_cert=trusted.ssl_ca_cert, api_key={"BearerToken": "Bearer nonsense"})
    async with KubeClient(liar, Requests(CollectorRegistry())) as client:
        with pytest.raises(Unauthorized):
            await client.get(Kind.CONFIG_MAP, "plant", "x")


async def test_a_hung_api_server_is_unreachable_and_then_back(control_plane: ControlPlane, name: str) -> None:
    configuration = await load_access({KUBECONFIG: str(control_plane.kubeconfig)})
    async with KubeClient(configuration, Requests(CollectorRegistry()), timeout=1.0) as client:
        await client.apply(config_map(name))
        control_plane.suspend_api_server()
        try:
            with pytest.raises(Unreachable):
                await client.get(Kind.CONFIG_MAP, "plant", name)
        finally:
            control_plane.resume_api_server()
        assert await client.get(Kind.CONFIG_MAP, "plant", name) is not None


async def test_a_stopped_api_server_is_unreachable_and_then_back(
    client: KubeClient, control_plane: ControlPlane, name: str
) -> None:
    await client.apply(config_map(name))
    await asyncio.to_thread(control_plane.stop_api_server, signal.SIGKILL)
    try:
        for _ in range(3):
            with pytest.raises(Unreachable):
                await client.apply(config_map(name))
    finally:
        await asyncio.to_thread(control_plane.start_api_server)
    assert await client.get(Kind.CONFIG_MAP, "plant", name) is not None


async def test_writes_counted_here_are_the_writes_counted_there(
    client: KubeClient, requests: Requests, registry: CollectorRegistry, control_plane: ControlPlane, name: str
) -> None:
    since = audit.size(control_plane.audit_log)
    await client.apply(config_map(name))
    await client.create(config_map(name))
    await client.list(Kind.CONFIG_MAP)
    await client.delete(Kind.CONFIG_MAP, "plant", name)
    await client.delete(Kind.CONFIG_MAP, "plant", name)
    seen = [write for write in audit.writes(control_plane.audit_log, since) if write.name == name]
    assert requests.writes == len(seen) == 4
    assert {write.agent for write in seen} == {"brownfield-operator"}
    for verb, code, count in (("apply", 201, 1), ("create", 409, 1), ("delete", 200, 1), ("delete", 404, 1)):
        labels = {"verb": verb, "kind": "ConfigMap", "code": str(code)}
        assert registry.get_sample_value("brownfield_operator_api_requests_total", labels) == count
