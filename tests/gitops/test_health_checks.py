"""The health checks, run by Argo CD itself without a cluster, in its own format of test cases."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from hack.argocd.customizations import EXAMPLE, HEALTH_CHECKS, config_map, customizations
from hack.argocd.health import Health, evaluate
from tests.operator.status.known import source, waits, with_process

from brownfield_api.errors import BrownfieldError
from brownfield_api.resources import API_VERSION, Reason
from brownfield_api.resources.status import ConditionType
from brownfield_operator.status.reasons import CONDITION_OF, TRANSIENT
from brownfield_operator.status.resource_status import resource_status

pytestmark = [pytest.mark.gitops, pytest.mark.timeout(240, func_only=True)]

KINDS = ("AssetMapping", "LegacySource", "TwinModel")


@dataclass(frozen=True)
class Case:
    kind: str
    input: Path
    expected: Health


def cases() -> list[Case]:
    found = []
    for kind in KINDS:
        folder = HEALTH_CHECKS / kind
        document = yaml.safe_load((folder / "health_test.yaml").read_text(encoding="utf-8"))
        for test in document["tests"]:
            expected = Health(test["healthStatus"]["status"], test["healthStatus"]["message"])
            found.append(Case(kind, folder / test["inputPath"], expected))
    return found


CASES = cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.kind}-{case.input.stem}")
def test_argo_cd_judges_the_case_as_it_says(case: Case) -> None:
    assert evaluate(case.input, EXAMPLE) == case.expected


def test_every_input_is_a_case_and_is_of_its_kind() -> None:
    assert {case.input for case in CASES} == set(HEALTH_CHECKS.glob("*/testdata/*.yaml"))
    for case in CASES:
        assert yaml.safe_load(case.input.read_text(encoding="utf-8"))["kind"] == case.kind


def test_each_kind_has_the_same_health_check() -> None:
    scripts = customizations()
    assert {key.rpartition("_")[2] for key in scripts} == set(KINDS)
    assert len(set(scripts.values())) == 1


def test_the_example_config_map_is_made_from_the_health_checks() -> None:
    written = EXAMPLE.read_text(encoding="utf-8")
    assert written == config_map(customizations()), "run `python -m hack.argocd customizations`"
    assert yaml.safe_load(written)["data"] == customizations()


PASSES = TRANSIENT - {Reason.NODE_LOST}
"""A lost node is reported when that has lasted for minutes or keeps a change from coming up: somebody must look."""
AWAY = sorted(reason for reason, condition in CONDITION_OF.items() if condition is ConditionType.AVAILABLE)


@pytest.mark.parametrize("reason", [reason for reason in AWAY if reason is not Reason.AVAILABLE])
def test_a_process_that_is_away_is_degraded_unless_that_passes_by_itself(reason: Reason, tmp_path: Path) -> None:
    """The operator's own status, so that a new reason cannot be forgotten in the health checks."""
    facts = with_process(source(), workload=waits(reason))
    resource = {
        "apiVersion": API_VERSION,
        "kind": facts.kind,
        "metadata": {"name": facts.name, "generation": facts.generation},
        "spec": {},
        "status": resource_status(facts, None, datetime(2026, 3, 1, tzinfo=UTC)),
    }
    path = tmp_path / "resource.yaml"
    path.write_text(yaml.safe_dump(resource), encoding="utf-8")
    wanted = "Progressing" if reason in PASSES else "Degraded"
    assert evaluate(path, EXAMPLE) == Health(wanted, f"{reason}: It waits.")


def test_a_kind_without_a_health_check_is_an_error_although_argo_cd_ends_with_0(tmp_path: Path) -> None:
    settings = tmp_path / "argocd-cm.yaml"
    settings.write_text(config_map({"resource.customizations.health.brownfield.dev_Other": "return {}\n"}), "utf-8")
    with pytest.raises(BrownfieldError, match="found no health"):
        evaluate(CASES[0].input, settings)


def test_a_health_check_that_returns_nonsense_is_seen_although_argo_cd_ends_with_0(tmp_path: Path) -> None:
    settings = tmp_path / "argocd-cm.yaml"
    key = f"resource.customizations.health.brownfield.dev_{CASES[0].kind}"
    settings.write_text(config_map({key: 'return { status = "Fine" }\n'}), encoding="utf-8")
    assert evaluate(CASES[0].input, settings).status == "Unknown"
