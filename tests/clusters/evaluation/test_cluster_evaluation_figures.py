"""Figures of an evaluation: what they show, and that they can be saved."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import Table
from detected_fields import detections, judged, truths
from skyloom.clusters.baselines.matched_filter import COARSE, MASKED
from skyloom.clusters.catalogue import halos
from skyloom.clusters.evaluation import figures
from skyloom.clusters.evaluation.compare import compare
from skyloom.clusters.evaluation.completeness import completeness
from skyloom.clusters.evaluation.curve import Target, curve
from skyloom.clusters.evaluation.judge import judge
from skyloom.clusters.evaluation.tile_figures import found_figure
from skyloom.plots import style
from skyloom.sky.cosmology import arcsec_per_mpc
from skyloom.sky.tan import tan_wcs

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


def test_a_picture_shows_each_cluster_where_it_is():
    """A circle of its size, dashed below the threshold, with λ, z and doubts of it."""
    wcs = tan_wcs(359.999, -40.0, (300, 300), 0.263)
    x, y = np.array([50.0, 200.0]), np.array([60.0, 150.0])
    table = Table(dict(zip(("RA", "DEC"), wcs.all_pix2world(x, y, 0), strict=True)))
    table["Z"], table["LAMBDA"], table["PROBABILITY"] = 0.4, [30.0, 5.0], [0.9, 0.2]
    table["FOUND_BY"], table["FLAG"] = ["both", "filter"], [0, MASKED | COARSE]
    fig = found_figure(np.zeros((150, 150, 3), np.uint8), 2, wcs, table, 0.7)
    (axes,) = fig.axes
    rich, poor = axes.patches
    assert rich.center == pytest.approx((50.5 / 2 - 0.5, 60.5 / 2 - 0.5), abs=0.01)
    wide = halos.radius(30.0) * arcsec_per_mpc(0.4) / 0.263 / 2
    assert rich.radius == pytest.approx(wide, rel=0.01)
    assert (rich.get_linestyle(), poor.get_linestyle()) == ("-", "--")
    assert rich.get_edgecolor() != poor.get_edgecolor()
    words = [t.get_text() for t in axes.texts]
    assert words[-2:] == [
        "λ 30  z 0.40",
        "λ 5  z 0.40\nz only bounded\ncut off or masked",
    ]
    assert {"20″", "N", "E"} <= set(words[:-2])
    assert labels(fig) == [
        "both finders",
        "matched filter alone",
        "probability below 0.70",
    ]
    assert style.png(fig, 50)
    assert found_figure(np.zeros((150, 150, 3)), 2, wcs, table[:0], 0.7)
