"""Aggregates of real volunteers against the published ones.

Nothing was fitted to these files; thresholds are the published ones. Every third
subject is used, to keep the test short.
"""

from __future__ import annotations

import numpy as np
import pytest
from skyloom.builder.aggregation.aggregate import aggregate_subject
from skyloom.builder.aggregation.shapes import FIELDS, KINDS, jaccard
from skyloom.builder.config import AggregateSettings
from skyloom.builder.drawings.upstream import read_upstream, volunteers_tree
from skyloom.builder.model import COMPONENTS

pytestmark = pytest.mark.real
HALF = 0.5  # px: the published positions are off by that much in x and y


def centred(tree):
    """Return a volunteers tree without the published half pixel."""
    volunteers = [v | {"model": _moved(v["model"])} for v in tree["volunteers"]]
    return tree | {"volunteers": volunteers}


def _moved(model):
    parts = {
        name: part and part | {k: part[k] - HALF for k in ("mux", "muy")}
        for name, part in model.items()
        if name != "spiral"
    }
    arms = [
        arm | {"points": (np.array(arm["points"]) - HALF).tolist()}
        for arm in model["spiral"]
    ]
    return parts | {"spiral": arms}


@pytest.fixture(scope="module")
def subjects(real):
    """Return pairs of a published file and our aggregate of the same volunteers."""
    paths = sorted((real / "builder" / "galaxies" / "models").glob("*.json.gz"))[::3]
    if not paths:
        pytest.skip("no published models in the real data")
    published = [read_upstream(path) for path in paths]
    return [
        (p, aggregate_subject(centred(volunteers_tree(p)), AggregateSettings()))
        for p in published
    ]


@pytest.mark.parametrize("name", COMPONENTS)
def test_members_are_the_published_ones(subjects, name):
    """The same volunteers in 99 % of clusters."""
    same = [
        {p["index"][i] for i, m in enumerate(ours["masks"][name]) if m}
        == set(p["clusters"][name] or [])
        for p, ours in subjects
    ]
    assert np.mean(same) >= 0.99


@pytest.mark.parametrize("name", COMPONENTS)
def test_consensus_is_no_worse_than_the_published_one(subjects, name):
    """The sum of Jaccard distances exceeds the published shape's nowhere by 1e-3."""
    excess = []
    for p, ours in subjects:
        if ours["model"][name] is None or f"{name}.q" not in p["aggregate"]:
            continue
        members = [p["models"][i][name] for i, m in enumerate(ours["masks"][name]) if m]
        shapes = np.array([[part[k] for k in FIELDS] for part in members])
        shapes[:, :2] -= HALF
        mine = np.array([ours["model"][name][k] for k in FIELDS])
        theirs = np.array([p["aggregate"][f"{name}.{k}"] for k in FIELDS])
        theirs[:2] -= HALF
        sums = [jaccard(x, shapes, KINDS[name]).sum() for x in (mine, theirs)]
        excess.append(sums[0] - sums[1])
    assert np.mean(np.array(excess) < 1e-3) >= 0.99


def test_errors_are_the_published_ones(subjects):
    """Scatter of members, with n - 1, roll taken two-fold."""
    for p, ours in subjects:
        for name in COMPONENTS:
            for key in FIELDS if ours["errors"][name] else ():
                expected = p["errors"][f"{name}.{key}"]
                found = ours["errors"][name][key]
                assert found == pytest.approx(expected, rel=1e-3, abs=1e-6)


def test_arms_are_the_published_ones(subjects):
    """Numbers of arms, lines and points, chirality, and pitch angle within 0.8 deg."""
    counts, away = [], []
    for p, ours in subjects:
        counts.append(len(p["arms"]) == len(ours["arms"]))
        mine = {(arm["n_lines"], arm["n_points"]): arm for arm in ours["arms"]}
        for arm in p["arms"]:
            twin = mine.get((arm["n_lines"], arm["n_points"]))
            if twin:
                assert twin["chirality"] == arm["chirality"]
                away.append(abs(twin["pitch_angle"] - arm["pa"]))
    assert np.mean(counts) >= 0.95
    assert len(away) >= 0.8 * sum(len(p["arms"]) for p, _ in subjects)
    assert np.median(away) < 0.15
    assert np.mean(np.array(away) <= 0.8) >= 0.9


def test_errors_of_pitch_angles_are_degrees(subjects):
    """The published ones, variances taken for errors, were 0.007 deg."""
    errors = [arm["pitch_angle_err"] for _, ours in subjects for arm in ours["arms"]]
    assert 0.5 < np.median(errors) < 8
