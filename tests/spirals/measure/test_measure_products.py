"""Measures on the sky: kpc, spaxels, agreement of heads, and the row of a galaxy."""

import json

import numpy as np
import pytest
from skyloom.sky.cosmology import COSMOLOGY
from skyloom.spirals.geometry import Stamp
from skyloom.spirals.measure.bars import Bar, BarScale
from skyloom.spirals.measure.consistency import (
    Relation,
    agreement,
    doubts,
    fit_relation,
    fit_relations,
    kind_shares,
)
from skyloom.spirals.measure.ellipse import Ellipse
from skyloom.spirals.measure.physical import (
    cos_inclination,
    deprojected_length,
    kpc_per_arcsec,
)
from skyloom.spirals.measure.record import Calibration, Seen, columns, measured
from skyloom.spirals.measure.spaxels import on_spaxels
from skyloom.spirals.questions import columns as answer_columns
from skyloom.spirals.questions import expected_shares, question, questions

ROUND = Ellipse(0.0, 0.0, 40.0, 1.0, 0.0)


def test_an_arcsec_is_as_long_as_the_cosmology_says():
    expected = 1 / COSMOLOGY.arcsec_per_kpc_proper(0.05).value
    assert kpc_per_arcsec(0.05) == pytest.approx(expected)
    assert np.isnan(kpc_per_arcsec(np.nan))
    assert np.isnan(kpc_per_arcsec(-0.001))


@pytest.mark.parametrize("angle", [0.0, 35.0, 90.0])
def test_a_line_in_an_inclined_plane_gets_its_length_back(angle):
    cosine = cos_inclination(0.5)
    # A bar of 10 px in the plane, at an angle to the line of nodes at 25 deg.
    along, across = 10 * np.cos(np.radians(angle)), 10 * np.sin(np.radians(angle))
    seen = np.degrees(np.arctan2(across * cosine, along))
    bar = Bar(np.hypot(along, across * cosine), 0.5, (25 + seen) % 180, 2.0)
    length, error = deprojected_length(bar, Ellipse(0, 0, 40.0, 0.5, 25.0))
    assert length == pytest.approx(10)
    assert error >= 0.5


def test_a_face_on_bar_keeps_length_and_error():
    length, error = deprojected_length(Bar(12.0, 0.7, 33.0, 4.0), ROUND)
    assert (length, error) == (pytest.approx(12.0), pytest.approx(0.7))
    flat = Ellipse(0, 0, 40.0, 0.15, 0.0)
    assert np.isnan(deprojected_length(Bar(12.0, 0.7, 33.0, 4.0), flat)).all()


def test_spaxels_keep_the_sum_and_lie_on_the_same_sky():
    maps = np.random.default_rng(0).uniform(size=(2, 60, 60))
    stamp = Stamp(150.0, 30.0, 0.3, 60)
    means, grid = on_spaxels(maps, stamp, 0.45)
    assert means.shape == (2, 40, 40)
    assert grid.field == pytest.approx(stamp.field)
    sums = means.sum(axis=(1, 2)) * grid.scale**2
    np.testing.assert_allclose(sums, maps.sum(axis=(1, 2)) * stamp.scale**2)
    # Corners of the field agree through both world coordinates.
    own = stamp.wcs.all_pix2world([-0.5, 59.5], [-0.5, 59.5], 0)
    other = grid.wcs.all_pix2world([-0.5, 39.5], [-0.5, 39.5], 0)
    np.testing.assert_allclose(own, other, atol=1e-9)


def test_a_source_keeps_its_place_on_spaxels_of_any_size():
    maps = np.zeros((1, 101, 101))
    maps[0, 70, 20] = 1.0
    stamp = Stamp(210.0, -5.0, 0.2, 101)
    means, grid = on_spaxels(maps, stamp, 0.5)
    y, x = np.unravel_index(means[0].argmax(), means[0].shape)
    ra, dec = stamp.wcs.all_pix2world(20, 70, 0)
    at = grid.wcs.all_world2pix(ra, dec, 0)
    assert np.hypot(at[0] - x, at[1] - y) < 0.71


def test_a_constant_stays_constant_and_a_field_below_a_spaxel_is_refused():
    maps = np.full((2, 30, 30), 0.4, np.float32)
    means, _ = on_spaxels(maps, Stamp(1.0, 2.0, 0.3, 30), 0.7)
    np.testing.assert_allclose(means, 0.4, rtol=1e-6)
    assert means.dtype == np.float32
    with pytest.raises(ValueError, match="9 arcsec wide"):
        on_spaxels(maps, Stamp(1.0, 2.0, 0.3, 30), 10.0)


@pytest.fixture
def concentrations():
    """Return concentrations of a face-on barred spiral."""
    found = np.ones(len(answer_columns()))
    for name, answer in (
        ("smooth-or-featured", "featured-or-disk"),
        ("disk-edge-on", "no"),
        ("has-spiral-arms", "yes"),
        ("bar", "strong"),
    ):
        one = question(name)
        found[one.first + one.answers.index(answer)] = 18.0
    return found


def test_shares_are_of_those_who_are_asked(concentrations):
    shares, _ = expected_shares(concentrations)
    for one in questions():
        assert shares[one.columns].sum() == pytest.approx(1)
    votes, relevant = kind_shares(concentrations, "bar")
    assert votes == pytest.approx(19 / 20)  # strong and weak
    assert relevant == pytest.approx(18 / 20 * 18 / 19)
    votes, _ = kind_shares(np.stack([concentrations, concentrations]), "spiral")
    np.testing.assert_allclose(votes, 18 / 19)


def test_heads_that_agree_are_not_flagged_and_others_are():
    rng = np.random.default_rng(1)
    x = rng.normal(0, 1.5, 4000)
    y = 1.2 * x + 0.3 + rng.normal(0, 0.5, 4000)
    peaks, shares = 1 / (1 + np.exp(-x)), 1 / (1 + np.exp(-y))
    relation = fit_relation(peaks[:2000], shares[:2000], np.ones(2000))
    assert relation.slope == pytest.approx(1.2, abs=0.05)
    assert relation.scatter == pytest.approx(0.5, abs=0.03)
    pairs = zip(peaks[2000:], shares[2000:], strict=True)
    chances = np.array([agreement(p, s, 1.0, relation)[0] for p, s in pairs])
    # Probabilities of what is right are uniform.
    np.testing.assert_allclose(
        np.quantile(chances, [0.1, 0.5, 0.9]), [0.1, 0.5, 0.9], atol=0.04
    )
    assert agreement(0.02, 0.97, 1.0, relation)[1] == "votes"
    assert agreement(0.9, 0.03, 1.0, relation)[1] == "map"


def test_what_is_hardly_asked_is_not_judged():
    relation = Relation(1.0, 0.0, 0.5)
    assert np.isnan(agreement(0.9, 0.1, 0.1, relation)[0])
    assert np.isnan(agreement(0.9, 0.1, 0.9, None)[0])
    assert fit_relation(np.full(9, 0.5), np.full(9, 0.5), np.ones(9)) is None
    assert fit_relation(np.full(50, 0.5), np.full(50, 0.5), np.ones(50)) is None
    rising = np.linspace(0.1, 0.9, 50)
    assert fit_relation(rising, rising[::-1], np.ones(50)) is None


@pytest.mark.parametrize(
    ("asked", "measure", "expected"),
    [(0.1, 20.0, True), (0.5, 20.0, False), (0.1, np.nan, False), (np.nan, 9.0, False)],
)
def test_what_was_measured_unasked_is_doubted(asked, measure, expected):
    row = {"spiral_asked": asked, "pitch_angle": measure}
    row |= {"bar_asked": asked, "bar_length": np.ma.masked, "bar_length_px": measure}
    assert doubts(row) == ({"spiral", "bar"} if expected else set())


def test_the_row_of_a_galaxy_has_all_columns_and_near_truths(drawn, concentrations):
    galaxy = drawn(8, pitch=20.0, noise=0.05, ratio=0.7, angle=30.0, bar_angle=60.0)
    seen = Seen(galaxy.mean, galaxy.std, galaxy.picture, concentrations, 0.3, 0.04)
    row = measured(seen, Calibration(BarScale(0.9)), np.random.default_rng(0))
    assert list(row) == [one.name for one in columns()]
    assert all(isinstance(row[one.name], one.kind) for one in columns())
    assert row["pitch_angle"] == pytest.approx(20, abs=3)
    assert row["winding"] == "Z"
    assert row["bar_length"] == pytest.approx(0.3 * 28, rel=0.15)
    assert abs((row["bar_pa"] - 60 + 90) % 180 - 90) < 5
    assert row["bar_length_kpc"] == pytest.approx(
        row["bar_length"] * kpc_per_arcsec(0.04)
    )
    assert row["bar_length_disk_kpc"] > row["bar_length_kpc"]
    assert row["disk_ratio"] == pytest.approx(0.7, abs=0.05)
    assert 0.05 < row["arm_fraction"] < 0.9


def test_a_galaxy_of_unknown_scale_has_lengths_in_pixels_only(drawn, concentrations):
    galaxy = drawn(9, bar=12.0)
    picture = galaxy.picture.repeat(2, axis=0).repeat(2, axis=1)  # of finer pixels
    seen = Seen(galaxy.mean, galaxy.std, picture, concentrations)
    row = measured(seen, Calibration(), np.random.default_rng(0))
    assert np.isfinite([row["bar_length_px"], row["disk_radius_px"]]).all()
    assert np.isnan(
        [row["bar_length"], row["bar_length_kpc"], row["disk_radius"]]
    ).all()
    assert row["disk_radius_px"] < 70


def test_an_empty_picture_and_map_give_reasons_not_numbers(concentrations):
    blank = np.zeros((2, 48, 48), np.float32)
    seen = Seen(blank, blank, np.zeros((48, 48, 3), np.uint8), concentrations, 0.3)
    row = measured(seen, Calibration(), np.random.default_rng(0))
    assert (row["bar_reason"], row["arm_reason"]) == ("no bar", "no disk")
    assert np.isnan([row["bar_length"], row["pitch_angle"], row["disk_ratio"]]).all()


def test_a_network_without_maps_or_votes_leaves_them_unknown(drawn, concentrations):
    galaxy = drawn(9)
    none = np.full_like(galaxy.mean, np.nan)
    relations = {"spiral": Relation(1, 0, 0.5), "bar": Relation(1, 0, 0.5)}
    for mean, votes in ((none, concentrations), (galaxy.mean, concentrations * np.nan)):
        seen = Seen(mean, mean, galaxy.picture, votes, 0.3, 0.04)
        calibration = Calibration(BarScale(), relations)
        row = measured(seen, calibration, np.random.default_rng(0))
        assert np.isnan([row["bar_agreement"], row["spiral_agreement"]]).all()
        assert row["bar_flag"] == row["spiral_flag"] == ""
    assert np.isfinite(row["pitch_angle"])
    seen = Seen(none, none, galaxy.picture, concentrations, 0.3, 0.04)
    row = measured(seen, Calibration(), np.random.default_rng(0))
    assert row["bar_reason"] == row["arm_reason"] == "no map"
    assert np.isnan([row["arm_fraction"], row["bar_length"]]).all()
    assert np.isfinite(row["disk_radius"])


def test_what_was_fitted_is_kept_in_json():
    rng = np.random.default_rng(2)
    mean = rng.uniform(0.1, 0.9, (30, 2, 1, 1)) * np.ones((30, 2, 8, 8))
    votes = np.exp(rng.normal(1, 1, (30, len(answer_columns()))))
    votes[:, [1, 4]] = 40.0  # featured, not edge-on
    votes[:, 5] = votes[:, 7] = 10 * mean[:, 0, 0, 0]  # arms, strong bar
    mean[:, 1] = mean[:, 0]
    own = Calibration(BarScale(0.7, 0.9), fit_relations(mean, votes))
    assert own.relations["bar"].scatter > 0.1
    tree = json.loads(json.dumps(own.to_json()))
    assert Calibration.from_json(tree) == own
    empty = Calibration(BarScale(), {"bar": None})
    assert Calibration.from_json(empty.to_json()) == empty
