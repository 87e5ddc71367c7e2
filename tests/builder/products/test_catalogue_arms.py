"""The catalogue's columns of arms."""

import math

import invented_galaxy
import numpy as np
import pytest
from skyloom.builder.model import (
    MOST_ARMS,
    DrawnArm,
    Model,
    SpiralArm,
    replace,
    to_dict,
)
from skyloom.builder.products.catalogue import catalogue
from skyloom.builder.products.catalogue_arms import mean_pitch, span
from skyloom.builder.products.outlines import arm_line

DISK, ARMS = invented_galaxy.DISK, invented_galaxy.ARMS
SCALE = 0.396


def row_of(**changes):
    return catalogue([invented_galaxy.subject(**changes)])[0]


def with_arms(arms, records):
    model = to_dict(Model(DISK, invented_galaxy.BULGE, invented_galaxy.BAR, arms))
    tree = invented_galaxy.tuned(model=model)
    return invented_galaxy.chosen(tree, arms=records)


def test_arms_are_those_of_the_model_longest_first():
    """Each keeps its record, width and brightness; the mean is weighted by length."""
    row = row_of()
    lengths = [span(DISK, arm)["length"] for arm in ARMS]
    assert lengths[1] > lengths[0]
    assert (row["n_arms"], row["n_arms_crowd"]) == (2, 2)
    assert row["arm1_length_arcsec"] == pytest.approx(lengths[1] * SCALE)
    assert (row["arm1_pitch_angle"], row["arm1_pitch_angle_err"]) == (22.0, 2.0)
    assert row["arm2_pitch_angle"] == 18.0
    assert row["arm1_width_arcsec"] == pytest.approx(2.5 * SCALE)
    assert row["arm2_width_arcsec"] == pytest.approx(2.0 * SCALE)
    assert row["arm1_brightness"] == pytest.approx(0.3)
    place = invented_galaxy.PARAMETERS.index
    expected = (place("spiral.1.spread") + 1) / 100
    assert row["arm1_width_arcsec_err"] == pytest.approx(expected * SCALE)
    expected = (place("spiral.1.I") + 1) / 100
    assert row["arm1_brightness_err"] == pytest.approx(expected)
    weight = np.array(lengths) / sum(lengths)
    assert row["pitch_angle"] == pytest.approx(weight @ [18, 22])
    assert row["pitch_angle_err"] == pytest.approx(np.hypot(*(weight * [1, 2])))
    assert row["chirality"] == 1


def test_single_estimates_stay_beside_the_one_from_both():
    """Crowd and image each have their column with an error."""
    row = row_of()
    assert (row["arm1_pitch_angle_crowd"], row["arm1_pitch_angle_crowd_err"]) == (10, 5)
    assert (row["arm1_pitch_angle_fit"], row["arm1_pitch_angle_fit_err"]) == (23, 0.5)
    assert row["arm1_probability"] == 0.8


def test_an_arm_that_the_crowd_did_not_see_has_no_estimate_of_theirs():
    """None becomes an empty cell."""
    none = {"pitch_angle_crowd_err": None}
    records = [invented_galaxy.record(18.0, 1.0, None, **none)]
    row = row_of(fit=with_arms(ARMS[:1], records))
    assert math.isnan(row["arm1_pitch_angle_crowd"])
    assert math.isnan(row["arm1_pitch_angle_crowd_err"])
    assert row["pitch_angle"] == 18.0
    assert (row["n_arms"], row["n_arms_crowd"]) == (1, 2)


def test_an_arm_without_a_pitch_angle_is_not_in_the_mean():
    """A mean of what is known, and nothing where nothing is."""
    none = {"pitch_angle_fit": None, "chirality": None}
    unknown = invented_galaxy.record(0.0, None, None, **none) | {"pitch_angle": None}
    known = invented_galaxy.record(18.0, 1.0, 20.0)
    row = row_of(fit=with_arms(ARMS, [known, unknown]))
    assert (row["n_arms"], row["pitch_angle"]) == (2, 18.0)
    row = row_of(fit=with_arms(ARMS[:1], [unknown]))
    assert math.isnan(row["pitch_angle"])


def test_as_many_arms_as_are_fitted_have_columns():
    arms = [replace(ARMS[0], t_max=2.0 + i / 4) for i in range(MOST_ARMS)]
    records = [invented_galaxy.record(20.0 + i, 1.0, 20.0) for i in range(MOST_ARMS)]
    row = row_of(fit=with_arms(tuple(arms), records))
    assert row["n_arms"] == MOST_ARMS
    assert row["arm4_pitch_angle"] == 20.0
    assert row["pitch_angle_scatter"] == pytest.approx(np.std(range(4), ddof=1))


@pytest.mark.parametrize("phi", [18.0, -18.0])
def test_span_is_in_the_plane_of_the_disk(phi):
    """Radius and polar angle are the spiral's own; it starts at its inner end."""
    arm = SpiralArm(0.4, 2.0, 8.0, phi, 0.2, 3.0)
    found, tan = span(DISK, arm), math.tan(math.radians(phi))
    ends = (0.2, 3.0) if phi > 0 else (3.0, 0.2)
    for key, theta in zip(("start", "end"), ends, strict=True):
        assert found[f"{key}_radius"] == pytest.approx(8 * math.exp(theta * tan))
        assert found[f"{key}_angle"] == pytest.approx(math.degrees(theta))
    line = arm_line(DISK, arm, 2000)
    length = np.hypot(*np.diff(line, axis=0).T).sum()
    assert found["length"] == pytest.approx(length, rel=1e-3)


def test_span_of_a_drawn_arm_is_that_of_its_line():
    """A polyline on the same spiral has the same ends; its order does not matter."""
    arm = ARMS[0]
    line = arm_line(DISK, arm)
    for points in (line, line[::-1]):
        found = span(DISK, DrawnArm(points, 0.4, 2.0))
        assert found == pytest.approx(span(DISK, arm))


def test_single_arm_has_no_scatter():
    """One arm says nothing about the scatter among arms."""
    arm = {"pitch_angle": 18.0, "pitch_angle_err": 1.0, "length": 3.0, "chirality": 1}
    assert math.isnan(mean_pitch([arm])["pitch_angle_scatter"])


def test_a_missing_error_is_empty():
    """The mean of arms of which one has no error has none."""
    arm = {"pitch_angle": 18.0, "length": 3.0, "chirality": 1, "pitch_angle_err": 1.0}
    mean = mean_pitch([arm, arm | {"pitch_angle_err": None, "chirality": -1}])
    assert math.isnan(mean["pitch_angle_err"])
    assert mean["chirality"] == 0
