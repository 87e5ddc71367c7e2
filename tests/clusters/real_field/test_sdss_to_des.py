"""SDSS magnitudes as DES magnitudes."""

from __future__ import annotations

import numpy as np
import pytest
from invented_galaxies import rows, write
from skyloom.clusters.real_field.sdss import (
    _fit,
    _log_prior,
    magnitudes,
    read_galaxies,
    read_transform,
    to_des,
)
from skyloom.io.errors import InputError
from skyloom.sky.cosmology import COSMOLOGY

ERROR = 0.05


def test_blue_galaxies_change_as_stars_do(transform):
    """DES DR2's relations of stars (Abbott et al. 2021, appendix), within 0.06 mag."""
    g_i, r_i = np.array([0.6, 0.8, 1.0]), np.array([0.15, 0.2, 0.27])
    published = np.stack(
        [
            -0.061 * g_i + 0.008,
            -0.155 * r_i - 0.007,
            -0.166 * r_i + 0.032,
            -0.056 * r_i + 0.027,
        ],
        axis=-1,
    )
    i = np.full(3, 19.0)
    sdss = np.stack([i + g_i + 1, i + g_i, i + r_i, i, i - 0.4 * r_i], axis=-1)
    change, _ = transform(sdss, np.full_like(sdss, ERROR))
    np.testing.assert_allclose(change, published, atol=0.06)


def test_a_red_galaxy_made_of_a_spectrum(transform):
    """CWW's E at z = 0.3 through both surveys' curves (speclite 1.0.0)."""
    sdss = np.array([[17.2122, 15.2348, 13.5467, 12.9729, 12.6113]]) + 4.5
    des = np.array([15.0404, 13.4174, 12.8819, 12.5521]) + 4.5
    change, _ = transform(sdss, np.full((1, 5), 0.02))
    np.testing.assert_allclose((sdss[:, 1:] + change)[0], des, atol=0.03)


def test_the_red_sequence_is_not_bent(transform):
    """Bright early types, z = 0.1 to 0.6: colours within 0.035 of the curves' own."""
    rows = slice(4, 30)
    distance = COSMOLOGY.distmod(transform.z[rows]).value
    bright = transform.sdss[rows] - 22.0 + distance[:, None]
    mag = np.insert(bright, 0, bright[:, 0] + 1.5, axis=1)
    found, _ = transform(mag, np.full_like(mag, 0.03))
    away = np.diff(found - transform.change[rows], axis=1)
    assert np.abs(away).max() < 0.035


def test_what_is_uncertain_says_so(transform):
    """The less is known of the colours, the less of the change."""
    mag = np.full((2, 5), 20.0)
    err = np.stack([np.full(5, 0.02), np.full(5, 30.0)])
    change, scatter = transform(mag, err)
    assert np.all(scatter[0] < scatter[1])
    assert np.all(np.abs(change) < 0.5)


def test_luminosity_tells_near_from_far(transform):
    """Of equal colours a brighter galaxy is nearer, and its 4000 A break bluer."""
    colours = np.array([[21.0, 19.6, 18.3, 17.8, 17.5]])
    err = np.full((1, 5), 0.1)
    chances = []
    for mag in (colours - 2, colours + 2):
        _, brightness = _fit(mag[:, 1:], err[:, 1:], transform.sdss)
        prior = np.exp(_log_prior(brightness, transform.z))[0]
        chances.append(prior @ transform.z / prior.sum())
    assert chances[0] < chances[1]


def test_a_table_becomes_what_the_filter_wants(tmp_path, transform):
    """Four bands, errors with those of the transformation."""
    galaxies = read_galaxies([write(tmp_path / "all.fit", rows())])
    table = to_des(galaxies, transform)
    mag, err = magnitudes(galaxies)
    change, scatter = transform(mag, err)
    np.testing.assert_allclose(table["MAG"], mag[:, 1:] + change)
    np.testing.assert_allclose(table["MAG_ERR"], np.hypot(err[:, 1:], scatter))
    assert table["ID"].tolist() == galaxies["ID"].tolist()


def test_a_table_without_a_column_is_refused(tmp_path):
    for name in ("galaxies.csv", "galaxies_sdss.csv"):
        (tmp_path / name).write_text("type,z,k_g\nE,0.0,1.0\n")
    with pytest.raises(InputError, match="k_r"):
        read_transform(tmp_path)
