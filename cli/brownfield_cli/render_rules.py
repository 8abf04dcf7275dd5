"""`brownfield render rules`: recording rules and alerts for the objectives of resources, as Prometheus reads them."""

from pathlib import Path
from typing import Annotated

import typer

from brownfield_api.errors import BrownfieldError
from brownfield_cli.console import plain_console
from brownfield_cli.options import DEFAULT_STATE, Files, Namespace
from brownfield_cli.planning import Place, print_findings, read_resources
from brownfield_planner.resource_set import Resources
from brownfield_planner.sources import DEFAULT_INTERVAL
from brownfield_slo.indicators import measured_source, measured_twin, windows_of
from brownfield_slo.levels import window_text
from brownfield_slo.rules import DEFAULT_RUNBOOKS, FILE_NAME, rule_file, rule_groups

Output = Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for the file; made if absent.")]
Runbooks = Annotated[str, typer.Option(metavar="URL", help="Folder of the runbooks that alerts lead to.")]


def rules(
    *, file: Files, output: Output, namespace: Namespace = "default", runbooks: Runbooks = DEFAULT_RUNBOOKS
) -> None:
    """Write Prometheus rules for the windows of all objectives."""
    console = plain_console(stderr=True)
    resources = read_resources(Place(files=file, state=DEFAULT_STATE, namespace=namespace))
    if print_findings(resources.findings, console):
        raise BrownfieldError("there are errors in the resources, nothing was written", do="Mend them and try again")
    windows = _windows(resources)
    groups = rule_groups(windows)
    output.mkdir(parents=True, exist_ok=True)
    path = output / FILE_NAME
    path.write_text(rule_file(groups, runbooks=runbooks), encoding="utf-8")
    count = sum(len(group.rules) for group in groups)
    console.print(f"{path}: {count} rules, {_what_for(windows)}", soft_wrap=True)


def _windows(resources: Resources) -> tuple[float, ...]:
    sources = [measured_source(item.namespace, item.model, DEFAULT_INTERVAL) for item in resources.sources]
    twins = [measured_twin(item.namespace, item.model) for item in resources.twins]
    return windows_of([*sources, *twins])


def _what_for(windows: tuple[float, ...]) -> str:
    if not windows:
        return "no resource has objectives: alerts about the processes only"
    return f"for objectives over {', '.join(window_text(window) for window in windows)}"
