"""Where a legacy system answers: `tcp://host:port`, `opc.tcp://host:port/path`."""

import re
from dataclasses import dataclass
from typing import Annotated

from brownfield_api.resources.text import Form

_HOST = r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)"
_PARTS = re.compile(rf"^(?P<scheme>[a-z.]+)://(?P<host>{_HOST})(:(?P<port>[0-9]+))?(?P<path>/.*)?$")

TcpUrl = Annotated[
    str,
    Form(rf"^tcp://{_HOST}(:[0-9]{{1,5}})?$", 300, "an endpoint such as tcp://plc7.plant:502"),
]
OpcUaUrl = Annotated[
    str,
    Form(
        rf"^opc\.tcp://{_HOST}(:[0-9]{{1,5}})?(/[!-~]*)?$",
        300,
        "an endpoint such as opc.tcp://server.plant:4840/path",
    ),
]


@dataclass(frozen=True, slots=True)
class Address:
    """A parsed endpoint. `host` in lower case, IPv6 without brackets; `path` with its slash or ""."""

    scheme: str
    host: str
    port: int
    path: str = ""

    @property
    def authority(self) -> str:
        """host:port, IPv6 in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"


def split_authority(text: str) -> tuple[str, int]:
    """Host and port of `host:port`; raises ValueError unless it is one."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) <= 65535:
        raise ValueError(f"{text!r} is not host:port")
    return host.strip("[]").lower(), int(port)


def parse_endpoint(url: str, default_port: int) -> Address:
    """The parts of an endpoint; raises ValueError for one that has no host or a port above 65535."""
    match = _PARTS.match(url)
    if not match:
        raise ValueError(f"{url!r} is not an endpoint")
    port = int(match["port"] or default_port)
    if not 0 < port <= 65535:
        raise ValueError(f"port {port} of {url} is not between 1 and 65535")
    return Address(match["scheme"], match["host"].strip("[]").lower(), port, match["path"] or "")
