"""The certificates and kubeconfigs of a control plane's parts, signed by one authority made for it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hack.cluster.certificates import Authority, Pair
from hack.cluster.folders import Layout
from hack.cluster.kubeconfig import write_kubeconfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Of the API server at `server` (an https URL) and of all who call it."""

    name: str
    layout: Layout
    server: str
    authority: Authority
    api_server: Pair
    kubelet_client: Pair
    service_accounts: Pair = field(repr=False)

    def kubeconfig(self, file: str, user: str, *groups: str) -> Path:
        """The kubeconfig of a daemon, with a client certificate of its own."""
        return self._write(self.layout.configs / f"{file}.kubeconfig", file, user, *groups)

    def admin_kubeconfig(self) -> Path:
        """The administrator's; the API server itself gives system:masters every right."""
        return self._write(self.layout.kubeconfig, "admin", "admin", "system:masters")

    def _write(self, path: Path, file: str, user: str, *groups: str) -> Path:
        return write_kubeconfig(
            path,
            name=self.name,
            server=self.server,
            authority=self.authority.pair.certificate,
            client=self.authority.client(file, user, *groups),
        )


def make_credentials(*, name: str, layout: Layout, server: str, names: Sequence[str]) -> Credentials:
    """New ones below `layout.pki`; the API server's certificate is for `names` and the service `kubernetes`."""
    authority = Authority(layout.pki)
    service = ("kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local")
    return Credentials(
        name=name,
        layout=layout,
        server=server,
        authority=authority,
        api_server=authority.server("kube-apiserver", [*names, *service]),
        kubelet_client=authority.client("kube-apiserver-kubelet-client", "kube-apiserver", "system:masters"),
        service_accounts=authority.signing_key("service-accounts"),
    )
