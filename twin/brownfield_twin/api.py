"""What can be asked of a twin over HTTP: `/api/v1`, its OpenAPI description, metrics and the page.

Handlers parse, ask `Views` or `History`, and answer. Answers are serialised from the very models that
OpenAPI describes. The interactive documentation pages are off: they load from elsewhere.
"""

import math
import mimetypes
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, HTTPException, Query, Response, WebSocket
from fastapi.staticfiles import StaticFiles
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from pydantic import BaseModel, TypeAdapter
from starlette.types import Scope

from brownfield_api.tables import ValueType
from brownfield_api.twin_view import AssetDetailView, AssetView, HistoryView, LineageView, SourceView, TwinView
from brownfield_twin.columns import SECOND
from brownfield_twin.history import History
from brownfield_twin.live import Live
from brownfield_twin.views import Views

PAGE = Path(__file__).parent / "page"

_MAX_SPAN = 400 * 86_400.0
_LATEST = 4e9
_JSON = "application/json"
_NOT_FOUND: dict[int | str, dict[str, object]] = {404: {"description": "No such asset or property"}}

_ASSETS = TypeAdapter(list[AssetView])
_LINEAGE = TypeAdapter(list[LineageView])
_SOURCES = TypeAdapter(list[SourceView])

Seconds = Annotated[float | None, Query(ge=0, le=_LATEST, description="Seconds since 1970 UTC")]
Points = Annotated[int, Query(ge=4, le=20_000, description="At most so many samples")]


def make_app(views: Views, history: History, live: Live, registry: CollectorRegistry) -> FastAPI:
    """The application of one twin; `brownfield_twin.guard` stands before it."""
    app = FastAPI(title="Brownfield twin", version="v1", docs_url=None, redoc_url=None, openapi_url="/openapi.json")
    _add_state(app, views)
    _add_assets(app, views, history)

    @app.websocket("/api/v1/live")
    async def live_stream(websocket: WebSocket) -> None:
        await live.serve(websocket)

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(generate_latest(registry), headers={"content-type": CONTENT_TYPE_LATEST})

    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> Response:
        return Response("ok\n", media_type="text/plain")

    for suffix, kind in _TYPES.items():
        mimetypes.add_type(kind, suffix)
    for path in ("/page", "/"):
        app.mount(path, _Page(directory=PAGE, html=True, check_dir=False))
    return app


_TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".md": "text/plain",
}
"""Named here because a machine's own registry may say otherwise, and `nosniff` then stops the page."""


class _Page(StaticFiles):
    """The page's files: kept by the browser, but asked for again each time (they carry an ETag)."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = "no-cache"
        return response


def _add_state(app: FastAPI, views: Views) -> None:
    @app.get("/api/v1/twin", response_model=TwinView)
    async def twin() -> Response:
        """The whole twin; in a large one the assets are abridged."""
        return _json(await views.whole())

    @app.get("/api/v1/assets", response_model=list[AssetView])
    async def assets() -> Response:
        """All assets; in a large twin they are abridged."""
        frame, summary = views.look()
        found = await views.assets(range(len(views.twin.config.assets)), frame, summary)
        return _text(_ASSETS.dump_json(found, by_alias=True))

    @app.get("/api/v1/sources", response_model=list[SourceView])
    async def sources() -> Response:
        """The legacy systems behind the assets."""
        return _text(_SOURCES.dump_json(views.sources(), by_alias=True))


def _add_assets(app: FastAPI, views: Views, history: History) -> None:
    @app.get("/api/v1/assets/{asset}", response_model=AssetDetailView, responses=_NOT_FOUND)
    async def asset_detail(asset: str) -> Response:
        """One asset with all its properties and their lineage."""
        return _json(views.detail(_position(views, asset)))

    @app.get("/api/v1/assets/{asset}/lineage", response_model=list[LineageView], responses=_NOT_FOUND)
    async def asset_lineage(asset: str) -> Response:
        """Where the values of an asset come from."""
        return _text(_LINEAGE.dump_json(views.lineage(_position(views, asset)), by_alias=True))

    @app.get("/api/v1/assets/{asset}/history", response_model=HistoryView, responses=_NOT_FOUND)
    async def asset_history(
        asset: str,
        property: Annotated[str, Query(max_length=200)],  # noqa: A002 (the query parameter's name)
        from_: Annotated[Seconds, Query(alias="from")] = None,
        to: Seconds = None,
        points: Points = 1000,
    ) -> Response:
        """Samples of a property, oldest first; the last 15 minutes unless told otherwise."""
        _position(views, asset)
        slot = views.twin.layout.slot.get((asset, property))
        if slot is None:
            raise HTTPException(404, f"asset {asset} has no property {property!r}")
        if views.twin.layout.properties[slot].type == ValueType.STRING:
            raise HTTPException(422, f"{property!r} of asset {asset} is text; only numbers have a history to draw")
        begin, end = _span(from_, to, views.clock)
        return _json(await history.view(slot, begin, end, points))


def _span(begin: float | None, end: float | None, clock: Callable[[], int]) -> tuple[int, int]:
    """The asked-for time in nanoseconds; 422 with a reason if it is none."""
    last = end if end is not None else clock() / SECOND
    first = begin if begin is not None else last - 900.0
    if not (math.isfinite(first) and math.isfinite(last)) or first > last:
        raise HTTPException(422, f"from ({first}) must not be later than to ({last}); both are seconds since 1970 UTC")
    if last - first > _MAX_SPAN:
        raise HTTPException(
            422, f"from and to are {last - first:.0f} s apart; at most {_MAX_SPAN:.0f} s can be asked for"
        )
    return int(first * SECOND), int(last * SECOND)


def _position(views: Views, asset: str) -> int:
    position = views.position(asset)
    if position is None:
        raise HTTPException(404, f"this twin has no asset {asset!r}")
    return position


def _json(view: BaseModel) -> Response:
    return _text(view.model_dump_json(by_alias=True).encode())


def _text(content: bytes) -> Response:
    return Response(content, media_type=_JSON, headers={"cache-control": "no-store"})
