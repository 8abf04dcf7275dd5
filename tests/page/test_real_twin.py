"""The page as the twin process itself serves it: real broker, real batches, real headers."""

from __future__ import annotations

import asyncio
import importlib.util
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from playwright.async_api import Browser, Page, expect

from brownfield_api.twin_config import TwinProperty

if TYPE_CHECKING:
    from brownfield_api.twin_config import TwinConfig

pytestmark = [pytest.mark.browser, pytest.mark.wire]


def _twin_room() -> ModuleType:
    """The pieces with which the twin's own tests feed and start one."""
    path = Path(__file__).parents[1] / "twin/conftest.py"
    spec = importlib.util.spec_from_file_location("twin_room", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


LOST = ("WebSocket connection", "Failed to load resource")
"""What Chromium itself writes to the console when a server dies under a request."""

room = _twin_room()
broker = room.broker
feeder = room.feeder


@pytest.fixture
def config(broker: Any, tmp_path: Path) -> TwinConfig:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    made: TwinConfig = room.farm_config(
        spine=broker.config, state_dir=str(tmp_path / "state"), listen=f"127.0.0.1:{port}"
    )
    return made


@asynccontextmanager
async def turning(feeder: Any) -> AsyncIterator[None]:
    """T1 turns: a poll every half second, the wind rising and falling; T2 has never been heard of."""

    async def blow() -> None:
        step = 0
        while True:
            wind = 6.0 + (step % 40) / 10
            await feeder.poll("T1", wind=wind, power=wind**3 * 1.5)
            step += 1
            await asyncio.sleep(0.5)

    task = asyncio.create_task(blow())
    try:
        yield
    finally:
        task.cancel()


async def open_page(browser: Browser, complaints: list[str], origin: str) -> Page:
    page = await browser.new_page(viewport={"width": 1280, "height": 900})
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith(origin) else complaints.append(asked.url))
    return page


async def test_the_twin_serves_a_page_that_lives(
    browser: Browser, feeder: Any, config: TwinConfig, tmp_path: Path
) -> None:
    complaints: list[str] = []
    async with turning(feeder), room.running_twin(config, tmp_path) as twin:
        page = await open_page(browser, complaints, twin.page)
        await page.goto(twin.page)
        await expect(page.locator("[data-part=state]")).to_have_text("Live")
        await expect(page.locator("[data-asset=T1] .freshness")).to_have_text("Fresh")
        await expect(page.locator("[data-asset=T1] .expectation")).to_contain_text("kW")
        await expect(page.locator("[data-asset=T2] .freshness")).to_have_text("No value has ever come")
        await page.locator("[data-asset=T1] h3 a").click()
        await expect(page.locator(".trend[data-property=power] .readout")).to_contain_text("latest")
        await expect(page.locator(".properties")).to_contain_text("curve(windSpeed)")
        await page.get_by_role("link", name="Sources").click()
        await expect(page.locator("[data-source=r1]")).to_contain_text("Not heard of")
        await page.close()
    assert complaints == []


async def test_a_twin_too_large_to_be_told_whole_is_shown_by_counts_and_asked_for_one_asset(
    browser: Browser, feeder: Any, config: TwinConfig, tmp_path: Path
) -> None:
    complaints: list[str] = []
    [turbine] = config.classes
    unheard = tuple(TwinProperty(name=f"channel{number:04d}") for number in range(1100))
    wide = msgspec.structs.replace(turbine, properties=(*turbine.properties, *unheard))
    large = msgspec.structs.replace(config, classes=(wide,))
    async with turning(feeder), room.running_twin(large, tmp_path) as twin:
        page = await open_page(browser, complaints, twin.page)
        await page.goto(twin.page)
        matter = page.locator(".matters li").filter(has_text="T1")
        await expect(matter).to_contain_text(f"1100 of {len(wide.properties)} properties not good")
        await matter.get_by_role("link").click()
        rows = page.locator(".properties tbody tr")
        await expect(rows).to_have_count(len(wide.properties) + 3)
        await expect(page.locator(".trend[data-property=power] .readout")).to_contain_text("latest")
        await expect(page.locator(".properties")).to_contain_text("curve(windSpeed)")
        await expect(rows.filter(has_text="Channel1099")).to_contain_text("waiting for the first value")
        await page.close()
    assert complaints == []


async def test_the_page_survives_a_restart_of_the_twin(
    browser: Browser, feeder: Any, config: TwinConfig, tmp_path: Path
) -> None:
    complaints: list[str] = []
    async with turning(feeder):
        async with room.running_twin(config, tmp_path) as twin:
            page = await open_page(browser, complaints, twin.page)
            await page.goto(twin.page)
            await expect(page.locator("[data-asset=T1] .freshness")).to_have_text("Fresh")
            await twin.end(signal.SIGKILL)
        await expect(page.locator("[data-part=banner]")).to_be_visible()
        async with room.running_twin(config, tmp_path):
            await expect(page.locator("[data-part=state]")).to_have_text("Live", timeout=25_000)
            await expect(page.locator("[data-asset=T1] .freshness")).to_have_text("Fresh")
    assert [words for words in complaints if not words.startswith(LOST)] == []
