"""Figures of an evaluation: thresholds, rates, redshifts, what changes."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from skyloom.plots import diagrams, style
from skyloom.quasars import colours
from skyloom.quasars.evaluation.redshifts import OUTLIER, place_in_box
from skyloom.quasars.evaluation.thresholds import Threshold
from skyloom.quasars.network.architecture import Architecture

HEIGHT = 2.6  # of a row of panels [inch]
MEASURES = {"completeness": colours.COMPLETENESS, "purity": colours.PURITY}


@style.styled
def purity_figure(curve: pd.DataFrame, threshold: Threshold) -> Figure:
    """Return purity and completeness against the threshold, and the chosen one.

    The curve is `skyloom.quasars.evaluation.thresholds.purity_curve`.
    """
    fig = style.figure(style.COLUMN_WIDTH, HEIGHT)
    axes = fig.subplots()
    at, purity = curve["threshold"], curve["purity"]
    look = {"step": "post", "color": colours.PURITY, "alpha": 0.2}
    axes.fill_between(at, curve["purity_low"], purity, **look)
    for name, colour in MEASURES.items():
        axes.step(at, curve[name], where="post", color=colour, label=name)
    axes.axvline(threshold.value, color=style.BLACK, lw=0.8)
    axes.axhline(threshold.target, color=style.GREY, lw=0.8, ls=":")
    reached = "" if threshold.reached else ", not shown"
    axes.set_title(f"{threshold.value:.3f} for purity {threshold.target:g}{reached}")
    axes.set(xlabel="threshold of the score", xlim=(0, 1), ylim=(0, 1.03))
    axes.set_ylabel("share, of the right class")
    axes.legend(loc="lower left")
    return fig


@style.styled
def rates_figure(table: pd.DataFrame) -> Figure:
    """Return completeness and purity by S/N and by redshift, without and with it.

    The table is `skyloom.quasars.evaluation.metrics.table`.
    """
    fig = style.figure(style.PAGE_WIDTH, HEIGHT)
    axes = fig.subplots(1, 2, sharey=True)
    names = ("median S/N per pixel", "redshift")
    looks = [
        (f"{name}{kind}", {"color": colour, "marker": mark, "mfc": fill})
        for name, colour in MEASURES.items()
        for kind, mark, fill in (("", "o", colour), ("_z", "s", "white"))
    ]
    for panel, by, name in zip(axes, ("sn", "z"), names, strict=True):
        part = table[table["by"] == by]
        bins = sorted(set(part["group"]), key=lambda text: float(text.split(" ")[0]))
        for k, (measure, look) in enumerate(looks):
            rows = part[part["measure"] == measure]
            x = np.array([bins.index(text) for text in rows["group"]]) + 0.14 * k - 0.21
            label = measure.replace("_z", ", with a right redshift")
            diagrams.bars(panel, x, rows, label=label, ls="", **look)
        panel.set(xlabel=name, ylim=(-0.03, 1.03))
        names = [re.sub(r"(.*) to inf", r"from \1", text) for text in bins]
        panel.set_xticks(range(len(bins)), names, fontsize=7)
        panel.tick_params(axis="x", which="minor", bottom=False, top=False)
    axes[0].set_ylabel("share")
    fig.legend(
        *axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=4
    )
    return fig


@style.styled
def redshift_figure(rows: pd.DataFrame) -> Figure:
    """Return measured against true redshift of found quasars, and their errors.

    Rows are `skyloom.quasars.evaluation.metrics.judged`.
    """
    seen = rows[rows["called"] & rows["is_qso"] & rows["dv"].notna()]
    fig = style.figure(style.PAGE_WIDTH, HEIGHT)
    left, right = fig.subplots(1, 2)
    _against(left, seen["z_true"], seen["Z"], seen["dv"])
    left.set(xlabel="true redshift", ylabel="measured redshift")
    _errors(right, {"found quasars": (seen["dv"], style.BLACK)})
    return fig


@style.styled
def pile_up_figure(rows: pd.DataFrame, arch: Architecture) -> Figure:
    """Return N(z) by the best line alone and by consensus, and places in the boxes.

    Rows are `skyloom.quasars.evaluation.metrics.judged`, of found quasars; `arch` is
    the ensemble's.
    """
    fig = style.figure(style.PAGE_WIDTH, HEIGHT)
    left, right = fig.subplots(1, 2, width_ratios=(2, 1))
    line, alone = best_line(rows, arch)
    looks = {
        "truth": (rows["z_true"], colours.TRUTH),
        "best line alone": (alone, colours.LINES),
        "consensus": (rows["Z"], colours.CONSENSUS),
    }
    edges = np.linspace(0, np.nanmax([4.0, *rows["z_true"]]), 90)
    for name, (z, colour) in looks.items():
        look = {"color": colour, "histtype": "step", "label": name}
        left.hist(z, edges, **look)
        place = place_in_box(np.asarray(z, float), line, arch)
        right.hist(place[np.isfinite(place)], np.linspace(0, 1, 21), **look)
    left.set(xlabel="redshift", ylabel="found quasars")
    right.set(xlabel="place of the best line in its box", xlim=(0, 1))
    left.legend(loc="upper right")
    return fig


def best_line(rows: pd.DataFrame, arch: Architecture) -> tuple[np.ndarray, np.ndarray]:
    """Return the most confident line of each row, by place, and its redshift."""
    confidence = rows[[f"C_{name}" for name in arch.lines]].to_numpy(float)
    redshift = rows[[f"Z_{name}" for name in arch.lines]].to_numpy(float)
    line = confidence.argmax(axis=1)
    return line, redshift[np.arange(len(rows)), line]


@style.styled
def comparison_figure(rows: pd.DataFrame) -> Figure:
    """Return redshifts, their differences by class, and scores of two ensembles.

    Rows are `skyloom.quasars.evaluation.compare.compare`.
    """
    fig = style.figure(style.PAGE_WIDTH, HEIGHT)
    left, middle, right = fig.subplots(1, 3)
    both = rows[rows["DV"].notna()]
    _against(left, both["Z_1"], both["Z_2"], both["DV"])
    left.set(xlabel="redshift, first", ylabel="redshift, second")
    parts = {k: (both["LABEL_1"] == k, c) for k, c in colours.LABELS.items()}
    _errors(middle, {k: (both.loc[mine, "DV"], c) for k, (mine, c) in parts.items()})
    for flip, colour in ((False, style.BLACK), (True, colours.WRONG)):
        part = rows[rows["FLIP"] == flip]
        label = f"{len(part):,} {'flip' if flip else 'same'}"
        look = {"color": colour, "label": label, "rasterized": True}
        right.plot(part["SCORE_1"], part["SCORE_2"], ".", ms=2, **look)
    right.set(xlabel="score, first", ylabel="score, second")
    right.legend(loc="upper left", fontsize=7)
    return fig


def _against(axes: Axes, z_true, z, dv) -> None:
    far = np.abs(np.asarray(dv, float)) > OUTLIER
    z_true, z = np.asarray(z_true, float), np.asarray(z, float)
    top = float(np.concatenate([z_true, z, [1.0]]).max()) * 1.05
    diagrams.one_to_one(axes, [0], [top])
    for which, colour in ((~far, style.BLACK), (far, colours.WRONG)):
        look = {"color": colour, "rasterized": True}
        axes.plot(z_true[which], z[which], ".", ms=2.5, **look)
    axes.set(xlim=(0, top), ylim=(0, top))
    text = f"{far.sum():,} of {len(far):,} beyond {OUTLIER:,.0f} km/s"
    style.note(axes, text, fontsize=7)


def _errors(axes: Axes, parts: dict) -> None:
    edges = np.linspace(-OUTLIER, OUTLIER, 61)
    for name, (errors, colour) in parts.items():
        dv = np.asarray(errors, float)
        look = {"histtype": "step", "color": colour, "label": f"{name}: {len(dv):,}"}
        axes.hist(np.clip(dv, -OUTLIER, OUTLIER), bins=edges, **look)
    axes.axvline(0, color=style.GREY, lw=0.8, ls=":")
    axes.set(xlabel=r"$\Delta v$ [km/s], ends hold all beyond", ylabel="exposures")
    axes.legend(loc="upper left", fontsize=7)
