"""Which galaxy is central, on simulated clusters whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import Table, vstack
from invented_sky import ARCMIN2, CENTRE, cluster, field, inside
from skyloom.clusters.baselines.centring import NOT_LISTED, central_probabilities
from skyloom.clusters.baselines.colour_filter import fit_ridge
from skyloom.clusters.baselines.matched_filter import field_background, find_clusters
from skyloom.clusters.baselines.membership import make_sky, members, solve
from skyloom.clusters.baselines.photometry import arrays
from skyloom.clusters.catalogue.halos import members as drawn_members
from skyloom.sky.cosmology import arcsec_per_mpc

RNG = np.random.default_rng
COARSE = 0.2 + 0.02 * np.arange(31)


@pytest.fixture(scope="module")
def background(red_sequence):
    """Return what empty patches of sky look like."""
    fields = [field(RNG(100 + k)) for k in range(4)]
    return field_background(fields, [ARCMIN2] * 4, red_sequence, COARSE)


def drawn(rng, red_sequence, templates, z: float, richness: float) -> Table:
    """Return a cluster of the simulator about the middle, the central galaxy first."""
    own = drawn_members(rng, richness, z, red_sequence, templates, 23.4)
    scale = arcsec_per_mpc(z) / 3600
    east = own["east"] * scale / np.cos(np.radians(CENTRE[1]))
    table = Table({"RA": CENTRE[0] + east, "DEC": CENTRE[1] + own["north"] * scale})
    table["MAG"] = own["magnitudes"]
    table["MAG_ERR"] = np.full(table["MAG"].shape, 0.02)
    return table


def test_central_galaxies_are_found_as_often_as_is_said(
    red_sequence, templates, background
):
    """Of clusters of 12 to 40 members at 0.5; the others share what is left."""
    rng, k, told, right = RNG(3), 15, [], []
    for richness in (12.0, 20.0, 40.0) * 12:
        own = drawn(rng, red_sequence, templates, COARSE[k], richness)
        vectors, mag, err = arrays(vstack([own, field(rng, 600)]))
        fit = fit_ridge(mag, err, red_sequence, COARSE[k - 1 : k + 2])
        part = type(background)(background.density[k - 1 : k + 2])
        sky = make_sky(vectors, fit, part, red_sequence, inside, 23.4)
        free = np.ones(len(vectors))
        rows, p, _ = members(sky, 1, vectors[[0]], free)
        found = solve(sky, 1, vectors[[0]], free)[0][0]
        central = central_probabilities(sky, 1, rows, p, found)
        assert central.sum() == pytest.approx(1 - NOT_LISTED)
        told.append(central.max())
        right.append(rows[np.argmax(central)] == 0)
    assert np.mean(right) > 0.8
    assert np.mean(right) == pytest.approx(np.mean(told), abs=0.12)


def test_the_brightest_in_the_middle_is_the_centre(red_sequence, background):
    """Although a fainter galaxy of better colours is more probably a member."""
    rng = RNG(4)
    own = cluster(rng, red_sequence, 0.4, 30)
    least = red_sequence.m_star(0.4)[2] - 0.3
    own["MAG"][1:] += np.maximum(least - own["MAG"][1:, 2], 0)[:, None]
    own["MAG"][0, 0] -= 0.12
    table = vstack([field(rng), own])
    found, listed = find_clusters(table, red_sequence, inside, background, z=COARSE)
    assert found["ROW"][0] == len(table) - 30
    of_best = listed[listed["ID"] == 0]
    chosen = of_best[of_best["ROW"] == found["ROW"][0]]
    assert chosen["P_CENTRAL"][0] == found["P_CENTRAL"][0] > 0.8
    assert chosen["P"][0] < of_best["P"].max()
    assert of_best["P_CENTRAL"].sum() == pytest.approx(1 - NOT_LISTED, abs=0.02)


def test_where_nothing_can_be_central_nothing_is(red_sequence, background):
    """Members below m*: all have 0."""
    faint = cluster(RNG(5), red_sequence, 0.4, 30)
    faint["MAG"] += 2.0
    vectors, mag, err = arrays(faint)
    fit = fit_ridge(mag, err, red_sequence, COARSE)
    sky = make_sky(vectors, fit, background, red_sequence, inside, 23.4)
    rows = np.arange(30)
    assert not fit.central[10].any()
    assert not central_probabilities(sky, 10, rows, np.ones(30), 30.0).any()
