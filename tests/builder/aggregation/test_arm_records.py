"""Tests of `skyloom.builder.aggregation.arm_records`."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from builder import drawn_arms
from skyloom.builder.aggregation.arm_records import (
    covariance,
    describe,
    galaxy_pitch_angle,
)
from skyloom.builder.aggregation.arms import fit_arm
from skyloom.builder.config import ArmSettings

N_SIMULATED = 80


def simulated(seed, n, settings, **errors):
    """Return a fitted arm's parameters, errors and record, and the true phi [deg]."""
    rng = np.random.default_rng([seed, n])
    phi = rng.uniform(8, 35) * rng.choice([-1, 1])
    b = math.tan(math.radians(phi))
    strokes = drawn_arms.arm(rng, n, b, math.log(40) - 1.25 * b)
    plane = drawn_arms.plane(**errors)
    arm = fit_arm(tuple(strokes), plane, settings)
    return *describe(arm, plane, 30, settings), phi


@pytest.mark.parametrize(("n", "rule"), [(5, "angle"), (11, "angle"), (7, "published")])
def test_one_sigma_holds_the_true_pitch_angle(n, rule):
    """Errors are honest: 68 % of intervals hold the truth, for few lines and many.

    Lines err coherently; the published posterior holds it in about 25 %.
    """
    settings = ArmSettings(weights=rule)
    inside, naive = [], []
    for seed in range(N_SIMULATED):
        part, _, record, phi = simulated(seed, n, settings)
        inside.append(abs(part.phi - phi) < record["pitch_angle_err"])
        b_err = math.sqrt(record["covariance_points"][1][1])
        naive.append(abs(math.tan(math.radians(part.phi - phi))) < b_err)
    # 68 +- 7 % and the noise of the simulation itself.
    assert np.mean(inside) == pytest.approx(0.68, abs=0.07 + 0.05)
    assert np.mean(naive) < 0.45


def test_an_uncertain_plane_adds_error():
    """The roll and inclination of the disk are part of the error."""
    sure = simulated(1, 9, ArmSettings())[2]
    unsure = simulated(1, 9, ArmSettings(), q=0.05, roll=0.05)[2]
    assert sure["pitch_angle_err_disk"] == 0
    assert unsure["pitch_angle_err_disk"] > 0.1
    assert unsure["pitch_angle_err"] > sure["pitch_angle_err"]


def test_priors_are_published_or_measured():
    """Published priors are constants; measured ones are the scatter of single lines."""
    published = simulated(2, 9, ArmSettings())[1]
    assert published["phi"] == 1.0
    assert published["t_min"] == pytest.approx(math.radians(0.5))
    _, errors, record, _ = simulated(2, 9, ArmSettings(priors="measured"))
    lines = record["pitch_angle_err_lines"] * math.sqrt(record["n_lines"])
    rule = record["pitch_angle_err_rule"]
    assert errors["phi"] == pytest.approx(math.hypot(lines, rule))
    assert record["t_min"] < errors["pivot"] < record["t_max"]
    # Line ends scatter uniformly over 0.5 and 0.7 rad.
    assert 0.05 < errors["t_min"] < 0.35
    assert 0.05 < errors["t_max"] < 0.4


def test_record_is_plain_and_complete():
    """It can be written as JSON, and counts what it should."""
    part, _, record, _ = simulated(3, 9, ArmSettings())
    json.dumps(record, allow_nan=False)
    assert record["n_lines"] == 9
    assert record["support"]["k"] == 9
    assert record["support"]["n"] == 30
    assert record["n_kept"] == len(record["points"]["r"]) <= record["n_points"]
    assert record["pitch_angle"] == pytest.approx(abs(part.phi))
    assert record["chirality"] == np.sign(part.phi)
    assert record["length"] < record["length_deprojected"]


def test_two_drawers_give_no_error():
    """With fewer than three volunteers the error is unknown, not small."""
    part, errors, record, _ = simulated(4, 2, ArmSettings(priors="measured"))
    assert record["pitch_angle_err"] is None
    assert record["covariance"] is None
    assert errors["phi"] is None
    assert math.isfinite(part.phi)


def test_parts_of_the_covariance():
    """Weights by angle have no bias to account for."""
    rng = np.random.default_rng(0)
    strokes = tuple(drawn_arms.arm(rng, 6, 0.3, 3.0))
    for rule, expected in (("angle", False), ("published", True)):
        settings = ArmSettings(weights=rule)
        arm = fit_arm(strokes, drawn_arms.plane(), settings)
        parts = covariance(arm, drawn_arms.plane(), settings)
        assert bool(parts["rule"].any()) is expected
        assert np.linalg.eigvalsh(parts["lines"]).min() > 0


def test_galaxy_pitch_angle_is_length_weighted():
    """A long arm counts for more; no arms, no angle."""
    arms = [{"pitch_angle": 10, "length": 3}, {"pitch_angle": 20, "length": 1}]
    assert galaxy_pitch_angle(arms) == 12.5
    assert galaxy_pitch_angle([]) is None
