"""The wind farm in a namespace of its own: committed, synced by Argo CD, and reported on as the operator would.

There is no operator here. What it would write into a status comes from its own code, so Argo CD judges the very words
it will see; what the operator would see of the cluster is chosen by the test.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hack.argocd.application import ApplicationState
from hack.argocd.argocd import ArgoCd
from hack.cluster.audit import Write, writes
from hack.cluster.control_plane import ControlPlane
from tests.operator.status.known import mapping, source, twin

from brownfield_operator.status.facts import ResourceFacts
from brownfield_operator.status.resource_status import resource_status

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "wind-farm"
SERVER_SIDE = ("ServerSideApply=true",)

SOURCES = ("r80711", "r80721", "r80736", "r80790", "farm-meter")
MAPPING = "la-haute-borne"
TWIN = "wind-farm"


class Farm:
    """Files of the example, to be edited and committed; the Application and the namespace bear one name."""

    def __init__(self, argocd: ArgoCd, name: str) -> None:
        self.argocd = argocd
        self.name = name
        self.files = {path.name: path.read_text(encoding="utf-8") for path in sorted(EXAMPLE.glob("*.yaml"))}

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace a text that stands in the file exactly once."""
        assert self.files[file].count(old) == 1, f"{old!r} stands {self.files[file].count(old)} times in {file}"
        self.files[file] = self.files[file].replace(old, new)

    def commit(self) -> None:
        """Commit the files as they are now."""
        self.argocd.commit({f"{self.name}/{file}": text for file, text in self.files.items()})

    def sync(self, sync_options: tuple[str, ...] = SERVER_SIDE) -> None:
        """Create the Application."""
        self.argocd.application(self.name, path=self.name, namespace=self.name, sync_options=sync_options)

    def wait_for(self, *given: Any, **wanted: Any) -> ApplicationState:
        """As `ArgoCd.wait_for`, of this Application."""
        return self.argocd.wait_for(self.name, *given, **wanted)

    def names(self, kind: str) -> set[str]:
        """The objects of a kind in the namespace."""
        listed = self.kubectl("get", kind, "--output=jsonpath={.items[*].metadata.name}")
        return set(listed.split())

    def live(self, kind: str, name: str) -> dict[str, Any]:
        """One object."""
        found: dict[str, Any] = json.loads(self.kubectl("get", kind, name, "--output=json"))
        return found

    def report(self, facts: ResourceFacts) -> None:
        """Write the status that the operator would write of these facts about the resource's present generation."""
        live = self.live(facts.kind, facts.name)
        facts = replace(facts, namespace=self.name, generation=live["metadata"]["generation"])
        status = resource_status(facts, live.get("status"), datetime.now(UTC))
        patch = json.dumps({"status": status})
        self.kubectl("patch", facts.kind, facts.name, "--subresource=status", "--type=merge", f"--patch={patch}")

    def report_running(self, kind: str, *names: str) -> None:
        """The resources of this kind run: those named, or all."""
        facts = {"LegacySource": source(), "AssetMapping": mapping(), "TwinModel": twin()}[kind]
        for name in names or sorted(self.names(kind)):
            self.report(replace(facts, name=name))

    def run_all(self, sync_options: tuple[str, ...] = SERVER_SIDE) -> ApplicationState:
        """Commit, sync, report every wave as running, return the state in which all is well."""
        self.commit()
        self.sync(sync_options)
        for kind, count in {"LegacySource": len(SOURCES), "AssetMapping": 1, "TwinModel": 1}.items():
            self.wait_for(lambda _, kind=kind, count=count: len(self.names(kind)) == count)
            self.report_running(kind)
        return self.wait_for(sync="Synced", health="Healthy", operation="Succeeded")

    def kubectl(self, *arguments: str, text: str | None = None) -> str:
        """In the farm's namespace."""
        return self.argocd.kubectl("-n", self.name, *arguments, text=text)


def written_by_argo_cd(control_plane: ControlPlane, farm: Farm, since: int) -> list[Write]:
    """What Argo CD wrote in the farm's namespace after the first `since` bytes of the audit log."""

    def by_argo_cd(start: int) -> list[Write]:
        made = (write for write in writes(control_plane.audit_log, start) if write.namespace == farm.name)
        return [write for write in made if write.agent.startswith("argocd")]

    assert by_argo_cd(0), "Argo CD made the farm, so it has another name in the audit log than this looks for"
    return by_argo_cd(since)


@contextmanager
def farm_of(argocd: ArgoCd, name: str) -> Iterator[Farm]:
    """A farm whose Application and namespace are gone afterwards, whatever state they are in."""
    farm = Farm(argocd, name)
    try:
        yield farm
    finally:
        argocd.abandon(name)
        argocd.kubectl("delete", "namespace", name, "--ignore-not-found", "--wait=false")
