"""A twin too large to be told whole: the overview lives on headlines and counts, an asset's page asks for the rest."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import Locator, Route, expect

if TYPE_CHECKING:
    from tests.page.conftest import Stage, Watched

pytestmark = pytest.mark.browser

CHANNELS = 594
"""With the six measured values of a turbine, 600 properties."""
ROWS = CHANNELS + 6 + 3
ASSET = "#/asset/Asset_2041"


@pytest.fixture
def stage(stage: Stage) -> Stage:
    stage.farm.channels = CHANNELS
    return stage


def row(watched: Watched, tag: str) -> Locator:
    return watched.page.locator(".properties tbody tr").filter(has_text=tag)


def shown(watched: Watched) -> Locator:
    return watched.page.locator(".properties tbody tr:not([hidden])")


async def test_attention_and_quality_speak_of_all_properties_by_their_counts(watched: Watched, stage: Stage) -> None:
    stage.farm.ailing = {"channel007", "channel100", "channel593"}
    page = watched.page
    await page.goto(stage.url)
    matter = page.locator(".matters li").filter(has_text="T2")
    await expect(matter).to_contain_text("3 of 600 properties not good")
    await expect(matter).to_contain_text("3 bad")
    quality = page.locator(".tile").filter(has_text="Worst quality")
    await expect(quality).to_contain_text("Bad")
    await expect(quality).to_contain_text("2,391 good · 12 bad")
    await matter.get_by_role("link").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("T2")
    assert watched.complaints == []


async def test_a_large_asset_that_is_stale_as_a_whole_is_one_line(watched: Watched, stage: Stage) -> None:
    stage.farm.away["r80711"] = time.time() - 20.0
    await watched.page.goto(stage.url)
    matter = watched.page.locator(".matters li").filter(has_text="T1")
    await expect(matter).to_have_count(1)
    await expect(matter).to_contain_text("All 600 properties")
    await expect(matter).to_contain_text("stale: no new values")


async def test_an_abridged_asset_is_asked_for_whole_and_again_while_it_is_open(watched: Watched, stage: Stage) -> None:
    page = watched.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/Asset_2041") else None)
    await page.goto(stage.url + ASSET)
    await expect(shown(watched)).to_have_count(ROWS)
    channel = row(watched, "CHANNEL500")
    await expect(channel).to_contain_text("r80711 › CHANNEL500")
    value = channel.locator(".value")
    before = await value.text_content() or ""
    await expect(value).not_to_have_text(before)
    stage.farm.ailing = {"channel500"}
    await expect(channel).to_contain_text("no data")
    await page.locator(".brand").click()
    await expect(page.locator(".card")).to_have_count(5)
    after = len(asked)
    assert after >= 2
    first = page.locator("[data-asset=Asset_2042] .reading.large .value").first
    for _ in range(2):
        await expect(first).not_to_have_text(await first.text_content() or "")
    assert len(asked) == after, "nobody looks at the asset any more"
    assert watched.complaints == []


async def test_an_asset_told_whole_is_asked_for_its_lineage_once(watched: Watched, stage: Stage) -> None:
    stage.farm.channels = 0
    page = watched.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/Asset_2041") else None)
    await page.goto(stage.url + ASSET)
    value = row(watched, "Ws_avg").locator(".value")
    for _ in range(3):
        await expect(value).not_to_have_text(await value.text_content() or "")
    assert len(asked) == 1
    await expect(page.get_by_role("searchbox")).to_have_count(0)


async def test_hundreds_of_properties_are_narrowed_by_name_tag_and_wellness(watched: Watched, stage: Stage) -> None:
    stage.farm.ailing = {"channel007", "channel123"}
    page = watched.page
    await page.goto(stage.url + ASSET)
    await expect(shown(watched)).to_have_count(ROWS)
    form = page.get_by_role("search")
    await form.get_by_role("searchbox", name="Filter properties").fill("channel12")
    await expect(shown(watched)).to_have_count(10)
    await expect(form).to_contain_text(f"10 of {ROWS} properties")
    await form.get_by_role("checkbox").check()
    await expect(shown(watched)).to_have_count(1)
    await form.get_by_role("searchbox").fill("ws_avg")
    await form.get_by_role("checkbox").uncheck()
    await expect(shown(watched)).to_have_count(1)
    await expect(shown(watched)).to_contain_text("Wind speed")


async def test_a_property_beyond_the_headline_is_found_plotted_and_kept_in_the_address(
    watched: Watched, stage: Stage
) -> None:
    page = watched.page
    await page.goto(stage.url + ASSET)
    picker = page.get_by_role("group", name="Properties to plot")
    await expect(picker.get_by_role("checkbox")).to_have_count(9)
    await picker.get_by_role("searchbox", name="Find a property").fill("channel2")
    await expect(picker).to_contain_text("first 24 of 100 found")
    await expect(picker.get_by_role("checkbox")).to_have_count(24 + 3)
    await picker.get_by_role("searchbox").fill("channel234")
    await picker.get_by_role("checkbox", name="Channel234").check()
    trend = page.locator(".trend[data-property=channel234]")
    await expect(trend.locator("canvas")).to_be_visible()
    await page.reload()
    await expect(trend.locator(".readout")).to_contain_text("latest")
    await expect(picker.get_by_role("checkbox", name="Channel234")).to_be_checked()
    readout = await trend.locator(".readout").text_content() or ""
    await expect(trend.locator(".readout")).not_to_have_text(readout)
    await expect(page.locator(".trend")).to_have_count(4)


async def test_an_asset_that_cannot_be_asked_for_says_so_and_recovers(watched: Watched, stage: Stage) -> None:
    page = watched.page

    async def refuse(route: Route) -> None:
        await route.fulfill(status=503)

    address = re.compile("assets/Asset_2041$")
    await page.route(address, refuse)
    await page.goto(stage.url + ASSET)
    section = page.get_by_role("region", name="Properties")
    await expect(section).to_contain_text("the twin answered 503")
    await expect(shown(watched)).to_have_count(9)
    await page.unroute(address)
    await expect(shown(watched)).to_have_count(ROWS)
    await expect(section).not_to_contain_text("answered 503")


TASKS = """() => new Promise((resolve) => {
  const long = [];
  const observer = new PerformanceObserver((list) => long.push(...list.getEntries().map((entry) => entry.duration)));
  observer.observe({ type: 'longtask' });
  setTimeout(() => resolve(Math.max(0, ...long)), 5000);
})"""
"""The longest time, in milliseconds, that the page was deaf within five seconds."""


@pytest.mark.parametrize("view", ["", ASSET])
async def test_a_large_farm_stays_usable_at_every_width(watched: Watched, stage: Stage, view: str) -> None:
    stage.farm.turbines = 200
    page: Any = watched.page
    await page.goto(stage.url + view)
    await expect(page.locator(".card" if not view else ".properties tbody tr")).to_have_count(201 if not view else ROWS)
    assert await page.evaluate(TASKS) < 1000
    for width in (360, 1280):
        await page.set_viewport_size({"width": width, "height": 900})
        assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert watched.complaints == []
