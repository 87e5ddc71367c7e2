"""The page of galaxies, of two that were fitted and one that was not."""

from __future__ import annotations

import invented_galaxy as invented
import numpy as np
import pytest
from skyloom.atlas.page import program, write_page
from skyloom.atlas.sprites import sprite
from skyloom.builder.images.cutout_files import write_no_cutout
from skyloom.builder.products.catalogue import catalogue
from skyloom.builder.tasks.atlas import FIELDS, galaxies
from skyloom.io.documents import write_json
from skyloom.run.provenance import Recipe

FITS = {
    7: invented.chosen(),
    8: invented.chosen(chisq=40.0, status="max_evaluations"),
    9: invented.failed("no PSF") | {"components": [], "arms": []},
}


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """Return the data and pictures of the three galaxies."""
    folder = tmp_path_factory.mktemp("galaxies")
    paths = {
        number: invented.fitted_files(folder, number, FITS[min(number, 8)])
        for number in FITS
    }
    record = Recipe({}, "c").record()
    write_no_cutout(paths[9]["cutouts"], folder / "x.fits", 9, "no PSF", record)
    write_json(paths[9]["models"], FITS[9])
    rows = [invented.subject(i, fit=fit) for i, fit in FITS.items()]
    kinds = paths[7]
    files = {kind: {i: paths[i][kind] for i in FITS} for kind in kinds}
    return catalogue(rows), *galaxies(catalogue(rows), files)


@pytest.fixture
def path(shown, tmp_path):
    """Write the page."""
    _, data, pictures = shown
    page = tmp_path / "results" / "demo" / "atlas" / "builder.html"
    about = {"title": "builder", "opening": "Galaxies.", "provenance": {}}
    pages = sprite(pictures)
    write_page(page, data=data, sprite=pages, program=program("builder"), **about)
    return page


def test_values_are_those_of_the_catalogue(shown):
    """Four digits of each, with its error; what is not known is null."""
    table, data, _ = shown
    assert [one["id"] for one in data["objects"]] == ["7", "8", "9"]
    for row, one in zip(table, data["objects"], strict=True):
        for name in FIELDS:
            value = one["values"][name]
            if value is None:
                assert not np.isfinite(row[name])
            else:
                assert value == pytest.approx(row[name], rel=1e-3)
        assert set(one["errors"]) <= set(FIELDS)
    assert data["objects"][0]["errors"]["mag"] > 0


def test_a_failed_galaxy_has_its_reason_and_no_pictures(shown):
    """And a flag; the others have three pictures each."""
    _, data, pictures = shown
    failed = data["objects"][2]
    assert [failed[kind] for kind in ("image", "model", "residual")] == [None] * 3
    assert failed["flags"]
    assert "no PSF" in failed["reason"]
    assert len(pictures) == 6


def test_flagged_ones_are_those_that_spoil_a_quantity(shown):
    """A poor fit does, a noise image of our own does not by itself."""
    _, data, _ = shown
    assert any("reduced chi2" in flag for flag in data["objects"][1]["flags"])


def test_layers_are_switched_and_the_address_has_them(opened_page, path):
    """Drawings of volunteers, the crowd's model and the fitted one, each by itself."""
    page = opened_page(path)
    outlines = page.locator("article svg ellipse, article svg polyline")
    every = outlines.count()
    page.get_by_label("volunteers' drawings").uncheck()
    without = outlines.count()
    assert 0 < without < every
    assert "hide=drawn" in page.evaluate("location.hash")
    again = opened_page(path, state=page.evaluate("location.hash"))
    assert again.locator("article svg ellipse, article svg polyline").count() == without


def test_an_outline_lies_where_the_galaxy_is(opened_page, path):
    """The fitted disk: its centre in the picture, counted from below."""
    page = opened_page(path)
    disk = page.locator('article svg ellipse[stroke-width="2.2"]').first
    ny = invented.SHAPE[0]
    assert float(disk.get_attribute("cx")) == pytest.approx(invented.DISK.mux)
    assert float(disk.get_attribute("cy")) == pytest.approx(ny - 1 - invented.DISK.muy)
    assert float(disk.get_attribute("ry")) == pytest.approx(invented.DISK.Re)


def test_keys_lead_from_galaxy_to_galaxy(opened_page, path):
    """The failed one says why, before all else."""
    page = opened_page(path)
    page.focus("[role=listbox]")
    page.keyboard.press("End")
    assert page.locator("article h2").inner_text() == "Subject 9"
    assert "no PSF" in page.locator("article").inner_text()
    assert page.locator("article .banner").is_visible()
