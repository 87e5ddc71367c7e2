"""Chance."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import Table
from detected_fields import detections, judged, truths
from skyloom.clusters.evaluation import randoms as module
from skyloom.clusters.evaluation.curve import Target, average_precision
from skyloom.clusters.evaluation.judge import judge
from skyloom.sky.cosmology import arcsec_per_mpc
from skyloom.sky.tan import tan_wcs

WCS_OF = tan_wcs(30.0, -40.0, (600, 900), 2.0)  # 0.33 x 0.5 deg


def good_half():
    good = np.ones((600, 900), bool)
    good[:, 450:] = False
    return good


def test_area_of_good_pixels():
    assert np.isclose(module.valid_area(WCS_OF, good_half()), 600 * 450 * 4 / 3600**2)


def test_random_points_are_on_good_pixels():
    """Even over the good half, in pixels and on the sky."""
    rng = np.random.default_rng(0)
    points = module.random_positions(WCS_OF, good_half(), 4000, rng)
    x, y = WCS_OF.all_world2pix(points["RA"], points["DEC"], 0)
    assert x.min() >= -0.5
    assert x.max() < 449.5
    assert abs(np.mean(y < 300) - 0.5) < 0.03
    # East is left: the good half is the eastern one.
    assert (points["RA"] > 29.99).all()
    assert len(module.random_positions(WCS_OF, good_half(), 0, rng)) == 0
    with pytest.raises(ValueError, match="cannot be empty"):
        module.random_positions(WCS_OF, ~np.ones((5, 5), bool), 1, rng)


def test_false_alarms():
    """Detections of nothing, above the threshold, on valid sky, per area."""
    found = detections(
        [0, 0.5, 1.5, 2.5], [0.9, 0.8, 0.3, 0.8], VALID=[True, True, True, False]
    )
    rate = module.false_alarms(judge(truths([30]), found), 2.0, 0.5)
    assert (rate["k"], rate["value"]) == (1, 0.5)
    blank = module.false_alarms(judge(truths([]), found), 2.0)
    assert blank["k"] == 3
    assert module.false_alarms(judge(truths([]), found), 0.0)["value"] is None


def test_chance_matches_are_the_covered_area():
    """Of points anywhere, as many as the circle covers, if redshifts agree."""
    rng = np.random.default_rng(0)
    good = np.ones((600, 900), bool)
    points = module.random_positions(WCS_OF, good, 20_000, rng)
    points, seen = [points["RA"], points["DEC"]], [[30.0], [-40.0], [0.9]]
    # Megaparsecs are those of the points' redshift.
    found = module.chance_matches(points, seen, [0.4], rng, dz=None)
    radius = float(arcsec_per_mpc(0.4)) / 3600
    expected = np.pi * radius**2 / module.valid_area(WCS_OF, good)
    assert found["low"] < expected < found["high"]
    assert found["n"] == 20_000
    for z, sees in ((0.81, True), (0.79, False)):
        near = module.chance_matches(points, seen, [z], rng, dz=0.05)
        assert bool(near["k"]) is sees
    with pytest.raises(ValueError, match="cannot be empty"):
        module.chance_matches(points, seen, [], rng)


def test_a_finder_that_knows_nothing():
    """It finds far less than one that does."""
    rng = np.random.default_rng(0)
    seen = judged(0)
    truth = truths([30] * 10)
    found = detections(range(10), rng.random(10))
    spread = Table({"RA": rng.uniform(10, 15, 500), "DEC": rng.uniform(-1, 1, 500)})
    moved = module.chance_finder(found, spread, rng)
    assert sorted(moved["SCORE"]) == sorted(found["SCORE"])
    blind = average_precision(judge(truth, moved), Target())
    assert blind < 0.1 < average_precision(seen, Target())
    with pytest.raises(ValueError, match="same length"):
        module.chance_finder(found, spread[:3], rng)


def test_completeness_where_so_many_alarms_are_allowed():
    """Three of four targets before the second alarm; too small an area tells nothing.

    A detection of the score of the second alarm is not in either.
    """
    truth = truths([30, 30, 30, 30, 10])
    rows, score = [0, 0.5, 1, 4, 2, 2.5, 3], [0.9, 0.8, 0.7, 0.65, 0.6, 0.5, 0.5]
    seen = judge(truth, detections(rows, score))
    strict, one, both, small = module.at_false_alarms(
        seen, Target(20), 2.0, (0.5, 0.9, 1.0, 0.1)
    )
    assert strict["completeness"]["k"] == one["completeness"]["k"] == 3
    assert (strict["threshold"], strict["completeness"]["n"]) == (0.6, 4)
    assert (both["completeness"]["k"], both["threshold"]) == (4, 0.5)
    assert small["completeness"] is small["threshold"] is None
    nothing = judge(truth, detections([], []))
    (none,) = module.at_false_alarms(nothing, Target(20), 2.0, (1.0,))
    assert none["threshold"] is None
    assert (none["completeness"]["k"], none["completeness"]["n"]) == (0, 4)
