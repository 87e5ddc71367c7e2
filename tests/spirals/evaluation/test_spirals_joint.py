"""The paired comparison of trainings."""

import numpy as np
import pandas as pd
import pytest
from skyloom.spirals.evaluation.joint import compare, efficiency, verdict


@pytest.fixture
def trainings():
    """Return a function that draws soft IoU of trainings with a stated gain."""

    def draw(seed=0, gain=0.03, repeats=5, galaxies=80, budgets=(50, 200), spread=0.01):
        rng = np.random.default_rng(seed)
        hard = rng.normal(0, 0.12, galaxies)
        rows = []
        for masks in budgets:
            for repeat in range(repeats):
                for heads, plus in (("joint", gain), ("segmentation", 0.0)):
                    luck = rng.normal(0, spread)
                    iou = 0.4 + 0.05 * np.log(masks / 50) + plus + luck + hard
                    iou = iou + rng.normal(0, 0.03, galaxies)
                    part = {"heads": heads, "masks": masks, "repeat": repeat}
                    part |= {"galaxy": np.arange(galaxies), "bar": iou}
                    rows.append(pd.DataFrame(part))
        return pd.concat(rows, ignore_index=True)

    return draw


@pytest.fixture
def rng():
    """Return a generator."""
    return np.random.default_rng(1)


def test_a_gain_a_loss_and_nothing_are_told_apart(trainings, rng):
    better = compare(trainings(gain=0.05), "bar", rng, 400)
    assert (better["low"] > 0).all()
    assert (better["ahead"] > 0.97).all()
    assert "with 50 marked galaxies joint is better (+0.0" in verdict(better)
    worse = compare(trainings(gain=-0.05), "bar", rng, 400)
    assert (worse["high"] < 0).all()
    assert "with 200 marked galaxies joint is worse (-0.0" in verdict(worse)
    same = compare(trainings(gain=0.0), "bar", rng, 400)
    assert "no difference is shown" in verdict(same)
    assert verdict(same, what="gain").startswith("Mean gain of joint less segm")


def test_differences_are_of_pairs_and_counted(trainings, rng):
    table = trainings(gain=0.03)
    found = compare(table, "bar", rng, 200)
    assert found["masks"].tolist() == [50, 200]
    assert found["repeats"].tolist() == [5, 5]
    assert found["galaxies"].tolist() == [80, 80]
    difference = found["first"] - found["other"]
    np.testing.assert_allclose(found["difference"], difference)
    # Galaxies differ by 0.12, their differences by far less.
    assert (found["high"] - found["low"]).max() < 0.06


def test_the_order_of_rows_does_not_matter(trainings):
    table = trainings()
    mixed = table.sample(frac=1, random_state=3)
    one = compare(table, "bar", np.random.default_rng(0), 50)
    two = compare(mixed, "bar", np.random.default_rng(0), 50)
    pd.testing.assert_frame_equal(one, two)


def test_intervals_hold_the_truth_as_often_as_they_say(trainings, rng):
    held = []
    for seed in range(150):
        table = trainings(seed, 0.02, galaxies=40, budgets=(50,), spread=0.02)
        row = compare(table, "bar", rng, 200).iloc[0]
        held.append(row["low"] <= 0.02 <= row["high"])
    assert np.mean(held) >= 0.9


def test_missing_values_and_trainings_are_left_out_of_both(trainings, rng):
    table = trainings(gain=0.0, spread=0.0)
    table.loc[(table["heads"] == "joint") & (table["galaxy"] < 40), "bar"] = np.nan
    table = table[~((table["heads"] == "joint") & (table["repeat"] == 4))]
    found = compare(table, "bar", rng, 100)
    assert found["galaxies"].tolist() == [40, 40]
    assert found["repeats"].tolist() == [4, 4]
    assert found["difference"].abs().max() < 0.02


def test_the_sentence_says_when_trainings_are_few_or_none_are_paired(trainings, rng):
    few = compare(trainings(repeats=1), "bar", rng, 50)
    assert verdict(few).endswith("Only 1 training of each.")
    alone = trainings()
    alone = alone[alone["heads"] == "joint"]
    assert "were not trained on the same" in verdict(compare(alone, "bar", rng, 50))


def test_votes_alone_stand_beside_any_number_of_masks(trainings, rng):
    table = trainings(gain=0.05, budgets=(50, 200))
    votes = (table["heads"] == "segmentation") & (table["masks"] == 200)
    table.loc[votes, "heads"] = "votes"
    found = compare(table, "bar", rng, 50, other="votes")
    assert found["masks"].tolist() == [50, 200]
    assert found["other"].nunique() == 1


def test_a_training_listed_twice_is_refused(trainings, rng):
    table = trainings()
    with pytest.raises(ValueError, match="duplicate"):
        compare(pd.concat([table, table.iloc[:1]]), "bar", rng, 50)


def test_heads_that_do_not_learn_a_measure_have_no_curve_of_it(trainings, rng):
    table = trainings(budgets=(50,))
    table.loc[table["heads"] == "segmentation", "bar"] = np.nan
    assert efficiency(table, "bar", rng, 20)["heads"].tolist() == ["joint"]


def test_the_curve_rises_with_marks(trainings, rng):
    found = efficiency(trainings(budgets=(50, 200, 800)), "bar", rng, 100)
    joint = found[found["heads"] == "joint"]
    assert joint["masks"].tolist() == [50, 200, 800]
    assert (np.diff(joint["value"]) > 0.03).all()
    assert ((joint["low"] < joint["value"]) & (joint["value"] < joint["high"])).all()
    assert list(found) == [
        "heads",
        "masks",
        "repeats",
        "galaxies",
        "value",
        "low",
        "high",
    ]
