"""The start of a local cluster, step by step: what must be there before what, and when it is ready."""

from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Self

from hack.cluster import audit, dns, marker
from hack.cluster.api_server import wait_for_api_server
from hack.cluster.binaries import Binaries
from hack.cluster.commands import Commands
from hack.cluster.credentials import Credentials, make_credentials
from hack.cluster.daemons import Daemons
from hack.cluster.images import containerd_answers, import_archive
from hack.cluster.kubectl import Kubectl
from hack.cluster.network import Network
from hack.cluster.node import CNI_FOLDER, VOLUMES, Node
from hack.cluster.provider import Cluster
from hack.cluster.system_images import COREDNS_IMAGE, LOCAL_PATH_IMAGE, PAUSE_IMAGE, system_images
from hack.cluster.waiting import wait_until

_ADDONS = Path(__file__).parent / "addons"
_API_PORT = 6443
_READY_SECONDS = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalStart:
    """Everything that the steps share."""

    cluster: Cluster
    binaries: Binaries
    daemons: Daemons
    credentials: Credentials
    commands: Commands
    node: Node

    @classmethod
    def of(cls, cluster: Cluster, daemons: Daemons, binaries: Binaries) -> Self:
        """Decide addresses and names, and make the certificates."""
        network = cluster.entry.network
        credentials = make_credentials(
            name=cluster.name,
            layout=cluster.layout,
            server=server_of(cluster),
            names=[str(network.node), str(network.kubernetes), "127.0.0.1"],
        )
        commands = Commands(
            binaries=binaries,
            credentials=credentials,
            address=str(network.node),
            port=_API_PORT,
            etcd_port=2379,
            peer_port=2380,
            services=network.services,
        )
        node = Node(name=cluster.name, network=network, cgroup=daemons.sandbox.cgroup.path, pause_image=PAUSE_IMAGE)
        return cls(
            cluster=cluster,
            binaries=binaries,
            daemons=daemons,
            credentials=credentials,
            commands=commands,
            node=node,
        )

    def run(self) -> None:
        """From nothing to ready. `BrownfieldError` says which step failed and which log to read."""
        self.daemons.make_sandbox(self.binaries.program("pause"))
        self._start_control_plane()
        self._start_containerd()
        self._wait_for_api_server()
        self._start_node()
        self._install_addons()
        self._wait_until_ready()

    def _start_control_plane(self) -> None:
        layout = self.cluster.layout
        layout.audit_policy.write_text(audit.POLICY, encoding="utf-8")
        self.credentials.admin_kubeconfig()
        self.daemons.start("etcd", self.commands.etcd())
        self.daemons.start("kube-apiserver", self.commands.api_server("--allow-privileged"))

    def _start_containerd(self) -> None:
        config = self._write("containerd.toml", self.node.containerd())
        self.daemons.start("containerd", ["containerd", "--config", str(config)])
        wait_until(
            lambda: containerd_answers(self.daemons),
            seconds=30,
            what="containerd answers",
            where=str(self.cluster.layout.logs / "containerd.log"),
        )
        import_archive(self.daemons, system_images(self.binaries))

    def _wait_for_api_server(self) -> None:
        wait_for_api_server(
            server_of(self.cluster),
            self.credentials.authority.pair.certificate,
            self.cluster.layout.logs / "kube-apiserver.log",
            lambda: self.daemons.is_alive("kube-apiserver"),
        )

    def _start_node(self) -> None:
        pods = self.cluster.entry.network.pods
        self.daemons.start(
            "kube-controller-manager",
            self.commands.controller_manager(
                "--bind-address=127.0.0.1", "--allocate-node-cidrs", f"--cluster-cidr={pods}"
            ),
        )
        self.daemons.start("kube-scheduler", self.commands.scheduler())
        self._start_kubelet()
        kubeconfig = self.credentials.kubeconfig("kube-proxy", "system:kube-proxy")
        config = self._write("kube-proxy.yaml", self.node.proxy(kubeconfig))
        self.daemons.start("kube-proxy", [str(self.binaries.program("kube-proxy")), f"--config={config}"])

    def _start_kubelet(self) -> None:
        cni = self._write("pods.conflist", self.node.cni())
        self.daemons.run("install", "-D", "-m", "644", str(cni), f"{CNI_FOLDER}/pods.conflist", where="CNI")
        resolv_conf = self._write("resolv.conf", "")  # nothing outside the cluster resolves
        authority = self.credentials.authority.pair.certificate
        config = self._write("kubelet.yaml", self.node.kubelet(authority, resolv_conf))
        kubeconfig = self.credentials.kubeconfig("kubelet", f"system:node:{self.node.name}", "system:nodes")
        self.daemons.start(
            "kubelet",
            [
                str(self.binaries.program("kubelet")),
                f"--config={config}",
                f"--kubeconfig={kubeconfig}",
                f"--hostname-override={self.node.name}",
                f"--node-ip={self.cluster.entry.network.node}",
            ],
        )

    def _install_addons(self) -> None:
        kubectl = self._kubectl
        marker.put(kubectl, self.cluster.name, marker.new_id(self.cluster.layout))
        kubectl.apply(rendered_addons(self.cluster.entry.network))

    def _wait_until_ready(self) -> None:
        limit = f"--timeout={_READY_SECONDS:.0f}s"
        node = f"node/{self.node.name}"
        for arguments in (
            ("wait", "--for=create", node, limit),
            ("wait", "--for=condition=Ready", node, limit),
            ("rollout", "status", "--namespace=kube-system", "deployment/coredns", limit),
            ("rollout", "status", "--namespace=local-path-storage", "deployment/local-path-provisioner", limit),
        ):
            self._kubectl(*arguments, seconds=_READY_SECONDS)
        wait_until(
            lambda: dns.answers(str(self.cluster.entry.network.dns), "kubernetes.default.svc.cluster.local"),
            seconds=30,
            what="CoreDNS answers",
            where=f"{self.cluster.entry.network.dns}:53",
        )

    @property
    def _kubectl(self) -> Kubectl:
        return Kubectl(self.binaries.kubectl, self.cluster.kubeconfig, where=f"cluster {self.cluster.name}")

    def _write(self, name: str, content: str) -> Path:
        path = self.cluster.layout.configs / name
        path.write_text(content, encoding="utf-8")
        return path


def server_of(cluster: Cluster) -> str:
    """The API server's URL; the host reaches it over the link."""
    return f"https://{cluster.entry.network.node}:{_API_PORT}"


def rendered_addons(network: Network) -> str:
    """The manifests of CoreDNS and local-path-provisioner."""
    values = {
        "coredns_image": COREDNS_IMAGE,
        "dns_address": str(network.dns),
        "local_path_image": LOCAL_PATH_IMAGE,
        "volumes": VOLUMES,
    }
    templates = [Template(path.read_text(encoding="utf-8")) for path in sorted(_ADDONS.glob("*.yaml"))]
    return "---\n".join(template.substitute(values) for template in templates)
