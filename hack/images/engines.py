"""Who builds: Docker or Podman where one of them answers, buildah on a machine without a container engine."""

import shutil
import subprocess
from pathlib import Path
from typing import Protocol

from hack.cluster.base_image import BASE_IMAGE, base_image, buildah_environment
from hack.cluster.programs import run
from hack.images.wheels import gather

from brownfield_api.errors import BrownfieldError


class Engine(Protocol):
    """Builds a target of the Dockerfile in a folder, and writes it to a file."""

    @property
    def base(self) -> str:
        """What every image stands on; part of what makes an image."""

    def prepare(self, context: Path) -> None:
        """Put into the context what this engine needs beside the sources."""

    def build(self, context: Path, target: str, reference: str) -> None:
        """Build; raises `BrownfieldError` with what the build said."""

    def save(self, reference: str, archive: Path) -> None:
        """Write the image in the format of `docker save`."""


class Docker:
    """Docker, or Podman, which takes the same words. The base and the wheels come from the network."""

    base = "python:3.13-slim"

    def __init__(self, command: str) -> None:
        self._command = command

    def prepare(self, context: Path) -> None:
        """Nothing."""

    def build(self, context: Path, target: str, reference: str) -> None:
        self._run("build", "--build-arg", f"BASE={self.base}", "--target", target, "--tag", reference, str(context))

    def save(self, reference: str, archive: Path) -> None:
        self._run("save", "--output", str(archive), reference)

    def _run(self, *arguments: str) -> None:
        run([self._command, *arguments], where=f"{self._command} {arguments[0]}")


class Buildah:
    """Buildah in its own storage, on the base of hack.cluster and with wheels fetched before: no network in the build.

    Each instruction is a layer in its storage, so images share what they have in common.
    """

    def __init__(self) -> None:
        self.base = base_image().parent.name
        self._environment = _on_overlay(buildah_environment())

    def prepare(self, context: Path) -> None:
        gather(context / "hack" / "images" / "locks" / "wheelhouse")

    def build(self, context: Path, target: str, reference: str) -> None:
        if not self._run("images", "--quiet", "--filter", f"reference={BASE_IMAGE}").strip():
            self._run("pull", "--quiet", f"docker-archive:{base_image()}")
        options = ["--layers", "--pull=false", "--format", "docker", "--build-arg", f"BASE={BASE_IMAGE}"]
        self._run("bud", "--quiet", *options, "--target", target, "--tag", reference, str(context))

    def save(self, reference: str, archive: Path) -> None:
        self._run("push", "--quiet", reference, f"docker-archive:{archive}:{reference}")

    def _run(self, *arguments: str) -> str:
        return run(["buildah", *arguments], where=f"buildah {arguments[0]}", environment=self._environment)


def choose() -> Engine:
    """The first that answers; raises `BrownfieldError` if none does."""
    for command in ("docker", "podman"):
        if shutil.which(command) and _answers(command):
            return Docker(command)
    try:
        return Buildah()
    except BrownfieldError as error:
        raise BrownfieldError(
            f"neither Docker nor Podman answers, and buildah cannot take their place: {error}",
            "this machine",
            "Start Docker or Podman, or run this as root on Debian",
        ) from error


def _answers(command: str) -> bool:
    return subprocess.run([command, "info"], capture_output=True, check=False).returncode == 0


def _on_overlay(environment: dict[str, str]) -> dict[str, str]:
    """The same environment with storage on overlayfs, where that can be: vfs copies everything for each layer."""
    storage = Path(environment["CONTAINERS_STORAGE_CONF"]).with_name("overlay")
    storage.mkdir(exist_ok=True)
    configuration = storage / "storage.conf"
    configuration.write_text(
        f'[storage]\ndriver = "overlay"\ngraphroot = "{storage}/images"\nrunroot = "{storage}/run"\n', encoding="utf-8"
    )
    changed = {**environment, "CONTAINERS_STORAGE_CONF": str(configuration), "STORAGE_DRIVER": "overlay"}
    try:
        run(["buildah", "images"], where="buildah images", environment=changed)
    except BrownfieldError:
        return environment
    return changed
