"""Accepted and Resolved: findings in words, warnings that cost nothing, what is missing on the cluster."""

from typing import Any

import pytest
from tests.operator.status.known import finding, mapping, source, waits, with_process

from brownfield_api.resources import Reason
from brownfield_operator.status.planned import accepted, resolved
from brownfield_planner.findings import Severity

ITSELF: dict[str, Any] = {"left_out_because": "LegacySource/r80711"}


def test_a_source_that_is_well_is_accepted_and_resolved() -> None:
    assert (accepted(source()).status, accepted(source()).reason) == ("True", "Accepted")
    assert (resolved(source()).status, resolved(source()).reason) == ("True", "Resolved")


def test_an_error_of_its_own_says_where_what_and_what_to_do() -> None:
    said = accepted(source(findings=(finding(Reason.INVALID_UNIT),), **ITSELF))
    assert (said.status, said.reason) == ("False", "InvalidUnit")
    assert said.message == (
        "spec.tags[3].unit: 'kWh' is not a unit. Did you mean kW.h? It does not run until this is corrected."
    )


def test_the_last_good_version_is_said_to_go_on() -> None:
    said = accepted(source(findings=(finding(Reason.INVALID_UNIT),), runs_last_good=True, **ITSELF))
    assert said.message.endswith("The last good version goes on running until this is corrected.")


def test_a_mistake_in_a_table_names_the_table() -> None:
    wrong = finding(
        Reason.INVALID_TABLE,
        resource="ConfigMap/senvion-mm82",
        field="data[tags.csv] row 7",
        message="the row has 3 cells, the header 4",
        do="Quote a cell that holds a comma",
    )
    said = resolved(source(findings=(wrong,), **ITSELF))
    assert (said.status, said.reason) == ("False", "InvalidTable")
    assert said.message.startswith(
        "ConfigMap/senvion-mm82 data[tags.csv] row 7: the row has 3 cells, the header 4. "
        "Quote a cell that holds a comma."
    )


def test_what_it_names_is_not_claimed_to_be_there_while_it_is_not_accepted() -> None:
    said = resolved(source(findings=(finding(Reason.UNKNOWN_FIELD),), **ITSELF))
    assert (said.status, said.reason) == ("Unknown", "NotChecked")


def test_both_kinds_of_errors_are_told_apart() -> None:
    facts = mapping(
        findings=(
            finding(Reason.DUPLICATE_ASSET, resource="AssetMapping/la-haute-borne", message="Asset_1 is there twice"),
            finding(Reason.UNKNOWN_SOURCE, resource="AssetMapping/la-haute-borne", message="no LegacySource/r8071"),
        ),
        left_out_because="AssetMapping/la-haute-borne",
    )
    assert (accepted(facts).status, accepted(facts).reason) == ("False", "DuplicateAsset")
    assert (resolved(facts).status, resolved(facts).reason) == ("False", "UnknownSource")
    assert "r8071" not in accepted(facts).message


@pytest.mark.parametrize(
    ("changes", "condition", "reason"),
    [
        ({"findings": (finding(Reason.ORPHAN_TAG, severity=Severity.WARNING),)}, resolved, "ResolvedWithWarnings"),
        ({"unlabelled_inputs": ("senvion-mm82",)}, resolved, "ResolvedWithWarnings"),
        ({"network_open": ("r80711.plant:502",)}, accepted, "AcceptedWithWarnings"),
    ],
    ids=["orphan", "label", "network"],
)
def test_a_warning_stands_in_the_message_of_a_true_condition(changes: Any, condition: Any, reason: str) -> None:
    said = condition(source(**changes))
    assert (said.status, said.reason) == ("True", reason)
    assert said.message.split(":")[0] in {"OrphanTag", "InputNotLabelled", "NetworkOpen"}
    other = accepted if condition is resolved else resolved
    assert other(source(**changes)).status == "True"


def test_the_label_can_be_set_with_the_command_in_the_message() -> None:
    said = resolved(source(unlabelled_inputs=("senvion-mm82",)))
    assert "kubectl -n farm label configmap senvion-mm82 brownfield.dev/input=user" in said.message


def test_a_mapping_of_a_source_with_an_error_names_the_source() -> None:
    said = resolved(mapping(left_out_because="LegacySource/r80711", processes=()))
    assert (said.status, said.reason) == ("False", "DependencyInvalid")
    assert "LegacySource/r80711" in said.message
    assert "kubectl -n farm describe legacysource/r80711" in said.message
    assert accepted(mapping(left_out_because="LegacySource/r80711", processes=())).status == "True"


def test_a_source_left_out_for_an_error_reported_elsewhere_is_not_called_resolved() -> None:
    assert (resolved(source(**ITSELF)).status, resolved(source(**ITSELF)).reason) == ("False", "DependencyInvalid")


def test_a_secret_its_pod_misses_is_reported_where_it_is_named() -> None:
    missing = waits(Reason.MISSING_SECRET, "Secret/r80711-login does not exist.", "Secret/r80711-login")
    named = with_process(source(references=("Secret/r80711-login",)), workload=missing)
    assert (resolved(named).status, resolved(named).reason) == ("False", "MissingSecret")
    assert resolved(named).message == "Secret/r80711-login does not exist."
    neighbour = with_process(source(references=("Secret/other",)), workload=missing)
    assert resolved(neighbour).status == "True"


def test_of_another_site_nothing_is_said_to_be_wrong() -> None:
    said = accepted(source(other_site="plant-b"))
    assert (said.status, said.reason) == ("Unknown", "OtherSite")
    assert "plant-b" in said.message
