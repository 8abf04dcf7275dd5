"""The door of the HTTP server: who may ask, what may be asked, and what a browser may do with the answer.

The twin is read-only and has no accounts; what protects it is that a web page from elsewhere cannot read
it. On loopback a request must name a loopback host (else a name that an attacker re-points at 127.0.0.1
would be of the twin's origin: DNS rebinding); a WebSocket must come from a page of the same host; nothing
but GET and HEAD exists; and the page may load from its own origin only.
"""

import ipaddress
from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = (
    (
        b"content-security-policy",
        b"default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
"""On every answer."""

_METHODS = ("GET", "HEAD")


def is_loopback(host: str) -> bool:
    """Whether a listening host can be reached from this machine only."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Guard:
    """ASGI middleware; `listen_host` is the host the server listens on."""

    def __init__(self, app: ASGIApp, *, listen_host: str) -> None:
        self._app = app
        self._only_loopback = is_loopback(listen_host)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is allowed, refuse the rest."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._known_host(scope):
            await _refuse(send, 421, "This twin answers to loopback names only")
        elif scope["method"] not in _METHODS:
            await _refuse(send, 405, "A twin is read-only: GET and HEAD are all there is", [(b"allow", b"GET, HEAD")])
        else:
            await self._app({**scope, "method": "GET"}, receive, _answer(send, without_body=scope["method"] == "HEAD"))

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = _header(scope, b"origin")
        same_origin = origin is None or origin.partition("://")[2] == _header(scope, b"host")
        if self._known_host(scope) and same_origin:
            await self._app(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": 1008})

    def _known_host(self, scope: Scope) -> bool:
        return not self._only_loopback or is_loopback(_host_name(_header(scope, b"host") or ""))


def _answer(send: Send, *, without_body: bool) -> Send:
    """`send` that adds our headers, and for HEAD leaves the body out."""

    async def forward(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *HEADERS]}
        elif without_body:
            message = {**message, "body": b""}
        await send(message)

    return forward


async def _refuse(send: Send, status: int, words: str, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
    plain = (b"content-type", b"text/plain; charset=utf-8")
    await send({"type": "http.response.start", "status": status, "headers": [plain, *headers, *HEADERS]})
    await send({"type": "http.response.body", "body": words.encode()})


def _header(scope: Scope, name: bytes) -> str | None:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), None)


def _host_name(host: str) -> str:
    """The name in a Host header (RFC 9110, 7.2) without its port; IPv6 addresses stand in brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]
