"""SDSS magnitudes as DES magnitudes."""

from __future__ import annotations

import numpy as np
import pytest
from invented_galaxies import rows, write
from skyloom.clusters.real_field.sdss import magnitudes, read_galaxies
from skyloom.clusters.real_field.transform import SCATTER, corrections, to_des


def grid(g_i, r_i):
    """Return magnitudes with these colours."""
    i = np.full(np.size(g_i), 19.0)
    r, g = i + r_i, i + g_i
    return np.stack([g + 1.5, g, r, i, i - 0.4 * r_i], axis=-1)


def test_close_to_the_published_relations_of_stars():
    """DES DR2's, from stars, at colours that stars and galaxies share."""
    g_i, r_i = np.array([0.6, 1.0, 1.5]), np.array([0.15, 0.27, 0.42])
    published = np.stack(
        [
            -0.061 * g_i + 0.008,
            -0.155 * r_i - 0.007,
            -0.166 * r_i + 0.032,
            -0.056 * r_i + 0.027,
        ],
        axis=-1,
    )
    np.testing.assert_allclose(corrections(grid(g_i, r_i)), published, atol=0.05)


def test_a_red_galaxy_made_of_a_spectrum():
    """CWW's E at z = 0.3 through both surveys' curves (speclite 1.0.0)."""
    sdss = np.array([[17.2122, 15.2348, 13.5467, 12.9729, 12.6113]])
    des = np.array([15.0404, 13.4174, 12.8819, 12.5521])
    np.testing.assert_allclose((sdss[:, 1:] + corrections(sdss))[0], des, atol=0.04)


def test_noise_beyond_the_colours_of_galaxies_is_not_followed():
    """An r that is not there shifts r by no more than the reddest galaxy's."""
    wild = grid(np.array([9.0]), np.array([6.0]))
    assert np.abs(corrections(wild)).max() < 0.4


def test_a_table_becomes_what_the_filter_wants(tmp_path):
    """Four bands, errors with the scatter of the relation."""
    galaxies = read_galaxies(write(tmp_path / "all.fit", rows()))
    table = to_des(galaxies)
    mag, err = magnitudes(galaxies)
    np.testing.assert_allclose(table["MAG"], mag[:, 1:] + corrections(mag))
    np.testing.assert_allclose(table["MAG_ERR"][0], np.hypot(err[0, 1:], SCATTER))
    assert table["ID"].tolist() == galaxies["ID"].tolist()


def test_four_bands_are_refused():
    """The u band is part of the file."""
    with pytest.raises(ValueError, match="u, g, r, i, z"):
        corrections(np.zeros((3, 4)))
