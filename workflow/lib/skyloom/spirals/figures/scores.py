"""Overlaps, votes, recovered measures, and the comparison of trainings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from skyloom.plots import diagrams, style
from skyloom.spirals.evaluation.recovery import QUANTITIES, errors
from skyloom.spirals.evaluation.votes import forecast
from skyloom.spirals.figures import colours
from skyloom.spirals.questions import question
from skyloom.stats.calibration import reliability

SHOWN = ("smooth-or-featured", "disk-edge-on", "has-spiral-arms", "bar")
LABELS = {
    "bar_length": "bar's length [arcsec]",
    "bar_pa": "bar's position angle [deg]",
    "bar_ellipticity": "bar's ellipticity",
    "pitch_angle": "pitch angle [deg]",
    "disk_pa": "disk's position angle [deg]",
    "disk_ratio": "disk's axis ratio",
}
PIT_BINS = 10
SHIFT = 0.03  # of the number of masks, between series
ROOM = 1.3  # of the axis beside the numbers of galaxies, a factor
ABOVE = {
    "xycoords": ("axes fraction", "data"),
    "xytext": (3, 1),
    "textcoords": "offset points",
    "fontsize": 6,
}


@style.styled
def overlap_figure(tables: Mapping[str, pd.DataFrame], volunteers: str) -> Figure:
    """Return mean soft IoU with intervals by method, a panel a kind.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        By kind (arms, bars; what follows a comma is free), all of the same methods:
        ``method, value, low, high, n``.
    volunteers : str
        The method that the others are to be seen beside: a line.
    """
    rows = len(next(iter(tables.values())))
    fig = style.figure(style.PAGE_WIDTH, 0.9 + 0.24 * rows)
    axes = fig.subplots(1, len(tables), sharey=True, squeeze=False)[0]
    for panel, (kind, table) in zip(axes, tables.items(), strict=True):
        y = np.arange(len(table))
        value, low, high = (table[k].to_numpy(float) for k in ("value", "low", "high"))
        ends = np.maximum(np.nan_to_num([value - low, high - value]), 0)
        own = (table["method"] == volunteers).to_numpy()
        mine = colours.KINDS[kind.partition(",")[0]]
        for some, colour in ((~own, mine), (own, style.BLACK)):
            look = {"fmt": "o", "color": colour, "capsize": 2, "elinewidth": 1.0}
            panel.errorbar(value[some], y[some], xerr=ends[:, some], **look)
        for line in value[own]:
            panel.axvline(line, color=style.BLACK, lw=0.8, ls=":")
        panel.set_yticks(y, table["method"])
        panel.set(ylim=(len(table) - 0.4, -0.6), xlim=(0, None), xlabel="mean soft IoU")
        panel.set_title(f"{kind}: {int(table['n'].max())} galaxies")
        panel.yaxis.set_tick_params(which="minor", length=0)
    return fig


@style.styled
def votes_figure(
    concentrations: np.ndarray,
    counts: np.ndarray,
    values: pd.DataFrame,
    rng: np.random.Generator,
) -> Figure:
    """Return reliability of shares of votes, and the transforms of their numbers.

    Parameters
    ----------
    concentrations, counts : ndarray, shape (n, answers)
        Predicted, and votes.
    values : DataFrame
        `skyloom.spirals.evaluation.votes.pit` of them.
    rng : Generator
        Of the bootstrap.
    """
    fig = style.figure(style.PAGE_WIDTH, 3.1)
    left, right = fig.subplots(1, 2)
    left.plot([0, 1], [0, 1], color=style.GREY, lw=0.8, ls=":")
    right.axhline(1, color=style.GREY, lw=0.8, ls=":")
    for name, mark in zip(SHOWN, diagrams.MARKS, strict=False):
        colour = colours.question(name)
        part = values.loc[values["question"] == name, "value"]
        if part.empty:
            continue
        table = reliability(forecast(concentrations, counts, (question(name),)), rng)
        label = name.replace("-", " ")
        diagrams.bars(
            left, table["score"], table, color=colour, marker=mark, label=label
        )
        heights, edges = np.histogram(part, PIT_BINS, (0, 1), density=True)
        right.stairs(heights, edges, color=colour, lw=1.1)
    left.set(xlabel="expected share of votes", ylabel="share of votes")
    left.set(xlim=(0, 1), ylim=(-0.02, 1.02))
    handles, texts = left.get_legend_handles_labels()
    fig.legend(handles, texts, loc="outside upper center", ncols=len(texts))
    right.set(xlabel="PIT of the number of votes", ylabel="density", xlim=(0, 1))
    right.set_ylim(0, max(2.0, right.get_ylim()[1]))
    return fig


@style.styled
def recovery_figure(table: pd.DataFrame) -> Figure:
    """Return measured against true values, a panel a quantity that is there.

    The table is that of `skyloom.spirals.evaluation.recovery.recovery`; measures beyond
    a quarter of a turn from the truth are drawn on its side of the circle.
    """
    names = [name for name in QUANTITIES if f"{name}_true" in table]
    rows = int(np.ceil(len(names) / 3))
    fig = style.figure(style.PAGE_WIDTH, 2.5 * rows)
    axes = fig.subplots(rows, 3, squeeze=False).ravel()
    for panel, name in zip(axes, names, strict=False):
        _against(panel, table, name)
    for panel in axes[len(names) :]:
        panel.remove()
    return fig


@style.styled
def efficiency_figure(
    curves: Mapping[str, pd.DataFrame],
    differences: Mapping[str, pd.DataFrame],
    baselines: Sequence[str] = (),
) -> Figure:
    """Return overlap against the number of galaxies with marks, above differences.

    Parameters
    ----------
    curves, differences : mapping of str to DataFrame
        `skyloom.spirals.evaluation.joint.efficiency` and `compare`, by measure; ``of``
        says what the differences are of.
    baselines : sequence of str
        Those ``heads`` that are lines, as they have one value.
    """
    fig = style.figure(style.PAGE_WIDTH, 3.9)
    axes = fig.subplots(
        2, len(curves), sharex=True, squeeze=False, height_ratios=(2, 1)
    )
    for (upper, lower), (name, curve) in zip(axes.T, curves.items(), strict=True):
        lines = curve["heads"].isin(baselines)
        trained = curve[~lines]
        _series(upper, trained, "heads")
        for k, row in enumerate(curve[lines].itertuples()):
            upper.axhline(row.value, color=style.GREY, lw=0.8, ls="--")
            # Side by side, as their values may be alike.
            at, label = (k / len(baselines), row.value), row.heads.replace("_", " ")
            upper.annotate(label, at, **ABOVE)
        lower.axhline(0, color=style.GREY, lw=0.8, ls=":")
        found = differences[name].rename(columns={"difference": "value"})
        _series(lower, found, "of", ls="none")
        upper.set_title(name)
        upper.set_xscale("log")
        style.log_ticks(lower.xaxis, sorted(curve["masks"].unique()))
        lower.set_xlabel("training galaxies with marks")
        # One number alone would fill the axis with the shift between the heads.
        upper.set_xlim(curve["masks"].min() / ROOM, curve["masks"].max() * ROOM)
        repeats = int(trained["repeats"].min())
        said = f"{repeats} training{'s' if repeats > 1 else ''} each"
        style.note(upper, said, corner="lower right")
    axes[0, 0].set_ylabel("mean soft IoU")
    axes[1, 0].set_ylabel("paired difference")
    for row in axes[:, 0]:
        row.legend(loc="upper left", fontsize=7)
    return fig


def _series(axes: Axes, table: pd.DataFrame, by: str, **look) -> None:
    series = list(table.groupby(by, sort=True))
    for k, ((name, part), mark) in enumerate(zip(series, diagrams.MARKS, strict=False)):
        colour = colours.HEADS[name.partition(" ")[0]]  # of a difference, the first
        at = part["masks"] * (1 + SHIFT * (2 * k - len(series) + 1))
        label = name.replace(" - ", " − ")
        diagrams.bars(axes, at, part, color=colour, marker=mark, label=label, **look)


def _against(axes: Axes, table: pd.DataFrame, name: str) -> None:
    true, value = (table[k].to_numpy(float) for k in (f"{name}_true", name))
    both = np.isfinite(true) & np.isfinite(value)
    true, value = true[both], value[both]
    how = QUANTITIES[name]
    off = errors(value, true, how)
    if how == "axis":
        value = true + off
    error = np.nan_to_num(table[f"{name}_err"].to_numpy(float)[both])
    look = {"fmt": ".", "ms": 3, "elinewidth": 0.4, "alpha": 0.5}
    axes.errorbar(true, value, error, color=colours.question(name), **look)
    if len(off):
        diagrams.one_to_one(axes, true, true)
    unit = "%" if how == "ratio" else "°" if "[deg]" in LABELS[name] else ""
    factor = 100 if how == "ratio" else 1
    digits = 1 if unit else 3
    said = f"{len(off)} galaxies"
    if len(off):
        said += f"\nmedian error {factor * np.median(np.abs(off)):.{digits}f}{unit}"
    style.note(axes, said, fontsize=7)
    axes.set(xlabel=f"true {LABELS[name]}", ylabel="measured")
