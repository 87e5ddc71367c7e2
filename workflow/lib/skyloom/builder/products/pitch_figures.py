"""Figures of pitch angles: galaxies, population, winding, bulge and bar."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from skyloom.builder.products.colours import COLOURS
from skyloom.plots import diagrams, style

ARMS = COLOURS["spiral"]
QUANTILES = ("q05", "q16", "q50", "q84", "q95")


@style.styled
def pitch_galaxies(posterior: Mapping) -> Figure:
    """Return each galaxy's pitch angle with 68 and 90 % intervals, and its arms.

    Parameters
    ----------
    posterior : mapping
        Tree of `skyloom.builder.pitch.posterior.summary_tree`.
    """
    galaxies = sorted(posterior.get("galaxies", ()), key=lambda g: g["q50"])
    rank = {g["galaxy"]: i for i, g in enumerate(galaxies)}
    q = {k: np.array([g[k] for g in galaxies]) for k in QUANTILES}
    fig = style.figure(style.PAGE_WIDTH, 2.8)
    axes = fig.subplots()
    x = np.arange(len(galaxies))
    axes.vlines(x, q["q05"], q["q95"], color=ARMS, lw=0.9, label="90 %")
    axes.vlines(x, q["q16"], q["q84"], color=ARMS, lw=2.4, label="68 %")
    arms = posterior.get("arms", ())
    axes.errorbar(
        [rank[a["galaxy"]] for a in arms],
        [a["pitch_angle"] for a in arms],
        [a["pitch_angle_err"] + a["pitch_angle_err_normal"] for a in arms],
        fmt="o", ms=2.2, mew=0, elinewidth=0.5, color=style.BLACK, alpha=0.8,
        label="arms, from volunteers and image",
    )  # fmt: skip
    axes.set(xlim=(-1, max(1, len(galaxies))), ylim=(0, _top(q["q95"])))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(xlabel="galaxies, by pitch angle", ylabel="pitch angle [deg]")
    axes.legend(loc="upper left", ncols=3)
    return fig


@style.styled
def pitch_population(galaxy: np.ndarray, scatter: np.ndarray) -> Figure:
    """Return the distribution of pitch angles and of the scatter within galaxies [deg].

    From posterior draws: `galaxy` (n_draws, n_galaxies) and `scatter` (n_draws,).
    """
    fig = style.figure(style.PAGE_WIDTH, 2.5)
    left, right = fig.subplots(1, 2)
    if not galaxy.size:
        style.note(left, "no pitch angles")
        return fig
    bins = np.arange(0, 92.5, 2.5)
    counts = np.array([np.histogram(row, bins)[0] for row in galaxy])
    low, middle, high = np.percentile(counts, [16, 50, 84], axis=0)
    left.stairs(high, bins, baseline=low, fill=True, color=ARMS, alpha=0.35)
    left.stairs(middle, bins, color=ARMS, lw=1.3)
    tens = math.ceil(np.percentile(galaxy, 99.5) / 10)
    left.set(xlim=(0, min(90, 10 * tens)), ylim=(0, None))
    left.set(xlabel="pitch angle of a galaxy [deg]", ylabel="galaxies")
    look = {"histtype": "stepfilled", "ec": ARMS, "fc": (ARMS, 0.35)}
    right.hist(scatter, 50, density=True, **look)
    text = f"{np.mean(scatter):.1f} $\\pm$ {np.std(scatter):.1f}°"
    style.note(right, text, corner="upper right")
    label = "scatter between arms of a galaxy [deg]"
    right.set(xlabel=label, ylabel="posterior density")
    return fig


@style.styled
def winding(scan: Sequence[Mapping], level: float = 0.01) -> Figure:
    """Return how often uniform cot(pitch angle) is rejected, by lower limit.

    Parameters
    ----------
    scan : sequence of mapping
        Rows of `skyloom.builder.pitch.winding.winding_scan`; None where too few
        galaxies are left.
    level : float
        Of the tests.
    """
    fig = style.figure(style.COLUMN_WIDTH, 2.7)
    axes = fig.subplots()
    lower = [row["lower"] for row in scan]
    share = [row["anderson_darling_rejected"] for row in scan]
    # None becomes NaN: a gap in the line.
    look = {"ls": diagrams.joined(len(scan)), "marker": "o", "ms": 2.5, "color": ARMS}
    axes.plot(lower, np.array(share, float), **look)
    axes.set(ylim=(-0.03, 1.03), xlabel="lower limit of the pitch angle [deg]")
    axes.set_ylabel(f"draws that reject at {100 * level:g} %")
    counts = axes.twinx()
    inside = [row["n_galaxies"] for row in scan]
    counts.plot(lower, inside, color=style.GREY, lw=0.8, ls=":")
    counts.set(ylim=(0, None))
    counts.set_ylabel("galaxies within the limits (dotted)", color=style.GREY)
    return fig


@style.styled
def morphology(pitch, pitch_err, strengths: Mapping[str, Sequence[float]]) -> Figure:
    """Return pitch angle [deg] against measures of bulge and bar, by their axis labels.

    A strength of NaN leaves a galaxy out.
    """
    fig = style.figure(style.PAGE_WIDTH, 2.7)
    axes = fig.subplots(1, len(strengths), sharey=True, squeeze=False)[0]
    pitch, error = np.asarray(pitch, float), np.asarray(pitch_err, float)
    for panel, (label, strength) in zip(axes, strengths.items(), strict=True):
        x = np.asarray(strength, float)
        good = np.isfinite(x) & np.isfinite(pitch)
        look = {"color": style.BLACK, "ecolor": style.GREY, "elinewidth": 0.4}
        look |= {"fmt": "o", "ms": 2.5, "mew": 0}
        panel.errorbar(x[good], pitch[good], error[good], **look)
        style.note(panel, f"n = {good.sum()}")
        panel.set_xlabel(label)
        if not good.any():
            panel.set_xlim(0, 1)
    axes[0].set(ylabel="pitch angle [deg]", ylim=(0, _top(pitch + error)))
    return fig


def _top(angles: np.ndarray) -> float:
    """Return the end of an axis of pitch angles [deg]: there are none above 90."""
    known = angles[np.isfinite(angles)]
    return min(90.0, 1.15 * max(known, default=90.0))
