"""A way to the API server that records every request and answers some of them itself, as a server in trouble would."""

import asyncio
import base64
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import yaml
from aiohttp import web

_SESSION = web.AppKey("session", aiohttp.ClientSession)


@dataclass(slots=True)
class Request:
    """One request of the operator: when (monotonic seconds), what, and the status it got (0: no answer yet)."""

    at: float
    method: str
    path: str
    query: str
    status: int = 0

    @property
    def writes(self) -> bool:
        return self.method != "GET" and "/leases/" not in self.path


@dataclass
class Proxy:
    """`trouble` gives the status to answer a request with, 0 to pass it on. Reached at `url`, without TLS."""

    server: str
    authority: ssl.SSLContext
    trouble: Callable[[str, str], int] = lambda _method, _path: 0
    requests: list[Request] = field(default_factory=list)
    url: str = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        status = self.trouble(request.method, request.path)
        record = Request(time.monotonic(), request.method, request.path, request.query_string, status)
        self.requests.append(record)
        if status:
            body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": status, "message": "trouble"}
            headers = {"Retry-After": "1"} if status == 429 else {}
            return web.json_response(body, status=status, headers=headers)
        session = request.app[_SESSION]
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _OWN}
        async with session.request(
            request.method, f"{self.server}{request.path_qs}", headers=headers, data=await request.read()
        ) as answer:
            record.status = answer.status
            response = web.StreamResponse(status=answer.status, headers={"Content-Type": answer.content_type})
            with suppress(ConnectionResetError):  # the client has gone
                await response.prepare(request)
                async for chunk in answer.content.iter_any():
                    await response.write(chunk)
            return response

    def written_since(self, since: float) -> list[Request]:
        return [request for request in self.requests if request.writes and request.at >= since]


_OWN = {"host", "content-length", "transfer-encoding", "connection", "accept-encoding"}


@contextmanager
def running(kubeconfig: Path) -> Iterator[Proxy]:
    """A proxy in front of the API server that the kubeconfig names; clients bring their own tokens."""
    cluster = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))["clusters"][0]["cluster"]
    authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
    proxy = Proxy(cluster["server"], ssl.create_default_context(cadata=authority))
    started, stopped = threading.Event(), threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_serve(proxy, started, stopped)), daemon=True)
    thread.start()
    assert started.wait(10.0)
    try:
        yield proxy
    finally:
        stopped.set()
        thread.join(10.0)


async def _serve(proxy: Proxy, started: threading.Event, stopped: threading.Event) -> None:
    application = web.Application(client_max_size=8 * 1024**2)
    application.router.add_route("*", "/{path:.*}", proxy.answer)
    connector = aiohttp.TCPConnector(ssl=proxy.authority, limit=0)
    async with aiohttp.ClientSession(connector=connector, auto_decompress=True) as session:
        application[_SESSION] = session
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        proxy.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        started.set()
        while not stopped.is_set():
            await asyncio.sleep(0.05)
        await runner.cleanup()


def through(proxy: Proxy, kubeconfig: Path, path: Path) -> Path:
    """The kubeconfig of the same user, by way of the proxy."""
    document = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
    document["clusters"][0]["cluster"] = {"server": proxy.url}
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path
