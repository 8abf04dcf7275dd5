"""Golden files. After a change that is meant: `UPDATE_GOLDEN=1 pytest tests/operator/manifests`, and read the diff."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
import yaml
from tests.operator.manifests import processes

from brownfield_operator import names
from brownfield_operator.desired import DesiredProcess, Owner
from brownfield_operator.manifests import Manifest, render


def by_kind(manifests: tuple[Manifest, ...], kind: str) -> Any:
    return next(manifest for manifest in manifests if manifest["kind"] == kind)


@pytest.mark.parametrize("process", processes.ALL, ids=lambda process: process.kind)
def test_the_children_of_a_process_are_those_in_the_golden_file(process: DesiredProcess) -> None:
    golden = processes.DATA / f"{process.kind}.yaml"
    rendered = yaml.safe_dump_all(
        json.loads(json.dumps(render(process, processes.settings()))), sort_keys=False, allow_unicode=True, width=120
    )
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(rendered, encoding="utf-8")
    assert rendered == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("process", processes.ALL, ids=lambda process: process.kind)
def test_the_order_in_which_things_were_listed_changes_nothing(process: DesiredProcess) -> None:
    turned = replace(
        process,
        owners=process.owners[::-1],
        endpoints=process.endpoints[::-1],
        secrets=process.secrets[::-1],
        volumes=process.volumes[::-1],
        egress=process.egress[::-1],
    )
    assert json.dumps(render(turned, processes.settings())) == json.dumps(render(process, processes.settings()))


@pytest.mark.parametrize("process", processes.ALL, ids=lambda process: process.kind)
def test_every_child_carries_the_hash_of_the_rest_of_itself(process: DesiredProcess) -> None:
    for manifest in json.loads(json.dumps(render(process, processes.settings()))):
        said = manifest["metadata"]["annotations"].pop(names.INTENT)
        canonical = json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert said == hashlib.sha256(canonical.encode()).hexdigest()


@pytest.mark.parametrize("process", processes.ALL, ids=lambda process: process.kind)
def test_every_child_has_the_labels_of_its_process_and_plain_owners(process: DesiredProcess) -> None:
    for manifest in render(process, processes.settings()):
        metadata = manifest["metadata"]
        assert names.labels(process).items() <= metadata["labels"].items()
        assert metadata["namespace"] == process.namespace
        assert {owner["uid"] for owner in metadata["ownerReferences"]} == {owner.uid for owner in process.owners}
        assert not any(owner.get("controller") or owner["blockOwnerDeletion"] for owner in metadata["ownerReferences"])


def test_only_a_twin_has_a_service_and_it_selects_the_twins_pods() -> None:
    settings = processes.settings()
    with_service = [process for process in processes.ALL if "Service" in {m["kind"] for m in render(process, settings)}]
    assert [process.kind for process in with_service] == ["twin"]
    manifests = render(with_service[0], settings)
    template = by_kind(manifests, "StatefulSet")["spec"]["template"]
    service = by_kind(manifests, "Service")
    assert service["spec"]["selector"].items() <= template["metadata"]["labels"].items()
    ports = {port["containerPort"] for port in template["spec"]["containers"][0]["ports"]}
    assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports


def test_a_source_that_joins_a_group_changes_the_owners_of_all_children_and_nothing_else() -> None:
    process, settings = processes.adapter(), processes.settings()
    joined = replace(process, owners=(*process.owners, Owner(kind="LegacySource", name="r80790", uid="5")))
    for before, after in zip(render(process, settings), render(joined, settings), strict=True):
        assert before != after
        assert without_owners(before) == without_owners(after)


def without_owners(manifest: Manifest) -> Mapping[str, Any]:
    copy = json.loads(json.dumps(manifest))
    del copy["metadata"]["ownerReferences"], copy["metadata"]["annotations"][names.INTENT]
    return dict(copy)
