"""Nothing on the page is built, fetched from elsewhere, or changed by somebody on the way."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import Route, expect

if TYPE_CHECKING:
    from tests.page.conftest import Stage, Watched

PAGE = Path(__file__).parents[2] / "twin/brownfield_twin/page"
OURS = sorted(p for p in PAGE.rglob("*") if p.suffix in {".js", ".css", ".html"} and "vendor" not in p.parts)
ROW = re.compile(r"\| `([\w./-]+)` \| `sha384-([\w+/=]+)` \|")

FORBIDDEN = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "style=")


def integrity(path: Path) -> str:
    return base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()


def test_vendored_files_are_the_ones_the_readme_names() -> None:
    rows = ROW.findall((PAGE / "vendor/README.md").read_text(encoding="utf-8"))
    named = {PAGE / "vendor" / name: digest for name, digest in rows}
    assert set(named) == {p for p in (PAGE / "vendor").rglob("*") if p.is_file() and p.name != "README.md"}
    assert {path: integrity(path) for path in named} == named


def test_index_asks_the_browser_for_the_same_hashes() -> None:
    index = (PAGE / "index.html").read_text(encoding="utf-8")
    tags = re.findall(r'(?:src|href)="page/(vendor/[^"]+)" integrity="sha384-([^"]+)"', index)
    assert {name.rsplit("/", 1)[-1] for name, _ in tags} == {"uPlot.esm.js", "uPlot.min.css"}
    for name, digest in tags:
        assert integrity(PAGE / name) == digest


@pytest.mark.parametrize("path", OURS, ids=lambda path: str(path.relative_to(PAGE)))
def test_our_files_are_short_and_hold_nothing_the_policy_forbids(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert source.count("\n") < 300
    for forbidden in FORBIDDEN:
        assert forbidden not in source
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", source)


@pytest.mark.browser
async def test_a_changed_plot_library_is_refused_and_the_rest_of_the_page_lives(watched: Watched, stage: Stage) -> None:
    async def tamper(route: Route) -> None:
        response = await route.fetch()
        await route.fulfill(response=response, body=await response.text() + "\n/* changed on the way */")

    await watched.page.route("**/uPlot.esm.js", tamper)
    await watched.page.goto(stage.url + "#/asset/Asset_2041")
    await expect(watched.page.get_by_text("The plot library could not be loaded").first).to_be_visible()
    await expect(watched.page.locator(".properties tbody tr").first).to_contain_text("kW")
