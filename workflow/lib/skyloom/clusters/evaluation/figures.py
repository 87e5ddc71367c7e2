"""Figures of an evaluation of cluster finders."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from skyloom.clusters.evaluation.completeness import Threshold
from skyloom.clusters.evaluation.curve import judged_rows
from skyloom.clusters.evaluation.judge import NONE, Judged
from skyloom.plots import style

HEIGHT = 2.7  # of a row of panels [inch]
MARKS = "osD^vP*X"
LAMBDA_TICKS = (5, 10, 20, 30, 50, 100, 200)
SHIFT = 0.012  # of the axis, between series whose intervals would hide each other


@style.styled
def completeness_figure(table: pd.DataFrame) -> Figure:
    """Return completeness against richness by redshift, and the other way round.

    Parameters
    ----------
    table : DataFrame
        `skyloom.clusters.evaluation.completeness.completeness` of several bins.
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
    _richness_axis(axes[0])
    axes[0].set(ylabel="completeness", ylim=(-0.03, 1.03))
    axes[1].set(xlabel="true redshift")
    return fig


@style.styled
def precision_recall_figure(
    curves: Mapping[str, pd.DataFrame],
    found: Mapping | None = None,
    threshold: Threshold | None = None,
) -> Figure:
    """Return purity against completeness of several finders.

    Parameters
    ----------
    curves : mapping of str to DataFrame
        `skyloom.clusters.evaluation.curve.curve` by finder.
    found : mapping, optional
        `skyloom.clusters.evaluation.compare.compare` of the same finders: average
        precisions for the legend.
    threshold : Threshold, optional
        Of the first finder, to be marked.
    """
    fig = style.figure(style.COLUMN_WIDTH, style.COLUMN_WIDTH * 0.95)
    axes = fig.subplots()
    for (name, table), colour in zip(curves.items(), style.CYCLE, strict=False):
        look = {"color": colour, "label": _label(name, found)}
        axes.plot(
            table["completeness"], table["purity"], drawstyle="steps-post", **look
        )
    if threshold is not None:
        _mark(axes, next(iter(curves.values())), threshold)
    axes.set(xlabel="completeness", ylabel="purity", xlim=(0, 1.01), ylim=(0, 1.03))
    axes.legend(loc="lower left", fontsize=7)
    return fig


@style.styled
def reliability_figure(
    tables: Mapping[str, pd.DataFrame], errors: Mapping[str, Mapping]
) -> Figure:
    """Return how often it is true against the probability, above their numbers.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        `skyloom.clusters.evaluation.reliability.reliability` by name.
    errors : mapping of str to mapping
        `skyloom.clusters.evaluation.reliability.calibration_error` by the same names.
    """
    fig = style.figure(style.COLUMN_WIDTH, style.COLUMN_WIDTH * 1.2)
    upper, lower = fig.subplots(2, 1, height_ratios=(3, 1), sharex=True)
    upper.plot([0, 1], [0, 1], color=style.GREY, lw=0.8, ls=":")
    looks = zip(tables.items(), style.CYCLE, MARKS, strict=False)
    for (name, table), colour, mark in looks:
        error = errors[name]
        ends = "{value:.3f} ({low:.3f} to {high:.3f}; perfect {if_right:.3f})"
        label = f"{name}: ECE {ends.format(**error)}"
        look = {"color": colour, "marker": mark, "label": label}
        _bars(upper, table["score"], table, **look)
        edges = [*table["from"], table["to"].iloc[-1]]
        lower.stairs(table["n"], edges, color=colour, lw=1.0)
    upper.set(ylabel="share that is true", ylim=(-0.02, 1.02), xlim=(0, 1))
    fig.legend(loc="outside upper center", fontsize=7)
    lower.set(xlabel="probability", ylabel="number", yscale="log")
    return fig


@style.styled
def estimates_figure(judged: Judged, threshold: float = -np.inf) -> Figure:
    """Return measured against true redshift and richness of matched detections.

    Parameters
    ----------
    judged : Judged
        Truths and detections.
    threshold : float
        Score from which a detection is shown.
    """
    found = judged_rows(judged)
    found = found[(found["TRUTH"] != NONE) & (found["SCORE"] >= threshold)]
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
    looks = zip(parts.items(), style.CYCLE, MARKS, strict=False)
    for k, ((name, part), colour, mark) in enumerate(looks):
        part = part[part["n"] > 0]  # noqa: PLW2901
        step = SHIFT * (k - (len(parts) - 1) / 2)
        at = part[x] * (1 + 2 * step) if x == "LAMBDA" else part[x] + step / 2
        _bars(axes, at, part, color=colour, marker=mark, label=name)


def _bars(axes: Axes, x, table: pd.DataFrame, **look) -> None:
    value = table["value"].to_numpy(float)
    ends = np.stack([value - table["low"], table["high"] - value]).astype(float)
    # An interval may be missing or, of a bootstrap, beside the value.
    ends = np.maximum(np.nan_to_num(ends), 0)
    look = {"ms": 3.5, "capsize": 1.5, "elinewidth": 0.8, "lw": 1.0} | look
    axes.errorbar(np.asarray(x, float), value, ends, **look)


def _range(letter: str, low: float, high: float) -> str:
    if np.isneginf(low):
        return f"all {letter}" if np.isposinf(high) else f"{letter} < {high:g}"
    ends = f"{low:g} ≤ {letter}"
    return ends if np.isposinf(high) else f"{ends} < {high:g}"


def _richness_axis(axes: Axes) -> None:
    axes.set(xlabel="true richness λ", xscale="log")
    style.log_ticks(axes.xaxis, LAMBDA_TICKS)


def _label(name: str, found: Mapping | None) -> str:
    if found is None:
        return name
    area = found["finders"][name]["average_precision"]
    if None in area.values():  # nothing was to be found
        return name
    return name + ": AP {value:.3f} ({low:.3f} to {high:.3f})".format(**area)


def _mark(axes: Axes, table: pd.DataFrame, threshold: Threshold) -> None:
    rows = table[table["score"] >= threshold.value]
    if not rows.empty:
        at = rows.iloc[-1]
        text = f"threshold {threshold.value:.3f}"
        axes.plot(at["completeness"], at["purity"], "o", color=style.BLACK, ms=5)
        place = {"xytext": (-6, -10), "textcoords": "offset points", "ha": "right"}
        axes.annotate(text, (at["completeness"], at["purity"]), fontsize=7, **place)
    axes.axhline(threshold.target, color=style.GREY, lw=0.8, ls=":")


def _against(axes: Axes, true, measured, error) -> None:
    look = {"fmt": ".", "ms": 3, "elinewidth": 0.5, "color": style.BLUE, "alpha": 0.6}
    shown = np.nan_to_num(np.asarray(error, float))
    axes.errorbar(true, measured, shown, **look)
    values = np.concatenate([true, measured])
    values = values[np.isfinite(values)]
    ends = (values.min(), values.max()) if len(values) else (0.1, 1.0)
    axes.plot(ends, ends, color=style.GREY, lw=0.8, ls=":")
