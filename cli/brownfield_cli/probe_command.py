"""`brownfield probe`: a commissioning engineer's first look at one source, with the adapter's own client."""

import asyncio
from collections.abc import Mapping
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from brownfield_adapters.probe import ProbeReport, TagReport
from brownfield_adapters.registry import probe as probe_source
from brownfield_api.adapter_config import AdapterConfig, EndpointConfig, SourceConfig
from brownfield_api.errors import BrownfieldError
from brownfield_api.tables import Tag, TagTable
from brownfield_cli.console import plain_console
from brownfield_cli.options import DEFAULT_STATE, Files, Namespace, Resolve, State, Volumes, pairs
from brownfield_cli.planning import Place, make_plan, print_findings, read_resources, write_secrets
from brownfield_cli.state_folder import locked
from brownfield_cli.summary import printable
from brownfield_planner.processes import Plan


def probe(
    source: Annotated[str, typer.Argument(help="Name of a LegacySource.")],
    *,
    file: Files,
    state: State = DEFAULT_STATE,
    volume: Volumes = None,
    resolve: Resolve = None,
    namespace: Namespace = "default",
) -> None:
    """Connect to one source, read each block once, and say what is wrong in plain words."""
    place = Place(
        files=file,
        state=state,
        namespace=namespace,
        volumes=pairs("--volume", volume),
        resolve=pairs("--resolve", resolve),
    )
    console = plain_console()
    resources = read_resources(place)
    found = make_plan(resources, place)
    print_findings([item for item in found.findings if item.resource in {"", f"LegacySource/{source}"}], console)
    endpoint, config, table = find_source(found, source)
    folder = state / "probe" / source
    with locked(state):  # a running adapter holds the one connection the device may have
        write_secrets(resources, place)
        folder.mkdir(parents=True, exist_ok=True)
        report = asyncio.run(probe_source(endpoint, config, table, folder))
    show(report, table, console)
    if report.error:
        raise typer.Exit(1)


def find_source(found: Plan, name: str) -> tuple[EndpointConfig, SourceConfig, TagTable]:
    """The source's endpoint, its own configuration and its tags; raises `BrownfieldError` if there is none."""
    known: list[str] = []
    for process in found.processes:
        if not isinstance(process.config, AdapterConfig):
            continue
        for endpoint in process.config.endpoints:
            for source in endpoint.sources:
                if source.name == name:
                    return endpoint, source, process.config.tables[source.table]
                known.append(source.name)
    raise BrownfieldError(
        "there is no such source that could run",
        name,
        f"Known: {', '.join(sorted(known)) or 'none'}; see the errors above",
    )


def show(report: ProbeReport, table: TagTable, console: Console) -> None:
    """Prints a report: connection, blocks, tags with every reading, remarks. `value` is in the tag's unit, after
    scale and offset; the readings beside it are as the device has them.
    """
    console.print(f"{report.source}: {report.protocol} {report.endpoint}", soft_wrap=True)
    if report.error:
        console.print(f"no connection: {report.error}", style="bold red", soft_wrap=True)
        return
    console.print(f"connected in {report.connect_milliseconds:.1f} ms")
    blocks = Table("block", "ms", "", box=None, pad_edge=False)
    for block in report.blocks:
        blocks.add_row(block.label, f"{block.milliseconds:.1f}", block.error)
    console.print(blocks)
    console.print(_tags(report.tags, {tag.name: tag for tag in table.tags}))
    for remark in report.remarks:
        console.print(f"! {printable(remark)}", soft_wrap=True)


def engineering(raw: str, tag: Tag | None) -> str:
    """The value after scale and offset; as it is where there are none or it is no number."""
    if tag is None or (tag.scale, tag.offset) == (1.0, 0.0):
        return raw
    try:
        return f"{float(raw) * tag.scale + tag.offset:.9g}"
    except ValueError:
        return raw


def _tags(tags: tuple[TagReport, ...], configured: Mapping[str, Tag]) -> Table:
    orders = list(dict.fromkeys(order for tag in tags for order in tag.readings))
    table = Table(
        "tag", "address", "type", "value", "unit", "status", "raw", *orders, "remark", box=None, pad_edge=False
    )
    for tag in tags:
        readings = [tag.readings.get(order, "") for order in orders]
        value = engineering(tag.value, configured.get(tag.name))
        cells = (tag.name, tag.address, tag.type, value, tag.unit, tag.status, tag.raw, *readings, tag.remark)
        table.add_row(*(printable(cell) for cell in cells))
    return table
