"""The table of arms that the hierarchical model reads."""

import numpy as np
import pytest
from builder import drawn_arms
from skyloom.builder.aggregation.arm_records import describe
from skyloom.builder.aggregation.arms import fit_arm
from skyloom.builder.config import ArmSettings
from skyloom.builder.pitch.arms import COLUMNS, arm_row, arm_table
from skyloom.builder.pitch.likelihood import observations

ARM = {
    "pitch_angle": 20.0,
    "pitch_angle_err_lines": 1.0,
    "pitch_angle_err_disk": 0.3,
    "pitch_angle_err_rule": 0.4,
    "dof": 4,
    "chirality": 1,
    "n_lines": 5,
    "length": 30.0,
}


@pytest.mark.parametrize("weights", ["crowd", "published"])
@pytest.mark.parametrize("n", [3, 7, 15])
def test_the_model_sees_the_record_s_estimate_and_error(n, weights):
    """One estimator and one error: every cause of the record's error, the rule too."""
    settings, plane = ArmSettings(method=weights), drawn_arms.plane(q=0.03)
    strokes = drawn_arms.arm(np.random.default_rng(n), n, -0.3, 3.5)
    record = describe(
        fit_arm(tuple(strokes), plane, settings.method), plane, 30, settings
    )[2]
    row = arm_row(record)
    assert row["pitch_angle"] == record["pitch_angle"]
    assert row["chirality"] == record["chirality"] == -1
    total = np.hypot(row["pitch_angle_err"], row["pitch_angle_err_normal"])
    assert total == pytest.approx(record["pitch_angle_err"])
    assert row["dof"] == min(n, 12) - 1


@pytest.mark.parametrize("dof", [2, 5, 11])
def test_an_error_from_lines_holds_68_percent_in_the_likelihood_too(dof):
    """The t of the model is as wide as the interval that the record states."""
    table = arm_table([{"subject_id": 1, "arms": [ARM | {"dof": dof}]}])
    found = observations(table.assign(pitch_angle_err_normal=0.0))
    rng, n = np.random.default_rng(dof), 100_000
    weight = np.exp(found["log_weight"][0])
    node = rng.choice(len(weight), n, p=weight / weight.sum())
    draws = rng.normal(0, np.sqrt(found["variance"][0, node]))
    assert np.mean(np.abs(draws) < 1.0) == pytest.approx(0.6827, abs=0.015)


def test_normal_errors_add_in_quadrature():
    """That of the disk's plane and that of the rule."""
    assert arm_row(ARM)["pitch_angle_err_normal"] == pytest.approx(0.5)


def test_table_has_one_ordered_row_an_arm():
    """Subjects are ordered, failed ones add no rows, a repeat names its galaxy."""
    trees = [
        {"subject_id": 7, "arms": [ARM, ARM]},
        {"subject_id": 3, "arms": [ARM]},
        {"subject_id": 5, "arms": None},
    ]
    table = arm_table(trees, galaxies={7: 5, 3: 99})
    assert list(table) == list(COLUMNS)
    assert table["subject_id"].tolist() == [3, 7, 7]
    assert table["galaxy"].tolist() == [3, 5, 5]
    assert table["arm"].tolist() == [0, 0, 1]


def test_no_arms_make_an_empty_table():
    """A sample without arms has the columns and no rows."""
    assert list(arm_table([{"subject_id": 1, "arms": []}])) == list(COLUMNS)


def test_arm_without_any_error_is_kept_as_unknown():
    """An error that nobody knows is NaN, not a number made up."""
    arm = ARM | {"pitch_angle_err_lines": None}
    table = arm_table([{"subject_id": 1, "arms": [arm]}])
    assert np.isnan(table["pitch_angle_err"]).all()


@pytest.mark.parametrize(
    "change", [{"pitch_angle": 95.0}, {"pitch_angle_err_lines": -1.0}]
)
def test_impossible_arm_is_named(change):
    """An angle or error that cannot be names its subject and arm."""
    with pytest.raises(ValueError, match=r"subject 12, arm 0: pitch angle"):
        arm_table([{"subject_id": 12, "arms": [ARM | change]}])


def test_an_arm_seen_twice_counts_once():
    """A repeat speaks only where the first subject has no arms, or is not there."""
    arms = {1: [ARM], 11: [ARM, ARM], 2: [], 12: [ARM], 13: [ARM], 30: [ARM]}
    trees = [{"subject_id": subject, "arms": found} for subject, found in arms.items()]
    table = arm_table(trees, galaxies={11: 1, 12: 2, 13: 3})
    assert table["subject_id"].tolist() == [1, 12, 13, 30]
    assert table["galaxy"].tolist() == [1, 2, 13, 30]


def test_angles_from_0_to_below_90():
    """A closed ring is an angle, a radial line is none."""
    trees = [{"subject_id": 1, "arms": [ARM | {"pitch_angle": x} for x in (0.0, 89.9)]}]
    assert arm_table(trees)["pitch_angle"].tolist() == [0, 89.9]
    with pytest.raises(ValueError, match="pitch angle 90"):
        arm_table([{"subject_id": 1, "arms": [ARM | {"pitch_angle": 90.0}]}])


def test_zero_error_is_an_unknown_one():
    """Lines that are the same have no scatter, which tells nothing of the error."""
    table = arm_table([{"subject_id": 1, "arms": [ARM | {"pitch_angle_err_lines": 0}]}])
    assert np.isnan(table["pitch_angle_err"]).all()
