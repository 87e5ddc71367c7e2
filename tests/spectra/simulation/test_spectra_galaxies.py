"""Galaxies that are drawn from their names."""

from dataclasses import asdict, replace

import numpy as np
import pytest
from skyloom.sky.cosmology import arcsec_per_mpc
from skyloom.spectra.simulation.footprint import radius
from skyloom.spectra.simulation.galaxies import (
    GRADIENTS,
    HISTORIES,
    KINDS,
    NUCLEI,
    draw,
)
from skyloom.spectra.simulation.plan import planned
from skyloom.spectra.simulation.survey import truth

LIMITS = (0.01, 0.15)
NAMES = planned({"galaxies": 600, "fibres": (19, 37, 61, 91, 127)}, 1)


@pytest.fixture(scope="module")
def galaxies():
    return [draw(*pair, LIMITS, 1) for pair in NAMES.items()]


def test_a_galaxy_depends_on_its_name_and_the_seed_alone(galaxies):
    one = galaxies[7]
    again = draw(one.plateifu, one.mangaID, LIMITS, 1)
    assert truth(one) == truth(again)
    assert truth(one) != truth(draw(one.plateifu, one.mangaID, LIMITS, 2))
    np.testing.assert_array_equal(one.episodes, again.episodes)


def test_classes_have_the_shares_that_are_set(galaxies):
    assert sum(kind.share for kind in KINDS.values()) == pytest.approx(1)
    for name, kind in KINDS.items():
        got = np.mean([g.galaxy_class == name for g in galaxies])
        assert got == pytest.approx(kind.share, abs=0.06)
        for shares in (kind.histories, kind.gradients, kind.nuclei):
            assert sum(shares) == pytest.approx(1)


@pytest.mark.parametrize(
    ("attribute", "words"),
    [("gradient", GRADIENTS), ("history", HISTORIES), ("nucleus", NUCLEI)],
)
def test_each_kind_of_truth_occurs(galaxies, attribute, words):
    counts = {w: sum(getattr(g, attribute) == w for g in galaxies) for w in words}
    assert min(counts.values()) > 0.04 * len(galaxies)


def test_redshifts_are_within_the_limits_and_sizes_follow(galaxies):
    z = np.array([g.redshift for g in galaxies])
    assert (z >= LIMITS[0]).all()
    assert (z <= LIMITS[1]).all()
    angles = [g.re_kpc / 1000 * arcsec_per_mpc(g.redshift) for g in galaxies]
    np.testing.assert_allclose([g.re for g in galaxies], angles, rtol=2e-3)


def test_most_units_reach_one_and_a_half_or_two_and_a_half_re(galaxies):
    reach = np.array([radius(g.fibres) / g.re for g in galaxies])
    assert 1.3 < np.median(reach) < 2.2
    assert np.mean((reach > 1.2) & (reach < 3.1)) > 0.75


def test_discs_are_seen_from_all_sides(galaxies):
    cosines = [np.cos(np.deg2rad(g.inclination)) for g in galaxies]
    assert np.mean(cosines) == pytest.approx(0.55, abs=0.04)
    assert all(0.19 < g.axis_ratio <= 1 for g in galaxies)


def test_bulges_grow_from_late_to_early_types(galaxies):
    order = ("late spiral", "early spiral", "S0", "elliptical")
    means = [np.mean([g.bulge for g in galaxies if g.galaxy_class == k]) for k in order]
    assert (np.diff(means) > 0.1).all()


def test_gradients_have_the_sign_of_their_name(galaxies):
    for name, sign in (("inside-out", 1), ("outside-in", -1)):
        chosen = [g for g in galaxies if g.gradient == name]
        assert all(sign * g.age_gradient > 0.1 for g in chosen)
        assert all(sign * g.metal_gradient < 0 for g in chosen)
    flat = [abs(g.age_gradient) for g in galaxies if g.gradient == "flat"]
    assert np.median(flat) < 0.05


def test_only_quenched_galaxies_are_quenched_and_episodic_ones_burst(galaxies):
    for g in galaxies:
        assert (g.quenched > 0) == (g.history == "quenched")
        assert (g.burst > 0) == (g.history == "episodic")
        assert (np.ptp(g.episodes) > 0) == (g.history == "episodic")
        assert (g.agn > 0) == (g.nucleus == "Seyfert")


def test_the_truth_is_plain(galaxies):
    row = truth(galaxies[0])
    assert set(row) == set(asdict(galaxies[0])) - {"episodes"}
    assert all(isinstance(value, str | int | float) for value in row.values())
    assert truth(replace(galaxies[0], ra=1.0))["ra"] == 1.0
