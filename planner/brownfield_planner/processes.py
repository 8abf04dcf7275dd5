"""What a plan consists of: one configuration for each process, and what could not be planned."""

from dataclasses import dataclass

from brownfield_api.adapter_config import AdapterConfig
from brownfield_api.pipeline_config import PipelineConfig
from brownfield_api.process import render_config
from brownfield_api.twin_config import TwinConfig
from brownfield_planner.findings import Finding, Severity

AnyConfig = AdapterConfig | PipelineConfig | TwinConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedProcess:
    """One data-plane process. `resources` are the `Kind/name` it runs for."""

    kind: str
    namespace: str
    name: str
    config: AnyConfig
    resources: tuple[str, ...]

    @property
    def content(self) -> bytes:
        """The configuration file: the same bytes for the same resources."""
        return render_config(self.config)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSecret:
    """A Secret a process needs as files in `directory`; whoever runs the plan writes them (mode 0600)."""

    namespace: str
    name: str
    directory: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A connection a process opens: `to` host:port as the resources say it, `reached` as it really is."""

    process: str
    namespace: str
    to: str
    reached: str
    protocol: str
    why: str
    cidrs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A resource that does not run, `because` of an error in this one (often itself)."""

    namespace: str
    resource: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Processes that can run, and everything that is wrong."""

    processes: tuple[PlannedProcess, ...] = ()
    findings: tuple[Finding, ...] = ()
    secrets: tuple[PlannedSecret, ...] = ()
    links: tuple[Link, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    ignored: tuple[str, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(item for item in self.findings if item.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        return tuple(item for item in self.findings if item.severity is Severity.WARNING)
