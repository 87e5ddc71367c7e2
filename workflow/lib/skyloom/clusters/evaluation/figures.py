"""Figures of an evaluation of cluster finders."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from skyloom.clusters.evaluation.colours import COLOURS
from skyloom.clusters.evaluation.completeness import matched
from skyloom.clusters.evaluation.judge import Judged
from skyloom.plots import diagrams, style

HEIGHT = 2.7  # of a row of panels [inch]
LAMBDA_TICKS = (5, 10, 20, 30, 50, 100, 200)
SHIFT = 0.012  # of the axis, between series whose intervals would hide each other


@style.styled
def completeness_figure(table: pd.DataFrame) -> Figure:
    """Return completeness against richness by redshift, and the other way round.

    The table is `skyloom.clusters.evaluation.completeness.completeness` of some bins.
    """
    fig = style.figure(style.PAGE_WIDTH, HEIGHT + 0.3)
    axes = fig.subplots(1, 2, sharey=True)
    ways = (("LAMBDA", "z_from", "z_to", "z"), ("z", "lambda_from", "lambda_to", "λ"))
    for panel, (x, low, high, letter) in zip(axes, ways, strict=True):
        parts = {
            _range(letter, *ends): part
            for ends, part in table.groupby([low, high], sort=True)
        }
        _series(panel, x, parts)
        # Series end at any height: only above the panel nothing is hidden.
        place = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0), "ncols": 3}
        panel.legend(fontsize=7, **place)
    axes[0].set(xlabel="true richness λ", xscale="log")
    style.log_ticks(axes[0].xaxis, LAMBDA_TICKS)
    axes[0].set(ylabel="completeness", ylim=(-0.03, 1.03))
    axes[1].set(xlabel="true redshift")
    return fig


def precision_recall_figure(
    curves: Mapping[str, pd.DataFrame], found: Mapping
) -> Figure:
    """Return purity against completeness of several finders.

    Parameters
    ----------
    curves : mapping of str to DataFrame
        `skyloom.clusters.evaluation.curve.curve` by finder.
    found : mapping
        `skyloom.clusters.evaluation.compare.compare` of the same finders: average
        precisions for the legend.
    """
    labels = {name: _label(name, found["finders"][name]) for name in curves}
    return diagrams.precision_recall(curves, labels, COLOURS)


@style.styled
def estimates_figure(judged: Judged, threshold: float = -np.inf) -> Figure:
    """Return measured against true redshift and richness of matched detections."""
    found = matched(judged, threshold)
    fig = style.figure(style.PAGE_WIDTH, HEIGHT)
    left, right = fig.subplots(1, 2)
    _against(left, found["TRUE_Z"], found["Z"], found["Z_ERR"])
    _against(right, found["TRUE_LAMBDA"], found["LAMBDA"], found["LAMBDA_ERR"])
    left.set(xlabel="true redshift", ylabel="measured redshift")
    right.set(xlabel="true richness λ", ylabel="measured richness λ")
    right.set(xscale="log", yscale="log")
    for axis in (right.xaxis, right.yaxis):
        style.log_ticks(axis, LAMBDA_TICKS)
    style.note(left, f"{len(found):,} clusters")
    return fig


def _series(axes: Axes, x: str, parts: Mapping[str, pd.DataFrame]) -> None:
    # Bins have an order, and so have their colours.
    shades = diagrams.shades(len(parts))
    looks = zip(parts.items(), shades, diagrams.MARKS, strict=False)
    for k, ((name, part), colour, mark) in enumerate(looks):
        part = part[part["n"] > 0]  # noqa: PLW2901
        step = SHIFT * (k - (len(parts) - 1) / 2)
        at = part[x] * (1 + 2 * step) if x == "LAMBDA" else part[x] + step / 2
        diagrams.bars(axes, at, part, color=colour, marker=mark, label=name)


def _range(letter: str, low: float, high: float) -> str:
    if np.isneginf(low):
        return f"all {letter}" if np.isposinf(high) else f"{letter} < {high:g}"
    ends = f"{low:g} ≤ {letter}"
    return ends if np.isposinf(high) else f"{ends} < {high:g}"


def _label(name: str, found: Mapping) -> str:
    words, area = name.replace("_", " "), found["average_precision"]
    if None in area.values():  # nothing was to be found
        return words
    return words + ": AP {value:.3f} ({low:.3f} to {high:.3f})".format(**area)


def _against(axes: Axes, true, measured, error) -> None:
    look = {"fmt": ".", "ms": 3, "elinewidth": 0.5, "alpha": 0.6}
    look |= {"color": COLOURS["catalogue"], "mfc": style.BLACK, "mec": style.BLACK}
    axes.errorbar(true, measured, np.nan_to_num(np.asarray(error, float)), **look)
    diagrams.one_to_one(axes, true, measured)
