"""The legacy systems and their links."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

if TYPE_CHECKING:
    from tests.page.conftest import Stage, Watched

pytestmark = pytest.mark.browser


async def test_each_source_shows_its_link_and_its_figures(watched: Watched, stage: Stage) -> None:
    page = watched.page
    await page.goto(stage.url + "#/sources")
    await expect(page.locator(".source")).to_have_count(5)
    source = page.locator("[data-source=r80711]")
    await expect(source).to_contain_text("Connected")
    await expect(source).to_contain_text("tcp://r80711.plant:502")
    await expect(source).to_contain_text("7 of 7")
    await expect(source).to_contain_text("12 ms")
    assert watched.complaints == []
    assert watched.foreign == []


async def test_a_source_that_is_away_says_why_and_its_wire_breaks(watched: Watched, stage: Stage) -> None:
    page = watched.page
    await page.goto(stage.url + "#/sources")
    await expect(page.locator(".wires path[data-connected=true]")).to_have_count(5)
    stage.farm.away["r80736"] = time.time()
    source = page.locator("[data-source=r80736]")
    await expect(source).to_contain_text("Away, trying again")
    await expect(source).to_contain_text("connection refused")
    await expect(page.locator(".wires path[data-connected=false]")).to_have_count(1)


async def test_a_wire_leads_to_the_asset(watched: Watched, stage: Stage) -> None:
    await watched.page.goto(stage.url + "#/sources")
    await watched.page.locator(".fed").get_by_role("link", name="T3").click()
    await expect(watched.page.get_by_role("heading", level=1)).to_have_text("T3")
