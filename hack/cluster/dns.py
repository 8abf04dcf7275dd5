"""Asks one DNS server for one address (RFC 1035, 4.1): proof that pods, services and CoreDNS work together."""

import secrets
import socket
import struct

_PORT = 53
_TYPE_A = 1
_CLASS_IN = 1
_RECURSION_DESIRED = 0x0100
_CODE_AND_ANSWER = 0x800F


def answers(server: str, name: str, *, timeout: float = 0.5) -> bool:
    """Whether the server gives at least one address for `name`; silence is a no."""
    number = secrets.randbelow(1 << 16)
    labels = b"".join(bytes([len(label)]) + label.encode("ascii") for label in name.split("."))
    question = labels + b"\0" + struct.pack("!HH", _TYPE_A, _CLASS_IN)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(timeout)
        try:
            client.connect((server, _PORT))
            client.send(struct.pack("!6H", number, _RECURSION_DESIRED, 1, 0, 0, 0) + question)
            reply = client.recv(512)
        except OSError:
            return False
    if len(reply) < 12:
        return False
    replied, flags, _, found, _, _ = struct.unpack("!6H", reply[:12])
    return bool(replied == number and flags & _CODE_AND_ANSWER == 0x8000 and found)
