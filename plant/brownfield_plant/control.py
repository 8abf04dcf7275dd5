"""The control endpoint: break a device and mend it with one HTTP request, and see what reached it.

::

    GET  /devices                      every device: where it is, what is wrong with it, its traffic
    GET  /devices/{name}/requests      totals by function, connections, the most recent requests
    POST /devices/{name}/{fault}       ?tag=P_avg &seconds=3 &times=1, as the fault needs

It listens on loopback only and answers only to loopback names, so that no page in a browser can reach it under
another one. A plant in a pod is told explicitly to listen beyond: its name and address are the cluster's to choose,
and whoever reaches it there was let in by the cluster's network.
"""

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import Iterator, Mapping
from typing import Any

import uvicorn
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from brownfield_api.errors import BrownfieldError
from brownfield_plant.device import Device, cannot_listen
from brownfield_plant.faults import Fault

_NAMES = ["localhost", "127.0.0.1", "[::1]"]
_RECENT = 100


def control_app(devices: Mapping[str, Device], *, beyond_loopback: bool = False) -> Starlette:
    """The control endpoint as an ASGI application."""

    async def listing(_request: Request) -> JSONResponse:
        return JSONResponse([_described(device) for device in devices.values()])

    async def requests(request: Request) -> JSONResponse:
        device = devices.get(request.path_params["name"])
        if device is None:
            return _unknown(request)
        recent = [entry._asdict() for entry in list(device.journal.recent)[-_RECENT:]]
        return JSONResponse({**device.journal.traffic().model_dump(), "recent": recent})

    async def order(request: Request) -> JSONResponse:
        device = devices.get(request.path_params["name"])
        if device is None:
            return _unknown(request)
        try:
            fault = Fault.model_validate({"kind": request.path_params["fault"], **request.query_params})
            await device.apply(fault)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"])
            return JSONResponse({"error": f"{field}: {first['msg']}"}, status_code=422)
        except BrownfieldError as error:
            return JSONResponse({"error": str(error)}, status_code=409)
        return JSONResponse(_described(device))

    def _unknown(request: Request) -> JSONResponse:
        known = ", ".join(devices)
        return JSONResponse(
            {"error": f"there is no device {request.path_params['name']}; there are {known}"}, status_code=404
        )

    return Starlette(
        routes=[
            Route("/devices", listing),
            Route("/devices/{name}/requests", requests),
            Route("/devices/{name}/{fault}", order, methods=["POST"]),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["*"] if beyond_loopback else _NAMES)],
    )


class Control:
    """The control endpoint as a server; on loopback unless `beyond_loopback` says otherwise."""

    def __init__(self, devices: Mapping[str, Device], *, beyond_loopback: bool = False) -> None:
        self._app = control_app(devices, beyond_loopback=beyond_loopback)
        self._beyond_loopback = beyond_loopback
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listen; returns the URL. Raises `BrownfieldError` off loopback or when the port cannot be had."""
        if not self._beyond_loopback and not _is_loopback(host):
            raise BrownfieldError(
                f"{host} is not a loopback address",
                "control endpoint",
                "Use 127.0.0.1:PORT (for a pod of its own: `python -m brownfield_plant --control-beyond-loopback`)",
            )
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen()  # uvicorn would, but only after the URL is announced
        except OSError as error:
            listener.close()
            raise cannot_listen(error, "control endpoint", host, port) from error
        config = uvicorn.Config(self._app, log_level="warning", access_log=False, lifespan="off", ws="none")
        self._server = _Server(config)
        self._task = asyncio.create_task(self._server.serve(sockets=[listener]))
        return f"http://{host}:{listener.getsockname()[1]}"

    async def stop(self) -> None:
        if self._server is None or self._task is None:
            return
        self._server.should_exit = True
        await self._task
        self._server = self._task = None


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs the plant."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _described(device: Device) -> dict[str, Any]:
    bound = device.bound
    return {
        "name": device.name,
        "kind": device.kind,
        "address": device.address,
        "listen": f"{bound[0]}:{bound[1]}" if bound is not None else "",
        "place": device.place,
        "faults": device.faults.described(),
        "understands": sorted(device.understands),
        "tags": list(device.tags),
        "traffic": device.journal.traffic().model_dump(),
    }


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
