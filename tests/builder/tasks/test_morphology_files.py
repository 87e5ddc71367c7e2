"""Morphology from fits and from votes, and what a run makes of it."""

from __future__ import annotations

import numpy as np
import pytest
from skyloom.builder.config import Morphology
from skyloom.builder.tasks.morphology import (
    morphology_tree,
    strengths,
    vote_strengths,
)
from skyloom.io.errors import InputError

SETTINGS = Morphology(n_draws=20, n_resamples=99)


def test_votes_are_read_where_known(tmp_path):
    """Unknown fractions, empty or negative, leave the galaxy out."""
    path = tmp_path / "votes.csv"
    path.write_text("subject_id,p_bar,nothing\n1,0.7,a\n2,,b\n3,-999,c\n")
    assert vote_strengths(path) == {"bulge_votes": {}, "bar_votes": {1: 0.7}}
    path.write_text(
        "subject_id,p_noticeable,p_obvious,p_dominant\n1,.4,.4,.4\n2,1,1,\n"
    )
    assert vote_strengths(path) == {
        "bulge_votes": {1: pytest.approx(0.8)},
        "bar_votes": {},
    }


@pytest.mark.parametrize("row", ["1,1.4", "one,0.4"])
def test_impossible_votes_are_refused(tmp_path, row):
    """A fraction above 1 or an id that is no number names its row."""
    path = tmp_path / "votes.csv"
    path.write_text(f"subject_id,p_bar\n{row}\n")
    with pytest.raises(InputError, match="row 2"):
        vote_strengths(path)


def draws_of(pitch, n_draws=20) -> dict:
    """Return draws without scatter of galaxies with two arms each, 1 deg apart."""
    pitch = np.asarray(pitch, float)
    arms = np.repeat(pitch, 2) + np.tile([-0.5, 0.5], len(pitch))
    return {
        "galaxy": np.tile(pitch, (n_draws, 1)),
        "galaxy_id": np.arange(len(pitch)),
        "arm": np.tile(arms, (n_draws, 1)),
        "arm_galaxy_id": np.repeat(np.arange(len(pitch)), 2),
    }


def test_each_measure_is_tested_with_its_own_limits():
    """A tight link of bar votes and pitch shows; votes split bulges at 0.28."""
    galaxies = list(range(40))
    measures = {
        "bar_votes": {g: g / 40 for g in galaxies},
        "bulge_votes": {g: 0.27 if g % 2 else 0.29 for g in galaxies},
    }
    tree = morphology_tree(draws_of(np.linspace(10, 30, 40)), measures, SETTINGS, 1)
    assert tree["bar_votes"]["pearson"]["r"] == pytest.approx(1.0)
    assert tree["bar_votes"]["anderson_darling"]["all"]["rejected"] == 1.0
    assert set(tree["bulge_votes"]["anderson_darling"]["groups"]) == {"disk", "bulge"}


def test_fitted_bulges_are_split_at_a_tenth_of_the_light():
    """Just below counts as a disk galaxy, just above as one with a bulge."""
    measures = {"bulge": {g: 0.099 if g % 2 else 0.101 for g in range(40)}}
    tree = morphology_tree(draws_of(np.linspace(10, 30, 40)), measures, SETTINGS, 1)
    groups = tree["bulge"]["anderson_darling"]["groups"]
    assert {name: found["n"] for name, found in groups.items()} == {
        "disk": 20,
        "bulge": 20,
    }


def test_arms_are_tested_in_the_groups_of_their_galaxies():
    """Twice as many arms as galaxies, each with its galaxy's bar."""
    measures = {"bar": {g: g / 40 for g in range(40)}}
    tree = morphology_tree(draws_of(np.linspace(10, 30, 40)), measures, SETTINGS, 1)
    galaxies, arms = (
        tree["bar"][f"anderson_darling{end}"]["groups"] for end in ("", "_arms")
    )
    assert {g: 2 * found["n"] for g, found in galaxies.items()} == {
        g: found["n"] for g, found in arms.items()
    }
    assert arms["strong"]["median"] == pytest.approx(galaxies["strong"]["median"])
    assert tree["bar"]["anderson_darling_arms"]["all"]["rejected"] == 1.0


def aggregate(subject, drawn, agreed, **changes) -> dict:
    """Return what counts of an aggregate of 30 volunteers."""
    tree = {"subject_id": subject, "status": "ok", "considered": 30}
    tree |= {"drawn": {"bar": drawn}, "support": {"bar": {"k": agreed, "n": 30}}}
    return tree | changes


def test_bar_strength_is_the_share_who_drew_a_bar():
    """Whether or not their bars agree; failed subjects are unknown."""
    trees = [aggregate(1, 18, 0), aggregate(2, 3, 3)]
    trees.append(aggregate(3, None, None, status="failed"))
    tuned = [
        {"subject_id": 1, "flux": {"disk": 3.0, "bulge": 1.0}},
        {"subject_id": 2, "flux": {"disk": 3.0}},
        {"subject_id": 3, "flux": {}},
    ]
    found = strengths(trees, tuned)
    assert found["bar"] == {1: 0.6, 2: 0.1}
    assert found["bulge"] == {1: 0.25, 2: 0.0}
