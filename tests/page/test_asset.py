"""One asset in depth: trends on canvas, quality beside them, properties and where they come from."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import Locator, expect

if TYPE_CHECKING:
    from tests.page.conftest import Stage, Watched

pytestmark = pytest.mark.browser

INK = """(canvas) => {
  const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  let drawn = 0;
  for (let i = 3; i < data.length; i += 4) if (data[i] > 0) drawn += 1;
  return drawn;
}"""
"""How many pixels of a canvas are not empty."""


async def ink(plot: Locator) -> int:
    drawn = await plot.locator("canvas").first.evaluate(INK)
    assert isinstance(drawn, int)
    return drawn


async def test_the_asset_page_draws_history_quality_and_what_was_expected(watched: Watched, stage: Stage) -> None:
    page = watched.page
    await page.goto(stage.url + "#/asset/Asset_2041")
    await expect(page.get_by_role("heading", level=1)).to_have_text("T1")
    trends = page.locator(".trend")
    await expect(trends).to_have_count(3)
    power = page.locator(".trend[data-property=power]")
    await expect(power.locator(".shares")).to_contain_text("% good")
    await expect(power.locator(".readout")).to_contain_text("expected")
    assert await ink(power) > 4000
    await expect(page.locator('.trend[data-property="power-curve.residual"]')).to_contain_text("Power curve residual")
    assert watched.complaints == []
    assert watched.foreign == []


async def test_range_and_properties_are_chosen_and_kept_in_the_address(watched: Watched, stage: Stage) -> None:
    page = watched.page
    await page.goto(stage.url + "#/asset/Asset_2041")
    async with page.expect_request(re.compile("property=pitchAngle")) as asked:
        await page.get_by_role("checkbox", name="Pitch angle").check()
    assert "from=" in (await asked.value).url
    await page.get_by_role("radio", name="1 h").check()
    await expect(page.locator(".trend")).to_have_count(4)
    assert "range=3600" in page.url
    assert "pitchAngle" in page.url
    await page.reload()
    await expect(page.get_by_role("radio", name="1 h")).to_be_checked()
    await expect(page.locator(".trend[data-property=pitchAngle] canvas")).to_be_visible()


async def test_each_property_says_where_it_comes_from_and_why_it_is_not_good(watched: Watched, stage: Stage) -> None:
    stage.farm.away["r80711"] = time.time() - 20.0
    await watched.page.goto(stage.url + "#/asset/Asset_2041")
    row = watched.page.locator(".properties tbody tr").filter(has_text="Wind speed").first
    await expect(row).to_contain_text("r80711 › Ws_avg")
    await expect(row).to_contain_text("repeated while the link is down")
    await expect(row).to_contain_text("stale since")
    mapped = watched.page.get_by_text("Mapped by la-haute-borne")
    await expect(mapped).to_have_text("Mapped by la-haute-borne, generation sha256:4f0c1d9a.")
    await expect(mapped).to_be_visible()


async def test_live_values_are_appended_to_the_plot(watched: Watched, stage: Stage) -> None:
    await watched.page.goto(stage.url + "#/asset/Asset_2041")
    readout = watched.page.locator(".trend[data-property=power] .readout")
    await expect(readout).to_contain_text("latest")
    before = await readout.text_content() or ""
    await expect(readout).not_to_have_text(before)


async def test_the_arrow_keys_move_the_cursor_of_all_plots(watched: Watched, stage: Stage) -> None:
    page = watched.page
    await page.goto(stage.url + "#/asset/Asset_2041")
    plots = page.locator(".plot")
    await expect(plots.first.locator("canvas")).to_be_visible()
    await expect(page.locator(".trend .readout").first).to_contain_text("latest")
    await expect(page.locator(".trend .shares").first).to_contain_text("good")
    await plots.first.focus()
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("Shift+ArrowLeft")
    for readout in await page.locator(".trend .readout").all():
        await expect(readout).not_to_contain_text("latest")


async def test_an_unknown_asset_is_said_in_plain_words(watched: Watched, stage: Stage) -> None:
    await watched.page.goto(stage.url + "#/asset/%3Cb%3Enobody")
    await expect(watched.page.get_by_role("heading", name="No such asset")).to_be_visible()
    await expect(watched.page.locator("main")).to_contain_text("<b>nobody")
