"""The page of clusters and tiles, in a browser."""

from __future__ import annotations

import re

import numpy as np
import pytest
import small_tiles
from skyloom.atlas.page import program, write_page
from skyloom.atlas.sprites import sprite
from skyloom.clusters.evaluation.judge import Rule
from skyloom.clusters.tasks import atlas
from skyloom.io.documents import write_json


def write(page, data, pictures=()):
    """Write a page of some data."""
    empty = {"survey": None, "real_field": None, "matches": None}
    write_page(
        page,
        title="clusters",
        opening="Clusters.",
        data=empty | data,
        sprite=sprite(pictures, atlas.MOST_SIDE),
        program=program("clusters"),
        provenance={},
    )
    return page


@pytest.fixture(scope="module")
def survey(tmp_path_factory):
    """Return what a page shows of two small tiles, and a folder for pages."""
    folder = tmp_path_factory.mktemp("page")
    files = small_tiles.survey(folder)
    data, pictures = atlas.survey(files, small_tiles.NAMES, Rule())
    return data, pictures, files, folder / "results" / "mine" / "atlas"


@pytest.fixture(scope="module")
def path(survey):
    """Write the page of two tiles."""
    data, pictures, _, folder = survey
    return write(folder / "clusters.html", {"survey": data}, pictures)


def test_position_under_the_pointer(opened_page, path):
    """RA, Dec and the probability of the cell: those of the place of a cluster."""
    page = opened_page(path, state="#view=tiles")
    field = page.locator("article svg").first
    width = field.bounding_box()["width"]
    ny, nx = small_tiles.SHAPE
    x, y = small_tiles.PLACES["sim0000"][1]
    across, up = x + 0.5, (nx - ny) / 2 + y + 0.5
    place = {"x": across * width / nx, "y": width * (1 - up / nx)}
    field.hover(position=place)
    text = page.locator("article .readout").first.inner_text()
    ra, dec = map(float, re.findall(r"-?\d+\.\d+(?=°)", text))
    wanted = small_tiles.wcs_of("sim0000").all_pix2world(x, y, 0)
    assert np.hypot((ra - wanted[0]) * 0.98, dec - wanted[1]) * 3600 < 2 * 2.0
    assert text.endswith("probability of a member 0.8")


def test_threshold_tells_the_rates(opened_page, path):
    """At the run's own those of the evaluation; elsewhere those of another cut."""
    page = opened_page(path)
    words = page.locator('output[for="above"]')
    own = small_tiles.judged()["completeness"]["k"]
    assert (
        f"0.62 on, the run's threshold: completeness {own / 10}" in words.inner_text()
    )
    dashed = page.locator('circle[data-layer="catalogue"][stroke-dasharray]')
    assert dashed.count() == 1
    page.locator("#above").press("Home")
    assert words.inner_text().startswith("Probability from 0.05 on: completeness 1 ")
    assert dashed.count() == 0
    assert "above=0.05" in page.url
    page.get_by_role("button", name="The run's threshold").click()
    assert "the run's threshold" in words.inner_text()
    assert "above" not in page.url


def test_layers_and_probability(opened_page, path):
    """Each finder's detections are asked for; the map is blended in."""
    page = opened_page(path, state="#view=tiles")
    for name, n in (("encoder", 2), ("matched_filter", 2), ("density", 2)):
        assert page.locator(f'[data-layer="{name}"]').count() == 0
        page.locator(f'[data-switch="{name}"]').check()
        assert page.locator(f'svg [data-layer="{name}"]').count() == n
    assert page.locator('[data-layer="truth"]').count() == 2
    page.locator('[data-switch="truth"]').uncheck()
    assert page.locator('[data-layer="truth"]').count() == 0
    page.locator("#blend").fill("45")
    made = page.locator('canvas[data-layer="probability"]')
    assert made.evaluate("one => one.style.opacity") == "0.45"
    assert "blend=45" in page.url


def test_a_tile_leads_to_its_clusters_and_back(opened_page, path, survey):
    """Identifiers keep their digits; members, files and flags of a cluster."""
    page = opened_page(path, state="#view=tiles&id=sim0001")
    (mine,) = [one for one in survey[0]["objects"] if one["at"][0][0] == 1]
    page.get_by_role("button", name=mine["id"]).click()
    assert page.locator("h2").inner_text() == f"Cluster {mine['id']}"
    first = survey[0]["objects"][0]
    page.get_by_role("listbox").press("Home")
    assert page.locator("h2").inner_text() == f"Cluster {first['id']}"
    assert page.locator('[data-layer="members"]').count() == atlas.MOST_MEMBERS
    assert "Its 30 most probable of 40 members" in page.locator("article").inner_text()
    page.locator("#where").fill("LAMBDA < 20 and encoder")
    assert page.locator("[role=option]").count() == 1
    page.get_by_role("listbox").press("Home")
    assert atlas.FLAGS[4] in page.locator("article .banner").inner_text()
    page.get_by_role("button", name="sim0000").click()
    assert page.locator("h2").inner_text() == "Tile sim0000"


def test_it_fits_a_telephone(opened_page, path):
    """Nothing is wider than the screen in any view."""
    for view in ("clusters", "tiles", "threshold"):
        page = opened_page(path, 390, f"#view={view}")
        assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_real_field_and_two_lists(opened_page, survey):
    """Views of what a run has, and of nothing else; rates with their counts."""
    _, _, files, folder = survey
    above = {"value": 2.0, "low": 1.0, "high": 3.0}
    report = {"area": 100.0, "clusters": {"threshold": 0.9, "above_chance": above}}
    write_json(folder / "report.json", report)
    real = atlas.real_field(
        files["catalogue"], files["members"], folder / "report.json"
    )
    share = {"k": 3, "n": 4, "value": 0.75, "low": 0.3, "high": 0.97}
    pair = {"Z_A": [0.3, 0.5], "Z_B": [0.31, 0.5], "LAMBDA_A": [20, 30]}
    lists = pair | {"LAMBDA_B": [None, None], "pairs": 2, "area": 9.5}
    lists |= {"redshifts": {"low": 0.2, "high": 0.7}, "warnings": ["<b>few</b>"]}
    lists |= {"rates": {"a": {"all": share}, "b": {"all": share}}}
    data = {"real_field": real, "matches": lists}
    page = opened_page(write(folder / "real.html", data))
    assert page.locator("[role=tab]").all_inner_texts() == ["Real field", "Two lists"]
    assert page.locator("[role=option]").count() == 3
    page.get_by_role("tab", name="Two lists").click()
    text = page.locator("main").inner_text()
    assert "<b>few</b>" in text
    assert "3 of 4" in text
    assert page.locator("main svg").count() == 1


def test_a_run_without_anything_says_so(opened_page, survey):
    """In words."""
    page = opened_page(write(survey[3] / "nothing.html", {}))
    assert "nothing to look at" in page.locator("main").inner_text()
