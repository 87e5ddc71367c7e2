"""Tests of `skyloom.builder.aggregation.arm_records`."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from builder import drawn_arms
from skyloom.builder.aggregation import robust
from skyloom.builder.aggregation.arm_records import (
    _pitch,
    _uncorrelated,
    covariance,
    describe,
    galaxy_pitch_angle,
)
from skyloom.builder.aggregation.arms import Stroke, fit_arm
from skyloom.builder.config import ArmSettings
from skyloom.builder.model import replace

N_SIMULATED = 80


def simulated(seed, n, settings, **errors):
    """Return a fitted arm's parameters, errors and record, and the true phi [deg]."""
    rng = np.random.default_rng([seed, n])
    phi = rng.uniform(8, 35) * rng.choice([-1, 1])
    b = math.tan(math.radians(phi))
    strokes = drawn_arms.arm(rng, n, b, math.log(40) - 1.25 * b)
    plane = drawn_arms.plane(**errors)
    arm = fit_arm(tuple(strokes), plane, settings.method)
    if settings.method == "crowd":  # these lines have no hooks to correct for
        phi += math.copysign(robust.LEAN, phi)
    return *describe(arm, plane, 30, settings), phi


@pytest.mark.parametrize(("n", "rule"), [(5, "crowd"), (11, "crowd"), (7, "published")])
def test_one_sigma_holds_the_true_pitch_angle(n, rule):
    """Errors are honest: 68 % of intervals hold the truth, for few lines and many.

    Lines err coherently; the published posterior holds it in about 25 %.
    """
    settings = ArmSettings(method=rule)
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
    _, errors, record, _ = simulated(2, 9, ArmSettings(method="crowd"))
    lines = record["pitch_angle_err_lines"] * math.sqrt(record["n_lines"])
    rule = record["pitch_angle_err_rule"]
    assert errors["phi"] == pytest.approx(math.hypot(lines, rule))
    assert record["t_min"] < errors["pivot"] < record["t_max"]
    # Line ends scatter uniformly over 0.5 and 0.7 rad.
    assert 0.05 < errors["t_min"] < 0.35
    assert 0.05 < errors["t_max"] < 0.4


def test_a_volunteer_who_draws_a_line_in_pieces_counts_once():
    """Prior widths are the scatter of volunteers, however many lines each one drew."""
    strokes = drawn_arms.arm(np.random.default_rng(5), 9, 0.35, 3.0)
    twice = [
        Stroke(s.volunteer, 10 * s.index + k, s.points)
        for s in strokes
        for k in range(2)
    ]
    widths = []
    for drawn in (strokes, twice):
        arm = fit_arm(tuple(drawn), drawn_arms.plane(), "crowd")
        widths.append(
            describe(arm, drawn_arms.plane(), 30, ArmSettings(method="crowd"))[1]
        )
    for name in ("A", "phi", "t_min", "t_max"):
        assert widths[1][name] == pytest.approx(widths[0][name], rel=0.05)


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


def test_two_drawers_give_no_error():
    """With fewer than three volunteers the error is unknown, not small."""
    part, errors, record, _ = simulated(4, 2, ArmSettings(method="crowd"))
    assert record["pitch_angle_err"] is None
    assert record["covariance"] is None
    assert errors["phi"] is None
    assert math.isfinite(part.phi)


def test_parts_of_the_covariance():
    """Both ways have a bias that is not known well; the published one's is larger."""
    rng = np.random.default_rng(0)
    strokes = tuple(drawn_arms.arm(rng, 6, 0.3, 3.0))
    for rule in ("crowd", "published"):
        arm = fit_arm(strokes, drawn_arms.plane(), rule)
        parts = covariance(arm, drawn_arms.plane(), rule)
        assert parts["rule"].any()
        assert np.linalg.eigvalsh(parts["lines"]).min() > 0


def test_galaxy_pitch_angle_is_length_weighted():
    """A long arm counts for more; no arms, no angle."""
    arms = [{"pitch_angle": 10, "length": 3}, {"pitch_angle": 20, "length": 1}]
    assert galaxy_pitch_angle(arms) == 12.5
    assert galaxy_pitch_angle([]) is None


@pytest.mark.parametrize("phi", [-22.0, 22.0])
def test_error_of_a_face_on_plane_has_a_closed_form(phi):
    """A roll wrong by s moves theta by s, so ln A by b s and the slope not at all."""
    b, roll_error = math.tan(math.radians(phi)), 0.03
    disk = replace(drawn_arms.DISK, q=1.0)
    still = {"pitch": 0.0, "radius": 0.0, "wave": 0.0, "point": 0.0}
    rng = np.random.default_rng(5)
    strokes = drawn_arms.arm(rng, 5, b, math.log(40) - 1.25 * b, disk, **still)
    arm = fit_arm(tuple(strokes), drawn_arms.plane(disk), "crowd")
    plane = drawn_arms.plane(disk, roll=roll_error)
    found = covariance(arm, plane, "crowd")["disk"]
    slope = arm.spiral.coef[1]
    opened = math.tan(math.radians(phi + math.copysign(robust.LEAN, phi)))
    assert slope == pytest.approx(opened, rel=0.02)
    assert found[0, 0] == pytest.approx((slope * roll_error) ** 2, rel=0.02)
    assert abs(found[1, 1]) < 1e-4 * found[0, 0]


def test_every_cause_adds_in_quadrature_and_once():
    """The whole error is the root of the sum of squares of its unequal parts."""
    parts = {"lines": (0.03, 1.0), "disk": (0.01, 2.0), "rule": (0.02, 3.0)}
    made = {k: np.diag([0.5, b**2]) for k, (b, _) in parts.items()}
    for slope in (-0.5, 0.5):
        record = _pitch(slope, made)
        scale = math.degrees(1 / 1.25)
        for name, (b, _) in parts.items():
            key = f"pitch_angle_err_{name}"
            assert record[key] == pytest.approx(scale * b)
        total = math.sqrt(0.03**2 + 0.01**2 + 0.02**2)
        assert record["pitch_angle_err"] == pytest.approx(scale * total)
        assert record["chirality"] == np.sign(slope)
        assert record["pitch_angle"] == pytest.approx(26.565, abs=1e-3)


@pytest.mark.parametrize("c", [-0.03, 0.0, 0.03])
def test_the_pivot_is_where_the_radius_is_known_best(c):
    """The variance of ln r, a + 2 c theta + b theta², is least at the pivot."""
    a, b = 0.08, 0.02
    pivot, radius, slope = _uncorrelated(np.array([[a, c], [c, b]]))
    assert pivot == pytest.approx(-c / b)
    least = a + 2 * c * pivot + b * pivot**2
    assert radius == pytest.approx(math.sqrt(least))
    assert slope == pytest.approx(math.sqrt(b))
    for away in (-0.1, 0.1):
        theta = pivot + away
        assert a + 2 * c * theta + b * theta**2 > least


@pytest.mark.parametrize(("n", "dof"), [(3, 2), (12, 11), (13, 11)])
def test_volunteers_are_dealt_into_twelve_teams_at_most(n, dof):
    """Three give an error; from the thirteenth on teams are shared."""
    record = simulated(6, n, ArmSettings())[2]
    assert record["dof"] == dof
    assert record["pitch_angle_err"] > 0


def test_an_unknown_scatter_has_no_pivot():
    """Nor has one without any scatter of the slope."""
    for total in (np.full((2, 2), math.inf), np.diag([1.0, 0.0])):
        assert _uncorrelated(total) == (0.0, math.inf, math.inf)
