"""From a phone to a wall, with a keyboard, in either theme."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

if TYPE_CHECKING:
    from tests.page.conftest import Stage, Watched

pytestmark = pytest.mark.browser

VIEWS = {"": ".card", "#/asset/Asset_2041": ".trend canvas", "#/sources": ".source"}

NAMELESS = """() => [...document.querySelectorAll('a:not([tabindex="-1"]), button, input')]
  .filter((e) => !(e.textContent.trim() || e.labels?.[0]?.textContent.trim() || e.ariaLabel))
  .map((e) => e.outerHTML)"""
"""Controls that a screen reader could not name."""


@pytest.mark.parametrize("width", [320, 360, 768, 1280, 1920, 3840])
async def test_no_view_scrolls_sideways(watched: Watched, stage: Stage, width: int) -> None:
    page = watched.page
    await page.set_viewport_size({"width": width, "height": 900})
    for view, content in VIEWS.items():
        await page.goto(stage.url + view)
        await expect(page.locator(content).first).to_be_visible()
        hidden = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert hidden <= 0, f"{view or '#/'} is {hidden} px too wide at {width}"


async def test_cards_stack_on_a_phone_and_stand_side_by_side_on_a_wall(watched: Watched, stage: Stage) -> None:
    page = watched.page
    await page.goto(stage.url)
    columns = {}
    for width in (360, 1920):
        await page.set_viewport_size({"width": width, "height": 900})
        cards = page.locator(".card")
        await expect(cards).to_have_count(5)
        boxes = [await card.bounding_box() for card in await cards.all()]
        columns[width] = len({box["x"] for box in boxes if box})
    assert columns[360] == 1
    assert columns[1920] >= 4


async def test_a_keyboard_reaches_an_asset(watched: Watched, stage: Stage) -> None:
    page = watched.page
    await page.goto(stage.url)
    await expect(page.locator(".card")).to_have_count(5)
    await page.keyboard.press("Tab")
    await expect(page.locator(".skip")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("main")).to_be_focused()
    link = page.locator("[data-asset=Asset_2041] h3 a")
    for _ in range(6):
        await page.keyboard.press("Tab")
        if await link.evaluate("(element) => element === document.activeElement"):
            break
    await expect(link).to_be_focused()
    outline = await page.locator("[data-asset=Asset_2041]").evaluate("(card) => getComputedStyle(card).outlineStyle")
    assert outline == "solid"
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("T1")


async def test_every_control_has_a_name_and_every_landmark_is_there(watched: Watched, stage: Stage) -> None:
    page = watched.page
    for view, content in VIEWS.items():
        await page.goto(stage.url + view)
        await expect(page.locator(content).first).to_be_visible()
        for role in ("banner", "navigation", "main", "contentinfo"):
            await expect(page.get_by_role(role)).to_have_count(1)
        await expect(page.get_by_role("heading", level=1)).to_have_count(1)
        nameless = await page.evaluate(NAMELESS)
        assert nameless == []


async def test_the_theme_is_chosen_and_remembered(watched: Watched, stage: Stage) -> None:
    page = watched.page
    await page.goto(stage.url)
    ground = "getComputedStyle(document.body).backgroundColor"
    light = await page.evaluate(ground)
    button = page.get_by_role("button", name="Colours")
    await button.click()
    await button.click()
    await expect(button).to_contain_text("dark")
    assert await page.evaluate(ground) != light
    await page.reload()
    await expect(page.get_by_role("button", name="Colours")).to_contain_text("dark")


async def test_nothing_moves_for_whoever_asked_for_no_motion(watched: Watched, stage: Stage) -> None:
    page = watched.page
    await page.emulate_media(reduced_motion="reduce")
    await page.goto(stage.url)
    await expect(page.locator(".card")).to_have_count(5)
    moving = "[...document.querySelectorAll('*')].filter((e) => getComputedStyle(e).transitionDuration !== '0s').length"
    assert await page.evaluate(moving) == 0
