"""The control plane alone: etcd and an API server on loopback, without root, for tests that need no pods.

Ready in a few seconds. With `controllers=True` Kubernetes' own controllers run as well (garbage collection, namespaces,
Deployments, StatefulSets …): objects then appear and vanish as on a cluster, though no pod ever runs. Everything ends
with the process that started it, even if that is killed: each daemon watches its standard input, whose other end only
we hold.
"""

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path
from typing import Self

from hack.cluster import audit, etcd, marker
from hack.cluster.api_server import wait_for_api_server
from hack.cluster.binaries import binaries
from hack.cluster.child import Child
from hack.cluster.commands import Commands
from hack.cluster.credentials import make_credentials
from hack.cluster.folders import Layout
from hack.cluster.kubeconfig import write_kubeconfig
from hack.cluster.kubectl import Kubectl

from brownfield_api.errors import BrownfieldError

_LOOPBACK = "127.0.0.1"
_SERVICES = IPv4Network("10.0.0.0/24")  # addresses that Services are given; nothing routes there


class ControlPlane:
    """A context manager: running inside, gone outside; `folder` keeps logs and audit log for whoever wants to read."""

    def __init__(self, folder: Path, *, name: str = "control-plane", controllers: bool = False) -> None:
        self._layout = Layout(folder.absolute())
        self._name = name
        self._controllers = controllers
        self._commands: Commands | None = None
        self._children: dict[str, Child] = {}

    @property
    def kubeconfig(self) -> Path:
        """The administrator's."""
        return self._layout.kubeconfig

    @property
    def audit_log(self) -> Path:
        """For `hack.cluster.audit.writes`."""
        return self._layout.audit_log

    @property
    def server(self) -> str:
        """The API server's URL, the same through all restarts."""
        return _url(self._running)

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for child in reversed(self._children.values()):
            child.stop(signal.SIGKILL)  # what they would tidy up goes with the folder

    def stop_api_server(self, number: signal.Signals = signal.SIGKILL) -> None:
        """The API server goes away: clients find their connections closed and are refused from then on.

        Killed, because on SIGTERM it waits for its clients' watches, up to a minute.
        """
        self._children["kube-apiserver"].stop(number)

    def start_api_server(self) -> None:
        """It comes back on the same port; returns when it is ready."""
        self._start_api_server("kube-apiserver", self._running)

    def restart_api_server(self) -> None:
        """Stop and start. Its cache begins anew: a watch from before the last write to anything gets 410 Gone."""
        self.stop_api_server()
        self.start_api_server()

    def suspend_api_server(self) -> None:
        """It keeps its connections and answers nothing: what a client sees of a hung or unreachable server."""
        self._children["kube-apiserver"].send(signal.SIGSTOP)

    def resume_api_server(self) -> None:
        """It answers again, old requests first."""
        self._children["kube-apiserver"].send(signal.SIGCONT)

    def compact(self) -> int:
        """Make etcd forget its history, and return the oldest revision that it still knows.

        Alone it makes no watch fail: the API server serves those from its own cache, which only a restart empties.
        """
        return etcd.compact(self._running.etcd_port)

    @contextmanager
    def watch_gap(self) -> Iterator[Path]:
        """Change things unseen: the API server is away, and the kubeconfig given leads to another one beside it.

        Afterwards the first is back and no history is left: a client that takes up its watch where it was gets 410
        Gone and has to list again, and what was deleted inside is never announced as deleted.
        """
        self.stop_api_server()
        back_door = replace(self._running, port=_free_ports(1)[0])
        kubeconfig = write_kubeconfig(
            self._layout.folder / "back-door.kubeconfig",
            name=self._name,
            server=_url(back_door),
            authority=back_door.credentials.authority.pair.certificate,
            client=back_door.credentials.authority.client("back-door", "admin", "system:masters"),
        )
        self._start_api_server("back-door", back_door)
        try:
            yield kubeconfig
        finally:
            self._children["back-door"].stop(signal.SIGKILL)
            self.compact()
            self.start_api_server()

    @property
    def _running(self) -> Commands:
        if self._commands is None:
            raise BrownfieldError("it does not run", where=f"control plane {self._name}", do="Use it in `with`.")
        return self._commands

    def _start(self) -> None:
        layout = self._layout
        layout.make()
        layout.audit_policy.write_text(audit.POLICY, encoding="utf-8")
        port, etcd_port, peer_port = _free_ports(3)
        programs = binaries()
        self._commands = Commands(
            binaries=programs,
            credentials=make_credentials(
                name=self._name, layout=layout, server=f"https://{_LOOPBACK}:{port}", names=[_LOOPBACK, "localhost"]
            ),
            address=_LOOPBACK,
            port=port,
            etcd_port=etcd_port,
            peer_port=peer_port,
            services=_SERVICES,
        )
        self._commands.credentials.admin_kubeconfig()
        self._launch("etcd", self._commands.etcd())
        self._start_api_server("kube-apiserver", self._commands)
        marker.put(Kubectl(programs.kubectl, self.kubeconfig, where=self._name), self._name, marker.new_id(layout))
        if self._controllers:
            self._launch("kube-controller-manager", self._commands.controller_manager("--secure-port=0"))

    def _start_api_server(self, name: str, commands: Commands) -> None:
        # Its own address is loopback, which no Endpoints object may hold: nobody looks for the service here.
        child = self._launch(name, commands.api_server("--endpoint-reconciler-type=none"))
        authority = commands.credentials.authority.pair.certificate
        wait_for_api_server(_url(commands), authority, child.log, child.is_alive)

    def _launch(self, name: str, command: list[str]) -> Child:
        child = Child(command, self._layout.logs / f"{name}.log")
        self._children[name] = child
        return child


def _url(commands: Commands) -> str:
    return f"https://{commands.address}:{commands.port}"


def _free_ports(count: int) -> list[int]:
    """Ports that nothing listens on now; all held until all are found, so that they differ."""
    sockets = [socket.create_server((_LOOPBACK, 0)) for _ in range(count)]
    try:
        return [int(held.getsockname()[1]) for held in sockets]
    finally:
        for held in sockets:
            held.close()
