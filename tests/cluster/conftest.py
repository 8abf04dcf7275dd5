"""One cluster for the whole tier: Brownfield installed by its chart, the simulated plant beside it, the farm applied.

Every test begins with the farm whole and ends with a look into the operator's log.
"""

import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from hack.cluster import clusters
from hack.cluster.folders import state_folder
from hack.cluster.guard import require_own_cluster
from hack.cluster.lock import locked
from hack.cluster.provider import Cluster
from hack.cluster_demo.deployment import Deployment
from hack.images.build import Built, build
from tests.api_server.admin import Admin
from tests.cluster.farm import Farm
from tests.cluster.figures import Figures
from tests.cluster.first_apply import FirstApply, apply_first
from tests.cluster.operator_log import OperatorLog, restarts, unexpected
from tests.tiers import cluster_provider

NAME = "tests"
IMAGES = ("operator", "adapter", "pipeline", "twin", "spine", "plant")
SECONDS = 240
"""Most that a test may take by itself; what the session sets up does not count."""


_FIGURES = pytest.StashKey[Figures]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_FIGURES] = Figures()
    config.addinivalue_line("markers", "operator_says(text): an error in the operator's log that this test provokes")
    config.addinivalue_line("markers", "operator_restarts: this test kills the operator's process")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.cluster)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(SECONDS, func_only=True))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    lines = config.stash[_FIGURES].lines
    if lines:
        terminalreporter.section("figures of the cluster tier")
        terminalreporter.write_line("\n".join(lines))


@pytest.fixture(scope="session")
def figures(pytestconfig: pytest.Config) -> Figures:
    return pytestconfig.stash[_FIGURES]


@pytest.fixture(scope="session")
def cluster(figures: Figures) -> Iterator[Cluster]:
    # Two runs on one machine: the second waits for the end of the first, whose cluster it would take for a left-over.
    with locked(state_folder().with_name("cluster-tests.lock")):
        clusters.down(NAME)  # what an interrupted run left
        begun = time.monotonic()
        made = clusters.up(NAME, cluster_provider())
        figures.say("cluster up", time.monotonic() - begun)
        try:
            require_own_cluster(made.kubeconfig)
            yield made
        finally:
            clusters.down(NAME)


@pytest.fixture(scope="session")
def images(cluster: Cluster, figures: Figures, pytestconfig: pytest.Config) -> tuple[Built, ...]:
    """Built from the sources as they are, and on the node."""
    begun = time.monotonic()
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled() if capture else nullcontext():  # a build takes minutes: it says so
        built = tuple(build(IMAGES))
    figures.say("images built", time.monotonic() - begun)
    begun = time.monotonic()
    clusters.load_images(cluster.name, [image.archive for image in built])
    figures.say("images loaded", time.monotonic() - begun)
    return built


@pytest.fixture(scope="session")
def admin(cluster: Cluster) -> Iterator[Admin]:
    client = Admin(cluster.kubeconfig)
    yield client
    client.close()


@pytest.fixture(scope="session")
def log(
    cluster: Cluster, admin: Admin, images: tuple[Built, ...], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OperatorLog]:
    """Everything the operator says from its first start on."""
    kubectl = Deployment(cluster.name, cluster.kubeconfig).kubectl
    with OperatorLog(admin, kubectl, tmp_path_factory.mktemp("operator")) as log:
        yield log


@pytest.fixture(scope="session")
def session_farm(cluster: Cluster, images: tuple[Built, ...], admin: Admin, log: OperatorLog, figures: Figures) -> Farm:
    """Chart and plant are there, the farm is not yet applied."""
    deployment = Deployment(cluster.name, cluster.kubeconfig)
    begun = time.monotonic()
    deployment.install(list(images))
    figures.say("helm install: operator and spine ready", time.monotonic() - begun)
    deployment.apply_plant(list(images))
    return Farm(cluster, deployment, admin, images)


@pytest.fixture(scope="session")
def first_apply(session_farm: Farm) -> FirstApply:
    """The farm is applied, once, and all is Ready; how that went."""
    return apply_first(session_farm)


@pytest.fixture
def farm(
    session_farm: Farm, first_apply: FirstApply, log: OperatorLog, request: pytest.FixtureRequest
) -> Iterator[Farm]:
    """The farm, whole. Afterwards the operator has neither crashed nor said anything unexpected."""
    session_farm.mend()
    mark, before = log.mark(), restarts(session_farm.admin)
    yield session_farm
    allowed = [text for marker in request.node.iter_markers("operator_says") for text in marker.args]
    wrong = [line for line in unexpected(log.since(mark)) if not any(text in str(line) for text in allowed)]
    assert wrong == [], "the operator's log holds what nobody expected"
    crashed = {pod: count for pod, count in restarts(session_farm.admin).items() if count > before.get(pod, 0)}
    if request.node.get_closest_marker("operator_restarts") is None:
        assert crashed == {}, "a container was restarted"
