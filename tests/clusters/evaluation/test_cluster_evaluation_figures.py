"""Figures of an evaluation: what they show, and that they can be saved."""

from __future__ import annotations

import numpy as np
import pytest
from detected_fields import detections, judged, truths
from skyloom.clusters.evaluation import figures, reliability
from skyloom.clusters.evaluation.compare import compare
from skyloom.clusters.evaluation.completeness import (
    ALL,
    completeness,
    operating_threshold,
)
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
    whole = figures.completeness_figure(completeness(seen, 0.3, z_edges=ALL))
    assert "all z" in labels(whole)


def test_precision_recall(seen):
    """The curve, its area, the threshold at its place."""
    table = curve(seen, TARGET)
    found = compare({"encoder": seen}, TARGET, np.random.default_rng(0), draws=20)
    threshold = operating_threshold(seen, 0.8)
    fig = figures.precision_recall_figure({"encoder": table}, found, threshold)
    assert labels(fig)[0].startswith("encoder: AP 0.")
    (line, point, _) = fig.axes[0].lines
    assert np.array_equal(line.get_ydata(), table["purity"])
    assert point.get_ydata()[0] >= 0.8
    assert labels(figures.precision_recall_figure({"encoder": table})) == ["encoder"]


def test_reliability(seen):
    rng = np.random.default_rng(0)
    data = reliability.of_catalogue(seen)
    tables = {"catalogue": reliability.reliability(data, rng)}
    errors = {"catalogue": reliability.calibration_error(data, rng)}
    fig = figures.reliability_figure(tables, errors)
    assert "catalogue: ECE 0." in labels(fig)[0]
    assert style.png(fig, 50)


def test_estimates(seen):
    """Also of a finder that matched nothing."""
    assert style.png(figures.estimates_figure(seen, 0.3), 50)
    nothing = judge(truths([30]), detections([], []))
    assert style.png(figures.estimates_figure(nothing), 50)
