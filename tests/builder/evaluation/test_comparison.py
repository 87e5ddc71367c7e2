"""Comparison with the published catalogue."""

import numpy as np
import pandas as pd
import pytest
from scipy import integrate
from skyloom.builder.evaluation.comparison import (
    chisq_of_both,
    compare_chisq,
    compare_published,
    repaired_published,
)
from skyloom.builder.fitting.flux import boxy_area
from skyloom.builder.fitting.render import render
from skyloom.builder.images.cutout import make_cutout
from skyloom.builder.model import Model, Sersic, replace


def published():
    """Return two rows in the published form: with a diamond bar, and without."""
    columns = {
        "dr7objid": [1, 2],
        "galaxy_builder_id": [20, 10],
        "chisq": [1.1, 1.2],
        "pogson_magnitude": [17.5, 17.5],
        "flux": [100.0, 100.0],
        "disk_Re": [30.0, 20.0],
        "bulge_Re_err": [0.05, 0.05],
        "bar_Re_err": [0.05, np.nan],
        "bar_c": [1.0, np.nan],
        "bulge_fraction": [0.1, 0.2],
        "bar_fraction": [0.2, np.nan],
        "spiral_fraction": [0.3, np.nan],
        "n_spirals": [2.0, 0.0],
    }
    return pd.DataFrame(columns)


@pytest.mark.parametrize("c", [1.0, 2.0, 3.3, 6.0])
def test_boxy_area_is_the_area_ratio(c):
    """R_c is the area of the ellipse over that of the boxy shape."""
    area, _ = integrate.quad(lambda x: 4 * (1 - x**c) ** (1 / c), 0, 1)
    assert boxy_area(c) == pytest.approx(np.pi / area, rel=1e-7)


def test_bar_light_is_that_rendered():
    """With c = 1 the rendered bar is 0.64 of the catalogued one; the rest stands."""
    row = repaired_published(published(), {20: 2.0}).iloc[0]
    bar = 20 * 2 / np.pi
    assert row["flux_nmgy"] == pytest.approx(2 * (80 + bar))
    assert row["bar_fraction"] == pytest.approx(bar / (80 + bar))
    assert row["bulge_fraction"] == pytest.approx(10 / (80 + bar))
    assert row["spiral_fraction"] == pytest.approx(30 / (80 + bar))
    assert row["mag"] == pytest.approx(22.5 - 2.5 * np.log10(row["flux_nmgy"]))


def test_lengths_become_arcsec():
    """Pixels of SDSS."""
    table = repaired_published(published())
    assert table["disk_Re_arcsec"].tolist() == pytest.approx([30 * 0.396, 20 * 0.396])
    assert table["disk_Re"].tolist() == [30, 20]


def test_what_cannot_be_repaired_is_missing():
    """No multiplier, no magnitude; the copied errors are gone."""
    table = repaired_published(published(), {20: 2.0})
    assert np.isnan(table["mag"][1])
    assert not {"bulge_Re_err", "bar_Re_err", "pogson_magnitude"} & set(table)
    assert table["subject_id"].tolist() == [20, 10]


def test_comparison_is_ours_less_published():
    """Offsets have the sign of ours, and subjects are matched by id."""
    theirs = pd.concat([published()] * 3, ignore_index=True)
    theirs["galaxy_builder_id"] = range(6)
    ours = pd.DataFrame(
        {
            "subject_id": [5, 4, 3, 2, 1, 77],
            "Re": [21.0, 31, 21, 31, 21, 5],
            "bulge_fraction": 0.1,
            "bar_fraction": [np.nan, 0.2, np.nan, np.nan, 0.2, 0.2],
            "spiral_fraction": 0.0,
        }
    )
    tree = compare_published(ours, repaired_published(theirs), {"Re": "disk_Re"})
    assert tree["n"] == 5
    assert tree["parameters"]["Re"]["median"] == pytest.approx(1)
    bar = tree["presence"]["bar"]
    assert (bar["both"], bar["first_only"], bar["second_only"]) == (1, 1, 1)
    assert tree["presence"]["spiral"]["second_only"] == 0


def test_same_column_name_on_both_sides():
    """A column of one name compares ours with theirs, not with itself."""
    theirs = pd.concat([published()] * 2, ignore_index=True)
    theirs["galaxy_builder_id"] = range(4)
    ours = repaired_published(theirs).assign(disk_Re=lambda t: t["disk_Re"] + 3)
    tree = compare_published(ours, repaired_published(theirs), {"disk_Re": "disk_Re"})
    assert tree["parameters"]["disk_Re"]["median"] == pytest.approx(3)


def test_a_subject_published_twice_counts_twice():
    fractions = ("bulge_fraction", "bar_fraction", "spiral_fraction")
    share = dict.fromkeys(fractions, 0.1)
    theirs = pd.DataFrame({"subject_id": [10, 20, 20], "Re": [1.0, 2.0, 3.0], **share})
    ours = pd.DataFrame({"subject_id": [20, 10], "Re": [2.5, 1.5], **share})
    tree = compare_published(ours, theirs, {"Re": "Re"})
    assert tree["n"] == tree["parameters"]["Re"]["n"] == 3
    assert tree["parameters"]["Re"]["median"] == pytest.approx(0.5)


SHAPE = (40, 44)
DISK = Sersic(21.0, 19.0, 0.4, 0.6, 6.0, 1.0)
PSF = np.array([[0.0, 0.1, 0.0], [0.1, 0.5, 0.3], [0.0, 0.0, 0.0]])


def seen(model, psf=PSF, noise=0.05):
    """Return a cutout of a model, with a corner that is bad."""
    image = render(model, SHAPE, psf)
    image += np.random.default_rng(4).normal(0, noise, SHAPE)
    mask = np.zeros(SHAPE, bool)
    mask[:5, :5], image[:5, :5] = True, 1e3
    sigma = np.full(SHAPE, noise)
    return make_cutout(
        "x", 7, image=image, mask=mask, psf=PSF, sigma=sigma, multiplier=1.0
    )


def test_both_fits_see_the_same_pixels():
    """The same model has the same chi2, near one, for ours and published."""
    both = chisq_of_both(Model(DISK), Model(DISK), seen(Model(DISK)))
    assert both["ours"] == pytest.approx(1, abs=0.1)
    assert both["published"] == pytest.approx(both["ours"], rel=1e-3)


def test_the_worse_fit_has_the_higher_chisq():
    wide = Model(replace(DISK, Re=8.0))
    cutout = seen(Model(DISK))
    assert chisq_of_both(wide, Model(DISK), cutout)["ours"] > 2
    assert chisq_of_both(Model(DISK), wide, cutout)["published"] > 2


def test_brightness_and_flipped_psf_of_the_published_fit_are_forgiven():
    """Ours has no such excuse."""
    dim = Model(replace(DISK, I=0.5))
    flipped = seen(Model(DISK), PSF[::-1, ::-1], noise=0.01)
    for cutout in (seen(Model(DISK)), flipped):
        both = chisq_of_both(dim, dim, cutout)
        assert both["published"] == pytest.approx(1, abs=0.1)
        assert both["ours"] > 3


def test_a_published_fit_without_light_here_has_a_chisq():
    """One that lies off the image leaves all of it."""
    far = Model(replace(DISK, mux=1e5))
    both = chisq_of_both(Model(DISK), far, seen(Model(DISK)))
    assert both["published"] > 10


def test_share_of_fits_that_are_no_worse():
    """Equal counts as no worse; the interval is that of a share."""
    pairs = [(1.0, 1.1)] * 8 + [(1.2, 1.2), (1.3, 1.2)]
    tree = compare_chisq([{"ours": a, "published": b} for a, b in pairs])
    share = tree["no_worse"]
    assert (tree["n"], share["k"], share["value"]) == (10, 9, 0.9)
    assert share["low"] < 0.9 < share["high"] < 1
    assert tree["ratio"]["q50"] == pytest.approx(1 / 1.1)
    nothing = compare_chisq([])
    assert (nothing["n"], nothing["ratio"]) == (0, None)
    assert nothing["no_worse"]["value"] is None
