"""`GET /metrics` and `GET /healthz` on the process's own event loop.

A dozen lines of HTTP instead of a web framework or a thread: one scrape every few seconds must not cost an
edge process memory. Answering at all is what `/healthz` proves: the event loop turns.
"""

import asyncio
from contextlib import suppress

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from brownfield_api.errors import BrownfieldError

_REQUEST_TIMEOUT = 5.0
_MAX_HEADERS = 64


class MetricsServer:
    """Serves `registry` on `listen` (host:port, port 0 = any free one)."""

    def __init__(self, registry: CollectorRegistry, listen: str) -> None:
        self._registry = registry
        self._listen = listen
        self._server: asyncio.Server | None = None

    async def start(self) -> str:
        """Listen, and return the actual host:port; raises `BrownfieldError` if that is not possible."""
        host, _, port = self._listen.rpartition(":")
        try:
            self._server = await asyncio.start_server(self._serve, host.strip("[]"), int(port))
        except (OSError, ValueError) as error:
            raise BrownfieldError(
                f"cannot listen: {error}", where=f"metrics on {self._listen}", do="Choose another port, or 0"
            ) from error
        return f"{host}:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_REQUEST_TIMEOUT):
                writer.write(await self._answer(reader))
                await writer.drain()
        except (TimeoutError, OSError, ValueError, asyncio.IncompleteReadError):
            return  # the client went away or does not speak HTTP: its affair
        finally:
            with suppress(OSError):
                writer.close()
                await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader) -> bytes:
        method, _, rest = (await reader.readuntil(b"\n")).decode("latin-1").partition(" ")
        accept = ""
        for _ in range(_MAX_HEADERS):
            line = (await reader.readuntil(b"\n")).decode("latin-1").strip()
            if not line:
                break
            name, _, value = line.partition(":")
            accept = value.strip() if name.lower() == "accept" else accept
        path = rest.split(" ")[0].split("?")[0]
        if method not in ("GET", "HEAD"):
            return _response("405 Method Not Allowed", b"only GET\n")
        if path == "/healthz":
            return _response("200 OK", b"ok\n")
        if path != "/metrics":
            return _response("404 Not Found", b"try /metrics or /healthz\n")
        encode, content_type = choose_encoder(accept)
        return _response("200 OK", encode(self._registry), content_type)


def _response(status: str, body: bytes, content_type: str = "text/plain; charset=utf-8") -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode("ascii") + body
