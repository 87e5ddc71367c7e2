"""Pictures of the map of galaxies: its fingerprints, and what goes with its groups."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from skyloom.plots import style
from skyloom.plots.diagrams import bars
from skyloom.som.quality import occupancy
from skyloom.spectra.figures import colours
from skyloom.spectra.galaxy_map.model import Placed

GAP = 1  # units between two fingerprints
WORDS = {
    "meansn2": "S/N",
    "fibres": "IFU size",
    "galaxy_class": "morphology",
}
WAYS = {
    "map": "map of galaxies",
    "pca_kmeans": "PCA, k-means",
    "mean_labels": "mean labels, k-means",
}


@style.styled
def prototypes(made: Placed) -> Figure:
    """Return the decoded prototypes, each an image of the map of spectra.

    They lie as units do on the map of galaxies, row 0 at the bottom in both. Each is
    shown from 0 to its own largest value.
    """
    side = style.PAGE_WIDTH * 0.75
    rows, columns = made.som.shape
    fig = style.figure(side, side * rows / columns + 0.3)
    axes = fig.subplots()
    shown = axes.imshow(mosaic(made), cmap=style.SEQUENTIAL_MAP, vmin=0, vmax=1)
    fig.colorbar(shown, ax=axes, label="share, of the largest", shrink=0.7)
    centres = [
        (np.arange(n) + 0.5) * (width + GAP) - 0.5 - GAP / 2
        for n, width in ((columns, made.layout.columns), (rows, made.layout.rows))
    ]
    axes.set_xticks(centres[0], range(columns))
    axes.set_yticks(centres[1], range(rows))
    axes.tick_params(length=0)
    axes.minorticks_off()
    axes.set(xlabel="column", ylabel="row")
    return fig


def mosaic(made: Placed) -> np.ndarray:
    """Return the prototypes side by side, each from 0 to 1, NaN between them."""
    layout, (rows, columns) = made.layout, made.som.shape
    images = np.clip(made.decoded, 0, None)
    images = images / np.maximum(images.max(axis=1, keepdims=True), 1e-12)
    images = images.reshape(rows, columns, layout.rows, layout.columns)
    wide = ((0, 0), (0, 0), (0, GAP), (0, GAP))
    framed = np.pad(images, wide, constant_values=np.nan)
    size = (rows * (layout.rows + GAP), columns * (layout.columns + GAP))
    return framed.transpose(0, 2, 1, 3).reshape(size)[:-GAP, :-GAP]


def _said(name: str) -> str:
    return WORDS.get(name, style.words(name))


def counts_by(made: Placed, unit: np.ndarray, classes) -> dict[str, np.ndarray]:
    """Return the occupancy of the map by class, for `skyloom.som.figures.hit_map`."""
    classes = np.asarray(classes)
    return {
        str(name): occupancy(unit[classes == name], made.som.shape)
        for name in np.unique(classes)
    }


@style.styled
def classes_told_apart(judged: Mapping) -> Figure:
    """Return how far the map and its baselines tell classes apart.

    `judged` is a part (``test`` or ``all``) of `evaluation.evaluate`. Crosses are the
    value that one shuffle in a thousand exceeds.
    """
    classes = judged["classes"]
    fig = style.figure(style.COLUMN_WIDTH * 1.3, 2.6)
    axes = fig.subplots()
    ways = [way for way in WAYS if way in next(iter(classes.values()))]
    look = {"ls": "", "color": style.BLACK, "marker": "x"}
    for k, way in enumerate(ways):
        at = np.arange(len(classes)) + (k - (len(ways) - 1) / 2) * 0.25
        found = [one[way] for one in classes.values()]
        values = [one["ami"] for one in found]
        axes.bar(at, values, 0.22, color=colours.WAYS[way], label=WAYS[way])
        label = "shuffled, 99.9 %" if k == 0 else None
        axes.plot(at, [one["ami_null"] for one in found], **look, label=label)
    axes.axhline(0, color=style.GREY, lw=0.6)
    axes.set_xticks(range(len(classes)), [_said(name) for name in classes])
    axes.tick_params(axis="x", length=0, which="both")
    axes.set(ylabel="adjusted mutual information")
    fig.legend(loc="outside right upper")
    return fig


@style.styled
def systematics(judged: Mapping) -> Figure:
    """Return which share of the variance of other quantities lies between groups."""
    found = {k: v for k, v in judged["systematics"].items() if v["eta2"] is not None}
    fig = style.figure(style.COLUMN_WIDTH, 2.4)
    axes = fig.subplots()
    places = np.arange(len(found))
    values = [one["eta2"] for one in found.values()]
    axes.bar(places, values, 0.5, color=colours.MAP)
    null = [one["eta2_null"] for one in found.values()]
    look = {"ls": "", "marker": "x", "color": style.BLACK}
    axes.plot(places, null, **look, label="mean of the shuffles")
    words = [f"{_said(k)}\np = {one['p']:.2g}" for k, one in found.items()]
    axes.set_xticks(places, words)
    axes.tick_params(axis="x", length=0, which="both")
    axes.set(ylabel=r"$\eta^2$ of the groups")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1))
    return fig


@style.styled
def outlier_rates(judged: Mapping) -> Figure:
    """Return the rate of outliers by the size of the unit, with its intervals."""
    found = judged["outliers"]["fibres"]
    rates = pd.DataFrame(found["rates"]).T.sort_index(key=pd.to_numeric)
    fig = style.figure(style.COLUMN_WIDTH, 2.4)
    axes = fig.subplots()
    bars(axes, np.arange(len(rates)), rates, fmt="o", color=colours.MAP)
    axes.set_xticks(range(len(rates)), list(rates.index))
    axes.tick_params(axis="x", length=0, which="both")
    p = "" if found["p"] is None else f", p = {found['p']:.2g}"
    axes.set(xlabel="fibres of the unit", ylabel="share of outliers", ylim=(0, None))
    axes.set_title(f"{found['n']:,} galaxies{p}")
    return fig
