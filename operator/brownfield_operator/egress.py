"""Where a connection of a process leads, in the terms of a network policy, which knows no host names.

Pure: the Services that a name may mean are looked up by the caller (`candidates` says which).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from brownfield_api.resources.endpoints import split_authority
from brownfield_operator.desired import Egress
from brownfield_planner.processes import Link

ANYWHERE = ("0.0.0.0/0", "::/0")
_CLUSTER_SUFFIXES = (".svc.cluster.local", ".svc")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceView:
    """What a policy must know of a Service. `ports`: its TCP port -> the number its pods listen on; None where that
    is a name, which each pod may understand differently. `headless`: its name leads to the pods themselves, on the
    very port that is asked for.
    """

    namespace: str
    name: str
    selector: Mapping[str, str]
    ports: Mapping[int, int | None]
    headless: bool = False

    def target(self, port: int) -> int | None:
        """Where a connection to `port` arrives: a policy acts after the Service's address was replaced."""
        return port if self.headless else self.ports.get(port)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What to allow. `open`: nobody knows where the name leads, so its port is open to every address."""

    egress: tuple[Egress, ...]
    open: bool = False


def candidates(host: str, namespace: str) -> tuple[tuple[str, str], ...]:
    """(namespace, name) of the Services that `host` may mean to a pod in `namespace`; none for an address."""
    if _literal(host):
        return ()
    plain = host.lower()
    for suffix in _CLUSTER_SUFFIXES:
        if plain.endswith(suffix):
            name, _, where = plain.removesuffix(suffix).partition(".")
            return ((where, name),) if name and where and "." not in where else ()
    name, _, where = plain.partition(".")
    return ((where or namespace, name),) if "." not in where else ()


def egress_of(link: Link, services: Mapping[tuple[str, str], ServiceView], plant_networks: tuple[str, ...]) -> Reach:
    """The opening for `link`: its address; else the pods of its Service, and what the resources say beside it; else
    what the resources say; else the plant's networks; else its port to everywhere.
    """
    host, port = split_authority(link.reached)
    address = _literal(host)
    if address:
        return Reach(egress=(Egress(port=port, cidrs=(address,)),))
    pods = _pods(host, port, link.namespace, services)
    cidrs = link.cidrs or (() if pods else plant_networks)
    addresses = (Egress(port=port, cidrs=cidrs),) if cidrs else ()
    if pods or addresses:
        return Reach(egress=(*pods, *addresses))
    return Reach(egress=(Egress(port=port, cidrs=ANYWHERE),), open=True)


def view_of(service: Mapping[str, Any]) -> ServiceView | None:
    """A live Service as policies see it; None for one without a selector, which leads who knows where."""
    metadata, spec = service["metadata"], service["spec"]
    selector = spec.get("selector") or {}
    if not selector or spec.get("type") == "ExternalName":
        return None
    return ServiceView(
        namespace=metadata["namespace"],
        name=metadata["name"],
        selector=dict(selector),
        ports={item["port"]: _number(item) for item in spec.get("ports") or () if _is_tcp(item)},
        headless=spec.get("clusterIP") == "None",
    )


def _is_tcp(port: Mapping[str, Any]) -> bool:
    return bool(port.get("protocol", "TCP") == "TCP")


def _number(port: Mapping[str, Any]) -> int | None:
    target = port.get("targetPort", port["port"])
    return target if isinstance(target, int) else None


def _pods(host: str, port: int, namespace: str, services: Mapping[tuple[str, str], ServiceView]) -> tuple[Egress, ...]:
    for candidate in candidates(host, namespace):
        service = services.get(candidate)
        target = service.target(port) if service else None
        if service and service.selector and target:
            return (Egress(port=target, namespace=service.namespace, labels=service.selector),)
    return ()


def _literal(host: str) -> str:
    """`host` as the range of one address, "" if it is a name."""
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return ""
    return f"{address}/{address.max_prefixlen}"
