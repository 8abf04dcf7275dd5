"""`brownfield render firewall`: who connects to whom, as rows for the people who open ports."""

from dataclasses import dataclass

from brownfield_api.twin_config import TwinConfig
from brownfield_planner.processes import Link, Plan

_ANYONE = "people and programs"
HEADINGS = ("from", "to", "addresses", "protocol", "direction", "why")


@dataclass(frozen=True, slots=True, order=True)
class FirewallRow:
    """One opening. `origin` and `to` are a process or host:port; `addresses` what is known of where the name leads."""

    origin: str
    to: str
    addresses: str
    protocol: str
    direction: str
    why: str

    @property
    def cells(self) -> tuple[str, ...]:
        """In the order of `HEADINGS`."""
        return self.origin, self.to, self.addresses, self.protocol, self.direction, self.why


def firewall_rows(plan: Plan) -> tuple[FirewallRow, ...]:
    """Every connection the plan opens or accepts: devices, spine, pages. Nothing else is ever needed."""
    rows = [_outgoing(link) for link in plan.links]
    rows.extend(
        FirewallRow(_ANYONE, process.config.listen, "", "http", "in", f"page and API of twin/{process.name}")
        for process in plan.processes
        if isinstance(process.config, TwinConfig)
    )
    return tuple(dict.fromkeys(rows))


def _outgoing(link: Link) -> FirewallRow:
    known = list(link.cidrs)
    if link.reached != link.to:
        known.append(f"here: {link.reached}")
    transport = {"modbus": "tcp (Modbus)", "opcua": "tcp (OPC UA)", "nats": "tcp (NATS)"}
    return FirewallRow(
        link.process, link.to, ", ".join(known), transport.get(link.protocol, link.protocol), "out", link.why
    )
