"""The wind farm on a cluster that never saw it: three kinds of resources in, four live twins out."""

import re

from hack.cluster_demo.deployment import FARM, SYSTEM, condition, is_ready
from hack.cluster_demo.equality import differences
from tests.cluster.farm import ADAPTERS, PROCESSES, TURBINES, Farm
from tests.cluster.figures import Figures
from tests.cluster.first_apply import FirstApply


def test_the_farm_is_ready_and_live_and_runs_what_brownfield_run_would_run(
    farm: Farm, first_apply: FirstApply, figures: Figures
) -> None:
    figures.say("kubectl apply to the first twin value", first_apply.first_value)
    figures.say("kubectl apply to Ready=True on all", first_apply.all_ready)
    figures.say("kubectl apply to all connected and four twins fresh", first_apply.whole)
    assert len(farm.resources()) == len(ADAPTERS) + 2
    assert all(map(is_ready, farm.resources()))
    assert differences(farm.deployment) == []


def test_kubectl_get_shows_what_a_person_wants_to_know(farm: Farm) -> None:
    sources = farm.columns("legacysources")
    assert set(sources) == set(ADAPTERS)
    assert sources["r80711"]["PROTOCOL"] == "modbus"
    assert sources["r80711"]["ENDPOINT"] == "tcp://r80711.plant:502"
    assert sources["farm-meter"]["ENDPOINT"] == "volume:meter-export"
    assert {row["READY"] for row in sources.values()} == {row["CONNECTED"] for row in sources.values()} == {"True"}
    assert {row["REASON"] for row in sources.values()} == {"Ready"}
    assert all(re.fullmatch(r"\d+/\d+", row["TAGS"]) for row in sources.values()), sources
    mapping = farm.columns("assetmappings")["la-haute-borne"]
    assert (mapping["ASSETS"], mapping["READY"]) == ("5", "True")
    twin = farm.columns("twinmodels")["wind-farm"]
    assert (twin["ASSETS"], twin["FRESH"], twin["READY"]) == ("4", "4/4", "True")
    assert twin["URL"] == "http://twin-wind-farm.wind-farm.svc"
    assert set(farm.of_farm("get", "brownfield", "--output=name").split()) == {
        *(f"legacysource.brownfield.dev/{name}" for name in ADAPTERS),
        "assetmapping.brownfield.dev/la-haute-borne",
        "twinmodel.brownfield.dev/wind-farm",
    }
    assert all(condition(item, "Ready")["message"] for item in farm.resources())


def test_every_pod_is_admitted_where_podsecurity_is_restricted(farm: Farm) -> None:
    namespace = farm.admin.get("Namespace", "", FARM)
    assert namespace is not None
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    pods = {item["metadata"]["name"] for item in farm.space.list("Pod")}
    assert {f"{name}-0" for name in PROCESSES} <= pods
    # The operator's and the spine's, asked of the API server: would they be admitted as strictly?
    assert _warnings(farm, SYSTEM) == []


def _warnings(farm: Farm, namespace: str) -> list[str]:
    """What the API server would say of the pods of a namespace, were it restricted."""
    label = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}
    answer = farm.admin._http.patch(
        f"/api/v1/namespaces/{namespace}",
        json=label,
        headers={"Content-Type": "application/merge-patch+json"},
        params={"dryRun": "All"},
    )
    assert answer.status_code == 200, answer.text
    return answer.headers.get_list("warning")


def test_every_turbine_has_values_that_follow_each_other(farm: Farm) -> None:
    with farm.watch() as watch:
        watch.await_news(TURBINES.values(), count=3)
    assert max(watch.live_gap(asset) for asset in TURBINES.values()) < 5.0
