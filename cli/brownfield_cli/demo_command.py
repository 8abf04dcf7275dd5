"""`brownfield demo`: a simulated plant and everything that stands on it, in one command."""

import asyncio
import contextlib
import os
import sys
import webbrowser
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from brownfield_cli.console import plain_console
from brownfield_cli.example import example_folder
from brownfield_cli.options import DEFAULT_STATE, Duration, Listen, Report, State, duration_seconds
from brownfield_cli.planning import Place
from brownfield_cli.ports import is_free, preferred
from brownfield_cli.prometheus import find_prometheus, prometheus_beside
from brownfield_cli.run_command import RunOptions, run_place
from brownfield_cli.simulate_command import export_volumes
from brownfield_plant.config import ExportConfig, PlantConfig, load_plant, split_endpoint
from brownfield_plant.control import Control
from brownfield_plant.plant import Plant
from brownfield_plant.records import load_records

CONTROL = "127.0.0.1:15000"
"""Where faults are ordered while the demo runs, if the port is free."""


def demo(
    *,
    example: Annotated[Path | None, typer.Argument(help="Folder of an example; default: the wind farm.")] = None,
    state: State = DEFAULT_STATE,
    listen: Listen = "127.0.0.1:8080",
    duration: Duration = "",
    report: Report = None,
    browser: Annotated[bool, typer.Option(help="Open the page where there is a browser.")] = True,
    prometheus: Annotated[
        bool, typer.Option("--prometheus", help="Start the Prometheus on the PATH beside it, with rules and alerts.")
    ] = False,
) -> None:
    """Play the wind farm and show its twins."""
    options = _DemoOptions(
        folder=example_folder(example),
        state=state,
        listen=preferred(listen),
        duration=duration_seconds(duration),
        report=report,
        on_page=open_page if browser and has_display() else None,
        prometheus=find_prometheus() if prometheus else "",
    )
    asyncio.run(_demo(options))


@dataclass(frozen=True, slots=True, kw_only=True)
class _DemoOptions:
    """`prometheus` is the path of the program, "" for none; the others as in `RunOptions` and `Place`."""

    folder: Path
    state: Path
    listen: str
    duration: float
    report: Path | None
    on_page: Callable[[str], None] | None
    prometheus: str


async def _demo(options: _DemoOptions) -> None:
    console = plain_console(stderr=True)
    state = options.state
    async with simulated_plant(options.folder / "plant", state / "plant") as (plant, control):
        if control:
            console.print(f"Break things: curl -X POST {control}/devices/r80711/away (back, freeze, …)", soft_wrap=True)
        place = Place(
            files=[options.folder],
            state=state,
            listen=options.listen,
            volumes=export_volumes(plant, state / "plant" / "exports"),
            resolve={address: f"{host}:{port}" for address, (host, port) in plant.addresses().items()},
        )
        run = RunOptions(place=place, duration=options.duration, report=options.report, on_page=options.on_page)
        async with contextlib.AsyncExitStack() as beside:
            if options.prometheus:
                address = await beside.enter_async_context(prometheus_beside(options.prometheus, place, console))
                console.print(f"prometheus: {address}", soft_wrap=True)
            await run_place(run, console)


@contextlib.asynccontextmanager
async def simulated_plant(folder: Path, state: Path) -> AsyncIterator[tuple[Plant, str]]:
    """The plant of an example while it plays, and the URL of its control endpoint ("" if its port is taken).

    A device whose port is taken answers on another one: whoever runs a demo does not care which.
    """
    config = _with_free_ports(load_plant(folder))
    plant = Plant(config, load_records(folder / config.records), state / "exports", pki=state / "pki")
    await plant.start()
    control = Control(plant.devices)
    try:
        yield plant, await control.start(*split_endpoint(CONTROL)) if is_free(CONTROL) else ""
    finally:
        await control.stop()
        await plant.stop()


def open_page(address: str) -> None:
    """Opens the page in the user's browser."""
    webbrowser.open(address)


def has_display() -> bool:
    """Whether a browser could show anything here."""
    return sys.platform in {"darwin", "win32"} or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _with_free_ports(config: PlantConfig) -> PlantConfig:
    devices = [
        device if isinstance(device, ExportConfig) else device.model_copy(update={"listen": preferred(device.listen)})
        for device in config.devices
    ]
    return config.model_copy(update={"devices": tuple(devices)})
