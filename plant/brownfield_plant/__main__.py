"""`python -m brownfield_plant --example examples/wind-farm/plant`: the plant alone, until interrupted.

In a cluster each device is a pod of its own: `--device r80711 --bind 0.0.0.0` plays one device where others can
reach it, on the port that plant.yaml gives it.
"""

import argparse
import asyncio
import contextlib
import signal
import sys
from pathlib import Path

from brownfield_api.errors import BrownfieldError
from brownfield_plant.config import PlantConfig, load_plant, split_endpoint
from brownfield_plant.plant import Plant, run_plant
from brownfield_plant.selection import listening_on, only_devices


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """The command line; exits with status 2 and a usage line when it is wrong."""
    parser = argparse.ArgumentParser(prog="brownfield_plant", description="Play recorded machines.")
    parser.add_argument("--example", type=Path, required=True, help="folder with plant.yaml and the records")
    parser.add_argument("--speed", type=float, help="records a second, default from plant.yaml")
    parser.add_argument("--device", action="append", default=[], metavar="NAME", help="only these; may be repeated")
    parser.add_argument("--bind", metavar="HOST", help="address to listen on, default from plant.yaml")
    parser.add_argument("--control", type=_endpoint, help="loopback host:port of the control endpoint")
    parser.add_argument(
        "--control-beyond-loopback", action="store_true", help="whoever reaches --control may break the plant"
    )
    parser.add_argument("--export-dir", type=Path, default=Path("plant-exports"), help="where exports are dropped")
    parser.add_argument("--pki-dir", type=Path, help="where OPC UA server certificates are kept")
    parsed = parser.parse_args(given)
    if parsed.speed is not None and not 0 < parsed.speed <= 1000:
        parser.error("--speed must be above 0 and at most 1000")
    return parsed


def announce(plant: Plant, control: str) -> None:
    """One line per device: its name and where it is."""
    lines = [f"{device.name:<12} {device.place}" for device in plant.devices.values()]
    if control:
        lines.append(f"{'control':<12} {control}/devices")
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


async def main(options: argparse.Namespace) -> None:
    """Run until SIGINT or SIGTERM; raises `BrownfieldError` when the plant cannot start."""
    config = _chosen(load_plant(options.example), options)
    task = asyncio.ensure_future(
        run_plant(
            config,
            options.example / config.records,
            exports=options.export_dir,
            control=options.control,
            control_beyond_loopback=options.control_beyond_loopback,
            pki=options.pki_dir,
            speed=options.speed,
            ready=announce,
        )
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        # Windows has no signal handlers in its loop; Ctrl-C cancels asyncio.run there.
        with contextlib.suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


def _chosen(config: PlantConfig, options: argparse.Namespace) -> PlantConfig:
    chosen = only_devices(config, options.device) if options.device else config
    return listening_on(chosen, options.bind) if options.bind else chosen


def _endpoint(text: str) -> str:
    try:
        split_endpoint(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return text


if __name__ == "__main__":
    try:
        asyncio.run(main(arguments()))
    except BrownfieldError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
