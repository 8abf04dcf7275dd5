"""`brownfield render manifests`: what the operator would apply to a cluster for these resources, to read and compare.

Planned and rendered by the operator's own code. Owners and the hash over them are left out, because the resources have
no uid before a cluster has them; so are the credentials for the spine, which only an operator can issue.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from brownfield_cli.console import plain_console
from brownfield_cli.options import DEFAULT_STATE, Files, Namespace
from brownfield_cli.planning import Place, read_resources, refuse_errors
from brownfield_operator import names
from brownfield_operator.manifests import Manifest, render
from brownfield_operator.planning import desire, plan_resources
from brownfield_operator.settings import OperatorSettings, read_settings
from brownfield_planner.processes import Plan
from brownfield_planner.resource_set import Resources

CHART_DEFAULTS = Path(__file__).parent / "operator_settings.yaml"
"""The operator's settings as the chart writes them where no value is given."""

_LINE = 4096
"""Columns: a folded line hides which word of it has changed."""

Settings = Annotated[
    Path,
    typer.Option(
        metavar="FILE", help="The operator's settings, as the chart writes them; default: its default values."
    ),
]


def manifests(*, file: Files, namespace: Namespace = "default", settings: Settings = CHART_DEFAULTS) -> None:
    """Print the Kubernetes objects that the operator would apply."""
    chosen = read_settings(settings)
    resources = read_resources(Place(files=file, state=DEFAULT_STATE, namespace=namespace, site=chosen.site))
    made = plan_resources(resources, chosen)
    refuse_errors(made, plain_console(stderr=True))
    yaml.safe_dump_all(_manifests(resources, made, chosen), sys.stdout, width=_LINE, allow_unicode=True)


def _manifests(resources: Resources, made: Plan, settings: OperatorSettings) -> Iterator[dict[str, Any]]:
    """By process, each in the order in which the operator applies its objects."""
    desired = desire(resources, made, running={}, uids={}, services={}, settings=settings)
    for key in sorted(desired.processes):
        for manifest in render(desired.processes[key], settings):
            yield _without_owners(manifest)


def _without_owners(manifest: Manifest) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(json.dumps(manifest))  # no anchors for what is shared
    del whole["metadata"]["ownerReferences"], whole["metadata"]["annotations"][names.INTENT]
    return whole
