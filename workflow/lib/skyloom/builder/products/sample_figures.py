"""Figures of a whole sample: mosaic, support, quality of fits, comparisons."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from skyloom.builder.images.astrometry import PIXEL
from skyloom.builder.model import Model
from skyloom.builder.products import outlines
from skyloom.builder.products.colours import COLOURS
from skyloom.plots import diagrams, sky, style
from skyloom.plots.images import image_panel, white_level
from skyloom.stats.scatter import nmad

SIDE = 0.88  # of a thumbnail [inch]
TICKS = [m * 10.0**k for k in range(-4, 6) for m in (1, 2, 5)]


class Thumbnail(NamedTuple):
    """One galaxy of a mosaic: its label, image, mask of bad pixels and model."""

    label: str
    image: np.ndarray | None
    mask: np.ndarray | None = None
    model: Model | None = None


class Panel(NamedTuple):
    """One quantity measured twice: values and errors or None, all of shape (n,)."""

    label: str
    first: np.ndarray
    second: np.ndarray
    first_err: np.ndarray | None = None
    second_err: np.ndarray | None = None
    log: bool = False


@style.styled
def mosaic(galaxies: Sequence[Thumbnail], n_columns: int = 8) -> Figure:
    """Return thumbnails of galaxies with the outlines of their models."""
    fig, axes = _grid(len(galaxies), n_columns, SIDE * n_columns, SIDE)
    fig.get_layout_engine().set(w_pad=0.01, h_pad=0.01, wspace=0.0, hspace=0.0)
    for panel, galaxy in zip(axes, galaxies, strict=True):
        _thumbnail(panel, galaxy)
    return fig


def _grid(n: int, n_columns: int, width: float, height: float, title: float = 0.0):
    """Return a figure of n panels, rows of a `height` below a `title` [inch]."""
    n_rows = max(1, math.ceil(n / n_columns))
    fig = style.figure(width, height * n_rows + title)
    axes = fig.subplots(n_rows, n_columns, squeeze=False).ravel()
    for unused in axes[n:]:
        unused.set_axis_off()
    return fig, axes[:n]


def _thumbnail(axes: Axes, galaxy: Thumbnail) -> None:
    style.bare(axes)
    axes.set_aspect("equal", adjustable="box")
    for side in axes.spines.values():
        side.set_linewidth(0.3)
    image = np.full((1, 1), np.nan) if galaxy.image is None else galaxy.image
    white = white_level(image, galaxy.mask)
    look = {"softening": 0.08, "interpolation": "hanning"}
    image_panel(axes, image, white=white, **look)
    for name, line in outlines.of_model(galaxy.model or Model()):
        axes.plot(*line.T, color=COLOURS[name], lw=0.6)
    axes.set(xlim=(-0.5, image.shape[1] - 0.5), ylim=(-0.5, image.shape[0] - 0.5))
    style.note(axes, galaxy.label, fontsize=5)
    if galaxy.image is not None:
        sky.scale_bar(axes, PIXEL, size=5)
    if galaxy.image is None:
        style.note(axes, "no image", corner="lower left", fontsize=5)


@style.styled
def chisq_histogram(samples: Mapping[str, Sequence[float]]) -> Figure:
    """Return the distribution of reduced chi2, one line a sample, medians marked.

    Parameters
    ----------
    samples : mapping of str to sequence of float
        Label to reduced chi2; what is not finite is left out.
    """
    fig = style.figure(style.COLUMN_WIDTH, 2.6)
    axes = fig.subplots()
    known = {label: np.array(values, float) for label, values in samples.items()}
    good = {label: values[np.isfinite(values)] for label, values in known.items()}
    every = np.concatenate([*good.values(), [0.9, 2.0]])
    bins = np.geomspace(0.98 * every.min(), 1.02 * every.max(), 36)
    # No colour, which would be a component's.
    looks = zip(good.items(), ("black", style.GREY), ("-", "--"), strict=False)
    for (label, values), colour, line in looks:
        middle = np.median(values) if values.size else math.nan
        text = f"{label}: n = {values.size}, median {middle:.3f}"
        look = {"histtype": "step", "color": colour, "ls": line, "lw": 1.3}
        axes.hist(values, bins, label=text, **look)
        axes.axvline(middle, color=colour, lw=0.8, ls=":")
    axes.set(xscale="log", xlabel=r"reduced $\chi^2$", ylabel="galaxies")
    style.log_ticks(axes.xaxis, [0.7, 1, 1.5, 2, 3, 5, 10, 20, 50])
    axes.margins(y=0.45)
    axes.legend(loc="upper right")
    return fig


@style.styled
def comparison(panels: Sequence[Panel], first: str, second: str) -> Figure:
    """Return one panel a quantity, one measurement against the other.

    Each panel quotes the median difference and its scatter (1.48 MAD); `first` and
    `second` say on the axes what the two measurements are.
    """
    n_columns = max(1, min(4, len(panels)))
    width = style.PAGE_WIDTH * max(n_columns, 2) / 4
    fig, axes = _grid(len(panels), n_columns, width, 2.0, 0.25)
    for axis, panel in zip(axes, panels, strict=True):
        _one_to_one(axis, panel)
    fig.supxlabel(first, fontsize=9)
    fig.supylabel(second, fontsize=9)
    return fig


def _one_to_one(axes: Axes, panel: Panel) -> None:
    x, y = np.asarray(panel.first, float), np.asarray(panel.second, float)
    good = np.isfinite(x) & np.isfinite(y)
    if panel.log:
        good &= (x > 0) & (y > 0)
    x, y = x[good], y[good]
    bars = [None if e is None else np.asarray(e)[good] for e in panel[3:5]]
    axes.errorbar(x, y, bars[1], bars[0], fmt="o", ms=2.5, mew=0, color=style.BLACK,
                  ecolor=style.GREY, elinewidth=0.4, alpha=0.75)  # fmt: skip
    axes.set_title(panel.label)
    if x.size == 0:
        style.note(axes, "none in common")
        style.bare(axes)
        axes.set(box_aspect=1)
        return
    errors = [e[np.isfinite(e)] for e in bars if e is not None]
    least = 2 * max((e.max() for e in errors if e.size), default=0.0)
    limits = _limits(np.concatenate([x, y]), panel.log, least)
    axes.plot(limits, limits, color=style.BLACK, lw=0.7, ls="--", zorder=0)
    scale = "log" if panel.log else "linear"
    axes.set(xscale=scale, yscale=scale, box_aspect=1)
    if panel.log:
        style.log_ticks(axes.xaxis, TICKS)
        style.log_ticks(axes.yaxis, TICKS)
    axes.set(xlim=limits, ylim=limits)
    words = f"n = {x.size}\n{np.median(y - x):+.3g}; {nmad(y - x):.3g}"
    style.note(axes, words)


def _limits(values: np.ndarray, log: bool, least: float) -> tuple[float, float]:
    """Return the ends of an axis, on which few values have room for their errors."""
    low, high = np.percentile(values, [0.5, 99.5])
    if log:
        return low / 1.25, high * 1.25
    pad = max(0.08 * (high - low), least - (high - low)) or 0.5
    return low - pad, high + pad


@style.styled
def component_frequencies(stages: Mapping[str, Mapping[str, Mapping]]) -> Figure:
    """Return how often each component is found, stage by stage, with intervals.

    Parameters
    ----------
    stages : mapping
        Stage (drawn, agreed, fitted ...) to component to ``{value, low, high}``, of
        which value is None where there was nothing to count.
    """
    fig = style.figure(style.COLUMN_WIDTH, 2.5)
    axes = fig.subplots()
    parts = [name for name in COLOURS if any(name in rows for rows in stages.values())]
    shift = np.linspace(-0.22, 0.22, max(2, len(stages)))
    markers = list(zip(stages.items(), shift, "osD^v<>", strict=False))
    for (_, rows), dx, marker in markers:
        for name, row in rows.items():
            look = {"color": COLOURS[name], "marker": marker}
            diagrams.bars(axes, [parts.index(name) + dx], pd.DataFrame([row]), **look)
    look = {"ls": "", "color": style.BLACK, "ms": 3.5}
    handles = [Line2D([], [], marker=m, label=k, **look) for (k, _), _, m in markers]
    axes.set(ylim=(-0.03, 1.03), ylabel="part of the sample", xticks=range(len(parts)))
    axes.set_xticklabels([_word(name) for name in parts])
    axes.tick_params(axis="x", which="both", length=0)
    axes.legend(handles=handles, loc="best")
    return fig


def _word(name: str) -> str:
    return "arms" if name == "spiral" else name


@style.styled
def support(aggregates: Sequence[Mapping]) -> Figure:
    """Return how many of the volunteers agreed on each component, galaxy by galaxy.

    Parameters
    ----------
    aggregates : sequence of mapping
        Trees of ``aggregates/<id>.json``.
    """
    fig = style.figure(style.PAGE_WIDTH, 2.1)
    axes = fig.subplots(1, len(COLOURS), sharey=True)
    bins = np.linspace(0, 1, 21)
    for panel, (name, colour) in zip(axes, COLOURS.items(), strict=True):
        votes = [(tree.get("support") or {}).get(name) for tree in aggregates]
        shares = [v["k"] / v["n"] for v in votes if v and v["n"]]
        look = {"histtype": "stepfilled", "ec": colour, "fc": (colour, 0.35)}
        panel.hist(shares, bins, lw=1.2, **look)
        found = sum(share > 0 for share in shares)
        panel.set(xlim=(0, 1), title=f"{_word(name)}: {found} of {len(aggregates)}")
    axes[0].set_ylabel("galaxies")
    fig.supxlabel("part of the volunteers who agree", fontsize=9)
    return fig
