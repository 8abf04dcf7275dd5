"""The programs of a cluster, built from their Go modules and kept by the content of what they are built from.

`go/go.mod` and `go/go.sum` pin Kubernetes and etcd; the others are pinned by their version, which Go checks against
its checksum database. The first build takes minutes, the next look takes none.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hack.cluster.folders import cache_folder
from hack.cluster.lock import locked
from hack.cluster.progress import told

from brownfield_api.errors import BrownfieldError

KUBERNETES = "1.34.2"
HELM = "helm.sh/helm/v3/cmd/helm@v3.19.2"
COREDNS = "github.com/coredns/coredns@v1.13.1"
LOCAL_PATH = "github.com/rancher/local-path-provisioner@v0.0.30"
KIND = "sigs.k8s.io/kind@v0.30.0"

_MODULE = Path(__file__).parent / "go"
_VERSION = "k8s.io/component-base/version"
_STRIPPED = "-s -w"
_KUBERNETES_FLAGS = (
    # Without them `kubectl version` fails, and Helm's kubeVersion with it.
    f"{_STRIPPED} -X {_VERSION}.gitVersion=v{KUBERNETES}"
    f" -X {_VERSION}.gitMajor={KUBERNETES.split('.', maxsplit=1)[0]} -X {_VERSION}.gitMinor={KUBERNETES.split('.')[1]}"
)
_HELM = "helm.sh/helm/v3"
_HELM_FLAGS = " ".join(
    [
        # As in Helm's own Makefile: without them `helm template` and `helm lint` take the cluster for Kubernetes 1.20.
        f"{_STRIPPED} -X {_HELM}/internal/version.version={HELM.rpartition('@')[2]}",
        *(
            f"-X {_HELM}/pkg/{package}.k8sVersionMajor=1 -X {_HELM}/pkg/{package}.k8sVersionMinor=34"
            for package in ("chartutil", "lint/rules")
        ),
    ]
)
_DAEMONS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-proxy", "kube-scheduler", "kubelet")


@dataclass(frozen=True, slots=True)
class Binaries:
    """Programs below one folder of the cache; every name works as soon as the folder is there."""

    folder: Path

    @property
    def tools(self) -> Path:
        """A folder that holds kubectl and helm and nothing else."""
        return self.folder / "tools"

    @property
    def kubectl(self) -> Path:
        """The client of the version of the cluster."""
        return self.tools / "kubectl"

    def program(self, name: str) -> Path:
        """A daemon, or one of coredns, local-path-provisioner, localpath, pause."""
        return self.folder / "bin" / name


def binaries() -> Binaries:
    """All programs, built if need be. Raises `BrownfieldError` when Go is missing or a build fails."""
    return Binaries(once(cache_folder() / f"kubernetes-{_fingerprint()}", _build))


def kind_binary() -> Path:
    """The `kind` command; on its own, because only that provider wants it."""
    version = KIND.rpartition("@")[2]
    return once(cache_folder() / f"kind-{version}", lambda folder: _install(folder, KIND)) / "kind"


def once(folder: Path, build: Callable[[Path], None]) -> Path:
    """The folder, built if need be: beside itself, then renamed, so that whoever finds it finds all of it.

    Of several who want it at once one builds and the others wait.
    """
    if folder.is_dir():
        return folder
    with locked(folder.with_name(f"{folder.name}.lock")):
        if not folder.is_dir():
            unfinished = folder.with_name(f"{folder.name}.unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir(parents=True)
            build(unfinished)
            unfinished.rename(folder)
    return folder


def _fingerprint() -> str:
    """Of everything the programs are made from; a change of it makes a new folder."""
    digest = hashlib.sha256()
    for path in sorted(_MODULE.rglob("*")):
        if path.is_file():
            digest.update(f"{path.relative_to(_MODULE)}\0".encode() + path.read_bytes() + b"\0")
    digest.update("\0".join((_KUBERNETES_FLAGS, _HELM_FLAGS, HELM, COREDNS, LOCAL_PATH, os.uname().machine)).encode())
    return digest.hexdigest()[:16]


def _build(folder: Path) -> None:
    programs = folder / "bin"
    tools = folder / "tools"
    for path in (programs, tools):
        path.mkdir()
    with told("building Kubernetes and etcd from their Go modules", "about four minutes, this once"):
        _go("build", "-mod=readonly", "-ldflags", _KUBERNETES_FLAGS, "-o", str(programs / "kubernetes"), ".")
    for name in ("pause", "localpath"):
        _go("build", "-mod=readonly", "-ldflags", _STRIPPED, "-o", str(programs / name), f"./{name}")
    for name in _DAEMONS:
        (programs / name).symlink_to("kubernetes")
    (tools / "kubectl").symlink_to("../bin/kubernetes")
    _install(tools, HELM, _HELM_FLAGS)
    _install(programs, COREDNS)
    _install(programs, LOCAL_PATH)


def _install(folder: Path, package: str, flags: str = _STRIPPED) -> None:
    with told(f"building {package}"):
        _go("install", "-ldflags", flags, package, environment={"GOBIN": str(folder)})


def _go(verb: str, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
    if shutil.which("go") is None:
        raise BrownfieldError(
            "Go is needed to build Kubernetes, and there is no `go` command",
            where="PATH",
            do="Install Go 1.24 or newer (https://go.dev/dl).",
        )
    done = subprocess.run(
        ["go", verb, "-trimpath", *arguments],
        cwd=_MODULE,
        env={**os.environ, "CGO_ENABLED": "0", **(environment or {})},
        stdout=sys.stderr,
        check=False,
    )
    if done.returncode:
        raise BrownfieldError(
            f"`go {verb}` failed with exit code {done.returncode}",
            where=arguments[-1],
            do="What Go printed above says why; it needs a Go module proxy unless its cache holds the modules.",
        )
