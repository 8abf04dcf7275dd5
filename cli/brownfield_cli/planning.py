"""From the paths a command is given to a plan, or to everything that is wrong, said at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from brownfield_api.errors import BrownfieldError
from brownfield_api.process import SpineConfig
from brownfield_cli.inputs import read_files
from brownfield_cli.state_folder import write_secret
from brownfield_planner.findings import Finding, Severity
from brownfield_planner.host import HostOptions
from brownfield_planner.manifests import read_manifest
from brownfield_planner.plan import plan
from brownfield_planner.processes import Plan
from brownfield_planner.resource_set import Resources, load_resources

NO_SPINE = SpineConfig(servers=())
"""Stands in a plan that is only looked at, never run."""

HISTORY_VOLUME = "history"
"""A volume of this name is a folder of the state unless `--volume` says otherwise: what we write needs no question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a plan is to run, as the command line says it."""

    files: Sequence[Path]
    state: Path
    namespace: str = "default"
    site: str = "local"
    listen: str = "127.0.0.1:8080"
    volumes: Mapping[str, str] = field(default_factory=dict)
    resolve: Mapping[str, str] = field(default_factory=dict)

    def host(self, spine: SpineConfig) -> HostOptions:
        """The planner's view of this place."""
        state = self.state.resolve()
        volumes = {HISTORY_VOLUME: str(state / "history")}
        volumes.update({name: str(Path(folder).resolve()) for name, folder in self.volumes.items()})
        return HostOptions(
            state_root=str(state / "processes"),
            spine=spine,
            site=self.site,
            volumes=volumes,
            resolve=self.resolve,
            twin_listen=self.listen,
            secrets_dir=str(state / "secrets"),
        )


def read_resources(place: Place) -> Resources:
    """Everything the place's files hold."""
    manifests = [read_manifest(name, text) for name, text in read_files(place.files)]
    return load_resources(manifests, namespace=place.namespace)


def make_plan(resources: Resources, place: Place, spine: SpineConfig = NO_SPINE) -> Plan:
    """The plan for the resources in this place; wrong ones are findings in it."""
    return plan(resources, place.host(spine))


def print_findings(findings: Sequence[Finding], console: Console) -> int:
    """Prints each finding on a line of its own; returns the number of errors."""
    for finding in findings:
        console.print(f"{finding.severity.value}: {finding}", soft_wrap=True)
    return sum(finding.severity is Severity.ERROR for finding in findings)


def refuse_errors(found: Plan, console: Console) -> None:
    """Prints the plan's findings and raises `BrownfieldError` if there is an error among them."""
    errors = print_findings(found.findings, console)
    if errors:
        raise BrownfieldError(
            f"{errors} error{'s' if errors > 1 else ''} in the resources, nothing was started",
            do="Mend them and try again",
        )
    if not found.processes:
        raise BrownfieldError("the files hold nothing to run", do="A LegacySource is the least there must be")


def write_secrets(resources: Resources, place: Place) -> None:
    """Lays the Secrets among the resources out as files, as a cluster would mount them."""
    for (namespace, name), secret in resources.secrets.items():
        write_secret(place.state / "secrets" / namespace / name, secret.model.files())
