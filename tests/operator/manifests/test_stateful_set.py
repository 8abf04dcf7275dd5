import json
from dataclasses import replace
from typing import Any

import pytest
from tests.operator.manifests import processes

from brownfield_operator.desired import DesiredProcess
from brownfield_operator.manifests import render


def spec(process: DesiredProcess) -> Any:
    return json.loads(json.dumps(render(process, processes.settings())[-1]))["spec"]


def test_state_is_on_a_claim_of_the_storage_class_the_chart_names() -> None:
    claims = spec(processes.adapter())["volumeClaimTemplates"]
    assert [claim["metadata"]["name"] for claim in claims] == ["state"]
    assert claims[0]["spec"]["storageClassName"] == "local-path"
    assert claims[0]["spec"]["resources"] == {"requests": {"storage": "4Gi"}}
    assert "state" not in {volume["name"] for volume in spec(processes.adapter())["template"]["spec"]["volumes"]}


def test_without_a_storage_class_the_clusters_default_is_left_to_decide() -> None:
    settings = processes.settings()
    settings = settings.model_copy(update={"storage": settings.storage.model_copy(update={"class_name": None})})
    claim = render(processes.adapter(), settings)[-1]["spec"]["volumeClaimTemplates"][0]
    assert "storageClassName" not in claim["spec"]


def test_ephemeral_state_is_in_the_pod() -> None:
    twin = spec(processes.twin())
    assert "volumeClaimTemplates" not in twin
    volumes = {volume["name"]: volume for volume in twin["template"]["spec"]["volumes"]}
    assert volumes["state"] == {"name": "state", "emptyDir": {}}


def test_a_group_may_grow_by_half_before_its_claim_changes() -> None:
    process = processes.adapter()
    grown = replace(process, storage=process.storage * 4 // 3)
    assert spec(process)["volumeClaimTemplates"] == spec(grown)["volumeClaimTemplates"]


@pytest.mark.parametrize("process", processes.ALL, ids=lambda process: process.kind)
def test_what_can_never_be_changed_does_not_depend_on_the_configuration(process: DesiredProcess) -> None:
    before = spec(process)
    after = spec(replace(process, content=b"[]", owners=process.owners[:1], endpoints=("tcp://other:502",)))
    for name in ("selector", "serviceName", "podManagementPolicy"):
        assert before[name] == after[name]
    assert before["selector"]["matchLabels"].items() <= before["template"]["metadata"]["labels"].items()
