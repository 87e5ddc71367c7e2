"""One pitch angle of each arm from volunteers and image."""

import json
import math

import numpy as np
import pytest
from skyloom.builder.fitting import arm_angles
from skyloom.builder.fitting.arm_angles import APART, FLAGS, TIGHT, arm_rows
from skyloom.builder.fitting.fit import Problem
from skyloom.builder.fitting.posterior import free_values, posterior
from skyloom.builder.model import Model, Sersic, SpiralArm, replace
from synthetic import observed

DISK = Sersic(31.3, 29.6, 0.6, 0.7, 12.0, 0.1)
ARM = SpiralArm(0.8, 2.0, 6.0, 18.0, 0.2, 3.2)
WIDTHS = {"A": 0.4, "phi": 2.0, "t_min": 0.1, "t_max": 0.1, "spread": None}
SMALL = 1e-6  # deg: of what is not tested


@pytest.fixture(autouse=True)
def _little_systematic(monkeypatch):
    """Leave out what simulations teach, and the way to the plane (`replaned`)."""

    def said(record, _old, _new):
        return record["chirality"] * record["pitch_angle"], record["pitch_angle_err"]

    monkeypatch.setattr(arm_angles, "_drawn", said)
    for source in arm_angles.SYSTEMATIC:
        monkeypatch.setitem(arm_angles.SYSTEMATIC, source, (SMALL, 0.0))


def fitted(arm=ARM, disk=DISK):
    """Return the posterior of a fit that ended at an arm."""
    model = Model(disk=disk, spiral=(arm,))
    problem = Problem(model, observed(model), {"spiral": [WIDTHS]})
    return posterior(problem, problem.start)


def error_of(post):
    names, _, covariance = free_values(post)
    i = names.index("spiral.0.phi")
    return math.sqrt(covariance[i, i])


def record(pitch, error):
    """Return what the volunteers' record of an arm says of its pitch angle."""
    return {
        "pitch_angle": abs(pitch), "pitch_angle_err": error,
        "chirality": 1 if pitch > 0 else -1,
    }  # fmt: skip


def row(post, drawn=ARM, said=(18.0, 1.0), number=0, inflation=1.0):
    """Return the row of the only arm of a fit."""
    crowd = Model(disk=DISK, spiral=(drawn,) * (number + 1))
    records = [record(*said)] * (number + 1) if said else []
    (found,) = arm_rows(post, [number], crowd, records, [0.7], inflation)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    return found


def test_both_agree():
    """The estimate is the mean by inverse variances, with a smaller error."""
    post = fitted()
    mine = error_of(post)
    found = row(post, said=(18.0 + mine, mine))
    assert found["pitch_angle"] == pytest.approx(18.0 + mine / 2, abs=1e-4)
    assert found["pitch_angle_err"] == pytest.approx(mine / math.sqrt(2), rel=1e-3)
    assert found["pitch_angle_fit"] == pytest.approx(18.0)
    assert found["pitch_angle_fit_err"] == pytest.approx(mine)
    assert (found["pitch_angle_crowd"], found["pitch_angle_crowd_err"]) == (
        18.0 + mine,
        mine,
    )
    assert (found["chirality"], found["flags"], found["crowd"]) == (1, [], 0)
    assert found["probability"] == 0.7


@pytest.mark.parametrize("times", [1.5, 4.0])
def test_where_both_differ_the_error_grows(times):
    """By how many errors they differ; far apart they are flagged."""
    post = fitted()
    mine = error_of(post)
    found = row(post, said=(18.0 + times * mine * math.sqrt(2), mine))
    assert found["pitch_angle_err"] == pytest.approx(
        times * mine / math.sqrt(2), rel=1e-3
    )
    assert found["flags"] == (["apart"] if times > APART else [])


def test_systematic_terms_widen_both(monkeypatch):
    """In quadrature, in the mean but not in the single estimates.

    That of the fit grows as the logarithm of the inflation.
    """
    monkeypatch.setitem(arm_angles.SYSTEMATIC, "crowd", (3.0, 0.0))
    monkeypatch.setitem(arm_angles.SYSTEMATIC, "fit", (0.0, 4.0))
    post = fitted()
    found = row(post, said=(18.0, 4.0), inflation=math.e)
    total = [5.0, math.hypot(4.0, error_of(post))]
    expected = 1 / math.sqrt(sum(t**-2 for t in total))
    assert found["pitch_angle_err"] == pytest.approx(expected)
    assert found["pitch_angle_crowd_err"] == 4.0


def test_an_arm_that_nobody_drew_is_the_fit_s():
    """The twin's place is beyond the volunteers' records."""
    post = fitted()
    found = row(post, said=None)
    assert found["crowd"] is None
    assert found["pitch_angle_crowd"] is None
    assert found["pitch_angle"] == found["pitch_angle_fit"] == pytest.approx(18.0)
    assert found["flags"] == []


@pytest.mark.parametrize(
    ("arm", "flag"),
    [
        (replace(ARM, A=2.2 * ARM.A), "off_arm"),
        (replace(ARM, phi=-ARM.phi, A=16.0), "reversed"),
        (replace(ARM, phi=0.5 * TIGHT), "ring"),
    ],
)
def test_a_fit_that_left_the_arm_is_no_measurement(arm, flag):
    """Then the volunteers' estimate stands alone, with its error and a flag."""
    found = row(fitted(arm), said=(18.0, 1.0))
    assert flag in found["flags"]
    assert set(found["flags"]) <= set(FLAGS)
    assert found["pitch_angle"] == pytest.approx(18.0)
    assert found["pitch_angle_err"] == pytest.approx(1.0)
    assert found["chirality"] == 1
    assert found["pitch_angle_fit"] == pytest.approx(abs(arm.phi))


def test_a_clockwise_arm_has_its_chirality():
    """Angles are unsigned; the sign is the chirality."""
    arm = replace(ARM, phi=-18.0, A=16.0)
    found = row(fitted(arm), drawn=arm, said=(-20.0, 1.0))
    assert found["chirality"] == -1
    assert 18.0 <= found["pitch_angle"] <= 20.0
    assert found["flags"] == []


def test_volunteers_without_an_error_count_not():
    """Of a crowd that cannot say how sure it is, the fit is the estimate."""
    found = row(fitted(), said=(25.0, None))
    assert found["pitch_angle"] == pytest.approx(18.0)
    assert found["pitch_angle_crowd"] == 25.0
    assert found["pitch_angle_crowd_err"] is None


def test_the_drawn_arm_is_seen_in_the_fitted_disk():
    """A disk that turned under the arm does not take the fit off it."""
    turned = replace(DISK, roll=DISK.roll + 0.5, q=0.75)
    theta = 0.5
    arm = replace(ARM, t_min=ARM.t_min - theta, t_max=ARM.t_max - theta,
                  A=ARM.A * np.exp(theta * np.tan(np.radians(18.0))))  # fmt: skip
    assert "off_arm" not in row(fitted(arm, turned))["flags"]
