"""One-to-one matching in megaparsecs and redshift."""

from __future__ import annotations

import numpy as np
import pytest
from astropy import units
from astropy.coordinates import SkyCoord, search_around_sky
from hypothesis import given, settings
from hypothesis import strategies as st
from skyloom.sky.cosmology import COSMOLOGY
from skyloom.sky.matching import DZ, RADIUS, candidates, match

RANKED = ((), ("rank2",), ("rank1", "rank2"))  # whose ranks are known
seeds = st.integers(0, 10_000)
MPC = 1 / COSMOLOGY.kpc_proper_per_arcmin(0.4).to_value("Mpc/deg")  # deg at z 0.4


def crowded(seed, n=25, m=30):
    """Return two lists so dense that most objects have several candidates."""
    rng = np.random.default_rng(seed)
    lists = []
    for size in (n, m):
        ra = (359.95 + rng.uniform(0, 0.3, size)) % 360
        lists.append((ra, rng.uniform(-60, -59.9, size), rng.uniform(0.3, 0.5, size)))
    ranks = {"rank1": rng.random(n), "rank2": rng.random(m)}
    return *lists, ranks


def named(pairs):
    return set(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))


@given(seeds)
@settings(max_examples=15, deadline=None)
def test_candidates_are_those_of_astropy(seed):
    """The same pairs as a search of SkyCoord followed by the two cuts."""
    one, two, _ = crowded(seed)
    a, b = (SkyCoord(*side[:2], unit="deg") for side in (one, two))
    i, j, angle, _ = search_around_sky(a, b, 2 * units.deg)
    far = COSMOLOGY.kpc_proper_per_arcmin(one[2][i]).to_value("Mpc/deg")
    gap = np.abs(two[2][j] - one[2][i]) / (1 + one[2][i])
    near = (angle.deg * far <= RADIUS) & (gap <= DZ)
    found = candidates(*one, *two)
    assert named(found) == set(zip(i[near].tolist(), j[near].tolist(), strict=True))
    assert np.allclose(found.separation, (angle.deg * far)[near], rtol=1e-6)


@given(seeds, st.sampled_from(RANKED))
@settings(max_examples=40, deadline=None)
def test_pairs_are_one_to_one_and_within(seed, known):
    """No object twice, no pair beyond the tolerances, none that could still be made."""
    one, two, ranks = crowded(seed)
    pairs = match(*one, *two, **{k: ranks[k] for k in known})
    mine, theirs = pairs.partners()
    assert (pairs.separation <= RADIUS).all()
    assert (np.abs(pairs.dz) <= DZ).all()
    near = candidates(*one, *two)
    free = (mine[near.first] < 0) & (theirs[near.second] < 0)
    assert named(pairs) <= named(near)
    assert not free.any()


@given(seeds, st.sampled_from(RANKED))
@settings(max_examples=20, deadline=None)
def test_order_of_rows_does_not_matter(seed, known):
    """Shuffled lists give the same pairs of objects."""
    one, two, ranks = crowded(seed)
    rng = np.random.default_rng(seed)
    p, q = rng.permutation(len(one[0])), rng.permutation(len(two[0]))
    turned = {"rank1": ranks["rank1"][p], "rank2": ranks["rank2"][q]}
    sides = *(v[p] for v in one), *(v[q] for v in two)
    pairs = match(*sides, **{k: turned[k] for k in known})
    again = set(zip(p[pairs.first].tolist(), q[pairs.second].tolist(), strict=True))
    assert again == named(match(*one, *two, **{k: ranks[k] for k in known}))


def test_the_closest_pair_is_first():
    """On a line: a at 0, b at 0.5 Mpc; x at 0.4, y at 1.4: b takes x, a has none."""
    ra = 0.1 + np.array([0, 0.5]) * MPC, 0.1 + np.array([0.4, 1.4]) * MPC
    side = np.zeros(2), np.full(2, 0.4)
    assert named(match(ra[0], *side, ra[1], *side)) == {(1, 0)}


@given(seeds, st.floats(0.05, 0.95))
@settings(max_examples=30, deadline=None)
def test_ranked_pairs_do_not_depend_on_lower_ranks(seed, cut):
    """Matching the upper part alone gives the upper part of the matching."""
    one, two, ranks = crowded(seed)
    up = np.flatnonzero(ranks["rank2"] >= cut)
    whole = match(*one, *two, **ranks)
    part = match(
        *one,
        *(v[up] for v in two),
        rank1=ranks["rank1"],
        rank2=ranks["rank2"][up],
    )
    upper = {(i, j) for i, j in named(whole) if ranks["rank2"][j] >= cut}
    assert {(i, int(up[j])) for i, j in named(part)} == upper


def test_rank_takes_the_best_and_else_the_closest():
    """A detection between two truths: the richer, or without ranks the nearer."""
    truth = np.array([0, 0.9]) * MPC, np.zeros(2), np.full(2, 0.4)
    found = np.array([0.3]) * MPC, np.zeros(1), np.full(1, 0.4)
    ask = {"rank2": [1.0]}
    assert named(match(*truth, *found, **ask)) == {(0, 0)}
    assert named(match(*truth, *found, rank1=[5, 50], **ask)) == {(1, 0)}


def test_right_ascension_wraps_and_poles_are_points():
    """A minute across RA 0, and across the pole, is a minute."""
    near = {"radius": 1.0, "dz": 0.01}
    across = match([359.999], [10.0], [0.4], [0.001], [10.0], [0.4], **near)
    polar = match([10.0], [89.999], [0.4], [190.0], [89.999], [0.4], **near)
    expected = 0.002 / MPC
    assert np.isclose(across.separation[0], expected * np.cos(np.radians(10)))
    assert np.isclose(polar.separation[0], expected)


def test_unknown_redshifts_match_nothing_unless_not_asked():
    """NaN, 0 and -1 are unknown."""
    place = np.full(3, 20.0), np.zeros(3)
    z = np.array([np.nan, 0.0, -1.0])
    truth = [20.0], [0.0], [0.4]
    assert len(match(*truth, *place, z)) == 0
    blind = candidates(*truth, *place, z, dz=None)
    assert len(blind) == 3
    assert np.isnan(blind.dz).all()
    assert len(candidates(*place, z, *truth, dz=None)) == 0


@pytest.mark.parametrize("known", RANKED)
def test_empty_lists(known):
    """No row on either side, or on both."""
    none, some = ([], [], []), ([1.0], [2.0], [0.3])
    for one, two in ((none, some), (some, none), (none, none)):
        ranks = {"rank1": np.ones(len(one[0])), "rank2": np.ones(len(two[0]))}
        pairs = match(*one, *two, **{k: ranks[k] for k in known})
        counts = tuple(len(count) for count in pairs.counts())
        assert (len(pairs), counts) == (0, (len(one[0]), len(two[0])))


def test_very_near_clusters_reach_around_the_sky():
    """A megaparsec at z 1e-6 is more than the sphere: no number overflows."""
    pairs = candidates([0.0], [0.0], [1e-6], [180.0], [0.0], [1e-6])
    assert pairs.separation[0] < 0.02


def test_counts_show_fragments_and_mergers():
    """One truth with two detections; one detection between two truths."""
    truth = np.array([0.0, 5.0, 6.0]) * MPC, np.zeros(3), np.full(3, 0.4)
    found = np.array([-0.1, 0.2, 5.5]) * MPC, np.zeros(3), np.full(3, 0.4)
    near = candidates(*truth, *found)
    one, two = near.counts()
    assert one.tolist() == [2, 1, 1]
    assert two.tolist() == [1, 1, 2]
    with pytest.raises(ValueError, match="one-to-one"):
        near.partners()


GOOD = ([1.0], [2.0], [0.3])


@pytest.mark.parametrize(
    ("sides", "asked", "says"),
    [
        ((([1.0, 2], [2.0], [0.3]), GOOD), {}, "shapes"),
        ((([np.nan], [2.0], [0.3]), GOOD), {}, "first list, row 0"),
        ((GOOD, ([1.0], [91.0], [0.3])), {}, "second list, row 0"),
        ((GOOD, GOOD), {"radius": 0}, "above 0"),
        ((GOOD, GOOD), {"radius": np.nan}, "above 0"),
        ((GOOD, GOOD), {"dz": -0.1}, "above 0"),
        ((GOOD, GOOD), {"rank1": [1.0]}, "those of the second"),
        ((GOOD, GOOD), {"rank2": [np.nan]}, "finite"),
        ((GOOD, GOOD), {"rank2": [1.0, 2.0]}, "1 finite"),
    ],
)
def test_bad_questions_are_refused(sides, asked, says):
    with pytest.raises(ValueError, match=says):
        match(*sides[0], *sides[1], **asked)


@pytest.mark.parametrize(("z1", "z2"), [(0.2, 0.24), (0.24, 0.2)])
def test_the_first_list_s_redshift_makes_megaparsecs_and_1_plus_z(z1, z2):
    """The sign of dz is that of the second less the first."""
    pairs = candidates([10.0], [0.0], [z1], [10.05], [0.0], [z2])
    assert pairs.dz[0] == pytest.approx((z2 - z1) / (1 + z1))
    far = COSMOLOGY.kpc_proper_per_arcmin(z1).to_value("Mpc/deg") * 0.05
    assert pairs.separation[0] == pytest.approx(far)


@pytest.mark.parametrize("side", [-1, 1])
def test_just_inside_and_outside_of_the_tolerances(side):
    """One megaparsec, and 0.05 of 1 + z, where nothing else is asked for."""
    truth = [50.0], [0.0], [0.4]
    for part, found in ((0.999, 1), (1.001, 0)):
        moved = [50.0 + side * part * MPC], [0.0], [0.4]
        assert len(candidates(*truth, *moved)) == found
        later = [50.0], [0.0], [0.4 + side * part * 0.05 * 1.4]
        assert len(candidates(*truth, *later)) == found
        assert len(candidates(*truth, *moved, radius=2.0, dz=0.01)) == 1
        assert len(candidates(*truth, *later, radius=0.01, dz=0.1)) == 1


def test_the_closest_is_so_in_units_of_both_tolerances():
    """Half a radius and no dz, or no distance and 0.6 of a dz: the former, and back."""
    truth = [50.0], [0.0], [0.4]
    found = [50.0 + 0.5 * MPC, 50.0], [0.0, 0.0], [0.4, 0.4 + 0.6 * 0.05 * 1.4]
    assert named(match(*truth, *found)) == {(0, 0)}
    assert named(match(*truth, *found, radius=0.8)) == {(0, 1)}
    assert named(match(*truth, *found, dz=0.07)) == {(0, 1)}
    # Redshifts that are not asked for do not choose either.
    assert named(match(*truth, *found, dz=None)) == {(0, 1)}


def test_ties_go_to_earlier_rows():
    """Two detections at one place, and two truths."""
    two = [50.0, 50.0], [0.0, 0.0], [0.4, 0.4]
    assert named(match(*two, [50.0], [0.0], [0.4])) == {(0, 0)}
    assert named(match([50.0], [0.0], [0.4], *two)) == {(0, 0)}
    assert named(match(*two, *two, rank2=[1.0, 1.0])) == {(0, 0), (1, 1)}


def test_a_list_may_know_some_of_its_redshifts():
    """Its objects of unknown redshift have no partner, the others do."""
    truth = [50.0, 50.0], [0.0, 0.0], [np.nan, 0.4]
    found = [50.0], [0.0], [0.4]
    assert named(candidates(*truth, *found)) == {(1, 0)}
    assert named(candidates(*truth, *found, dz=None)) == {(1, 0)}
