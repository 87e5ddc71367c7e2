"""The table of arms that the hierarchical model reads."""

import invented_galaxy
import numpy as np
import pytest
from skyloom.builder.model import to_dict
from skyloom.builder.pitch.arms import COLUMNS, arm_row, arm_table
from skyloom.builder.pitch.likelihood import observations
from skyloom.builder.pitch.posterior import fit
from skyloom.builder.products.catalogue_arms import span

ARM = {"pitch_angle": 20.0, "pitch_angle_err": 1.0, "chirality": 1, "crowd": 0}
ARM["pitch_angle_crowd_err"] = 2.0
RECORD = {"dof": 4, "n_lines": 5}
MODEL = invented_galaxy.MODEL


def galaxy(subject, arms, records=(RECORD,), candidates=()):
    """Return a galaxy's model and aggregate, of these arms and records of the crowd."""
    model = to_dict(MODEL)
    model["spiral"] = (model["spiral"] * 2)[: len(arms)]
    tree = {"subject_id": subject, "model": model, "arms": list(arms)}
    crowd = {"arms": list(records), "candidates": list(candidates)}
    return tree, crowd | {"subject_id": subject}


def table_of(*galaxies, **repeats):
    """Return the table of some galaxies."""
    models, aggregates = zip(*galaxies, strict=True)
    return arm_table(models, aggregates, **repeats)


def test_the_model_sees_the_galaxy_s_one_estimate():
    """Angle, error and turn are those of the galaxy's model; dof is the crowd's."""
    row = arm_row(ARM | {"chirality": -1}, RECORD)
    assert (row["pitch_angle"], row["chirality"], row["dof"]) == (20.0, -1, 4)
    assert (row["pitch_angle_err"], row["pitch_angle_err_normal"]) == (1.0, 0.0)


def test_an_arm_that_nobody_drew_has_a_normal_error():
    """The likelihood of such an arm is one normal, as wide as the arm's error."""
    table = table_of(galaxy(1, [ARM | {"crowd": None, "pitch_angle_err": 3.0}]))
    row = table.iloc[0]
    assert (row["pitch_angle_err"], row["pitch_angle_err_normal"]) == (0.0, 3.0)
    assert row["n_lines"] == 0
    found = observations(table)
    assert found["variance"] == pytest.approx(np.full((1, 8), 9.0))
    assert np.exp(found["log_weight"]).sum() == pytest.approx(1.0)


def test_an_arm_has_the_record_it_names():
    """Records are counted through the arms agreed on, then those that fewer drew."""
    records, fewer = [RECORD, {"dof": 7, "n_lines": 8}], [{"dof": 2, "n_lines": 3}]
    arms = [ARM | {"crowd": i} for i in (2, 0, 1)]
    table = table_of(galaxy(1, arms, records, fewer))
    assert table["dof"].tolist() == [2, 4, 7]
    assert table["n_lines"].tolist() == [3, 5, 8]


def test_length_is_that_of_the_catalogue():
    """The length on the image of the arm of the model."""
    table = table_of(galaxy(1, [ARM, ARM]))
    lengths = [span(MODEL.disk, arm)["length"] for arm in MODEL.spiral]
    assert table["length"].tolist() == pytest.approx(lengths)


@pytest.mark.parametrize("dof", [2, 5, 11])
def test_an_error_holds_68_percent_in_the_likelihood_too(dof):
    """The t of the model is as wide as the interval that the arm states."""
    table = table_of(galaxy(1, [ARM], [RECORD | {"dof": dof}]))
    found = observations(table)
    rng, n = np.random.default_rng(dof), 100_000
    weight = np.exp(found["log_weight"][0])
    node = rng.choice(len(weight), n, p=weight / weight.sum())
    draws = rng.normal(0, np.sqrt(found["variance"][0, node]))
    assert np.mean(np.abs(draws) < 1.0) == pytest.approx(0.6827, abs=0.015)


def test_table_has_one_ordered_row_an_arm():
    """Subjects are ordered, failed ones add no rows, a repeat names its galaxy."""
    failed = {"subject_id": 5, "model": None, "arms": []}, {"subject_id": 5, "arms": []}
    galaxies = [galaxy(7, [ARM, ARM]), galaxy(3, [ARM]), failed]
    table = table_of(*galaxies, galaxies={7: 5, 3: 99})
    assert list(table) == list(COLUMNS)
    assert table["subject_id"].tolist() == [3, 7, 7]
    assert table["galaxy"].tolist() == [3, 5, 5]
    assert table["arm"].tolist() == [0, 0, 1]


def test_no_arms_make_an_empty_table():
    """A sample without arms has the columns and no rows."""
    assert list(table_of(galaxy(1, []))) == list(COLUMNS)


@pytest.mark.parametrize("error", [None, 0, 0.0])
@pytest.mark.parametrize("crowd", [None, 0])
def test_arm_without_any_error_is_kept_as_unknown(error, crowd):
    """An error that nobody knows is NaN, not a number made up; 0 is none either."""
    table = table_of(galaxy(1, [ARM | {"pitch_angle_err": error, "crowd": crowd}]))
    assert np.isnan(table["pitch_angle_err"]).all()
    with pytest.raises(ValueError, match="no subject has an arm"):
        fit(table, None, None)


@pytest.mark.parametrize("change", [{"pitch_angle": 95.0}, {"pitch_angle_err": -1.0}])
@pytest.mark.parametrize("crowd", [None, 0])
def test_impossible_arm_is_named(change, crowd):
    """An angle or error that cannot be names its subject and arm."""
    with pytest.raises(ValueError, match=r"subject 12, arm 0: pitch angle"):
        table_of(galaxy(12, [ARM | {"crowd": crowd} | change]))


def test_an_arm_seen_twice_counts_once():
    """A repeat speaks only where the first subject has no arms, or is not there."""
    arms = {1: [ARM], 11: [ARM, ARM], 2: [], 12: [ARM], 13: [ARM], 30: [ARM]}
    galaxies = [galaxy(subject, found) for subject, found in arms.items()]
    table = table_of(*galaxies, galaxies={11: 1, 12: 2, 13: 3})
    assert table["subject_id"].tolist() == [1, 12, 13, 30]
    assert table["galaxy"].tolist() == [1, 2, 13, 30]


def test_angles_from_0_to_below_90():
    """A closed ring is an angle, a radial line is none."""
    arms = [ARM | {"pitch_angle": x} for x in (0.0, 89.9)]
    assert table_of(galaxy(1, arms))["pitch_angle"].tolist() == [0, 89.9]
    with pytest.raises(ValueError, match="pitch angle 90"):
        table_of(galaxy(1, [ARM | {"pitch_angle": 90.0}]))
