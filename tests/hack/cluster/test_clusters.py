"""The life of a cluster by name, with a provider that makes a file where a real one makes a node."""

from pathlib import Path

import pytest
from hack.cluster import clusters
from hack.cluster.folders import state_folder
from hack.cluster.provider import Cluster

from brownfield_api.errors import BrownfieldError


class FileProvider:
    """A cluster is a file outside its folder, as a node's processes and links are."""

    def __init__(self, outside: Path) -> None:
        self.outside = outside
        self.made = 0
        self.dies_half_way = False
        self.refusal = ""
        self.loaded: list[str] = []

    def check(self) -> None:
        if self.refusal:
            raise BrownfieldError(self.refusal)

    def is_up(self, cluster: Cluster) -> bool:
        return cluster.kubeconfig.exists() and self._thing(cluster).exists()

    def up(self, cluster: Cluster) -> None:
        self._thing(cluster).touch(exist_ok=False)  # fails where something is left
        if self.dies_half_way:
            raise KeyboardInterrupt
        cluster.kubeconfig.touch()
        self.made += 1

    def down(self, cluster: Cluster) -> None:
        self._thing(cluster).unlink(missing_ok=True)

    def load(self, cluster: Cluster, image: str) -> None:
        self.loaded.append(f"{cluster.name} {image}")

    def _thing(self, cluster: Cluster) -> Path:
        return self.outside / cluster.name


@pytest.fixture
def provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FileProvider:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "outside").mkdir()
    made = FileProvider(tmp_path / "outside")
    monkeypatch.setitem(clusters.PROVIDERS, "local", made)
    return made


def test_up_makes_a_cluster_once(provider: FileProvider) -> None:
    first, second = clusters.up("edge"), clusters.up("edge")

    assert first == second == clusters.find("edge")
    assert provider.made == 1


def test_down_leaves_nothing_and_can_be_repeated(provider: FileProvider) -> None:
    clusters.up("edge")

    assert clusters.down("edge")
    assert not clusters.down("edge")
    assert list(provider.outside.iterdir()) == []
    assert list(state_folder().iterdir()) == []


def test_down_removes_what_an_interrupted_up_left(provider: FileProvider) -> None:
    provider.dies_half_way = True
    with pytest.raises(KeyboardInterrupt):
        clusters.up("edge")

    assert clusters.down("edge")
    assert list(provider.outside.iterdir()) == []


def test_up_begins_anew_after_an_interrupted_up(provider: FileProvider) -> None:
    provider.dies_half_way = True
    with pytest.raises(KeyboardInterrupt):
        clusters.up("edge")
    provider.dies_half_way = False

    assert clusters.up("edge").kubeconfig.exists()


def test_a_cluster_that_no_longer_answers_is_made_anew(provider: FileProvider) -> None:
    slot = clusters.up("edge").entry.slot
    (provider.outside / "edge").unlink()

    assert clusters.up("edge").entry.slot == slot
    assert provider.made == 2


def test_a_refusal_leaves_no_trace(provider: FileProvider) -> None:
    provider.refusal = "needs root"
    with pytest.raises(BrownfieldError, match="needs root"):
        clusters.up("edge")

    assert not state_folder().exists()


@pytest.mark.usefixtures("provider")
def test_an_unknown_cluster_is_not_found_and_how_to_make_it_is_said() -> None:
    with pytest.raises(BrownfieldError, match=r"cluster edge: there is no such cluster\. Make it: .* up edge"):
        clusters.find("edge")


def test_images_go_to_the_provider_of_the_cluster(provider: FileProvider) -> None:
    clusters.up("edge")
    clusters.load_images("edge", [Path("a.tar"), "b.tar"])

    assert provider.loaded == ["edge a.tar", "edge b.tar"]
