"""Clusters by name: up, down, images, kubeconfig. The same for every provider; what the command line and tests call."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from hack.cluster.folders import state_folder
from hack.cluster.kind import Kind
from hack.cluster.local import Local
from hack.cluster.lock import locked
from hack.cluster.provider import Cluster, Provider
from hack.cluster.registry import Registry

from brownfield_api.errors import BrownfieldError

PROVIDERS: dict[str, Provider] = {"local": Local(), "kind": Kind()}
DEFAULT_NAME = "brownfield"


def up(name: str = DEFAULT_NAME, provider: str = "") -> Cluster:
    """The cluster, running and ready: as it is if it answers, else made anew, whatever was left of it.

    Without a provider: the one it has, or `local`. Raises `BrownfieldError` if this machine cannot do it.
    """
    registry = Registry(state_folder())
    known = registry.find(name)
    chosen = provider or (known.provider if known else "local")
    PROVIDERS[chosen].check()
    with locked(registry.lock_file(name)):
        cluster = Cluster(registry.add(name, chosen), registry.layout(name))
        if not PROVIDERS[chosen].is_up(cluster):
            _clear(cluster)
            cluster.layout.make()
            PROVIDERS[chosen].up(cluster)
        return cluster


def down(name: str = DEFAULT_NAME) -> bool:
    """Remove the cluster and all that is left of it; False if there was none."""
    registry = Registry(state_folder())
    with locked(registry.lock_file(name)):
        known = registry.find(name)
        if known is not None:
            _clear(Cluster(known, registry.layout(name)))
            registry.remove(name)
        registry.lock_file(name).unlink()
    return known is not None


def find(name: str = DEFAULT_NAME) -> Cluster:
    """The cluster of this name. Raises `BrownfieldError` if there is none, or only what is left of one."""
    registry = Registry(state_folder())
    known = registry.find(name)
    if known is None or not registry.layout(name).kubeconfig.exists():
        raise BrownfieldError(
            "there is no such cluster", where=f"cluster {name}", do=f"Make it: python -m hack.cluster up {name}"
        )
    return Cluster(known, registry.layout(name))


def load_images(name: str, images: Sequence[str | Path]) -> None:
    """Bring docker-archives (or, with kind, images of the engine) to the cluster's node."""
    cluster = find(name)
    for image in images:
        PROVIDERS[cluster.entry.provider].load(cluster, str(image))


def _clear(cluster: Cluster) -> None:
    PROVIDERS[cluster.entry.provider].down(cluster)
    if cluster.layout.folder.exists():
        shutil.rmtree(cluster.layout.folder)
