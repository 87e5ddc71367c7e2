"""Figures of an evaluation: calibration, completeness, redshifts, learning curves."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from skyloom.plots import style
from skyloom.quasars.evaluate import learning
from skyloom.quasars.evaluate.compare import Comparison
from skyloom.quasars.evaluate.redshifts import OUTLIER
from skyloom.quasars.evaluate.thresholds import Threshold
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.lines import LINES, box_position

HEIGHT = 2.6  # of a row of panels [inch]


@style.styled
def reliability_diagram(tables: dict[str, pd.DataFrame], errors: dict) -> Figure:
    """Return how often the truth is yes against the score, with Wilson intervals.

    Parameters
    ----------
    tables : dict of str to DataFrame
        `skyloom.quasars.evaluate.calibration.reliability` by name of the score.
    errors : dict of str to dict
        `skyloom.quasars.evaluate.calibration.calibration_error` by the same names.
    """
    fig = style.figure(style.COLUMN_WIDTH, style.COLUMN_WIDTH)
    axes = fig.subplots()
    axes.plot([0, 1], [0, 1], color=style.GREY, lw=0.8, ls=":")
    marks = zip(tables.items(), style.CYCLE, "osD^", strict=False)
    for (name, table), colour, mark in marks:
        error = errors[name]
        label = f"{name}: ECE {error['value']:.3f} (perfect: {error['if_right']:.3f})"
        _bars(axes, table["score"], table, color=colour, marker=mark, label=label)
    axes.set(xlabel="score", ylabel="share of quasars", xlim=(0, 1), ylim=(-0.02, 1.02))
    axes.legend(loc="upper left", fontsize=7)
    return fig


@style.styled
def purity_figure(curve: pd.DataFrame, threshold: Threshold) -> Figure:
    """Return purity and completeness against the threshold, and the chosen one.

    Parameters
    ----------
    curve : DataFrame
        `skyloom.quasars.evaluate.thresholds.purity_curve`.
    threshold : Threshold
        Chosen on the same sample.
    """
    fig = style.figure(style.COLUMN_WIDTH, HEIGHT)
    axes = fig.subplots()
    at = curve["threshold"]
    axes.step(at, curve["purity"], where="post", color=style.BLUE, label="purity")
    axes.fill_between(
        at,
        curve["purity_low"],
        curve["purity"],
        step="post",
        color=style.BLUE,
        alpha=0.2,
    )
    found = curve["completeness"]
    axes.step(at, found, where="post", color=style.VERMILLION, label="completeness")
    axes.axvline(threshold.value, color=style.BLACK, lw=0.8)
    axes.axhline(threshold.target, color=style.GREY, lw=0.8, ls=":")
    reached = "" if threshold.reached else ", not shown"
    axes.set_title(f"{threshold.value:.3f} for purity {threshold.target:g}{reached}")
    axes.set(xlabel="threshold", xlim=(0, 1), ylim=(0, 1.03))
    axes.legend(loc="lower left")
    return fig


@style.styled
def rates_figure(table: pd.DataFrame) -> Figure:
    """Return completeness and purity by S/N and by redshift.

    Parameters
    ----------
    table : DataFrame
        `skyloom.quasars.evaluate.metrics.table`.
    """
    fig = style.figure(style.PAGE_WIDTH, HEIGHT)
    axes = fig.subplots(1, 2, sharey=True)
    for panel, by, label in zip(
        axes, ("sn", "z"), ("median S/N per pixel", "redshift"), strict=True
    ):
        part = table[table["by"] == by]
        bins = list(dict.fromkeys(part["group"]))
        bins.sort(key=lambda text: float(text.split(" ")[0]))
        looks = (("completeness", style.VERMILLION, "o"), ("purity", style.BLUE, "s"))
        for k, (name, colour, mark) in enumerate(looks):
            rows = part[part["measure"] == name]
            x = np.array([bins.index(text) for text in rows["group"]]) + 0.16 * k - 0.08
            _bars(panel, x, rows, color=colour, marker=mark, label=name, ls="")
        panel.set(xlabel=label, ylim=(-0.03, 1.03))
        panel.set_xticks(range(len(bins)), bins, fontsize=7)
        panel.tick_params(axis="x", which="minor", bottom=False, top=False)
    axes[0].legend(loc="lower right")
    return fig


@style.styled
def redshift_figure(rows: pd.DataFrame) -> Figure:
    """Return measured against true redshift, and the distribution of errors.

    Parameters
    ----------
    rows : DataFrame
        `skyloom.quasars.evaluate.metrics.judged`; its found quasars are shown.
    """
    seen = rows[rows["called"] & rows["is_qso"] & rows["dv"].notna()]
    fig = style.figure(style.PAGE_WIDTH, HEIGHT)
    left, right = fig.subplots(1, 2)
    _against(left, seen["z_true"], seen["Z"], seen["dv"])
    left.set(xlabel="true redshift", ylabel="measured redshift")
    _errors(right, {"found quasars": seen["dv"]})
    return fig


@style.styled
def pile_up_figure(rows: pd.DataFrame, arch: Architecture) -> Figure:
    """Return N(z) by the best line alone and by consensus, and places in the boxes.

    Parameters
    ----------
    rows : DataFrame
        `skyloom.quasars.evaluate.metrics.judged`, of found quasars.
    arch : Architecture
        Of the ensemble.
    """
    fig = style.figure(style.PAGE_WIDTH, HEIGHT)
    left, right = fig.subplots(1, 2, width_ratios=(2, 1))
    line, alone = best_line(rows, arch)
    looks = {
        "truth": (rows["z_true"], style.GREY),
        "best line alone": (alone, style.VERMILLION),
        "consensus": (rows["Z"], style.BLUE),
    }
    edges = np.linspace(0, np.nanmax([4.0, *rows["z_true"]]), 90)
    rest = np.array([LINES[name] for name in arch.lines])[line]
    for name, (z, colour) in looks.items():
        look = {"color": colour, "histtype": "step", "label": name}
        left.hist(z, edges, **look)
        place = box_position(np.asarray(z, float), rest, arch.grid, arch.boxes)
        right.hist(place[place >= 0] % 1.0, np.linspace(0, 1, 21), **look)
    left.set(xlabel="redshift", ylabel="found quasars")
    right.set(xlabel="place of the best line in its box", xlim=(0, 1))
    left.legend(loc="upper right")
    return fig


def best_line(rows: pd.DataFrame, arch: Architecture) -> tuple[np.ndarray, np.ndarray]:
    """Return the most confident line of each row, and the redshift it gives alone.

    Returns
    -------
    line : ndarray of int, shape (n,)
        Its place in ``arch.lines``.
    z : ndarray, shape (n,)
    """
    confidence = rows[[f"C_{name}" for name in arch.lines]].to_numpy(float)
    redshift = rows[[f"Z_{name}" for name in arch.lines]].to_numpy(float)
    line = confidence.argmax(axis=1)
    return line, redshift[np.arange(len(rows)), line]


@style.styled
def comparison_figure(found: Comparison) -> Figure:
    """Return redshifts, their differences by class, and confidences of two ensembles.

    Parameters
    ----------
    found : Comparison
        Of two results.
    """
    fig = style.figure(style.PAGE_WIDTH, HEIGHT)
    left, middle, right = fig.subplots(1, 3)
    both = found.rows[found.rows["DV"].notna()]
    _against(left, both["Z_1"], both["Z_2"], both["DV"])
    left.set(xlabel="redshift, first", ylabel="redshift, second")
    parts = {
        label: both.loc[both["LABEL_1"] == label, "DV"] for label in ("low", "high")
    }
    _errors(middle, parts)
    rows = found.rows
    for flip, colour in ((False, style.GREY), (True, style.VERMILLION)):
        part = rows[rows["FLIP"] == flip]
        label = f"{len(part):,} {'flip' if flip else 'same'}"
        look = {"color": colour, "label": label, "rasterized": True}
        right.plot(part["SCORE_1"], part["SCORE_2"], ".", ms=2, **look)
    right.set(xlabel="score, first", ylabel="score, second")
    right.legend(loc="upper left", fontsize=7)
    return fig


@style.styled
def learning_curve(
    runs: pd.DataFrame, score: str, baseline: str = learning.BASELINE
) -> Figure:
    """Return mean scores by number of labels, and paired gains over the baseline.

    Parameters
    ----------
    runs : DataFrame
        See `skyloom.quasars.evaluate.learning.checked`.
    score : str
        What the scores are, for the axis.
    baseline : str
        What the others are measured against.
    """
    fig = style.figure(style.PAGE_WIDTH, HEIGHT)
    left, right = fig.subplots(1, 2)
    means = learning.curves(learning.checked(runs, baseline))
    gained = learning.differences(runs, baseline)
    others = [name for name in means["strategy"].unique() if name != baseline]
    colours = dict(zip([*others, baseline], style.CYCLE[: len(others)], strict=False))
    colours[baseline] = style.GREY
    for name, colour in colours.items():
        _band(left, means[means["strategy"] == name], colour, name)
    width = float(means["n_labels"].max() - means["n_labels"].min()) or 1.0
    for k, name in enumerate(others):
        part = gained[gained["strategy"] == name]
        x = part["n_labels"] + 0.012 * width * (k - (len(others) - 1) / 2)
        _bars(right, x, part, color=colours[name], marker="o", label=name)
    right.axhline(0, color=style.GREY, lw=0.8, ls=":")
    left.set(xlabel="labels", ylabel=score)
    right.set(xlabel="labels", ylabel=f"gain over {baseline}")
    left.legend(loc="lower right", fontsize=7)
    return fig


def _bars(axes: Axes, x, table: pd.DataFrame, **look) -> None:
    value = table["value"].to_numpy(float)
    ends = np.stack([value - table["low"], table["high"] - value])
    # A single seed or an empty bin has no interval; rounding may turn an end over.
    ends = np.maximum(np.nan_to_num(ends), 0)
    look = {"ms": 3.5, "capsize": 1.5, "elinewidth": 0.8, "lw": 1.0} | look
    axes.errorbar(np.asarray(x, float), value, ends, **look)


def _band(axes: Axes, part: pd.DataFrame, colour: str, name: str) -> None:
    axes.plot(part["n_labels"], part["value"], color=colour, marker="o", label=name)
    ends = part["low"], part["high"]
    axes.fill_between(part["n_labels"], *ends, color=colour, alpha=0.15, lw=0)


def _against(axes: Axes, z_true, z, dv) -> None:
    far = np.abs(np.asarray(dv, float)) > OUTLIER
    z_true, z = np.asarray(z_true, float), np.asarray(z, float)
    top = float(np.concatenate([z_true, z, [1.0]]).max()) * 1.05
    axes.plot([0, top], [0, top], color=style.GREY, lw=0.8, ls=":")
    for which, colour in ((~far, style.BLUE), (far, style.VERMILLION)):
        look = {"color": colour, "rasterized": True}
        axes.plot(z_true[which], z[which], ".", ms=2.5, **look)
    axes.set(xlim=(0, top), ylim=(0, top))
    text = f"{far.sum():,} of {len(far):,} beyond {OUTLIER:,.0f} km/s"
    style.note(axes, text, fontsize=7)


def _errors(axes: Axes, parts: dict) -> None:
    edges = np.linspace(-OUTLIER, OUTLIER, 61)
    for (name, errors), colour in zip(parts.items(), style.CYCLE, strict=False):
        dv = np.asarray(errors, float)
        label = f"{name}: {len(dv):,}"
        look = {"histtype": "step", "color": colour, "label": label}
        axes.hist(np.clip(dv, -OUTLIER, OUTLIER), bins=edges, **look)
    axes.axvline(0, color=style.GREY, lw=0.8, ls=":")
    axes.set(xlabel=r"$\Delta v$ [km/s], ends hold all beyond", ylabel="exposures")
    axes.legend(loc="upper left", fontsize=7)
