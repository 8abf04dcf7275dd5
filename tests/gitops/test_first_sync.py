"""The first sync to a cluster that has never heard of Brownfield."""

import pytest
import yaml
from hack.argocd.application import pointed_at
from hack.argocd.argocd import ArgoCd
from tests.gitops.conftest import CRDS
from tests.gitops.farm import EXAMPLE, ROOT, SOURCES, farm_of

pytestmark = [pytest.mark.gitops, pytest.mark.apiserver, pytest.mark.timeout(240, func_only=True)]

NAMES = {f"{kind}.brownfield.dev" for kind in ("legacysources", "assetmappings", "twinmodels")}


def test_kinds_and_resources_may_come_in_one_commit(bare_argocd: ArgoCd) -> None:
    with farm_of(bare_argocd, "together") as farm:
        farm.files |= {path.name: path.read_text(encoding="utf-8") for path in CRDS.iterdir()}
        farm.edit("sources.yaml", 'modbus: {endpoint: "tcp://r80711', 'modbsu: {endpoint: "tcp://r80711')
        farm.commit()
        farm.sync()
        state = farm.wait_for(lambda state: "modbsu" in str(state))
        assert ".spec.modbsu: field not declared in schema" in state.resource("LegacySource", "r80711").applied
        farm.edit("sources.yaml", "modbsu", "modbus")
        farm.commit()
        farm.wait_for(lambda _: farm.names("LegacySource") == set(SOURCES))


def test_an_application_waits_for_the_kinds_it_needs(bare_argocd: ArgoCd) -> None:
    with farm_of(bare_argocd, "early") as farm:
        farm.commit()
        farm.sync()
        farm.wait_for(lambda state: 'the "LegacySource" CRD is installed' in str(state))
        bare_argocd.kubectl("apply", "--server-side", f"--filename={CRDS}")
        farm.wait_for(lambda _: farm.names("LegacySource") == set(SOURCES))


def test_the_example_begins_with_the_operator_and_its_kinds_outlive_it(bare_argocd: ArgoCd) -> None:
    """No node here runs a pod, so the operator never becomes available, and the farm must not be applied."""
    manifest = yaml.safe_load((ROOT / "examples/argocd/application.yaml").read_text(encoding="utf-8"))
    folders = {source["path"] for source in manifest["spec"]["sources"]}
    assert folders == {"charts/brownfield", EXAMPLE.relative_to(ROOT).as_posix()}
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix != ".gz"]
    texts = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in files if path.is_file()}
    bare_argocd.commit(texts)
    bare_argocd.apply(pointed_at(manifest, bare_argocd.repository.url))

    name, namespace = manifest["metadata"]["name"], manifest["spec"]["destination"]["namespace"]
    bare_argocd.wait_for(
        name,
        lambda state: (
            "waiting for healthy state of" in state.message
            and "Deployment/brownfield-operator: Synced, Progressing" in str(state)
        ),
    )
    crds = "--output=jsonpath={.items[*].metadata.name}"
    assert set(bare_argocd.kubectl("get", "crds", crds).split()) >= NAMES
    assert not bare_argocd.kubectl("-n", namespace, "get", "legacysources", "--output=name")

    bare_argocd.delete(name, seconds=90)
    assert set(bare_argocd.kubectl("get", "crds", crds).split()) >= NAMES
    assert not bare_argocd.kubectl("-n", namespace, "get", "deployments,statefulsets", "--output=name")
