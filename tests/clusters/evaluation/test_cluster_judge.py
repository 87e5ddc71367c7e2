"""Which detections are clusters."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from detected_fields import STEP, detections, survey, truths
from hypothesis import given, settings
from hypothesis import strategies as st
from skyloom.clusters.evaluation.judge import NONE, Rule, judge, stacked
from skyloom.sky.cosmology import arcsec_per_mpc

MPC = float(arcsec_per_mpc(0.4)) / 3600 / STEP  # in steps, at z 0.4


def test_true_and_false():
    """Found, missed, invented; redshifts beyond the tolerance do not match."""
    truth = truths([30, 40, 50])
    found = detections([0, 1, 2.5], [0.9, 0.8, 0.7], [0.41, 0.6, 0.4])
    seen = judge(truth, found)
    assert seen.truth["FOUND"].tolist() == [0, NONE, NONE]
    assert seen.found["TRUTH"].tolist() == [0, NONE, NONE]
    assert seen.truth["SCORE"].tolist()[0] == 0.9
    assert seen.found["TRUE_LAMBDA"].tolist()[0] == 30
    blind = judge(truth, found, Rule(dz=None))
    assert blind.found["TRUTH"].tolist() == [0, 1, NONE]


def test_poor_truths_are_no_clusters():
    """A detection of less than the rule's richness is false."""
    seen = judge(truths([4.9, 5.0]), detections([0, 1], [0.9, 0.8]))
    assert seen.found["TRUTH"].tolist() == [NONE, 0]
    assert len(seen.truth) == 1


def test_fields_are_kept_apart():
    """The same sky in two fields is not the same place."""
    truth = stacked({"a": truths([30]), "b": truths([30])})
    found = detections([0, 0], [0.9, 0.8], field="b")
    seen = judge(truth, found)
    assert seen.truth["FOUND"].tolist() == [NONE, 0]
    assert seen.found["FRAGMENT"].tolist() == [False, True]
    assert seen.fields.tolist() == ["a", "b"]
    assert seen.truth["NEAR"].tolist()[1] == 0.9


def test_fields_of_one_sky_are_matched_together():
    """A detection on one tile may be of a cluster on another; each keeps its own."""
    truth = stacked({"a": truths([30, 40])})
    found = detections([0, 1, 1, 2], [0.9, 0.8, 0.7, 0.6], field="b")
    seen = judge(truth, found, across=True)
    assert seen.truth["FOUND"].tolist() == [0, 1]
    assert seen.truth["FIELD"].tolist() == ["a", "a"]
    assert seen.found["TRUTH"].tolist() == [0, 1, NONE, NONE]
    assert seen.found["FIELD"].tolist() == ["b"] * 4
    assert seen.found["FRAGMENT"].tolist() == [False, False, True, False]
    assert judge(truth, found).truth["FOUND"].tolist() == [NONE, NONE]
    nothing = judge(truth, detections([], []), across=True)
    assert nothing.truth["FOUND"].tolist() == [NONE, NONE]


def test_the_surest_takes_the_richest():
    """Between two clusters, though the poorer is closer."""
    truth = truths([10, 60])
    truth["RA"] = 10 + STEP * np.array([0, 0.9 * MPC])
    found = detections([0.3 * MPC], [0.9])
    assert judge(truth, found).truth["FOUND"].tolist() == [NONE, 0]
    assert judge(truth, found).truth["NEAR"].tolist() == [0.9, 0.9]


def test_edges_are_cut_after_matching():
    """A cluster beyond the edge is a partner, and counts for nothing else."""
    truth = truths([30, 30], VALID=[False, True])
    found = detections([0, 1], [0.9, 0.8], VALID=[True, False])
    seen = judge(truth, found)
    assert seen.found["TRUTH"].tolist() == [0, 1]
    assert seen.truth["VALID"].tolist() == [False, True]


@given(st.integers(0, 1000), st.floats(0.05, 0.95))
@settings(max_examples=6, deadline=None)
def test_one_judgement_serves_all_thresholds(seed, cut):
    """The list cut before matching gives what the whole list gives above the cut."""
    truth, found = survey(seed, fields=3)
    found["RA"] += np.random.default_rng(seed).normal(0, 0.05, len(found))
    whole = judge(truth, found)
    part = judge(truth, found[found["SCORE"] >= cut])
    above = whole.found[whole.found["SCORE"] >= cut]
    assert above["TRUTH"].tolist() == part.found["TRUTH"].tolist()
    assert above["FRAGMENT"].tolist() == part.found["FRAGMENT"].tolist()
    kept = whole.truth["SCORE"].where(whole.truth["SCORE"] >= cut)
    assert np.array_equal(kept, part.truth["SCORE"], equal_nan=True)


def test_nothing_found_and_nothing_there():
    """Empty tables on either side."""
    none = detections([], [])
    seen = judge(truths([30]), none)
    assert seen.truth["FOUND"].tolist() == [NONE]
    seen = judge(truths([]), detections([0], [0.9]))
    assert seen.found["TRUTH"].tolist() == [NONE]
    assert len(judge(truths([]), none).found) == 0


def test_vectors_of_a_catalogue_are_left_alone():
    """RedMaPPer lists carry P(z) vectors; pandas frames do as well as tables."""
    truth = truths([30.0])
    truth["PZ"] = np.ones((1, 21))
    found = detections([0], [0.9]).to_pandas()
    assert judge(truth, found).truth["FOUND"].tolist() == [0]
    assert isinstance(judge(truth, found).found, pd.DataFrame)


def test_bad_scores_are_refused():
    with pytest.raises(ValueError, match="rank2: expected 1 finite numbers"):
        judge(truths([30]), detections([0], [np.nan]))
