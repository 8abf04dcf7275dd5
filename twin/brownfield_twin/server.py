"""uvicorn inside the twin's own event loop: it opens no loop, takes no signals, writes no log of its own."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from brownfield_api.errors import BrownfieldError

_GRACE = 1


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to the process, which stops this server along with everything else."""
        yield


def parse_listen(listen: str) -> tuple[str, int]:
    """Host and port of `host:port` (`[::1]:8080` for IPv6); raises `BrownfieldError`."""
    host, _, port = listen.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65_535:
        raise BrownfieldError(f"{listen!r} is not host:port", "listen", "Write for example 127.0.0.1:8080")
    return host.strip("[]"), int(port)


def open_listener(listen: str) -> socket.socket:
    """A socket bound to `listen` (port 0 = any free one); raises `BrownfieldError` naming a port in use."""
    host, port = parse_listen(listen)
    listener: socket.socket | None = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        if listener is not None:
            listener.close()
        raise BrownfieldError(
            f"cannot listen: {error.strerror or error}", listen, "Stop what uses the port, or choose another"
        ) from error
    listener.settimeout(0)
    return listener


def page_url(listener: socket.socket) -> str:
    """Where a browser on this machine finds the page."""
    host, port = listener.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:
        host = "127.0.0.1"
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


async def serve(app: ASGIApp, listener: socket.socket) -> None:
    """Serve until cancelled; then finish what is under way, for a second at most."""
    config = uvicorn.Config(
        app,
        ws="websockets-sansio",
        ws_max_size=4096,
        ws_ping_interval=20.0,
        ws_ping_timeout=20.0,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=500,
        timeout_graceful_shutdown=_GRACE,
    )
    server = _Server(config)
    running = asyncio.create_task(server.serve(sockets=[listener]), name="http")
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        server.should_exit = True
        await asyncio.wait([running], timeout=_GRACE + 2)
        raise
