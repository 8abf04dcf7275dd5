"""What a commit looks like that never reaches the operator: it is reported, and what ran goes on."""

import pytest
from tests.gitops.farm import Farm

pytestmark = [pytest.mark.gitops, pytest.mark.apiserver, pytest.mark.timeout(240, func_only=True)]

WRONG = "r80711"


def test_what_the_api_server_refuses_changes_nothing_and_is_tried_again_from_the_newest_commit(farm: Farm) -> None:
    farm.run_all()
    before = farm.live("LegacySource", "farm-meter")
    farm.edit("sources.yaml", 'pattern: "F1_*.csv"', 'pattern: ""')
    farm.commit()
    state = farm.wait_for(lambda state: "spec.files.pattern" in state.message, sync="OutOfSync", operation="Running")
    assert 'LegacySource.brownfield.dev "farm-meter" is invalid' in state.message
    assert farm.live("LegacySource", "farm-meter")["metadata"]["generation"] == before["metadata"]["generation"]

    farm.edit("sources.yaml", 'pattern: ""', 'pattern: "F2_*.csv"')
    farm.commit()
    farm.wait_for(lambda _: farm.live("LegacySource", "farm-meter")["spec"]["files"]["pattern"] == "F2_*.csv")


def test_a_misspelt_field_is_named_and_nothing_of_the_commit_is_applied(farm: Farm) -> None:
    farm.run_all()
    farm.edit("sources.yaml", "load: {maxConnections: 1, maxRequestsPerSecond: 10, timeout: 2s}\n  network: "
              "{cidrs: [10.20.0.11/32]}", "laod: {maxConnections: 1}\n  network: {cidrs: [10.20.0.12/32]}")  # fmt: skip
    farm.commit()
    state = farm.wait_for(lambda state: "ComparisonError" in state.conditions, sync="Unknown")
    assert ".spec.laod: field not declared in schema" in state.conditions["ComparisonError"]
    live = farm.live("LegacySource", WRONG)
    assert live["metadata"]["generation"] == 1
    assert live["spec"]["load"]["maxRequestsPerSecond"] == 10


def test_with_client_side_apply_a_misspelt_field_is_dropped_and_the_application_is_never_synced(farm: Farm) -> None:
    """Why the example asks for server-side apply: this way the only sign is OutOfSync."""
    farm.run_all(sync_options=())
    farm.edit("sources.yaml", "{from: source, maxSkew: 5s}    # a clock", "{from: source, maxSkwe: 5s}    # a clock")
    farm.commit()
    state = farm.wait_for(
        lambda state: (
            "configured" in state.resource("LegacySource", "r80736").applied
            and state.resource("LegacySource", "r80736").sync == "OutOfSync"
        ),
        sync="OutOfSync",
    )
    assert farm.live("LegacySource", "r80736")["spec"]["timestamps"] == {"from": "source"}
    assert state.resource("LegacySource", "r80736").result == "Synced", "Argo CD counts the apply as a success"
