"""A farm on a stage: the twin's API as the page sees it, played from the example's records, with faults on demand.

The page is tested against the shapes of `brownfield_api.twin_view` alone, so these tests need no broker and no
adapters: a value is a pure function of asset, property and second, hence any range of history can be asked for.
"""

import asyncio
import contextlib
import csv
import gzip
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import uvicorn
from fastapi import FastAPI, HTTPException, Request, Response, WebSocket, WebSocketDisconnect
from fastapi.responses import FileResponse
from playwright.async_api import Browser, BrowserContext, Page, async_playwright
from starlette.middleware.base import RequestResponseEndpoint

from brownfield_api.twin_view import (
    AssetDetailView,
    AssetView,
    BehaviourView,
    Freshness,
    HistoryView,
    LevelView,
    LineageView,
    LiveMessage,
    PropertyView,
    SeverityName,
    SourceView,
    TwinView,
)

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "twin/brownfield_twin/page"
RECORDS = ROOT / "examples/wind-farm/plant/records"
CHROMIUM = Path("/usr/bin/chromium")
CHROMIUM_ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--disable-sync"]
POLICY = "default-src 'self'"
FRESH, EXPIRED = 5.0, 60.0

CURVE = [(3.0, 0.0), (4.0, 40.0), (5.0, 140.0), (6.0, 300.0), (7.0, 510.0), (8.0, 760.0), (9.0, 1090.0)]
CURVE += [(10.0, 1440.0), (11.0, 1760.0), (12.0, 1950.0), (14.0, 2050.0)]
TURBINES = {"T1": "R80711", "T2": "R80721", "T3": "R80736", "T4": "R80790"}
MEASURED = {
    "power": ("P_avg", "kW"),
    "windSpeed": ("Ws_avg", "m/s"),
    "pitchAngle": ("Ba_avg", "deg"),
    "nacelleAngle": ("Ya_avg", "deg"),
    "windDirection": ("Wa_avg", "deg"),
    "outdoorTemperature": ("Ot_avg", "Cel"),
}
METER = {
    "exportedEnergy": ("net_energy_kwh", "kW.h"),
    "availabilityLoss": ("availability_kwh", "kW.h"),
    "curtailmentLoss": ("curtailment_kwh", "kW.h"),
}
BEHAVIOUR = {"power-curve.expected": "kW", "power-curve.residual": "kW", "power-curve.error": "kW"}


def rfc3339(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def recorded(name: str, key: str, value: str, columns: dict[str, tuple[str, str]]) -> dict[str, list[float]]:
    """Columns of one machine's rows. Rows with an empty cell are left out: which row a test begins with is a matter of
    the time of day, and it would fail within the hole that the records have.
    """
    wanted = [column for column, _ in columns.values()]
    with gzip.open(RECORDS / name, "rt", encoding="utf-8") as text:
        rows = [row for row in csv.DictReader(text) if not key or row[key] == value]
    whole = [row for row in rows if all(row[column] for column in wanted)]
    return {prop: [float(row[column]) for row in whole] for prop, (column, _) in columns.items()}


@dataclass
class Farm:
    """Four turbines and the farm's meter. `away` says since when a source has been unplugged; `mute` keeps all
    connections open and says nothing on them, like a cut cable; `hostile` stands in for an alias. With `channels`
    each turbine has so many more properties and is abridged, as in a large twin; those in `ailing` are Bad.
    `promises` are by source, `own` the twin's; there are `spare` sources more, which feed nothing.
    """

    away: dict[str, float] = field(default_factory=dict)
    records: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    curve: bool = True
    catching_up: bool = False
    hostile: str = ""
    mute: bool = False
    turbines: int = 4
    channels: int = 0
    ailing: set[str] = field(default_factory=set)
    promises: dict[str, list[LevelView]] = field(default_factory=dict)
    own: list[LevelView] = field(default_factory=list)
    spare: int = 0

    def load(self) -> "Farm":
        for scada in TURBINES.values():
            name = "scada-2014-06-16.csv.gz"
            self.records[scada.lower()] = recorded(name, "Wind_turbine_name", scada, MEASURED)
        self.records["farm-meter"] = recorded("meter-2014-06-16.csv.gz", "", "", METER)
        return self

    def value(self, source: str, prop: str, at: float) -> float:
        """The recorded value of second `at`; an unplugged source stays where it was."""
        second = int(min(at, self.away.get(source, at)))
        columns = self.records[source]
        if prop.startswith("channel"):
            return float(prop.removeprefix("channel")) + second % 10 / 10
        if prop in columns:
            return columns[prop][second % len(columns[prop])]
        actual, wind = self.value(source, "power", at), self.value(source, "windSpeed", at)
        expected = float(np.interp(wind, [x for x, _ in CURVE], [y for _, y in CURVE]))
        residual = actual - expected
        return {"expected": expected, "residual": residual, "error": abs(residual) * 0.3 + 12.0}[prop.split(".")[1]]

    def freshness(self, source: str, now: float) -> tuple[Freshness, str | None, float]:
        since = self.away.get(source)
        age = (now % 1.0) if since is None else now - since
        word: Freshness = "Fresh" if age <= FRESH else "Stale" if age <= EXPIRED else "Expired"
        return word, None if word == "Fresh" or since is None else rfc3339(since + FRESH), age

    def view(self, source: str, prop: str, unit: str, now: float) -> PropertyView:
        word, since, age = self.freshness(source, now)
        value = self.value(source, prop, now)
        bad = not np.isfinite(value) or prop in self.ailing
        quality: SeverityName = "Bad" if bad else "Uncertain" if word != "Fresh" or abs(value) > 2040 else "Good"
        stale = "UncertainLastUsableValue" if word != "Fresh" else "UncertainEngineeringUnitsExceeded"
        held = ["Held"] if word != "Fresh" else ["Range"]
        return PropertyView(
            name=prop,
            kind="behaviour" if "." in prop else "measured",
            unit=unit,
            value=None if bad else value,
            quality=quality,
            status="BadNoData" if bad else stale if quality == "Uncertain" else "Good",
            reasons=["NonFinite"] if bad else held if quality == "Uncertain" else [],
            freshness=word,
            age=age,
            stale_since=since,
            source_time=rfc3339(int(now - age)),
            estimated=False,
        )

    def asset(self, asset_id: str, now: float, *, whole: bool = False) -> AssetView:
        turbine = asset_id.removeprefix("Asset_204")
        is_farm = asset_id == "Asset_2000"
        name = "" if is_farm else f"T{turbine}"
        scada = "" if is_farm else list(TURBINES.values())[(int(turbine) - 1) % len(TURBINES)]
        source = scada.lower() or "farm-meter"
        columns = METER if is_farm else MEASURED
        units = {prop: unit for prop, (_, unit) in columns.items()} | ({} if is_farm or not self.curve else BEHAVIOUR)
        channels = {} if is_farm else {f"channel{n:03d}": "Cel" for n in range(self.channels)}
        units |= channels if whole else {}
        properties = [self.view(source, prop, unit, now) for prop, unit in units.items()]
        word, since, _ = self.freshness(source, now)
        counts = Counter(prop.quality for prop in properties if prop.kind == "measured")
        if not whole:
            ailing = len(self.ailing & channels.keys())
            counts += Counter({"Bad": ailing, "Good" if word == "Fresh" else "Uncertain": len(channels) - ailing})
        order: list[SeverityName] = ["Good", "Uncertain", "Bad"]
        return AssetView(
            id=asset_id,
            class_name="WindFarm" if is_farm else "WindTurbine",
            path="engie/la-haute-borne" + (f"/{name}" if name else ""),
            aliases={"erp": "10002000"} if is_farm else {"scada": self.hostile or scada, "erp": f"1000204{turbine}"},
            sources={"meter" if is_farm else "default": source},
            freshness=word,
            stale_since=since,
            quality=max((name for name in order if counts[name]), key=order.index),
            good=counts["Good"],
            uncertain=counts["Uncertain"],
            bad=counts["Bad"],
            abridged=bool(channels) and not whole,
            properties=properties,
        )

    def ids(self) -> list[str]:
        return [*(f"Asset_204{number}" for number in range(1, self.turbines + 1)), "Asset_2000"]

    def sources(self, now: float) -> list[SourceView]:
        spare = (f"spare{number:03d}" for number in range(self.spare))
        return [self.source(name, now) for name in (*self.records, *spare)]

    def source(self, name: str, now: float) -> SourceView:
        since = self.away.get(name)
        opcua = name in {"r80736", "r80790"}
        protocol = "files" if name == "farm-meter" else "opcua" if opcua else "modbus"
        endpoint = {
            "files": "volume:farm-meter",
            "opcua": f"opc.tcp://{name}.plant:4840",
            "modbus": f"tcp://{name}.plant:502",
        }
        tags = len(self.records.get(name, METER)) + 1
        polls = 0 if opcua else int(now) % 100_000
        return SourceView(
            name=name,
            protocol=protocol,
            endpoint=endpoint[protocol],
            state="Connected" if since is None else "Backoff",
            since=rfc3339(now - 5025.0 if since is None else since),
            tags=tags,
            good=tags if since is None else 0,
            uncertain=0 if since is None else tags,
            bad=0,
            polls_scheduled=polls,
            polls_succeeded=polls if since is None else polls - int(now - since),
            requests=polls * 2,
            reconnects=0 if since is None else 3,
            last_sample=rfc3339(int(now) if since is None else since),
            latency_p99=None if since else 0.0123,
            buffer_batches=0,
            buffer_age=None,
            message="" if since is None else "connection refused; trying again in 4 s. Is the device switched on?",
            expired=False,
            levels=self.promises.get(name, []),
        )

    def twin(self, now: float) -> TwinView:
        points = BehaviourView(
            name="power-curve",
            kind="Curve",
            active=True,
            inputs={"x": "windSpeed"},
            outputs={"y": "power"},
            points=CURVE,
        )
        return TwinView(
            name="wind-farm",
            site="default",
            namespace="default",
            time=rfc3339(now),
            catching_up=self.catching_up,
            fresh=FRESH,
            expired=EXPIRED,
            behaviours=[points] if self.curve else [],
            assets=[self.asset(asset_id, now) for asset_id in self.ids()],
            sources=self.sources(now),
            levels=self.own,
        )

    def detail(self, asset_id: str, now: float) -> AssetDetailView:
        asset = self.asset(asset_id, now, whole=True)
        source = next(iter(asset.sources.values()))
        tags = {prop: column for prop, (column, _) in (METER if source == "farm-meter" else MEASURED).items()}
        tags |= {prop.name: prop.name.upper() for prop in asset.properties if prop.name.startswith("channel")}
        lineage = [
            LineageView(
                property=prop.name,
                source=source if prop.name in tags else "",
                tag=tags.get(prop.name, ""),
                tag_unit=prop.unit if prop.name in tags else "",
                expression="",
                inputs=[] if prop.name in tags else ["windSpeed", "power"],
                mapping="la-haute-borne",
                generation="" if "." in prop.name else "sha256:4f0c1d9a",
            )
            for prop in asset.properties
        ]
        return AssetDetailView(**asset.model_dump(), lineage=lineage)

    def history(self, asset_id: str, prop: str, start: float, end: float, points: int) -> HistoryView:
        view = self.asset(asset_id, end, whole=True)
        source, unit = next(iter(view.sources.values())), {p.name: p.unit for p in view.properties}[prop]
        end = min(end, self.away.get(source, end))
        step = max(1, int((end - start) / points))
        times = np.arange(int(start), int(end), step)
        values = [self.value(source, prop, float(at)) for at in times]
        return HistoryView(
            asset=asset_id,
            property=prop,
            unit=unit,
            time=[float(at) for at in times],
            value=[value if np.isfinite(value) else None for value in values],
            quality=[2 if not np.isfinite(value) else 1 if abs(value) > 2040 else 0 for value in values],
            thinned=step > 1,
        )


def create_app(farm: Farm) -> FastAPI:  # noqa: C901 - one small function per route.
    """The twin's routes over `farm`, with its security policy."""
    app = FastAPI()

    @app.middleware("http")
    async def policy(request: Request, call_next: RequestResponseEndpoint) -> Response:
        if farm.mute:
            await asyncio.sleep(60.0)
        response = await call_next(request)
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "no-cache"
        return response

    @app.get("/api/v1/twin")
    async def twin() -> TwinView:
        return farm.twin(time.time())

    @app.get("/api/v1/sources")
    async def sources() -> list[SourceView]:
        return farm.sources(time.time())

    @app.get("/api/v1/assets/{asset_id}")
    async def asset(asset_id: str) -> AssetDetailView:
        if asset_id not in farm.ids():
            raise HTTPException(404, f"no asset {asset_id}")
        return farm.detail(asset_id, time.time())

    @app.get("/api/v1/assets/{asset_id}/history")
    async def history(asset_id: str, request: Request, points: int = 1000) -> HistoryView:
        query = request.query_params
        start, end = float(query["from"]), float(query["to"])
        return farm.history(asset_id, query["property"], start, end, points)

    @app.websocket("/api/v1/live")
    async def live(socket: WebSocket) -> None:
        await socket.accept()
        now = time.time()
        first = LiveMessage(type="twin", time=rfc3339(now), catching_up=farm.catching_up, twin=farm.twin(now))
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await socket.send_text(first.model_dump_json(by_alias=True))
            while True:
                await asyncio.sleep(1.0)
                if farm.mute:
                    continue
                now = time.time()
                assets = [farm.asset(asset_id, now) for asset_id in farm.ids()]
                message = LiveMessage(
                    type="update",
                    time=rfc3339(now),
                    catching_up=farm.catching_up,
                    assets=assets,
                    sources=farm.sources(now),
                    levels=farm.own,
                )
                await socket.send_text(message.model_dump_json(by_alias=True))

    @app.get("/")
    async def index() -> FileResponse:
        return FileResponse(PAGE / "index.html")

    @app.get("/page/{path:path}")
    async def static(path: str) -> FileResponse:
        file = PAGE / path
        if not file.is_file():
            raise HTTPException(404)
        return FileResponse(file)

    return app


class Stage:
    """Serves a farm on one port; `drop` takes the whole server away, `raise_again` brings it back there."""

    def __init__(self, farm: Farm) -> None:
        self.farm = farm
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._server: uvicorn.Server | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    async def raise_again(self) -> None:
        config = uvicorn.Config(
            create_app(self.farm),
            host="127.0.0.1",
            port=self.port,
            log_level="warning",
            ws="websockets-sansio",
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._task = asyncio.create_task(self._server.serve())
        while not self._server.started:
            await asyncio.sleep(0.01)

    async def drop(self) -> None:
        if self._server and self._task:
            self._server.should_exit = True
            await self._task
        self._server = self._task = None


@dataclass
class Watched:
    """A page and everything on it that must not happen: console errors, refused policies, foreign requests."""

    page: Page
    context: BrowserContext
    complaints: list[str]
    foreign: list[str]


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    built = Stage(Farm().load())
    await built.raise_again()
    yield built
    await built.drop()


@pytest.fixture
def chromium() -> str:
    if not CHROMIUM.exists():
        pytest.fail("The page's tests need headless Chromium at /usr/bin/chromium: apt-get install -y chromium")
    return str(CHROMIUM)


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGS)
        yield launched
        await launched.close()


@pytest.fixture
async def watched(browser: Browser, stage: Stage) -> AsyncIterator[Watched]:
    context = await browser.new_context(
        viewport={"width": 1280, "height": 900}, locale="en-GB", timezone_id="Europe/Paris"
    )
    page = await context.new_page()
    seen = Watched(page=page, context=context, complaints=[], foreign=[])
    page.on("console", lambda message: seen.complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith(stage.url) else seen.foreign.append(request.url))
    page.set_default_timeout(10_000)
    yield seen
    await context.close()
