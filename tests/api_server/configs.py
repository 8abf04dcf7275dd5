"""The configuration a process runs with, read from the cluster as its pod would read it."""

from dataclasses import dataclass

import msgspec
from tests.api_server.admin import Json
from tests.api_server.space import Space


@dataclass(frozen=True, slots=True)
class Running:
    """A process as it is: which StatefulSet, in which version, with which ConfigMaps, and what is in them."""

    uid: str
    generation: int
    config_maps: tuple[str, ...]
    config: Json

    @property
    def sources(self) -> dict[str, Json]:
        """An adapter's sources by name, each with its endpoint's key."""
        found = ((endpoint, source) for endpoint in self.config["endpoints"] for source in endpoint["sources"])
        return {source["name"]: {**source, "endpoint": endpoint["key"]} for endpoint, source in found}


def running(space: Space, process: str, kind: str = "") -> Running:
    """The process as it is now."""
    live = space.process(process, kind)
    volumes = live["spec"]["template"]["spec"]["volumes"]
    config = next(volume for volume in volumes if volume["name"] == "config")
    names = tuple(source["configMap"]["name"] for source in config["projected"]["sources"])
    parts = [text for name in names for _, text in sorted((space.get("ConfigMap", name) or {})["data"].items())]
    metadata = live["metadata"]
    return Running(metadata["uid"], metadata["generation"], names, msgspec.json.decode("".join(parts)))
