"""`brownfield render`: what a plan means for somebody else's work, to read or to hand over."""

import csv
import sys

import typer

from brownfield_cli.console import plain_console
from brownfield_cli.options import DEFAULT_STATE, Files, Namespace, Resolve, Site, Volumes, pairs
from brownfield_cli.planning import Place, make_plan, read_resources, refuse_errors
from brownfield_cli.render_manifests import manifests
from brownfield_cli.render_rules import rules
from brownfield_planner.firewall import HEADINGS, firewall_rows

render = typer.Typer(help="Print what a plan means for others.", no_args_is_help=True)
render.command()(rules)
render.command()(manifests)


@render.command()
def firewall(
    *,
    file: Files,
    volume: Volumes = None,
    resolve: Resolve = None,
    namespace: Namespace = "default",
    site: Site = "local",
) -> None:
    """List who connects to whom, as CSV for a change request."""
    place = Place(
        files=file,
        state=DEFAULT_STATE,
        namespace=namespace,
        site=site,
        volumes=pairs("--volume", volume),
        resolve=pairs("--resolve", resolve),
    )
    found = make_plan(read_resources(place), place)
    refuse_errors(found, plain_console(stderr=True))
    writer = csv.writer(sys.stdout)
    writer.writerow(HEADINGS)
    writer.writerows(row.cells for row in firewall_rows(found))
