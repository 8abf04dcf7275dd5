"""Argo CD, built from its Go module and kept by the content of what it is built from.

The first build takes four minutes and 2 GB of memory, the next look none. It runs with the lowest priority that still
gets on: Kubernetes may be building beside it.
"""

import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from hack.cluster.folders import cache_folder
from hack.cluster.lock import locked
from hack.cluster.progress import told

from brownfield_api.errors import BrownfieldError

VERSION = "3.2.11"
"""Its libraries match Kubernetes 1.34; go/go.mod pins the same."""

_MODULE = Path(__file__).parent / "go"
_PACKAGE = "github.com/argoproj/argo-cd/v3"
_FLAGS = f"-s -w -X {_PACKAGE}/common.version={VERSION}"
_CRDS = ("application-crd.yaml", "appproject-crd.yaml")


@dataclass(frozen=True, slots=True)
class Installation:
    """What a build left in the cache: all of it is there, or the folder is not."""

    folder: Path

    @property
    def program(self) -> Path:
        """Repository server, application controller and `admin`; see go/main.go."""
        return self.folder / "argocd"

    @property
    def crds(self) -> Path:
        """Argo CD's own CRDs: Application and AppProject."""
        return self.folder / "crds"

    @property
    def settings(self) -> Path:
        """Argo CD's own ConfigMaps and Secret, as it is installed with."""
        return self.folder / "settings"


def installation() -> Installation:
    """Argo CD, built if need be. Raises `BrownfieldError` when Go is missing or the build fails."""
    folder = cache_folder().parent / "argocd" / _fingerprint()
    if folder.is_dir():
        return Installation(folder)
    with locked(folder.with_name(f"{folder.name}.lock")):
        if not folder.is_dir():
            unfinished = folder.with_name(f"{folder.name}.unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir(parents=True)
            _build(Installation(unfinished))
            unfinished.rename(folder)
    return Installation(folder)


def _fingerprint() -> str:
    """Of everything it is made from; a change of it makes a new folder."""
    digest = hashlib.sha256()
    for path in sorted(_MODULE.iterdir()):
        digest.update(f"{path.name}\0".encode() + path.read_bytes() + b"\0")
    digest.update("\0".join((_FLAGS, *_CRDS, os.uname().machine)).encode())
    return digest.hexdigest()[:16]


def _build(made: Installation) -> None:
    with told(f"building Argo CD {VERSION} from its Go module", "about four minutes, this once"):
        _go("build", "-mod=readonly", "-trimpath", "-ldflags", _FLAGS, "-o", str(made.program), ".")
    manifests = Path(_go("list", "-m", "-f", "{{.Dir}}", _PACKAGE).strip()) / "manifests"
    for folder in (made.crds, made.settings):
        folder.mkdir()
    for name in _CRDS:
        _copy(manifests / "crds" / name, made.crds)
    for path in (manifests / "base" / "config").glob("argocd-*.yaml"):
        _copy(path, made.settings)


def _copy(path: Path, folder: Path) -> None:
    shutil.copyfile(path, folder / path.name)  # without its mode: Go's module cache is read-only


def _go(verb: str, *arguments: str) -> str:
    if shutil.which("go") is None:
        raise BrownfieldError(
            "Go is needed to build Argo CD, and there is no `go` command",
            where="PATH",
            do="Install Go 1.25 or newer (https://go.dev/dl).",
        )
    done = subprocess.run(
        ["nice", "-n", "10", "go", verb, *arguments],
        cwd=_MODULE,
        env={**os.environ, "CGO_ENABLED": "0"},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BrownfieldError(
            f"`go {verb}` failed with exit code {done.returncode}",
            where=str(_MODULE),
            do="What Go printed above says why; it needs a Go module proxy unless its cache holds the modules.",
        )
    return done.stdout
