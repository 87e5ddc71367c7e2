"""Agreement between volunteers."""

import numpy as np
import pandas as pd
import pytest
from skyloom.builder.evaluation.agreement import (
    component_agreement,
    presence_agreement,
    shape_scores,
    subject_scores,
)

DISTANCE = np.array([[0, 0.2, 0.6], [0.2, 0, 0.4], [0.6, 0.4, 0]])


def test_scores_leave_oneself_out():
    """Each shape against the others only."""
    assert shape_scores(DISTANCE) == pytest.approx([0.6, 0.7, 0.5])
    assert np.isnan(shape_scores(np.zeros((1, 1)))).all()
    assert shape_scores(np.zeros((0, 0))).size == 0


def test_kappa_matches_a_worked_example():
    """Fleiss' kappa by hand: three subjects, four volunteers, 4, 2 and 0 of them."""
    found = presence_agreement([4, 2, 0], [4, 4, 4])
    observed = (1 + 1 / 3 + 1) / 3
    assert found["observed"] == pytest.approx(observed)
    assert found["kappa"] == pytest.approx((observed - 0.5) / 0.5)
    # Krippendorff 2004: alpha = 1 - (n - 1) o_01 / (n_0 n_1), o_01 = 2 * 2 / 3
    assert found["alpha"] == pytest.approx(1 - 11 * (4 / 3) / (6 * 6))


def test_two_volunteers_are_enough():
    """One says nothing of agreement; two that differ agree on no pair."""
    found = presence_agreement([1, 1, 2], [2, 1, 2])
    assert found["n_subjects"] == 2
    assert found["observed"] == pytest.approx(0.5)


def test_chance_agreement_is_zero():
    """Volunteers who toss coins agree as far as chance, others entirely."""
    rng = np.random.default_rng(0)
    coins = presence_agreement(rng.binomial(30, 0.5, 2000), np.full(2000, 30))
    assert coins["kappa"] == pytest.approx(0, abs=0.01)
    assert coins["alpha"] == pytest.approx(0, abs=0.01)
    assert presence_agreement([30, 0], [30, 30])["alpha"] == pytest.approx(1)


def test_unanimity_over_all_subjects_has_no_kappa():
    """Without variation chance cannot be told from agreement: None."""
    found = presence_agreement([5, 5], [5, 5])
    assert (found["observed"], found["kappa"], found["alpha"]) == (1, None, None)
    assert presence_agreement([1], [1])["n_subjects"] == 0


def test_subject_table_aligns_shapes_with_those_who_drew():
    """Shape scores go to volunteers who drew, NaN to the others."""
    table = subject_scores(
        [True, False, True, True], DISTANCE, [True, False, True, False]
    )
    assert table["member"].tolist() == [True, False, True, False]
    assert np.isnan(table["shape_score"][1])
    assert table["shape_score"].dropna().tolist() == pytest.approx([0.6, 0.7, 0.5])


def test_component_summary_gathers_a_sample():
    """Presence, similarity and membership of a component over subjects."""
    members = [True, True, False, False]
    table = subject_scores([True, True, True, False], DISTANCE, members)
    rows = [table.assign(subject_id=s) for s in (1, 2)]
    rows.append(subject_scores([True, False], np.zeros((1, 1)), [True, False]))
    found = component_agreement(pd.concat([*rows[:2], rows[2].assign(subject_id=3)]))
    assert found["presence"]["n_subjects"] == 3
    # One less the mean of three distances; a lone shape has nothing to be like.
    alike = {"n": 2, "median": 0.6, "low": 0.6, "high": 0.6}
    assert found["similarity"] == pytest.approx(alike)
    assert found["member_share"] == pytest.approx(5 / 7)
    assert found["member_similarity"]["median"] == pytest.approx(0.65)
    assert component_agreement(rows[2][:0].assign(subject_id=1))["member_share"] is None


def test_alpha_weighs_subjects_by_their_volunteers():
    """Krippendorff's coincidences by hand, for two, three and five volunteers."""
    k, n = [1, 1, 4], [2, 3, 5]
    found = presence_agreement(k, n)
    differing = sum(2 * a * (b - a) / (b - 1) for a, b in zip(k, n, strict=True))
    # 10 answers, 6 of which are yes.
    assert found["alpha"] == pytest.approx(1 - 9 * differing / 2 / (6 * 4))
    pairs = [0.0, 1 / 3, 6 / 10]
    assert found["observed"] == pytest.approx(np.mean(pairs))
    yes = np.mean([1 / 2, 1 / 3, 4 / 5])
    chance = yes**2 + (1 - yes) ** 2
    assert found["kappa"] == pytest.approx((np.mean(pairs) - chance) / (1 - chance))


def test_similarities_run_from_16_to_84_per_cent():
    """Of the means of subjects, and of the scores of members."""
    scores = np.linspace(0, 1, 101)
    table = pd.DataFrame({"subject_id": range(101), "shape_score": scores})
    table = table.assign(present=True, member=scores <= 0.5)
    found = component_agreement(table)
    wanted = {"n": 101, "low": 0.16, "median": 0.5, "high": 0.84}
    assert found["similarity"] == pytest.approx(wanted)
    assert found["member_similarity"]["median"] == pytest.approx(0.25)
    assert found["member_share"] == pytest.approx(51 / 101)


def test_a_shape_without_area_is_like_none_and_no_less():
    distance = np.array([[0.0, 0.2, 1.0], [0.2, 0.0, 1.0], [1.0, 1.0, 1.0]])
    assert shape_scores(distance) == pytest.approx([0.4, 0.4, 0.0])
