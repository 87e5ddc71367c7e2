"""Morphology from fits and from votes, and what a run makes of it."""

from __future__ import annotations

import numpy as np
import pytest
from skyloom.builder.steps.relations import morphology_tree, vote_strengths
from skyloom.io.errors import InputError

SETTINGS = {
    "seed": 1,
    "morphology": {
        "bulge_split": 0.1,
        "bar_limits": [0.2, 0.5],
        "n_draws": 20,
        "n_resamples": 99,
    },
}


def test_votes_are_read_where_known(tmp_path):
    """Unknown fractions, empty or negative, leave the galaxy out."""
    path = tmp_path / "votes.csv"
    path.write_text("subject_id,p_bar,nothing\n1,0.7,a\n2,,b\n3,-999,c\n")
    assert vote_strengths(path) == {"bulge_votes": {}, "bar_votes": {1: 0.7}}


@pytest.mark.parametrize("row", ["1,1.4", "one,0.4"])
def test_impossible_votes_are_refused(tmp_path, row):
    """A fraction above 1 or an id that is no number names its row."""
    path = tmp_path / "votes.csv"
    path.write_text(f"subject_id,p_bar\n{row}\n")
    with pytest.raises(InputError, match="row 2"):
        vote_strengths(path)


def test_each_measure_is_tested_with_its_own_limits():
    """A tight link of bar votes and pitch shows; votes split bulges at 0.28."""
    galaxies = list(range(40))
    pitch = np.linspace(10, 30, 40)
    measures = {
        "bar_votes": {g: g / 40 for g in galaxies},
        "bulge_votes": {g: 0.27 if g % 2 else 0.29 for g in galaxies},
    }
    tree = morphology_tree(np.tile(pitch, (20, 1)), galaxies, measures, SETTINGS)
    assert tree["bar_votes"]["pearson"]["r"] == pytest.approx(1.0)
    assert tree["bar_votes"]["anderson_darling"]["all"]["rejected"] == 1.0
    assert set(tree["bulge_votes"]["anderson_darling"]["groups"]) == {"disk", "bulge"}
