"""The matcher on published lists of clusters: rates of cross-matches found again.

Nothing was fitted to these lists. The area that two lists share is taken from the
denser one: cells of half a degree, in which it has eight clusters on average.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from astropy_healpix import healpix_to_lonlat
from skyloom.clusters.catalogue.lists import read_clusters
from skyloom.sky.footprint import footprint
from skyloom.sky.matching import candidates, match

pytestmark = pytest.mark.real
TOLERANCE = 0.015
SIDE = 0.5  # deg
PLACE = ("RA", "DEC", "Z_LAMBDA")


def place(table):
    return tuple(np.asarray(table[name]) for name in PLACE)


def covered(table, other, side=SIDE):
    return footprint(other["RA"], other["DEC"], side)(table["RA"], table["DEC"])


@pytest.fixture(scope="module")
def lists(real):
    """Return a function that reads a list by name, clusters with redshifts only."""
    if not (real / "clusters").is_dir():
        pytest.skip("no lists of clusters in the real data")

    return lambda name: read_clusters(real / "clusters" / name, require=PLACE)


@pytest.fixture(scope="module")
def des(lists, real):
    """Return redMaPPer's clusters of DES Y1, and WaZP's with their S/N."""
    wazp = lists("wazp_des_y1.csv.gz")
    rows = pd.read_csv(real / "clusters" / "wazp_des_y1.csv.gz")
    assert np.array_equal(rows["RA"], wazp["RA"])
    wazp["SNR"] = rows["SNR"].to_numpy()
    return lists("clusterdb/desY1a1.csv.gz"), wazp


@pytest.mark.parametrize("known", [(), ("rank2",), ("rank1", "rank2")])
def test_wazp_recovers_redmapper(des, known):
    """81, 90 and 95 % at richness 20 to 30, 30 to 50 and above, whoever chooses."""
    one, two = des
    richness = np.asarray(one["LAMBDA"])
    ranks = {"rank1": richness, "rank2": two["SNR"]}
    ranks = {name: ranks[name] for name in known}
    pairs = match(*place(one), *place(two), radius=1.0, dz=0.05, **ranks)
    found = pairs.partners()[0] >= 0
    inside = covered(one, two)
    bins = zip((20, 30, 50), (30, 50, np.inf), (0.81, 0.90, 0.95), strict=True)
    for low, high, published in bins:
        part = inside & (richness >= low) & (richness < high)
        assert abs(found[part].mean() - published) < TOLERANCE


def test_redmapper_near_wazp_by_significance(des):
    """6, 22, 57 and 78 % of WaZP's at S/N 3, 4, 6 and 8 have a redMaPPer near."""
    one, two = des
    near = candidates(*place(one), *place(two)).counts()[1] > 0
    z, sn = np.asarray(two["Z_LAMBDA"]), np.asarray(two["SNR"])
    edges, published = (3, 4, 6, 8, 12), (0.06, 0.22, 0.57, 0.78)
    for low, high, share in zip(edges[:-1], edges[1:], published, strict=True):
        part = (z >= 0.2) & (z < 0.65) & (sn >= low) & (sn < high)
        assert abs(near[part].mean() - share) < TOLERANCE


def test_chance_recovers_few(des):
    """Random points in the same area find a WaZP cluster twenty times less often."""
    one, two = des
    rng = np.random.default_rng(0)
    area = footprint(two["RA"], two["DEC"], SIDE)
    drawn, (dx, dy) = rng.choice(area.pixels, len(one)), rng.random((2, len(one)))
    ra, dec = healpix_to_lonlat(drawn, area.nside, dx, dy, order="ring")
    ra, dec = ra.deg, dec.deg
    z = rng.permutation(np.asarray(one["Z_LAMBDA"]))
    found = candidates(ra, dec, z, *place(two)).counts()[0] > 0
    assert 0.03 < found.mean() < 0.08


@pytest.mark.parametrize(
    ("first", "second", "side", "z", "least", "scatter"),
    [
        ("clusterdb/sptsz", "wazp_des_y1", 0.5, (0.1, 0.85), 0.85, 0.02),
        ("clusterdb/aactpol", "wazp_des_y1", 0.5, (0.1, 0.85), 0.80, 0.02),
        ("clusterdb/psz2", "clusterdb/sdss_redmapper", 1.0, (0.1, 0.33), 0.8, 0.01),
        ("clusterdb/mcxc", "clusterdb/sdss_redmapper", 1.0, (0.1, 0.33), 0.65, 0.01),
    ],
)
def test_massive_clusters_are_in_optical_lists(
    lists, first, second, side, z, least, scatter
):
    """SZ and X-ray clusters have an optical partner, at the same redshift."""
    one, two = (lists(f"{name}.csv.gz") for name in (first, second))
    pairs = match(*place(one), *place(two))
    redshift = np.asarray(one["Z_LAMBDA"])
    part = covered(one, two, side) & (redshift >= z[0]) & (redshift < z[1])
    assert (pairs.partners()[0] >= 0)[part].mean() > least
    assert 1.4826 * np.median(np.abs(pairs.dz - np.median(pairs.dz))) < scatter
    assert np.median(pairs.separation) < 0.35


def test_a_list_is_all_of_itself(lists):
    """Two editions of redMaPPer DR8: every cluster, at its own place."""
    one = lists("clusterdb/sdss_redmapper.csv.gz")
    two = lists("redmapper_dr8_v5.10.fits.gz")
    pairs = match(*place(one), *place(two), dz=0.001)
    assert len(pairs) == len(one) == len(two)
    assert np.array_equal(one["ID"][pairs.first], two["ID"][pairs.second])
    assert np.isfinite(two["LAMBDA_ERR"]).all()
