"""The red-sequence matched filter on an invented patch of sky."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import vstack
from invented_sky import ARCMIN2, CENTRE, SIDE, blurred, cluster, field, inside
from skyloom.clusters.baselines.colour_filter import fit_ridge
from skyloom.clusters.baselines.matched_filter import (
    COLUMNS,
    LEAST_RICHNESS,
    LEAST_SCORE,
    field_background,
    find_clusters,
)
from skyloom.clusters.baselines.membership import (
    make_sky,
    members,
    solve,
    visible_members,
)
from skyloom.clusters.baselines.photometry import arrays, unit_vectors
from skyloom.clusters.baselines.randoms import inside_image, shuffled
from skyloom.sky.cosmology import arcsec_per_mpc
from skyloom.sky.tan import tan_wcs

RNG = np.random.default_rng
COARSE = 0.2 + 0.02 * np.arange(31)


def clusters_of(*given, **how):
    """Return the clusters, without their members."""
    return find_clusters(*given, **how)[0]


@pytest.fixture(scope="module")
def background(red_sequence):
    """Return what empty patches of sky look like."""
    fields = [field(RNG(100 + k)) for k in range(4)]
    return field_background(fields, [ARCMIN2] * 4, red_sequence, COARSE)


@pytest.mark.parametrize(("z", "richness"), [(0.3, 30), (0.5, 50), (0.7, 40)])
def test_a_cluster_is_found(red_sequence, background, z, richness):
    """On top, at its place, redshift and richness."""
    rng = RNG(int(100 * z))
    table = vstack([field(rng), cluster(rng, red_sequence, z, richness)])
    found = clusters_of(table, red_sequence, inside, background, z=COARSE)
    assert list(found.colnames) == list(COLUMNS)
    best = found[0]
    assert abs(best["RA"] - CENTRE[0]) < 0.01
    assert abs(best["DEC"] - CENTRE[1]) < 0.01
    assert best["Z"] == pytest.approx(z, abs=0.012)
    assert 0.6 < best["LAMBDA"] / richness < 1.4
    assert best["SCORE"] > 20
    assert best["FLAG"] == 0
    assert best["MASKFRAC"] == pytest.approx(0.0, abs=0.1)
    # Its galaxies make no second cluster of note.
    assert len(found) == 1 or found["SCORE"][1] < 0.4 * best["SCORE"]


def test_two_clusters_are_two(red_sequence, background):
    """Side by side at one redshift, and behind one another at two."""
    rng = RNG(7)
    parts = [
        field(rng),
        cluster(rng, red_sequence, 0.3, 30, (-0.09, 0.0)),
        cluster(rng, red_sequence, 0.3, 30, (0.09, 0.0)),
        cluster(rng, red_sequence, 0.6, 40, (0.09, 0.01)),
    ]
    found = clusters_of(vstack(parts), red_sequence, inside, background, z=COARSE)[:3]
    np.testing.assert_allclose(sorted(found["Z"]), [0.3, 0.3, 0.6], atol=0.02)
    assert np.ptp(found["RA"]) > 0.2


@pytest.mark.parametrize(
    ("z", "error"),
    [
        ((0.25, 0.45), 0.02),
        ((0.25, 0.45), 0.12),
        ((0.45, 0.25), 0.12),
        ((0.25, 0.35), 0.05),
    ],
)
def test_neighbours_at_two_redshifts_are_two(red_sequence, background, z, error):
    """Half a megaparsec apart: nothing between them takes the members of both."""
    rng, half = RNG(21), 0.25 * arcsec_per_mpc(min(z)) / 3600
    sky = blurred(rng, field(rng), error)
    parts = [
        blurred(rng, cluster(rng, red_sequence, each, 40, (place, 0.0)), error)
        for each, place in zip(z, (-half, half), strict=True)
    ]
    how = red_sequence, inside, background
    both = clusters_of(vstack([sky, *parts]), *how, z=COARSE)[:2]
    for each, part in zip(z, parts, strict=True):
        alone = clusters_of(vstack([sky, part]), *how, z=COARSE)[0]
        found = both[np.argmin(np.abs(both["Z"] - each))]
        assert found["Z"] == pytest.approx(each, abs=0.035)
        assert found["LAMBDA"] == pytest.approx(alone["LAMBDA"], rel=0.3)


@pytest.mark.parametrize("off", [-0.15, -0.25, 0.15])
@pytest.mark.parametrize("z", [0.3, 0.5])
def test_a_central_galaxy_may_be_off_the_red_sequence(red_sequence, background, z, off):
    """In g-r by up to five times the members' scatter: the centre all the same."""
    rng = RNG(22)
    own = cluster(rng, red_sequence, z, 30)
    own["MAG"][0, 0] += off
    table = vstack([field(rng), own])
    best = clusters_of(table, red_sequence, inside, background, z=COARSE)[0]
    assert best["Z"] == pytest.approx(z, abs=0.015)
    away = np.hypot((best["RA"] - CENTRE[0]) * np.cos(0.7), best["DEC"] - CENTRE[1])
    assert away * 3600 < 0.15 * arcsec_per_mpc(z)


def test_empty_sky_holds_no_rich_cluster(red_sequence, background):
    """Nothing above what a cluster of 30 gets."""
    found = clusters_of(field(RNG(8)), red_sequence, inside, background, z=COARSE)
    assert not len(found) or found["SCORE"].max() < 15


def test_right_ascension_has_no_seam(red_sequence, background):
    """The same patch across RA = 0 gives the same clusters."""
    rng = RNG(9)
    table = vstack([field(rng), cluster(rng, red_sequence, 0.4, 30)])
    here = clusters_of(table, red_sequence, inside, background, z=COARSE)
    table["RA"] = (table["RA"] - CENTRE[0]) % 360

    def there(ra, dec):
        return inside(np.asarray(ra) + CENTRE[0], dec)

    moved = clusters_of(table, red_sequence, there, background, z=COARSE)
    assert moved["ROW"].tolist() == here["ROW"].tolist()
    np.testing.assert_allclose(moved["LAMBDA"], here["LAMBDA"], rtol=1e-6)


def test_a_cluster_at_the_edge_keeps_its_richness(red_sequence, background):
    """Half of it is out of sight, and that is made good."""
    rng = RNG(10)
    table = vstack([field(rng), cluster(rng, red_sequence, 0.5, 60, (SIDE / 2, 0.0))])
    table = table[inside(table["RA"], table["DEC"])]
    found = clusters_of(table, red_sequence, inside, background, z=COARSE)
    assert 0.6 < found["LAMBDA"][0] / 60 < 1.6
    assert 0.3 < found["MASKFRAC"][0] < 0.55


def test_score_counts_the_visible_members(red_sequence, background):
    """Half of a cluster out of sight: sum of ln(1 + odds), less what can be seen."""
    rng = RNG(10)
    table = vstack([field(rng), cluster(rng, red_sequence, 0.5, 60, (SIDE / 2, 0.0))])
    vectors, mag, err = arrays(table[inside(table["RA"], table["DEC"])])
    fit = fit_ridge(mag, err, red_sequence, COARSE)
    sky = make_sky(vectors, fit, background, red_sequence, inside, 23.4)
    k, free = 15, np.ones(len(vectors))
    centre = unit_vectors([CENTRE[0] + 0.9 * SIDE / 2 / np.cos(0.7)], [CENTRE[1]])
    visible = visible_members(sky, k, centre)[0]
    assert 0.3 < visible < 0.8
    richness, score, misfit = solve(sky, k, centre, free)
    _, member, _ = members(sky, k, centre, free)
    gain = -np.log1p(-member).sum()
    assert score[0] == pytest.approx(gain - richness[0] * visible, rel=1e-6)
    assert member.sum() == pytest.approx(richness[0] * visible, rel=1e-3)
    assert 1.0 < misfit[0] < 4.0


def test_a_redshift_that_is_only_bounded_says_so(red_sequence, background):
    """Beyond the grid's end: the last step, an error as wide as the range, and a flag.

    FLAG is a sum of bits, of which 1 says this.
    """
    rng = RNG(16)
    table = vstack([field(rng), cluster(rng, red_sequence, 0.2, 40)])
    best = clusters_of(table, red_sequence, inside, background, z=COARSE)[0]
    assert best["Z"] == pytest.approx(COARSE[0])
    assert best["FLAG"] & 1
    assert best["Z_ERR"] == pytest.approx((COARSE[3] - COARSE[0]) / 12**0.5)


def test_members_of_two_redshifts_are_flagged(red_sequence, background):
    """Two clusters at one place, too near in redshift to be told apart: bit 2."""
    rng = RNG(17)
    parts = [blurred(rng, cluster(rng, red_sequence, z, 30), 0.1) for z in (0.26, 0.36)]
    table = vstack([field(rng), *parts])
    best = clusters_of(table, red_sequence, inside, background, z=COARSE)[0]
    assert best["FLAG"] & 2


def test_columns_say_what_they_mean(red_sequence, background):
    """Those whose names do not."""
    found = clusters_of(field(RNG(18)), red_sequence, inside, background, z=COARSE)
    assert "footprint" in found["MASKFRAC"].info.description
    assert "bounded" in found["FLAG"].info.description


def test_a_shallow_catalogue_keeps_the_richness(red_sequence, background):
    """Members below its limit are made good too."""
    rng = RNG(11)
    deep = vstack([field(rng), cluster(rng, red_sequence, 0.6, 60)])
    limit = red_sequence.m_star(0.6)[2] + 0.7
    shallow = deep[np.asarray(deep["MAG"])[:, 2] < limit]
    how = {"z": COARSE, "limit": float(limit)}
    found = clusters_of(shallow, red_sequence, inside, background, **how)
    # The invented luminosity function is not the filter's: a wide band.
    assert 0.5 < found["LAMBDA"][0] / 60 < 2.0
    assert found["Z"][0] == pytest.approx(0.6, abs=0.02)


def test_a_field_can_measure_its_own_background(red_sequence):
    """Given its area; the members found first are left out the second time."""
    rng = RNG(12)
    table = vstack([field(rng, 4000), cluster(rng, red_sequence, 0.5, 60)])
    own = [
        clusters_of(table, red_sequence, inside, ARCMIN2, z=COARSE, passes=n)
        for n in (1, 2)
    ]
    assert own[0]["Z"][0] == pytest.approx(0.5, abs=0.02)
    assert own[1]["LAMBDA"][0] > own[0]["LAMBDA"][0]


def test_nothing_gives_nothing(red_sequence, background):
    """An empty catalogue is an empty list with all columns."""
    found = clusters_of(field(RNG(1), 0), red_sequence, inside, background, z=COARSE)
    assert len(found) == 0
    assert list(found.colnames) == list(COLUMNS)


def test_shuffled_galaxies_are_the_same_elsewhere(red_sequence, background):
    """Magnitudes stay, places are in the footprint, the cluster is gone."""
    rng = RNG(14)
    table = vstack([field(rng), cluster(rng, red_sequence, 0.4, 40)])
    moved = shuffled(table, inside, rng)
    assert np.array_equal(moved["MAG"], table["MAG"])
    assert inside(moved["RA"], moved["DEC"]).all()
    found = clusters_of(moved, red_sequence, inside, background, z=COARSE)
    before = clusters_of(table, red_sequence, inside, background, z=COARSE)
    assert before["SCORE"][0] > 3 * max([*found["SCORE"], 3.0])


def test_shuffling_where_nothing_is_inside_is_refused():
    """Instead of a loop without end."""
    with pytest.raises(ValueError, match="hardly any place"):
        shuffled(field(RNG(1), 5), lambda ra, dec: np.zeros(len(ra), bool), RNG(2))


def test_footprint_of_an_image_is_its_pixels():
    """Corners in, a pixel outside not, nor the far side of the sky."""
    wcs = tan_wcs(10.0, -30.0, (100, 200), 1.0)
    seen = inside_image(wcs, (100, 200))
    x, y = np.array([0, 199, -1, 200, 50, 50]), np.array([0, 99, 5, 5, -1, 100])
    ra, dec = wcs.wcs_pix2world(x, y, 0)
    assert seen(ra, dec).tolist() == [True, True, False, False, False, False]
    assert not seen(np.array([190.0]), np.array([30.0])).any()
    good = np.ones((100, 200), bool)
    good[99, 199] = False
    free = inside_image(wcs, (100, 200), good)
    assert free(ra, dec).tolist() == [True, False, False, False, False, False]


def test_nothing_is_listed_below_the_least_score(red_sequence, background):
    """Nor after a redshift or a centre was found to be another."""
    rng = RNG(16)
    for seed in range(4):
        parts = [field(RNG(seed))]
        parts += [cluster(rng, red_sequence, z, 8) for z in (0.3, 0.5)]
        found, _ = find_clusters(
            vstack(parts), red_sequence, inside, background, z=COARSE
        )
        assert len(found) > 0
        assert found["SCORE"].min() >= LEAST_SCORE
        assert found["LAMBDA"].min() >= LEAST_RICHNESS


def test_chunks_change_nothing(red_sequence, background, monkeypatch):
    """However many centres have their pairs in memory at once."""
    rng = RNG(15)
    table = vstack([field(rng), cluster(rng, red_sequence, 0.4, 40)])
    whole, parts = [], []
    for found, size in ((whole, 10**6), (parts, 7)):
        monkeypatch.setattr("skyloom.clusters.baselines.membership.CHUNK", size)
        found.append(clusters_of(table, red_sequence, inside, background, z=COARSE))
    assert len(whole[0]) > 0
    for name in COLUMNS:
        np.testing.assert_allclose(parts[0][name], whole[0][name], rtol=1e-9)


def test_much_out_of_the_footprint_is_flagged(red_sequence, background):
    """Bit 4 of FLAG, from a fifth of the cluster on."""
    rng = RNG(10)
    table = vstack([field(rng), cluster(rng, red_sequence, 0.5, 60, (SIDE / 2, 0.0))])
    table = table[inside(table["RA"], table["DEC"])]
    found = clusters_of(table, red_sequence, inside, background, z=COARSE)
    assert found["FLAG"][0] & 4
    assert ((found["FLAG"] & 4 > 0) == (found["MASKFRAC"] > 0.2)).all()
    assert "4" in found["FLAG"].info.description


def test_no_galaxy_is_the_centre_of_two(red_sequence, background):
    """Not even where two clusters lie behind one another."""
    rng = RNG(23)
    parts = [cluster(rng, red_sequence, z, 40, (0.0, 0.0)) for z in (0.3, 0.34, 0.5)]
    table = vstack([field(rng), *parts])
    found = clusters_of(table, red_sequence, inside, background, z=COARSE)
    assert len(found) > 1
    assert len(set(found["ROW"])) == len(found)
