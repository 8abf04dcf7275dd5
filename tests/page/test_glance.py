"""The plant at a glance: who is there, how they do, who is stale and since when."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

if TYPE_CHECKING:
    from tests.page.conftest import Stage, Watched

pytestmark = pytest.mark.browser


async def test_the_glance_shows_four_turbines_and_what_is_expected_of_them(watched: Watched, stage: Stage) -> None:
    page = watched.page
    await page.goto(stage.url)
    turbines = page.get_by_role("region", name="Wind turbine").locator(".card")
    await expect(turbines).to_have_count(4)
    await expect(turbines.first).to_contain_text("T1")
    await expect(turbines.first).to_contain_text("R80711")
    await expect(turbines.first).to_contain_text("Wind speed")
    await expect(turbines.first.locator(".expectation")).to_contain_text("Expected")
    await expect(turbines.first.locator(".spark-line")).to_have_attribute("d", re.compile("^M"))
    await expect(page.locator(".curve-plot a .spot")).to_have_count(4)
    await expect(page.locator("[data-part=state]")).to_have_text("Live")
    assert watched.complaints == []
    assert watched.foreign == []


async def test_an_asset_without_a_behaviour_gets_a_plain_card(watched: Watched, stage: Stage) -> None:
    await watched.page.goto(stage.url)
    card = watched.page.locator("[data-asset=Asset_2000]")
    await expect(card).to_contain_text("kWh")
    await expect(card.locator(".expectation")).to_have_count(0)


async def test_a_twin_without_behaviours_has_no_curve_and_no_expectation(watched: Watched, stage: Stage) -> None:
    stage.farm.curve = False
    await watched.page.goto(stage.url)
    await expect(watched.page.locator(".card")).to_have_count(5)
    await expect(watched.page.locator(".curve-plot, .expectation")).to_have_count(0)
    assert watched.complaints == []


async def test_values_move_without_a_reload(watched: Watched, stage: Stage) -> None:
    await watched.page.goto(stage.url)
    value = watched.page.locator("[data-asset=Asset_2042] .reading.large .value").first
    before = await value.text_content() or ""
    await expect(value).not_to_have_text(before)


async def test_a_stale_turbine_says_since_when_and_is_announced_once(watched: Watched, stage: Stage) -> None:
    page = watched.page
    await page.goto(stage.url)
    card = page.locator("[data-asset=Asset_2042]")
    await expect(card.locator(".freshness")).to_have_text("Fresh")
    stage.farm.away["r80721"] = time.time() - 4.0
    await expect(card.locator(".freshness")).to_contain_text(re.compile(r"Stale since \d\d:\d\d:\d\d \(\d+ s\)"))
    await expect(card.locator(".freshness time")).to_have_attribute("title", re.compile("UTC$"))
    await expect(card).to_have_attribute("data-freshness", "Stale")
    await expect(card.locator("header .mark")).to_have_text("Uncertain")
    await expect(page.locator(".summary")).to_contain_text("T2 stale")
    await expect(page.locator(".summary")).to_contain_text("3 of 4 counted")
    await expect(page.locator(".attention")).to_contain_text("T2")
    await expect(page.locator("#announcements")).to_have_text("T2 is stale.")
    stage.farm.away.clear()
    await expect(card.locator(".freshness")).to_have_text("Fresh")


async def test_a_name_from_outside_is_text_and_never_markup(watched: Watched, stage: Stage) -> None:
    stage.farm.hostile = '<img src="x" onerror="document.title=1"><b>bold</b>'
    await watched.page.goto(stage.url)
    await expect(watched.page.locator("[data-asset=Asset_2041]")).to_contain_text("<b>bold</b>")
    assert await watched.page.locator("main img, main b").count() == 0
    assert watched.complaints == []


async def test_catching_up_is_said(watched: Watched, stage: Stage) -> None:
    stage.farm.catching_up = True
    await watched.page.goto(stage.url)
    await expect(watched.page.locator("[data-part=state]")).to_have_text("Catching up")
