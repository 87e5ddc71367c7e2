"""The analysis of a run on trees small enough to check by hand."""

from __future__ import annotations

import numpy as np
import pytest
from skyloom.builder.steps.analysis import frequencies_tree, recovery_tree
from skyloom.builder.steps.metrics import metrics_tree

DISK = {"mux": 1.0, "muy": 2.0, "roll": 0.1, "q": 0.5, "Re": 9.0, "I": 1.0}


def model(bulge=None, arms=()) -> dict:
    return {"disk": DISK, "bulge": bulge, "bar": None, "spiral": list(arms)}


def fit(subject, shift=0.0, roll=0.1, **parts) -> dict:
    """Return a fit whose q misses the truth by `shift` errors."""
    return {
        "subject_id": subject,
        "model": model(**parts),
        "parameters": ["disk.q", "disk.roll"],
        "values": [0.5 + 0.01 * shift, roll],
        "errors": [0.01, 0.2],
    }


def test_recovery_counts_pulls_and_coverage():
    """Pulls of -2, 0 and 2 errors: one in three inside, median 0."""
    fits = [fit(i, shift) for i, shift in enumerate((-2.0, 0.0, 2.0))]
    tree = recovery_tree(dict.fromkeys(range(3), model()), fits)
    found = tree["parameters"]["disk.q"]
    assert (found["n"], found["pull_median"]) == (3, pytest.approx(0.0))
    assert found["coverage"] == pytest.approx(1 / 3)
    assert found["pull_scatter"] == pytest.approx(2 * 1.4826)


def test_recovery_takes_rolls_modulo_pi():
    """A roll just below pi is close to one just above 0."""
    tree = recovery_tree({0: model()}, [fit(0, roll=np.pi - 0.1)])
    assert tree["parameters"]["disk.roll"]["bias"] == pytest.approx(-0.2)


def test_recovery_leaves_out_other_components():
    """A fit of other components has no truth of its own; a failed one neither."""
    fits = [fit(0, bulge=DISK), fit(1, arms=[{}]), fit(2) | {"model": None}, fit(3)]
    tree = recovery_tree(dict.fromkeys(range(4), model()), fits)
    assert (tree["n_galaxies"], tree["same_components"]) == (4, 1)


def test_frequencies_by_stage():
    """Failed aggregates and fits do not count."""
    volunteers = [{"volunteers": [{"model": model()}, {"model": model(bulge=DISK)}]}]
    aggregates = [
        {"status": "ok", "model": model(bulge=DISK)},
        {"status": "failed", "model": model()},
    ]
    tree = frequencies_tree(volunteers, aggregates, [{"model": None}])
    assert tree["drawn"]["bulge"]["p"] == 0.5
    assert tree["agreed"]["bulge"]["p"] == 1.0
    assert tree["fitted"]["bulge"]["n"] == 0


def test_metrics_keep_numbers_and_drop_lists():
    """Rows a galaxy and provenance stay in their own files."""
    parts = {"pitch": {"n": 3, "rows": [1], "provenance": {}, "inner": {"rows": [2]}}}
    assert metrics_tree(parts) == {"pitch": {"n": 3, "inner": {}}}
