"""What is known of one resource at one moment: all that its status is made from, and nothing else."""

from dataclasses import dataclass

from brownfield_api.health import EXPIRES, HealthRecord
from brownfield_api.resources import Reason
from brownfield_operator.desired import ProcessKey
from brownfield_planner.findings import Finding
from brownfield_slo.levels import Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What a process's StatefulSet and pods say. `missing` is the object its pod mounts and does not find, as
    `Kind/name`, "" if nothing is missing.
    """

    ready: bool
    reason: Reason
    message: str
    missing: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessFacts:
    """One process of a resource.

    `workload` is None while its StatefulSet does not exist, `not_ready_for` the seconds since it was last seen ready
    (or first looked at), `held_back` the endpoints another pod still holds, so that this process may not start yet.
    `record` is its last health record, `record_age` how old that is in seconds, both None if there never was one.
    """

    key: ProcessKey
    workload: Workload | None
    not_ready_for: float = 0.0
    held_back: tuple[str, ...] = ()
    record: HealthRecord | None = None
    record_age: float | None = None

    @property
    def heard(self) -> bool:
        """Whether its record still speaks for it."""
        return self.record is not None and self.record_age is not None and self.record_age <= EXPIRES


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceFacts:
    """One LegacySource, AssetMapping or TwinModel of generation `generation`.

    `findings` are its own and those of the ConfigMaps it reads; `left_out_because` is the `Kind/name` whose error
    keeps it from running, "" if it runs; `runs_last_good`: its last valid version goes on. `references` are the
    objects its pod mounts for it (`Secret/name`, `PersistentVolumeClaim/name`). `network_open` are links whose
    addresses are not known, `unlabelled_inputs` names of ConfigMaps without the label `brownfield.dev/input`.
    `has_objectives`: something was promised of it; `figures` are the ledger's, None as long as there are none.
    `other_site` is the site that runs it, "" if this one does: then nothing else is known of it.
    """

    kind: str
    namespace: str
    name: str
    generation: int
    findings: tuple[Finding, ...] = ()
    left_out_because: str = ""
    runs_last_good: bool = False
    references: tuple[str, ...] = ()
    network_open: tuple[str, ...] = ()
    unlabelled_inputs: tuple[str, ...] = ()
    inputs: tuple[tuple[str, str], ...] = ()
    processes: tuple[ProcessFacts, ...] = ()
    spine_reachable: bool = True
    other_site: str = ""
    assets: int | None = None
    properties: int | None = None
    protocol: str = ""
    endpoint: str = ""
    url: str = ""
    has_objectives: bool = False
    figures: Figures | None = None

    @property
    def ref(self) -> str:
        """Kind/name."""
        return f"{self.kind}/{self.name}"
