"""Argo CD beside a cluster: a context manager for tests, and what the command line starts and stops."""

import http.client
import json
import shutil
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from hack.argocd import processes
from hack.argocd.application import ApplicationState, Manifest, application, read_state
from hack.argocd.binary import Installation, installation
from hack.argocd.customizations import HEALTH_CHECKS, config_map, customizations
from hack.argocd.repository import Repository
from hack.argocd.servers import NAMESPACE, Ports, Servers
from hack.cluster.binaries import binaries
from hack.cluster.guard import require_own_cluster
from hack.cluster.kubectl import Kubectl
from hack.cluster.packages import require
from hack.cluster.waiting import wait_until

from brownfield_api.errors import BrownfieldError

_NEEDS = {"redis-server": "redis-server", "git": "git"}
_START_SECONDS = 60.0
_CRDS = ("applications.argoproj.io", "appprojects.argoproj.io")
_ANY = [{"group": "*", "kind": "*"}]
_PROJECT = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "AppProject",
    "metadata": {"name": "default", "namespace": NAMESPACE},
    "spec": {
        "sourceRepos": ["*"],
        "destinations": [{"namespace": "*", "server": "*"}],
        "clusterResourceWhitelist": _ANY,
        "namespaceResourceWhitelist": _ANY,
    },
}


class ArgoCd:
    """Running inside `with`, gone outside, also from the cluster (what Applications made is the caller's to delete).

    `folder` must not exist; it holds logs, the git repository and a copy of the kubeconfig. `health_checks` has a
    folder for each kind. A server that is not `tethered` outlives us; `stop` from any other process ends it.
    """

    def __init__(
        self, kubeconfig: Path, folder: Path, *, health_checks: Path = HEALTH_CHECKS, tethered: bool = True
    ) -> None:
        self._given = kubeconfig
        self._folder = folder.absolute()
        self._health_checks = health_checks
        self._tethered = tethered
        self._children: list[subprocess.Popen[bytes]] = []
        self._head = ""
        self.repository = Repository(self._folder / "repository")
        # A copy: kubectl keeps a cache beside it, which has no place beside somebody's own.
        self.kubectl = Kubectl(binaries().kubectl, self._folder / "kubeconfig", where="Argo CD's cluster")

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Put into the cluster what Argo CD needs, start its servers, return when they work."""
        require(_NEEDS)
        require_own_cluster(self._given)
        self._folder.mkdir(parents=True, mode=0o700)
        shutil.copyfile(self._given, self.kubectl.kubeconfig)
        self.kubectl.kubeconfig.chmod(0o600)
        self.repository.make()
        argocd = installation()
        self._prepare_cluster(argocd)
        self._start_servers(
            Servers(
                argocd=argocd,
                tools=binaries(),
                ports=_free_ports(),
                folder=self._folder,
                kubeconfig=self.kubectl.kubeconfig,
            )
        )

    def stop(self) -> None:
        """End the servers, then take what is Argo CD's out of the cluster, if there is something and it answers."""
        for running in reversed(processes.read(self._record)):
            running.stop()
        for child in self._children:
            child.communicate()
        if self.kubectl.kubeconfig.exists():
            self._clean_cluster()

    def commit(self, files: Mapping[str, str | None]) -> str:
        """Commit files by path (None removes one); the commit's hash. `wait_for` waits for the last one."""
        self._head = self.repository.commit(files)
        return self._head

    def application(self, name: str, *, path: str, namespace: str, sync_options: tuple[str, ...] = ()) -> None:
        """Create an Application of the YAML files in `path` of the repository."""
        url = self.repository.url
        self.apply(application(name, repository=url, path=path, namespace=namespace, sync_options=sync_options))

    def apply(self, manifest: Manifest) -> None:
        """Create or change an Application from its whole manifest."""
        self.kubectl.apply(json.dumps(manifest))

    def delete(self, name: str, *, seconds: float = 60.0) -> None:
        """Delete an Application and, as its finalizer says, all it made; returns when both are gone.

        An operation that runs is ended first: Argo CD deletes nothing while one waits for a wave.
        """
        runs = self.state(name).operation == "Running"
        self.kubectl("-n", NAMESPACE, "delete", "application", name, "--wait=false")
        if runs:
            phase = '--patch={"status":{"operationState":{"phase":"Terminating"}}}'  # `argocd app terminate-op`
            self.kubectl("-n", NAMESPACE, "patch", "application", name, "--type=merge", phase)
        gone = ["wait", "--for=delete", f"application/{name}", f"--timeout={seconds:.0f}s"]
        self.kubectl("-n", NAMESPACE, *gone, seconds=seconds + 5)

    def abandon(self, name: str) -> None:
        """Delete an Application and leave what it made; nothing happens if there is none."""
        found = ["-n", NAMESPACE, "get", "application", name, "--ignore-not-found", "--output=name"]
        if self.kubectl(*found):
            without = '--patch={"metadata":{"finalizers":null}}'
            self.kubectl("-n", NAMESPACE, "patch", "application", name, "--type=merge", without)
            self.kubectl("-n", NAMESPACE, "delete", "application", name, "--ignore-not-found", "--wait=false")

    def refresh(self, name: str) -> None:
        """Let Argo CD compare now instead of at its next poll."""
        annotation = "argocd.argoproj.io/refresh=normal"
        self.kubectl("-n", NAMESPACE, "annotate", "application", name, annotation, "--overwrite")

    def state(self, name: str) -> ApplicationState:
        """What Argo CD says of an Application."""
        raw: dict[str, Any] = json.loads(self.kubectl("-n", NAMESPACE, "get", "application", name, "--output=json"))
        return read_state(raw)

    def wait_for(
        self,
        name: str,
        until: Callable[[ApplicationState], bool] | None = None,
        *,
        sync: str = "",
        health: str = "",
        operation: str = "",
        seconds: float = 60.0,
    ) -> ApplicationState:
        """The state as soon as it compares the last commit and has the given words (and `until` holds).

        Raises `BrownfieldError` with all that Argo CD says when that does not come.
        """
        wanted = {"sync": sync, "health": health, "operation": operation}
        last: list[ApplicationState] = []

        def holds() -> bool:
            state = self.state(name)
            last[:] = [state]
            if self._head and state.revision != self._head:
                self.refresh(name)
                return False
            given = all(getattr(state, field) == word for field, word in wanted.items() if word)
            return given and (until is None or until(state))

        try:
            wait_until(holds, seconds=seconds, what=f"{wanted} at {self._head[:7]}", where=name)
        except BrownfieldError as late:
            raise BrownfieldError(f"{late.what}\n{last[0] if last else ''}", where=name) from late
        return last[0]

    @property
    def _record(self) -> Path:
        return self._folder / "processes.json"

    def _prepare_cluster(self, argocd: Installation) -> None:
        self.kubectl("apply", "--server-side", "--force-conflicts", f"--filename={argocd.crds}")
        wait_until(
            lambda: set(_CRDS) <= set(self._kinds()), seconds=15, what="Argo CD's kinds are served", where=NAMESPACE
        )
        phase = ["get", "namespace", NAMESPACE, "--ignore-not-found", "--output=jsonpath={.status.phase}"]
        wait_until(
            lambda: self.kubectl(*phase) != "Terminating",
            seconds=60,
            what="the namespace of the Argo CD before is gone",
            where=NAMESPACE,
        )
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
        self.kubectl.apply(json.dumps(namespace))
        settings = f"--filename={argocd.settings}"
        self.kubectl("-n", NAMESPACE, "apply", "--server-side", "--force-conflicts", settings)
        patch = config_map(customizations(self._health_checks))  # as docs/gitops.md tells users to
        self.kubectl("-n", NAMESPACE, "patch", "configmap", "argocd-cm", "--type=merge", f"--patch={patch}")
        self.kubectl.apply(json.dumps(_PROJECT))

    def _start_servers(self, servers: Servers) -> None:
        environment = servers.environment()
        started = []
        for name, command in servers.commands().items():
            log = self._folder / f"{name}.log"
            running, child = processes.start(name, command, environment=environment, log=log, tethered=self._tethered)
            started.append(running)
            self._children.append(child)
            processes.write(self._record, started)
        wait_until(
            lambda: all(_answers(url) for url in servers.health_urls()),
            seconds=_START_SECONDS,
            what="Argo CD works",
            where=str(self._folder),
            do="Its logs there say why.",
        )

    def _kinds(self) -> list[str]:
        """Argo CD's kinds that the API server serves, by name of their CRD."""
        # Not `kubectl wait`: it fails on a CRD so new that its status has no list of conditions yet.
        return self.kubectl("api-resources", "--api-group=argoproj.io", "--output=name", "--cached=false").split()

    def _clean_cluster(self) -> None:
        """Applications first: a finalizer would keep them for ever, now that nobody acts on it."""
        if "applications.argoproj.io" not in self._kinds():
            return
        names = ["-n", NAMESPACE, "get", "applications", "--output=jsonpath={.items[*].metadata.name}"]
        for name in self.kubectl(*names).split():
            self.abandon(name)
        self.kubectl("delete", "crd", *_CRDS, "--ignore-not-found")
        self.kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait=false")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - loopback, made by `Servers`.
            return bool(answer.status == http.HTTPStatus.OK)
    except (urllib.error.URLError, OSError, http.client.HTTPException):
        return False


def _free_ports() -> Ports:
    """All held until all are found, so that they differ."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(4)]
    try:
        return Ports(*(int(each.getsockname()[1]) for each in held))
    finally:
        for each in held:
            each.close()
