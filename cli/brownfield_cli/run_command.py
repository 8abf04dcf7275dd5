"""`brownfield run`: the data plane on one machine, from the YAML a cluster would be given."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
from rich.console import Console

from brownfield_api.errors import BrownfieldError
from brownfield_api.health import HealthRecord
from brownfield_cli.console import Screen, plain_console, screen, wait_for
from brownfield_cli.options import (
    DEFAULT_STATE,
    Duration,
    Files,
    Listen,
    Namespace,
    Report,
    Resolve,
    Site,
    SpineCredentials,
    SpineUrl,
    State,
    Volumes,
    duration_seconds,
    pairs,
)
from brownfield_cli.planning import Place, make_plan, read_resources, refuse_errors, write_secrets
from brownfield_cli.ports import fixed_port
from brownfield_cli.report import RunReport
from brownfield_cli.runner import LocalSpine, PlannedRun, Run, names_of, open_spine, refuse_ports_in_use, stop_signals
from brownfield_cli.scrape_targets import write_targets
from brownfield_cli.service_levels import kept_levels, measured_resources
from brownfield_cli.state_folder import locked, private_file, spine_file


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """How a place is run. `duration` in seconds, 0 = until told to stop; `spine` a URL, "" = our own broker.
    `on_page` is called once with the address of the first page.
    """

    place: Place
    duration: float = 0.0
    report: Path | None = None
    spine: str = ""
    spine_credentials: Path | None = None
    on_page: Callable[[str], None] | None = None


def run(
    *,
    file: Files,
    state: State = DEFAULT_STATE,
    volume: Volumes = None,
    resolve: Resolve = None,
    namespace: Namespace = "default",
    site: Site = "local",
    listen: Listen = "127.0.0.1:8080",
    spine: SpineUrl = "",
    spine_credentials: SpineCredentials = None,
    duration: Duration = "",
    report: Report = None,
) -> None:
    """Run adapters, spine, pipelines and twins on this machine until Ctrl-C."""
    place = Place(
        files=file,
        state=state,
        namespace=namespace,
        site=site,
        listen=fixed_port(listen),
        volumes=pairs("--volume", volume),
        resolve=pairs("--resolve", resolve),
    )
    options = RunOptions(
        place=place,
        duration=duration_seconds(duration),
        report=report,
        spine=spine,
        spine_credentials=spine_credentials,
    )
    asyncio.run(run_place(options, plain_console(stderr=True)))


async def run_place(options: RunOptions, console: Console) -> RunReport:
    """Runs a place to its end and returns the report; raises `BrownfieldError` if it cannot start."""
    place = options.place
    resources = read_resources(place)
    planned = make_plan(resources, place)
    refuse_errors(planned, console)
    if options.report and not options.report.resolve().parent.is_dir():
        raise BrownfieldError("its folder does not exist", f"report {options.report}", "Make it, or name another")
    refuse_ports_in_use(process.config for process in planned.processes)
    stop = stop_signals()
    with locked(place.state):
        write_secrets(resources, place)
        local = LocalSpine(place.state.resolve(), options.spine, options.spine_credentials)
        async with local as spine_config, screen("Brownfield: Ctrl-C stops it", console) as shown:
            found = make_plan(resources, place, spine_config)
            spine = await open_spine(spine_config, local.store_bytes)
            configs = names_of([process.config for process in found.processes])
            running = Run(PlannedRun(configs, place.state.resolve()), local, spine, shown.line)
            private_file(spine_file(place.state), msgspec.json.encode(spine_config))
            await running.start()
            async with kept_levels(spine, measured_resources(resources, place.site), running.listen):
                await _watch(running, options, shown, stop)
            report = await running.stop()
            await spine.close()
    _finish(report, options, console)
    return report


async def _watch(running: Run, options: RunOptions, shown: Screen, stop: asyncio.Event) -> None:
    """Keeps the summary up to date until the time is over or somebody says stop."""
    end = time.monotonic() + options.duration if options.duration else float("inf")
    announced = False
    while time.monotonic() < end and not await wait_for(stop, min(1.0, max(0.0, end - time.monotonic()))):
        await running.observe()
        latest = running.latest()
        write_targets(options.place.state, latest)
        if not announced and (page := _first_page(latest)):
            announced = True
            shown.line("run", f"page: {page}")
            if options.on_page:
                options.on_page(page)
        shown.summary.update(latest, running.report().processes)
        shown.refresh()


def _first_page(latest: dict[str, HealthRecord]) -> str:
    return next((record.twin.page for record in latest.values() if record.twin and record.twin.page), "")


def _finish(report: RunReport, options: RunOptions, console: Console) -> None:
    samples = report.samples
    console.print(
        f"Stopped. {samples.read} samples read, {samples.published} on the spine, {samples.delivered} at the twins; "
        f"batches lost {samples.lost}, duplicated {samples.duplicated}, reordered {samples.reordered}.",
        highlight=False,
        soft_wrap=True,
    )
    if options.report:
        content = msgspec.json.format(msgspec.json.encode(report), indent=2)
        options.report.write_bytes(content + b"\n")
