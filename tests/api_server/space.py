"""A namespace of a test's own, and what a person does and sees in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.api_server.admin import Admin, Json
from tests.api_server.eventually import eventually

from brownfield_operator import names

OURS = f"{names.MANAGED_BY}={names.OPERATOR}"
CHILD_KINDS = ("StatefulSet", "NetworkPolicy", "Service", "ConfigMap", "Secret")


@dataclass(frozen=True, slots=True)
class Space:
    """`admin` in one namespace."""

    admin: Admin
    name: str

    def apply(self, *manifests: Mapping[str, Any]) -> list[Json]:
        return [
            self.admin.apply({**item, "metadata": {**item["metadata"], "namespace": self.name}}) for item in manifests
        ]

    def get(self, kind: str, name: str) -> Json | None:
        return self.admin.get(kind, self.name, name)

    def list(self, kind: str, labels: str = "") -> list[Json]:
        return self.admin.list(kind, self.name, labels)

    def patch(self, kind: str, name: str, body: Any, *, how: str = "merge") -> Json:
        return self.admin.patch(kind, self.name, name, body, how=how)

    def delete(self, kind: str, *named: str) -> None:
        for name in named:
            self.admin.delete(kind, self.name, name)

    def children(self) -> dict[tuple[str, str], Json]:
        """Everything the operator made here, by kind and name."""
        found = [item for kind in CHILD_KINDS for item in self.list(kind, OURS)]
        return {(item["kind"], item["metadata"]["name"]): item for item in found}

    def stateful_sets(self, kind: str = "") -> dict[str, Json]:
        """Processes by the planner's name; of one kind of process, or all."""
        labels = f"{OURS},{names.PROCESS_KIND}={kind}" if kind else OURS
        found = self.list("StatefulSet", labels)
        return {item["metadata"]["annotations"][names.PROCESS_NAME]: item for item in found}

    def process(self, name: str, kind: str = "") -> Json:
        """The StatefulSet of a process, as soon as it is there."""
        return eventually(lambda: self.stateful_sets(kind).get(name), what=f"there is a process {name}")

    def condition(self, kind: str, name: str, condition: str) -> Json:
        """A condition of a resource as it is now; empty without one."""
        live = self.get(kind, name) or {}
        found = [item for item in (live.get("status") or {}).get("conditions") or () if item["type"] == condition]
        return found[0] if found else {}

    def await_condition(
        self, resource: str, condition: str, status: str, reason: str = "", *, seconds: float = 30.0
    ) -> Json:
        """The condition of a resource (`Kind/name`) once it is `status` (for `reason`) and of its newest generation."""
        kind, _, name = resource.partition("/")

        def look() -> Json | None:
            generation = ((self.get(kind, name) or {}).get("metadata") or {}).get("generation")
            found = self.condition(kind, name, condition)
            fits = found and found["status"] == status and (not reason or found["reason"] == reason)
            return found if fits and found["observedGeneration"] == generation else None

        what = f"{resource} is {condition}={status} {reason}; it says {self.get(kind, name) and '...'}"
        return eventually(look, what=what, seconds=seconds)

    def are_ready(self, *resources: str) -> bool:
        """Whether all of `Kind/name` are Ready in their newest generation."""
        kinds = {resource.partition("/")[0] for resource in resources}
        return set(resources) <= {ready for kind in kinds for item in self.list(kind) if (ready := _if_ready(item))}

    def await_ready(self, *resources: str, seconds: float = 30.0) -> None:
        what = f"{len(resources)} resources are Ready: {resources[:4]}"
        eventually(lambda: self.are_ready(*resources), what=what, seconds=seconds)


def _if_ready(resource: Json) -> str:
    conditions = (resource.get("status") or {}).get("conditions") or ()
    generation = resource["metadata"]["generation"]
    ready = any(
        (item["type"], item["status"], item["observedGeneration"]) == ("Ready", "True", generation)
        for item in conditions
    )
    return f"{resource['kind']}/{resource['metadata']['name']}" if ready else ""
