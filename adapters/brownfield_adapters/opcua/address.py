"""Node ids as people write them, and what they are on the server we are connected to.

`nsu=<uri>;s=R80736.P_avg` is preferred: the index of a namespace may change whenever the server restarts, its
URI does not (OPC 10000-6 §5.3.1.10). `ns=2;s=…` and, for namespace 0, `i=2258` are understood too; the kinds of
identifier are `s` (string), `i` (number), `g` (GUID), `b` (base64).
"""

import base64
import binascii
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from asyncua import ua

from brownfield_api.errors import InvalidResource

_PATTERN = re.compile(r"(?:nsu=(?P<uri>.+?);|ns=(?P<index>\d{1,5});)?(?P<kind>[sigb])=(?P<identifier>.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class NodeAddress:
    """A node id before the server's namespaces are known. `uri` is "" where `index` counts."""

    uri: str
    index: int
    identifier: str | int | uuid.UUID | bytes

    def on(self, namespaces: Sequence[str]) -> ua.NodeId | None:
        """The node id on a server with these namespaces; None if it does not know the URI."""
        index = self.index
        if self.uri:
            if self.uri not in namespaces:
                return None
            index = namespaces.index(self.uri)
        identifier: Any = self.identifier
        namespace: Any = index
        return ua.NodeId(identifier, namespace)


def parse(text: str) -> NodeAddress:
    """The node id in `text`; raises `InvalidResource` that says how one looks."""
    match = _PATTERN.fullmatch(text.strip())
    if match is None:
        raise _malformed(text)
    index = int(match["index"] or 0)
    if index > 0xFFFF:
        raise _malformed(text)
    # Part 6 §5.1.12: `;` and `%` in a URI are escaped, because `;` ends it.
    uri = (match["uri"] or "").replace("%3B", ";").replace("%25", "%")
    return NodeAddress(uri, index, _identifier(match["kind"], match["identifier"], text))


def _identifier(kind: str, text: str, address: str) -> str | int | uuid.UUID | bytes:
    try:
        match kind:
            case "s":
                return text
            case "i":
                number = int(text)
                if not 0 <= number <= 0xFFFF_FFFF or not text.isdigit():
                    raise _malformed(address)
                return number
            case "g":
                return uuid.UUID(text)
            case _:
                return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error) as error:
        raise _malformed(address) from error


def _malformed(text: str) -> InvalidResource:
    return InvalidResource(
        f"{text!r} is not a node id", do="Write nsu=<namespace uri>;s=<identifier>, ns=<index>;s=… or i=<number>"
    )
