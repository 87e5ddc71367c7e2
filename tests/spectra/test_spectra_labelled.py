"""DESOM against the reference algorithm on scikit-learn's digits, at equal settings.

Over seeds, our purity and normalised mutual information are no lower than the
reference's within their scatter, and the topographic error no larger; a schedule that
stops at T = 0.7 keeps the order of the map and loses little purity.
"""

from __future__ import annotations

import pytest
from labelled_maps import STOP, compare, digits, judged, ours, reference, summary
from upstream_desom import Schedule

# Smaller than the published network, and fewer steps: minutes on one core.
HIDDEN, ITERATIONS, SEEDS = (200, 200, 400), 3000, range(1, 6)


def test_a_short_training_is_ahead_of_the_reference():
    """After a few seconds our map is purer, and in order, where theirs is not yet."""
    x, labels = digits()
    how = Schedule(400)
    stopped = judged(*ours(x, 1, how, (64,), STOP), labels)
    theirs = judged(*reference(x, 1, how, (64,)), labels)
    assert stopped["purity"] > max(0.8, theirs["purity"])
    assert stopped["nmi"] > max(0.6, theirs["nmi"])
    assert stopped["te8"] < 0.15


@pytest.mark.soak
def test_ours_is_no_worse_than_the_reference():
    table = compare(*digits(), SEEDS, Schedule(ITERATIONS), HIDDEN)
    found = summary(table)
    print(found.round(3).to_string())
    mean, error = (found.xs(part, axis=1, level=1) for part in ("mean", "std"))
    error = error / len(SEEDS) ** 0.5
    ours, theirs = mean.loc["ours"], mean.loc["reference"]
    slack = 2 * (error.loc["ours"] ** 2 + error.loc["reference"] ** 2) ** 0.5
    for name in ("purity", "nmi"):
        assert ours[name] >= theirs[name] - slack[name]
    for name in ("te8", "te4"):
        assert ours[name] <= theirs[name] + slack[name]
    stopped = mean.loc[f"ours, T {STOP}"]
    assert stopped["te8"] < 0.15
    assert stopped["purity"] >= ours["purity"] - 0.05
