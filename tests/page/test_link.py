"""When the twin goes away the page says so at once, and never shows old values as live."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

if TYPE_CHECKING:
    from tests.page.conftest import Stage, Watched

pytestmark = pytest.mark.browser


async def test_a_dropped_connection_shows_a_banner_and_recovers(watched: Watched, stage: Stage) -> None:
    page = watched.page
    await page.goto(stage.url)
    banner = page.locator("[data-part=banner]")
    card = page.locator("[data-asset=Asset_2041]")
    await expect(card.locator(".freshness")).to_have_text("Fresh")
    await expect(banner).to_be_hidden()
    await stage.drop()
    await expect(banner).to_be_visible()
    await expect(banner).to_contain_text(re.compile(r"has not answered since \d\d:\d\d:\d\d"))
    await expect(page.locator("[data-part=state]")).to_have_text("Reconnecting")
    await expect(card.locator(".freshness")).to_contain_text("As of")
    await expect(page).to_have_title(re.compile("^No answer"))
    await expect(page.locator(".summary")).to_contain_text("not known while the twin is away")
    await expect(page.locator(".attention")).not_to_contain_text("good and fresh")
    await stage.raise_again()
    await page.get_by_role("button", name="Try now").click()
    await expect(banner).to_be_hidden()
    await expect(card.locator(".freshness")).to_have_text("Fresh")
    assert [words for words in watched.complaints if "WebSocket connection" not in words] == []


async def test_the_page_comes_back_by_itself(watched: Watched, stage: Stage) -> None:
    await watched.page.goto(stage.url)
    await expect(watched.page.locator("[data-part=state]")).to_have_text("Live")
    await stage.drop()
    await expect(watched.page.locator("[data-part=banner]")).to_be_visible()
    await stage.raise_again()
    await expect(watched.page.locator("[data-part=state]")).to_have_text("Live", timeout=20_000)


async def test_a_connection_that_falls_silent_counts_as_away(watched: Watched, stage: Stage) -> None:
    await watched.page.goto(stage.url)
    await expect(watched.page.locator("[data-part=state]")).to_have_text("Live")
    stage.farm.mute = True
    await expect(watched.page.locator("[data-part=banner]")).to_be_visible(timeout=20_000)
    stage.farm.mute = False
    await expect(watched.page.locator("[data-part=state]")).to_have_text("Live", timeout=30_000)


async def test_a_page_opened_before_its_twin_says_so_and_fills_itself(watched: Watched, stage: Stage) -> None:
    page = watched.page
    await page.route("**/api/v1/twin", lambda route: route.abort())
    await page.route_web_socket("**/api/v1/live", lambda socket: socket.close())
    await page.goto(stage.url)
    await expect(page.get_by_role("heading", name="The twin does not answer")).to_be_visible()
    await page.unroute_all()
