"""Figures of an evaluation: what they show, and that they can be saved."""

from __future__ import annotations

import numpy as np
import pytest
from detected_fields import detections, judged, truths
from skyloom.clusters.evaluation import figures
from skyloom.clusters.evaluation.compare import compare
from skyloom.clusters.evaluation.completeness import completeness
from skyloom.clusters.evaluation.curve import Target, curve
from skyloom.clusters.evaluation.judge import judge
from skyloom.plots import style

TARGET = Target(20)


@pytest.fixture(scope="module")
def seen():
    return judged(0, fields=30)


def labels(fig):
    legends = [a.get_legend() for a in fig.axes if a.get_legend()] + fig.legends
    return [text.get_text() for legend in legends for text in legend.get_texts()]


def test_completeness_both_ways(seen):
    fig = figures.completeness_figure(completeness(seen, 0.3))
    names = labels(fig)
    assert "0.2 ≤ z < 0.35" in names
    assert "50 ≤ λ" in names
    assert style.png(fig, 50)
    whole = figures.completeness_figure(
        completeness(seen, 0.3, z_edges=(-np.inf, np.inf))
    )
    assert "all z" in labels(whole)


def test_precision_recall(seen):
    """The curve, and its area unless nothing was to be found."""
    table = curve(seen, TARGET)
    how = {"rng": np.random.default_rng(0), "purity": 0.9, "draws": 20}
    found = compare({"encoder": seen}, TARGET, **how)
    fig = figures.precision_recall_figure({"encoder": table}, found)
    assert labels(fig)[0].startswith("encoder: AP 0.")
    (line,) = fig.axes[0].lines
    assert np.array_equal(line.get_ydata(), table["purity"])
    nothing = compare({"encoder": seen}, Target(1e6), **how)
    fig = figures.precision_recall_figure({"encoder": table}, nothing)
    assert labels(fig) == ["encoder"]


def test_estimates(seen):
    """Also of a finder that matched nothing."""
    assert style.png(figures.estimates_figure(seen, 0.3), 50)
    nothing = judge(truths([30]), detections([], []))
    assert style.png(figures.estimates_figure(nothing), 50)
