"""The density map on an invented patch of sky."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import vstack
from invented_sky import CENTRE, cluster, field, inside
from skyloom.clusters.baselines.colour_filter import fit_ridge
from skyloom.clusters.baselines.density import (
    _apart,
    find_overdensities,
    slice_weights,
)
from skyloom.clusters.baselines.matched_filter import COLUMNS
from skyloom.sky.tan import tan_wcs

RNG = np.random.default_rng
COARSE = 0.2 + 0.03 * np.arange(21)


def test_a_cluster_is_the_highest_peak(red_sequence):
    """At its place and redshift, with about its galaxies."""
    rng = RNG(1)
    table = vstack([field(rng), cluster(rng, red_sequence, 0.5, 50)])
    found = find_overdensities(table, red_sequence, inside, RNG(2), COARSE)
    assert list(found.colnames) == list(COLUMNS)
    assert abs(found["RA"][0] - CENTRE[0]) < 0.02
    assert abs(found["DEC"][0] - CENTRE[1]) < 0.015
    assert found["Z"][0] == pytest.approx(0.5, abs=0.03)
    assert 20 < found["LAMBDA"][0] < 75
    assert found["MASKFRAC"][0] == pytest.approx(0.0, abs=0.05)
    assert found["SCORE"][0] > 1.5 * max([*found["SCORE"][1:], 3.0])


def test_same_seed_same_list(red_sequence):
    """The noise is drawn, by the seed."""
    table = field(RNG(3))
    one, two = (
        find_overdensities(table, red_sequence, inside, RNG(4), COARSE) for _ in "ab"
    )
    assert all(np.array_equal(one[name], two[name], equal_nan=True) for name in COLUMNS)


def test_a_lone_galaxy_is_no_peak(red_sequence):
    """Whatever the noise of a nearly empty slice says."""
    table = cluster(RNG(5), red_sequence, 0.5, 2)
    assert len(find_overdensities(table, red_sequence, inside, RNG(6), COARSE)) == 0


def test_nothing_gives_nothing(red_sequence):
    """An empty catalogue is an empty list with all columns."""
    found = find_overdensities(field(RNG(1), 0), red_sequence, inside, RNG(1), COARSE)
    assert len(found) == 0
    assert list(found.colnames) == list(COLUMNS)


def test_a_galaxy_counts_once(red_sequence):
    """Over slices of one width its weights add up to that width at most."""
    table = field(RNG(7), 300)
    fit = fit_ridge(
        np.asarray(table["MAG"]),
        np.asarray(table["MAG_ERR"]),
        red_sequence,
        COARSE,
    )
    total = slice_weights(fit).sum(axis=0)
    assert total.max() <= 3 + 1e-9
    assert (total > 0).any()


@pytest.mark.parametrize(("first", "second"), [(2, 15), (15, 2), (5, 6), (6, 5)])
def test_peaks_are_one_only_at_one_redshift(first, second):
    """At one place, whichever is higher: far in redshift two, beside it one."""
    wcs = tan_wcs(*CENTRE, (60, 60), 15.0)
    peaks = np.array([[first, 30, 30], [second, 30, 30]])
    kept = _apart(wcs, COARSE, peaks)
    assert len(kept) == (1 if abs(first - second) == 1 else 2)
    assert kept[0].tolist() == peaks[0].tolist()
