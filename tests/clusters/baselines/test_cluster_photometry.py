"""A survey's catalogue of a simulated field."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import Table
from skyloom.clusters.bands import flux
from skyloom.clusters.baselines.photometry import (
    SurveyDepth,
    classified,
    flux_errors,
    magnitudes,
    observed,
    unit_vectors,
)

RNG = np.random.default_rng
DES = SurveyDepth((24.7, 24.4, 23.8, 23.1), (1.11, 0.95, 0.88, 0.83))


def sources(i_mag, hlr):
    """Return sources with flat colours."""
    n = len(i_mag)
    table = Table({"RA": np.arange(n), "DEC": np.full(n, -5.0)})
    table["HLR"] = hlr
    for band in "GRIZ":
        table[f"FLUX_{band}"] = flux(i_mag)
    return table


def test_errors_are_those_of_the_depth():
    """A source as wide as the aperture's noise area has S/N 10 at the depth."""
    # 4 pi sigma^2 = pi (0.975)^2 needs sigma = 0.4875".
    own = np.sqrt(0.4875**2 - (0.88 / 2.3548) ** 2) * 1.17741
    error = flux_errors(flux(np.full((1, 4), 23.8)), np.array([own]), DES)
    floor = 0.01 * np.log(10) / 2.5
    wanted = np.hypot(0.1, floor)
    assert error[0, 2] / flux(23.8) == pytest.approx(wanted, rel=1e-3)


def test_scatter_is_the_stated_error():
    """Measured magnitudes over many sources scatter by MAG_ERR."""
    found = observed(sources(np.full(4000, 22.0), np.full(4000, 0.4)), RNG(1), DES)
    assert len(found) == 4000
    pull = (found["MAG"] - 22.0) / found["MAG_ERR"]
    np.testing.assert_allclose(np.std(pull, axis=0), 1.0, atol=0.06)


def test_large_sources_are_measured_worse():
    """The sky under a source grows with it."""
    errors = flux_errors(np.full((2, 4), 1e3), np.array([0.1, 2.0]), DES)
    assert np.all(errors[1] > 2 * errors[0])


def test_faint_sources_are_lost():
    """Above the cut all, well below it none, and rows point to the truth."""
    i_mag = np.repeat([20.0, 27.0], 200)
    found = observed(sources(i_mag, np.full(400, 0.4)), RNG(2), DES)
    assert found["ROW"].tolist() == list(range(200))
    assert found["RA"].tolist() == list(range(200))


def test_stars_and_galaxies_are_told_apart_until_they_are_faint():
    """Bright: hardly a mistake. Faint: many."""
    depth, n = DES, 4000
    for snr, least, most in ((100.0, 0.0, 0.005), (9.0, 0.1, 0.4)):
        wrong = classified(np.zeros(n), np.full(n, snr), RNG(3), depth).mean()
        assert least <= wrong <= most
        right = classified(np.full(n, 0.5), np.full(n, snr), RNG(4), depth).mean()
        assert right > 0.95


def test_no_light_has_the_magnitude_of_its_error():
    """A negative flux is an upper limit with an error of one magnitude."""
    mag, err = magnitudes(np.array([-5.0, 100.0]), np.array([10.0, 10.0]))
    assert mag[0] == pytest.approx(30 - 2.5)
    np.testing.assert_allclose(err, [1.0857, 0.10857], rtol=1e-4)


def test_an_empty_field_gives_an_empty_catalogue():
    """Nothing to detect is no error."""
    assert len(observed(sources(np.zeros(0), np.zeros(0)), RNG(5), DES)) == 0


def test_same_seed_same_catalogue():
    """And another seed another one."""
    table = sources(np.full(50, 22.0), np.full(50, 0.4))
    first, again, other = (observed(table, RNG(k), DES) for k in (1, 1, 2))
    assert np.array_equal(first["MAG"], again["MAG"])
    assert not np.array_equal(first["MAG"], other["MAG"])


def test_directions_are_unit_vectors():
    """RA 90, Dec 0 is the y axis; RA 0, Dec -90 the south pole."""
    vectors = unit_vectors([90.0, 0.0], [0.0, -90.0])
    np.testing.assert_allclose(vectors, [[0, 1, 0], [0, 0, -1]], atol=1e-12)
