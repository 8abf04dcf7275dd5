"""`brownfield check`: is the YAML right? Everything that is wrong, at once, with file, resource and field."""

import typer

from brownfield_cli.console import plain_console
from brownfield_cli.options import DEFAULT_STATE, Files, Namespace, Resolve, Site, Volumes, pairs
from brownfield_cli.planning import Place, make_plan, print_findings, read_resources


def check(
    file: Files,
    volume: Volumes = None,
    resolve: Resolve = None,
    namespace: Namespace = "default",
    site: Site = "local",
) -> None:
    """Validate resources against each other without starting anything."""
    place = Place(
        files=file,
        state=DEFAULT_STATE,
        namespace=namespace,
        site=site,
        volumes=pairs("--volume", volume),
        resolve=pairs("--resolve", resolve),
    )
    console = plain_console()
    resources = read_resources(place)
    found = make_plan(resources, place)
    errors = print_findings(found.findings, console)
    for ignored in resources.ignored:
        console.print(f"note: {ignored} is not ours and was left alone", soft_wrap=True)
    if errors:
        raise typer.Exit(1)
    names = ", ".join(f"{process.config.kind} {process.config.name}" for process in found.processes)
    console.print(f"ok: {names}" if names else "ok, but there is nothing to run", soft_wrap=True)
