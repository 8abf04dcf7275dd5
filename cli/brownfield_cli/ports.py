"""Ports on this machine: is one free, and which one is."""

import socket

from brownfield_api.errors import BrownfieldError


def split_listen(listen: str) -> tuple[str, int]:
    """Host and port of `host:port`; raises `BrownfieldError` unless it is that."""
    host, separator, port = listen.rpartition(":")
    if not separator or not port.isdigit() or int(port) > 65535:
        raise BrownfieldError(f"{listen!r} is not HOST:PORT", "--listen", "For example 127.0.0.1:8080")
    return host, int(port)


def is_free(listen: str) -> bool:
    """Whether `host:port` can be listened on right now; port 0 always can."""
    host, port = split_listen(listen)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def fixed_port(listen: str) -> str:
    """`listen` with port 0 made a free port, so that a process keeps its address when it is started again."""
    host, port = split_listen(listen)
    if port:
        return listen
    with socket.socket() as probe:
        probe.bind((host, 0))
        return f"{host}:{probe.getsockname()[1]}"


def preferred(listen: str) -> str:
    """`listen` if it is free, else the same host with some free port."""
    return listen if is_free(listen) else fixed_port(f"{split_listen(listen)[0]}:0")
