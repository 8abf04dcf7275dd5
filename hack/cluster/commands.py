"""The command lines of etcd, API server, controller manager and scheduler: every flag that is not Kubernetes' default.

The same for a cluster with a node and for a control plane alone; only addresses differ.
"""

from dataclasses import dataclass
from ipaddress import IPv4Network

from hack.cluster.binaries import Binaries
from hack.cluster.credentials import Credentials

ISSUER = "https://kubernetes.default.svc.cluster.local"


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """Of one control plane: where it listens, and whose certificates it has."""

    binaries: Binaries
    credentials: Credentials
    address: str
    port: int
    etcd_port: int
    peer_port: int
    services: IPv4Network

    def etcd(self) -> list[str]:
        """The database, on loopback without TLS: it holds test data, and what can reach it made it."""
        peer = f"http://127.0.0.1:{self.peer_port}"
        return [
            str(self.binaries.program("etcd")),
            f"--data-dir={self.credentials.layout.etcd}",
            f"--listen-client-urls={self._etcd_url}",
            f"--advertise-client-urls={self._etcd_url}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            "--unsafe-no-fsync",  # a test's data need not survive a power cut, and fsync dominates its time
            "--log-level=warn",
        ]

    def api_server(self, *extra: str) -> list[str]:
        """The API server, with its audit log."""
        own = self.credentials
        return [
            str(self.binaries.program("kube-apiserver")),
            f"--advertise-address={self.address}",
            f"--bind-address={self.address}",
            f"--secure-port={self.port}",
            f"--etcd-servers={self._etcd_url}",
            f"--client-ca-file={own.authority.pair.certificate}",
            f"--tls-cert-file={own.api_server.certificate}",
            f"--tls-private-key-file={own.api_server.key}",
            f"--service-account-key-file={own.service_accounts.certificate}",
            f"--service-account-signing-key-file={own.service_accounts.key}",
            f"--service-account-issuer={ISSUER}",
            f"--service-cluster-ip-range={self.services}",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            # Not used without aggregated APIs; without them its clients complain in their logs, over and over.
            f"--requestheader-client-ca-file={own.authority.pair.certificate}",
            "--requestheader-allowed-names=front-proxy-client",
            "--requestheader-username-headers=X-Remote-User",
            "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            f"--kubelet-client-certificate={own.kubelet_client.certificate}",
            f"--kubelet-client-key={own.kubelet_client.key}",
            "--kubelet-preferred-address-types=InternalIP",  # a node's name resolves nowhere
            f"--audit-policy-file={own.layout.audit_policy}",
            f"--audit-log-path={own.layout.audit_log}",
            "--audit-log-mode=blocking",  # a line is there before its answer: tests may count at once
            "--audit-log-maxsize=4096",  # megabytes; a rotation would lose the reader's place
            *extra,
        ]

    def controller_manager(self, *extra: str) -> list[str]:
        """All of Kubernetes' own controllers, each with a service account of its own."""
        own = self.credentials
        kubeconfig = own.kubeconfig("kube-controller-manager", "system:kube-controller-manager")
        authority = own.authority.pair
        return [
            str(self.binaries.program("kube-controller-manager")),
            *_kubeconfig(str(kubeconfig)),
            f"--client-ca-file={authority.certificate}",
            f"--root-ca-file={authority.certificate}",
            f"--cluster-signing-cert-file={authority.certificate}",
            f"--cluster-signing-key-file={authority.key}",
            f"--service-account-private-key-file={own.service_accounts.key}",
            f"--service-cluster-ip-range={self.services}",
            "--use-service-account-credentials",
            "--leader-elect=false",
            "--kube-api-qps=200",  # its start makes a client and an account for each controller: 20/s costs seconds
            "--kube-api-burst=400",
            *extra,
        ]

    def scheduler(self) -> list[str]:
        """The scheduler."""
        kubeconfig = self.credentials.kubeconfig("kube-scheduler", "system:kube-scheduler")
        return [
            str(self.binaries.program("kube-scheduler")),
            *_kubeconfig(str(kubeconfig)),
            "--bind-address=127.0.0.1",
            "--leader-elect=false",
        ]

    @property
    def _etcd_url(self) -> str:
        return f"http://127.0.0.1:{self.etcd_port}"


def _kubeconfig(path: str) -> list[str]:
    return [f"--{use}kubeconfig={path}" for use in ("", "authentication-", "authorization-")]
