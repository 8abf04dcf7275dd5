"""What was promised, and what is left of it: kept, at risk, broken, without events, or nobody keeps the books."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import Locator, expect

from brownfield_api.twin_view import LevelView

if TYPE_CHECKING:
    from tests.page.conftest import Stage, Watched

pytestmark = pytest.mark.browser

SOURCES = "#/sources"


def promise(sli: str, ratio: float | None, budget: float, *, objective: float = 0.995) -> LevelView:
    return LevelView(sli=sli, objective=objective, window="28d", ratio=ratio, budget=budget)


@pytest.fixture
def stage(stage: Stage) -> Stage:
    stage.farm.promises = {
        "r80711": [
            promise("twin_latency", None, 1.0, objective=0.99),
            promise("quality", 0.985, 0.1, objective=0.98),
            promise("uptime", 0.9931, -0.38),
        ],
        "r80721": [promise("uptime", 0.9982, 0.64)],
        "r80736": [promise("uptime", 0.91, 0.7), promise("quality", 0.91, 0.99)],
    }
    stage.farm.own = [promise("freshness", 1.0, 1.0, objective=0.99)]
    return stage


def row(watched: Watched, source: str, sli: str) -> Locator:
    return watched.page.locator(f"[data-source={source}] [data-sli={sli}]")


async def test_each_promise_shows_level_promise_window_and_what_is_left_of_the_budget(
    watched: Watched, stage: Stage
) -> None:
    await watched.page.goto(stage.url + SOURCES)
    kept = row(watched, "r80721", "uptime")
    await expect(kept).to_have_text("UptimeKept99.82 % promised 99.5 % over 28 d64 % of the budget left")
    fill, bar = kept.locator(".budget-fill"), kept.locator(".budget-bar")
    await expect(fill).to_have_attribute("style", "inline-size: 64%;")
    assert await bar.evaluate("(bar) => bar.closest('[aria-hidden=true]') !== null"), "the words say the same"
    assert watched.complaints == []
    assert watched.foreign == []


async def test_an_overdrawn_budget_says_so_in_words_shape_and_pattern(watched: Watched, stage: Stage) -> None:
    await watched.page.goto(stage.url + SOURCES)
    broken = row(watched, "r80711", "uptime")
    await expect(broken).to_contain_text("Broken")
    await expect(broken).to_contain_text("99.31 %")
    await expect(broken).to_contain_text("overdrawn: 138 % of the budget used")
    background = "(fill) => getComputedStyle(fill).backgroundImage"
    assert "gradient" in await broken.locator(".budget-fill").evaluate(background)
    assert await row(watched, "r80721", "uptime").locator(".budget-fill").evaluate(background) == "none"


async def test_a_promise_is_at_risk_when_it_goes_too_fast_or_little_is_left(watched: Watched, stage: Stage) -> None:
    await watched.page.goto(stage.url + SOURCES)
    await expect(row(watched, "r80736", "quality")).to_contain_text("Kept so far91.00 %")
    await expect(row(watched, "r80736", "uptime")).to_contain_text("At risk91.00 %")
    await expect(row(watched, "r80711", "quality")).to_contain_text("At risk98.50 %")


async def test_without_events_nothing_is_judged_and_without_promises_nothing_is_shown(
    watched: Watched, stage: Stage
) -> None:
    await watched.page.goto(stage.url + SOURCES)
    silent = row(watched, "r80711", "twin_latency")
    await expect(silent).to_have_text("Latency to twinNo events– promised 99 % over 28 dnothing to judge yet")
    await expect(silent.locator(".budget-fill")).to_be_hidden()
    await expect(watched.page.locator("[data-source=farm-meter]")).to_be_visible()
    await expect(watched.page.locator("[data-source=farm-meter] .levels")).to_be_hidden()


async def test_promises_stand_in_the_order_of_a_samples_way_as_a_named_list(watched: Watched, stage: Stage) -> None:
    page = watched.page
    await page.goto(stage.url + SOURCES)
    items = page.get_by_role("list", name="Promises of r80711").get_by_role("listitem")
    await expect(items.locator(".level-name")).to_have_text(["Uptime", "Latency to twin", "Quality"])
    own = page.get_by_role("region", name="wind-farm")
    await expect(own.get_by_role("listitem")).to_contain_text("Freshness")
    await expect(own).to_contain_text("whole budget left")


async def test_the_overview_says_which_promise_is_broken(watched: Watched, stage: Stage) -> None:
    await watched.page.goto(stage.url)
    tile = watched.page.locator(".tile").filter(has_text="Service levels")
    await expect(tile).to_contain_text("5 of 7 promises")
    words = "1 promise broken: r80711 uptime; 2 at risk: r80711 quality, r80736 uptime; 1 without events yet"
    await expect(tile).to_contain_text(words)
    await tile.get_by_role("link").click()
    await expect(watched.page.locator(".sources > .verdict")).to_have_text(words)


async def test_levels_change_without_a_reload_of_sources_and_of_the_twin(watched: Watched, stage: Stage) -> None:
    page = watched.page
    await page.goto(stage.url)
    verdict = page.locator(".tile .verdict")
    await expect(verdict).to_contain_text("r80711 uptime")
    stage.farm.promises = {"r80711": [promise("uptime", 0.999, 0.8)]}
    await expect(verdict).to_have_text("all promises kept")
    stage.farm.own = [promise("freshness", 0.9, -9.0, objective=0.99)]
    await expect(verdict).to_have_text("1 promise broken: wind-farm freshness")
    stage.farm.promises, stage.farm.own = {}, []
    await expect(page.locator(".tile").filter(has_text="Service levels")).to_be_hidden()
    assert watched.complaints == []


async def test_a_source_that_gets_promises_while_it_is_looked_at_shows_them(watched: Watched, stage: Stage) -> None:
    await watched.page.goto(stage.url + SOURCES)
    await expect(row(watched, "farm-meter", "quality")).to_have_count(0)
    stage.farm.promises["farm-meter"] = [promise("quality", 1.0, 1.0)]
    await expect(row(watched, "farm-meter", "quality")).to_contain_text("whole budget left")


async def test_figures_of_a_ledger_nobody_keeps_are_not_shown_as_live(watched: Watched, stage: Stage) -> None:
    stage.farm.promises = {
        name: [level.model_copy(update={"expired": True}) for level in levels]
        for name, levels in stage.farm.promises.items()
    }
    await watched.page.goto(stage.url + SOURCES)
    await expect(row(watched, "r80721", "uptime")).to_contain_text("Not kept now")
    await expect(watched.page.locator(".sources > .verdict")).to_contain_text("nobody keeps the ledger")


@pytest.mark.parametrize("width", [320, 360, 768, 1280, 1920])
@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_service_levels_fit_every_width(watched: Watched, stage: Stage, width: int, theme: str) -> None:
    page = watched.page
    await page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    await page.set_viewport_size({"width": width, "height": 900})
    for view, content in ((SOURCES, ".levels li"), ("", ".tile .verdict")):
        await page.goto(stage.url + view)
        await expect(page.locator(content).first).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        cut = "(list) => list.filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.textContent)"
        assert await page.locator(".level, .budget, .tile").evaluate_all(cut) == []


async def test_two_hundred_sources_stay_usable_and_are_narrowed_by_a_keyboard(watched: Watched, stage: Stage) -> None:
    stage.farm.spare = 195
    four = [promise(sli, 0.999, 0.8) for sli in ("uptime", "latency", "twin_latency", "quality")]
    stage.farm.promises |= {f"spare{number:03d}": four for number in range(195)}
    stage.farm.away["r80790"] = time.time()
    page = watched.page
    await page.goto(stage.url + SOURCES)
    await expect(page.locator(".source")).to_have_count(200)
    busy = await page.evaluate(
        """() => new Promise((done) => {
          const long = [];
          new PerformanceObserver((list) => long.push(...list.getEntries().map((entry) => entry.duration)))
            .observe({ type: 'longtask' });
          setTimeout(() => done(Math.max(0, ...long)), 4000);
        })"""
    )
    assert busy < 1000
    session = await watched.context.new_cdp_session(page)
    tree = await session.send("Accessibility.getFullAXTree")
    told = [node.get("name", {}).get("value", "") for node in tree["nodes"]]
    assert len([name for name in told if str(name).startswith("Promises of")]) == 199, "those off the screen, too"
    form = page.get_by_role("search")
    await form.get_by_role("checkbox").focus()
    await page.keyboard.press("Space")
    shown = page.locator(".source:not([hidden])")
    await expect(shown.locator("h2")).to_have_text(["r80711", "r80736", "r80790"])
    await expect(form).to_contain_text("3 of 200 sources")
    await expect(page.locator(".fed li:not([hidden])")).to_have_text(["T1", "T3", "T4"])
    assert watched.complaints == []
