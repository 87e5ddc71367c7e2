"""A list of clusters drawn from a model."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from skyloom.clusters.catalogue.lists import read_clusters, write_clusters
from skyloom.clusters.catalogue.model_list import draw_list
from skyloom.run.seeds import rng
from skyloom.sky.cosmology import COSMOLOGY

MANY = (20_000, (20.0, 300.0), (0.25, 0.6))


def test_a_list_is_one_that_is_read(tmp_path):
    """Columns, numbers and limits are redMaPPer's; the same seed gives the same."""
    path = tmp_path / "clusters.fits"
    write_clusters(path, draw_list(rng(1, "list"), 50))
    table = read_clusters(path)
    assert len(table) == 50
    assert table["LAMBDA"].min() >= 20
    assert 0.1 <= table["Z_LAMBDA"].min() < table["Z_LAMBDA"].max() <= 0.9
    again = draw_list(rng(1, "list"), 50)
    assert np.array_equal(again["RA"], table["RA"])
    assert not np.array_equal(draw_list(rng(2, "list"), 50)["RA"], table["RA"])


def test_clusters_lie_evenly_on_the_sky():
    """Half of them within 30 degrees of the equator."""
    dec = draw_list(rng(3, "list"), *MANY)["DEC"]
    assert np.mean(np.abs(dec) < 30) == pytest.approx(0.5, abs=0.02)


@pytest.mark.real
def test_richness_and_redshift_are_those_of_the_survey(real):
    """Against the half of redMaPPer's DES Y1 list that the model was not fitted to."""
    known = read_clusters(real / "clusters" / "clusterdb" / "desY1a1.csv.gz")[1::2]
    drawn = draw_list(rng(4, "list"), *MANY)
    for above in (30, 50, 80):
        share = np.mean(known["LAMBDA"] > above)
        error = 3 * np.sqrt(share / len(known))
        assert np.mean(drawn["LAMBDA"] > above) == pytest.approx(share, abs=error)
    z = np.asarray(known["Z_LAMBDA"])
    z = z[(z > 0.25) & (z < 0.6)]
    for q in (25, 50, 75):
        middle = np.percentile(drawn["Z_LAMBDA"], q)
        assert middle == pytest.approx(np.percentile(z, q), abs=0.015)


def test_redshifts_follow_the_volume():
    """Twice the volume holds twice the clusters, but for the evolution."""
    near = draw_list(rng(5, "list"), 20_000, redshifts=(0.1, 0.3))
    z = np.asarray(near["Z_LAMBDA"])
    shells = COSMOLOGY.comoving_volume([0.1, 0.2, 0.3]).value
    ratio = np.diff(shells)[1] / np.diff(shells)[0] * (1.15 / 1.25) ** 2
    assert np.sum(z > 0.2) / np.sum(z <= 0.2) == pytest.approx(ratio, rel=0.05)


def test_richness_is_a_power_law_with_a_cutoff():
    """Shares above 30, 50 and 80 by another integrator; errors are Poisson's."""
    drawn = draw_list(rng(6, "list"), *MANY)
    richness = np.asarray(drawn["LAMBDA"])

    def density(x):
        return x**-2.4 * np.exp(-x / 42.0)

    whole = quad(density, 20, 300)[0]
    for above in (30, 50, 80):
        share = quad(density, above, 300)[0] / whole
        error = 4 * np.sqrt(share / len(richness))
        assert np.mean(richness > above) == pytest.approx(share, abs=error)
    np.testing.assert_allclose(drawn["LAMBDA_ERR"] ** 2, richness)
    z = np.asarray(drawn["Z_LAMBDA"])
    np.testing.assert_allclose(drawn["Z_LAMBDA_ERR"], 0.006 * (1 + z))
