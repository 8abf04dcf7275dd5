"""What is measured: each scenario is a set of simulated devices, the YAML over them, and its own name."""

from collections.abc import Sequence
from dataclasses import dataclass

from hack.bench import resources


@dataclass(frozen=True, slots=True)
class Scenario:
    """`devices` are the arguments of `hack.bench.simulators`; `tags_per_second` is what the sources should give."""

    name: str
    devices: tuple[str, ...]
    tags: int
    tags_per_second: int
    kind: str = "uint16"
    interval: str = "1s"
    poll: bool = False
    twin: bool = False

    def documents(self, addresses: Sequence[str]) -> str:
        """The YAML for the devices at `addresses`."""
        names = [f"s{number:03d}" for number in range(len(addresses))]
        if self.devices[0] == "opcua":
            tag_names = [f"V{number:05d}" for number in range(self.tags)]
            table = resources.opcua_tags_csv(tag_names, "urn:brownfield:ramp")
        else:
            tag_names = [f"T{number:05d}" for number in range(self.tags)]
            table = resources.modbus_tags_csv(self.tags, self.kind)
        documents = [resources.config_map("tags", table)]
        documents += [
            resources.source(name, self._protocol(address), "tags", self.interval, 2000)
            for name, address in zip(names, addresses, strict=True)
        ]
        if self.twin:
            documents += [resources.mapping(names, tag_names, 10**10), resources.twin()]
        return resources.to_yaml(documents)

    def _protocol(self, address: str) -> dict[str, object]:
        if self.devices[0] == "modbus":
            return {"modbus": {"endpoint": address, "unit": 1}}
        mode = {"mode": "Poll"} if self.poll else {"mode": "Subscribe", "publishingInterval": "250ms", "queueSize": 10}
        return {"opcua": {"endpoint": address, **mode}}


def _modbus(name: str, devices: int, tags: int, kind: str, *, twin: bool = False) -> Scenario:
    registers = tags if kind == "uint16" else 2 * tags
    return Scenario(
        name, ("modbus", str(devices), str(registers), kind), tags, devices * tags, kind=kind, twin=twin
    )  # fmt: skip


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        _modbus("modbus-10k-uint16", 1, 10_000, "uint16"),
        _modbus("modbus-10k-float32", 1, 10_000, "float32"),
        _modbus("modbus-100k-uint16", 10, 10_000, "uint16"),
        _modbus("modbus-100k-float32", 10, 10_000, "float32"),
        Scenario("opcua-subscribe", ("opcua", "5000", "4"), 5_000, 20_000, interval="250ms"),
        Scenario("opcua-poll", ("opcua", "10000", "4"), 10_000, 40_000, interval="250ms", poll=True),
        _modbus("chain-10k", 20, 500, "uint16", twin=True),
        _modbus("farm", 200, 600, "uint16", twin=True),
    )
}
"""By name. `farm` is the wind farm of the design: 200 turbines of 600 tags each second, up to the twins."""
