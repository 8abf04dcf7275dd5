"""Small enough for an edge box: what one of each takes."""

from hack.cluster_demo.deployment import SYSTEM
from tests.cluster.farm import ADAPTERS, PIPELINE, TWIN, Farm
from tests.cluster.figures import Figures
from tests.cluster.node_processes import resident, together
from tests.cluster.operator_log import SELECTOR

PROMISED = 400.0
"""MiB resident, of operator, spine, an adapter, a pipeline and a twin together; pages they share count once."""


def test_operator_spine_and_one_of_each_process_fit_into_400_mib(farm: Farm, figures: Figures) -> None:
    leader = farm.leader()
    pods = {
        "operator": _uid(farm, SYSTEM, leader),
        "spine": _uid(farm, SYSTEM, "brownfield-spine-0"),
        "adapter (Modbus)": farm.pod_uid(ADAPTERS["r80711"]),
        "pipeline": farm.pod_uid(PIPELINE),
        "twin": farm.pod_uid(TWIN),
    }
    taken = {name: resident(uid) for name, uid in pods.items()}
    for name, found in taken.items():
        figures.note(f"{name}: RSS {found.rss:.0f} MiB, PSS {found.pss:.0f} MiB")
    rss, pss, once = (
        sum(item.rss for item in taken.values()),
        sum(item.pss for item in taken.values()),
        together(pods.values()),
    )
    figures.note(f"together: each page counted once {once:.0f} MiB (sum of RSS {rss:.0f}, of PSS {pss:.0f} MiB)")
    for pod in farm.admin.list("Pod", SYSTEM, SELECTOR):
        if pod["metadata"]["name"] != leader:
            figures.note(f"operator standing by, not counted: RSS {resident(pod['metadata']['uid']).rss:.0f} MiB")
    assert once <= PROMISED


def _uid(farm: Farm, namespace: str, pod: str) -> str:
    found = farm.admin.get("Pod", namespace, pod)
    assert found is not None, pod
    return str(found["metadata"]["uid"])
