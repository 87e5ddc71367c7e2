"""The page of the maps of spectra and galaxies, in a browser; of small products."""

from __future__ import annotations

import re

import pytest
import spectra_products as products
from skyloom.atlas.page import program, write_page
from skyloom.atlas.sprites import sprite
from skyloom.spectra.tasks.atlas import page as page_of


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Write the page; return its path and its data."""
    folder = tmp_path_factory.mktemp("results")
    data, pictures = page_of(products.trained(folder), own=True)
    path = folder / "mine" / "atlas" / "spectra.html"
    words = {"title": "spectra: maps", "opening": "Maps.", "provenance": {}}
    shown = sprite(pictures, most=64)
    write_page(path, data=data, sprite=shown, program=program("spectra"), **words)
    return path, data


@pytest.fixture
def opened(opened_page, written):
    """Return a function that opens the page at a part of its address."""
    return lambda state="", width=1280: opened_page(written[0], width, state)


def heading(page) -> str:
    return page.locator("article h2").inner_text()


def test_a_unit_is_looked_at_and_kept(opened):
    """What the pointer is on is shown and let go again; a click keeps it."""
    page = opened("#unit=3")
    assert heading(page) == "Unit 3 (row 0, column 3)"
    page.hover('[data-unit="8"]')
    assert heading(page) == "Unit 8 (row 1, column 2)"
    page.hover("h1")
    assert heading(page) == "Unit 3 (row 0, column 3)"
    page.click('[data-unit="8"]')
    page.hover("h1")
    assert heading(page) == "Unit 8 (row 1, column 2)"
    assert "unit=8" in page.evaluate("location.hash")
    assert page.locator(".unit.chosen").get_attribute("data-unit") == "8"


def test_row_0_is_at_the_bottom(opened):
    """As in the figures; the arrow key that points up goes to the next row."""
    page = opened("#unit=3")
    low, high = (
        page.locator(f'[data-unit="{unit}"]').bounding_box() for unit in (0, 24)
    )
    assert low["y"] > high["y"]
    page.focus('[data-unit="3"]')
    page.keyboard.press("ArrowUp")
    assert heading(page) == "Unit 9 (row 1, column 3)"
    page.keyboard.press("Enter")
    assert "unit=9" in page.evaluate("location.hash")


def test_colours_are_of_the_chosen_quantity(opened, written):
    """With its name, its unit and the values of both ends."""
    page, planes = opened("#unit=3"), written[1]["map"]["planes"]
    k = next(i for i, one in enumerate(planes) if one["unit"] == "mag")
    page.select_option("#colour", str(k))
    assert f"colour={k}" in page.evaluate("location.hash")
    label = page.locator('[data-unit="3"]').get_attribute("aria-label")
    assert re.fullmatch(r"unit 3 .*: E\(B-V\) of the stars 0\.\d+ mag", label)
    plane = written[1]["map"]["planes"][k]
    ends = page.locator(".beside .readout").first.inner_text().split()
    assert [float(end) for end in ends] == pytest.approx(plane["limits"], rel=0.01)


def test_labels_galaxies_and_spectra_of_a_unit_are_as_in_the_data(opened, written):
    """Medians in a table with bars, the galaxies as buttons, a plot a spectrum."""
    tree = written[1]["map"]
    unit = max(range(30), key=lambda i: tree["count"][i])
    page = opened(f"#unit={unit}")
    row = page.locator("article table").first.locator("tbody tr").first
    assert float(row.locator("td").first.inner_text()) == pytest.approx(
        tree["labels"][0]["median"][unit], rel=0.01
    )
    assert row.locator("svg[role=img]").count() == 1
    assert f"{tree['count'][unit]} galaxies have spectra here" in page.content()
    listed = page.locator("article button").all_inner_texts()
    assert listed[0].startswith(tree["members"][unit][0][0])
    assert len([text for text in listed if "%" in text]) == len(tree["members"][unit])
    # The prototype, and each spectrum with it.
    plots = page.locator('article svg[aria-label*="rototype"]')
    assert plots.count() == 1 + len(tree["spectra"][unit])
    page.hover('article svg[aria-label^="Prototype"]')
    readout = page.locator("article .readout").first.inner_text()
    assert readout.startswith("wavelength at rest, in vacuum [Å] 6")


def test_a_galaxy_of_a_unit_leads_to_its_fingerprint_and_back(opened, written):
    """From the map of spectra to a galaxy, and from a part of its fingerprint back."""
    tree = written[1]["map"]
    page = opened("#unit=3")
    name = tree["members"][3][0][0]
    page.locator("article button").first.click()
    assert heading(page) == f"Galaxy {name}"
    assert products.MANGA in page.locator("article").inner_text()
    prints = page.locator("article svg[role=grid]")
    assert prints.count() == 2
    label = prints.first.locator('[data-unit="3"]').get_attribute("aria-label")
    share = float(re.search(r"([\d.]+) %", label)[1])
    assert share == pytest.approx(100 * tree["members"][3][0][1], rel=0.02)
    prints.first.locator('[data-unit="3"]').click()
    assert heading(page) == "Unit 3 (row 0, column 3)"


def test_a_unit_of_the_map_of_galaxies_shows_its_galaxies(opened, written):
    """Those alone, until all are asked for; the eight most similar lead on."""
    objects = written[1]["galaxies"]["objects"]
    unit = objects[0]["values"]["bmu2"]
    page = opened("#view=galaxies")
    page.locator(f'.beside [data-unit="{unit}"]').first.click()
    mine = [one["id"] for one in objects if one["values"]["bmu2"] == unit]
    assert page.locator(".option strong").all_inner_texts() == mine
    assert page.input_value("#where") == f"bmu2 = {unit}"
    like = page.locator("article .tile")
    assert like.count() == 8
    name = like.first.get_attribute("aria-label").removeprefix("Go to ")
    like.first.click()
    assert heading(page) == f"Galaxy {name}"
    page.get_by_text("all galaxies").click()
    assert f"{len(objects)} of {len(objects)} galaxies" in page.content()


def test_what_is_flagged_has_a_banner(opened):
    """A galaxy without spectra, a rejected and an unusual spectrum."""
    page = opened()
    for view, name, words in (
        ("galaxies", "8999-1901", "it has no spectra"),
        ("placed", "mycube:5", "rejected: no good pixel"),
        ("placed", "mycube:3", "99 % of the training"),
    ):
        page.evaluate(f"Atlas.state.set({{ view: '{view}', id: '{name}' }})")
        assert words in page.locator("article .banner").first.inner_text()


def test_placed_spectra_lead_to_their_units(opened):
    """And the unit back to those that lie there; the picture is that of the file."""
    page = opened("#view=placed&id=mycube:7")
    text = page.locator("article").inner_text()
    assert "spaxel in column 7, row 0" in text
    assert "1.08 to 1.38" in text
    assert page.evaluate("document.querySelector('article img').naturalWidth") > 100
    page.get_by_text("this unit on the map").click()
    assert heading(page) == "Unit 7 (row 1, column 1)"
    page.get_by_text("placed spectra lie here").click()
    assert page.locator(".option strong").all_inner_texts() == ["mycube:7", "mycube:37"]
    page.locator("#tab-galaxies").click()
    assert page.input_value("#where") == ""


def test_a_map_of_a_cube_reads_out_and_leads_to_units(opened):
    """Column, row, value and unit below the pointer; a click shows the unit."""
    page = opened("#view=placed&id=mycube:7")
    canvas = page.locator("article canvas")
    page.select_option("#cube", "1")
    assert "cube=1" in page.evaluate("location.hash")
    assert canvas.get_attribute("aria-label").startswith("Map of the cube: novelty")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    # Column 2 of 8 in row 1 of 5, which are counted from below.
    at = {"x": box["width"] * 2.5 / 8, "y": box["height"] * 3.5 / 5}
    canvas.hover(position=at)
    readout = page.locator("article canvas ~ .readout").last.inner_text()
    assert readout == "Column 2, row 1: 1.26 %, unit 10"
    canvas.hover(position={"x": box["width"] * 5.5 / 8, "y": box["height"] * 0.95})
    readout = page.locator("article canvas ~ .readout").last.inner_text()
    assert readout == "Column 5, row 0: nothing placed"
    canvas.click(position=at)
    assert heading(page) == "Unit 10 (row 1, column 4)"


def test_each_view_names_its_files(opened):
    """And the command that makes them again."""
    page = opened()
    for view, file in (
        ("spectra", "nodes.fits"),
        ("galaxies", "/mine/spectra/fingerprints/0.npy"),
        ("placed", "/mine/spectra/placed/mycube.fits"),
    ):
        page.evaluate(f"Atlas.state.set({{ view: '{view}' }})")
        source = page.locator(".source").inner_text()
        assert re.search(f"--force .*{file}", source)


@pytest.mark.parametrize("width", [1280, 390])
def test_all_views_fit_the_screen_and_have_names(opened, width):
    """Neither wider than it, nor with a nameless thing to press."""
    page = opened(width=width)
    for view in ("spectra", "galaxies", "placed"):
        page.evaluate(f"Atlas.state.set({{ view: '{view}' }})")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        nameless = page.evaluate("""[...document.querySelectorAll(
            'button, input, select, img, svg[role], [role=img]')].filter((one) =>
            !(one.getAttribute('aria-label') || one.alt || one.innerText
              || (one.labels || []).length)).length""")
        assert nameless == 0
