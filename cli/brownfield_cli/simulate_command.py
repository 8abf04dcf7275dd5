"""`brownfield simulate`: only the plant, for trying `run` against it and for breaking it on purpose."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from brownfield_cli.console import plain_console
from brownfield_cli.example import plant_folder
from brownfield_cli.options import DEFAULT_STATE
from brownfield_cli.runner import stop_signals
from brownfield_plant.config import ExportConfig, load_plant
from brownfield_plant.plant import Plant, run_plant


def simulate(
    example: Annotated[Path | None, typer.Argument(help="Folder of an example; default: the wind farm.")] = None,
    speed: Annotated[float | None, typer.Option(min=0.001, max=1000, help="Records a second.")] = None,
    control: Annotated[str, typer.Option(metavar="HOST:PORT", help="Where faults are ordered; '' = nowhere.")] = (
        "127.0.0.1:15000"
    ),
    state: Annotated[Path, typer.Option(help="Folder for exports and certificates.")] = DEFAULT_STATE / "plant",
) -> None:
    """Play recorded machines: Modbus and OPC UA servers, an export folder."""
    asyncio.run(_simulate(plant_folder(example), speed, control, state, plain_console()))


async def _simulate(folder: Path, speed: float | None, control: str, state: Path, console: Console) -> None:
    config = load_plant(folder)
    stop = stop_signals()

    def ready(plant: Plant, url: str) -> None:
        for line in run_hints(plant, state):
            console.print(line, soft_wrap=True)
        if url:
            console.print(f"break things: curl -X POST {url}/devices/NAME/away (back, freeze, thaw, …)")

    playing = asyncio.create_task(
        run_plant(
            config,
            folder / config.records,
            exports=state / "exports",
            control=control or None,
            pki=state / "pki",
            speed=speed,
            ready=ready,
        )
    )
    asked = asyncio.create_task(stop.wait())
    await asyncio.wait({playing, asked}, return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    if playing.done():
        playing.result()
    playing.cancel()
    await asyncio.gather(playing, return_exceptions=True)


def run_hints(plant: Plant, state: Path) -> list[str]:
    """A line per device, and the options that make `brownfield run` find them."""
    lines = [f"{device.name:<12} {device.place}" for device in plant.devices.values()]
    options = [f"--resolve {address}={host}:{port}" for address, (host, port) in plant.addresses().items()]
    options += [f"--volume {name}={folder}" for name, folder in export_volumes(plant, state / "exports").items()]
    return [*lines, "brownfield run -f examples/wind-farm " + " ".join(options)]


def export_volumes(plant: Plant, exports: Path) -> dict[str, str]:
    """Volume name -> folder for every export; the volume is named after the folder."""
    return {
        device.folder: str((exports / device.folder).resolve())
        for device in plant.config.devices
        if isinstance(device, ExportConfig)
    }
