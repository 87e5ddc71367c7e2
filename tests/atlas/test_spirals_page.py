"""The page of galaxies with maps of arms and bars, in a browser."""

from __future__ import annotations

import looked_at_galaxies as looked
import pytest
from skyloom.atlas.page import program, write_page
from skyloom.atlas.sprites import sprite
from skyloom.spirals.tasks.atlas import galaxies

FIRST, SECOND = looked.NAMES[:2]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """Write the page of four galaxies."""
    folder = tmp_path_factory.mktemp("page")
    data, pictures = galaxies(looked.galaxies(folder), looked.NAMES)
    page = folder / "results" / "mine" / "atlas" / "spirals.html"
    write_page(
        page,
        title="spirals",
        opening="Galaxies.",
        data=data,
        sprite=sprite(pictures),
        program=program("spirals"),
        provenance={},
    )
    return page


def opacity(page, kind: str) -> float:
    """Return how strongly a map is blended in."""
    return float(
        page.locator(f'canvas[data-map="{kind}"]').evaluate("c => c.style.opacity")
    )


def test_maps_are_blended_in_one_by_one(opened_page, path):
    """Each by its own slider, also with keys; the address brings it back."""
    page = opened_page(path)
    assert page.locator("h2").inner_text() == f"Galaxy {FIRST}"
    assert opacity(page, "spiral") == opacity(page, "bar") == 0.8
    page.locator("#blend-spiral").fill("35")
    page.locator("#blend-bar").press("Home")
    assert (opacity(page, "spiral"), opacity(page, "bar")) == (0.35, 0)
    assert "spiral=35" in page.url
    assert opacity(opened_page(path, state="#spiral=35"), "spiral") == 0.35


def test_shares_under_the_pointer(opened_page, path):
    """The bar is in the middle, the one pixel of arms in the north-western corner."""
    page = opened_page(path)
    box = page.locator('canvas[data-map="bar"]').bounding_box()
    readout = page.locator("article .readout").first
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert readout.inner_text().endswith("arms here: 0.00, bar here: 0.90")
    page.mouse.move(box["x"] + box["width"] - 3, box["y"] + 3)
    assert readout.inner_text().endswith("arms here: 0.60, bar here: 0.00")


def test_layers(opened_page, path):
    """Drawings and measures come and go; what there is not is not offered."""
    page = opened_page(path)
    assert page.locator('[data-layer="drawn_spiral"]').count() == 0
    page.get_by_label("volunteers' arms (3 were asked)").check()
    assert page.locator('[data-layer="drawn_spiral"]').count() == 1
    assert page.get_by_label("volunteers' bars").count() == 0
    assert page.locator('[data-layer="bar"]').count() == 1
    page.get_by_label("bar as measured").uncheck()
    assert page.locator('[data-layer="bar"]').count() == 0
    assert page.locator('[data-layer="drawn_spiral"]').count() == 1


def test_measures_truth_and_votes_in_words(opened_page, path):
    """Reasons where there is no number; names keep all their digits."""
    page = opened_page(path)
    text = page.locator("article").inner_text()
    assert "none: " in text
    assert "true: 15" in text
    assert f"maps/{FIRST}.fits" in text
    assert "smooth or featured asked with probability 1" in text
    page.get_by_role("listbox").press("ArrowDown")
    assert page.locator("h2").inner_text() == f"Galaxy {SECOND}"
    assert "true: " not in page.locator("article").inner_text()


def test_a_galaxy_without_a_picture_says_why(opened_page, path):
    """On a banner, as text; on a telephone nothing is wider than the screen."""
    page = opened_page(path, 390, "#id=spoilt")
    assert looked.REASON in page.locator("article .banner").inner_text()
    assert page.locator("article canvas").count() == 0
    page.get_by_role("listbox").press("Home")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
