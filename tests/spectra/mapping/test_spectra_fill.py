"""Gaps of spectra: filled from the template that is nearest over good pixels."""

from __future__ import annotations

import numpy as np
from skyloom.spectra.mapping.fill import fill, filled
from skyloom.spectra.mapping.plain import plain_map, templates
from small_maps import spectra

LOT = np.random.default_rng(1)
TEMPLATES = LOT.normal(5, 1, (7, 40)).astype("f4")


def test_good_pixels_stay_and_bad_ones_are_those_of_the_nearest():
    kind = LOT.integers(0, 7, 60)
    flux = (TEMPLATES[kind] + LOT.normal(0, 0.1, (60, 40))).astype("f4")
    good = LOT.random((60, 40)) > 0.3
    spoilt = np.where(good, flux, np.nan)
    whole = fill(spoilt, good, TEMPLATES)
    assert whole.dtype == np.float32
    np.testing.assert_array_equal(whole[good], flux[good])
    np.testing.assert_array_equal(whole[~good], TEMPLATES[kind][~good])


def test_the_nearest_is_that_of_plain_arithmetic():
    flux = LOT.normal(5, 1, (30, 40)).astype("f4")
    good = LOT.random((30, 40)) > 0.5
    square = np.where(good[:, None], (flux[:, None] - TEMPLATES) ** 2, 0).sum(axis=2)
    best = TEMPLATES[square.argmin(axis=1)]
    np.testing.assert_array_equal(
        fill(flux, good, TEMPLATES), np.where(good, flux, best)
    )


def test_one_template_may_be_given():
    flux = np.ones((2, 40), "f4")
    good = np.ones((2, 40), bool)
    good[:, 3] = False
    whole = fill(flux, good, TEMPLATES[0])
    assert whole[:, 3].tolist() == [TEMPLATES[0, 3]] * 2


def test_a_plain_map_fills_better_than_the_mean():
    """The ends that the window cuts off are known of invented spectra."""
    seen, unseen = spectra(800, 1), spectra(200, 2)
    by = templates(seen, 1)
    cut = unseen.ivar.copy()
    cut[:, -200:] = 0
    lost = (unseen.ivar > 0) & (cut == 0)
    errors = [
        np.std((fill(unseen.flux, cut > 0, t) - unseen.flux)[lost])
        for t in (by, by.mean(axis=0))
    ]
    assert errors[0] < 0.3 * errors[1]


def test_same_draw_gives_the_same_map():
    some = spectra(100, 1)
    one, two = (plain_map(some, (3, 4), np.random.default_rng(5)) for _ in range(2))
    assert one.som.weights.tobytes() == two.som.weights.tobytes()
    assert one.kind == "som"
    assert len(np.concatenate(list(filled(some, one.som.prototypes)))) == 100
