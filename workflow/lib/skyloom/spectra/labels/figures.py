"""One page about the labels of a map: one to one, scatter and coverage by S/N."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from skyloom.plots import diagrams, style
from skyloom.spectra.figures.colours import WAYS
from skyloom.spectra.labels.tables import meaning

ROW = 2.1  # height of a label's panels [inch]
GOAL = (0.62, 0.74)
NOTHING = "The training spectra have no labels: there is nothing to judge."
TICKS = (2, 5, 10, 20, 50, 100)  # of S/N


@style.styled
def labels_figure(
    truth: Mapping[str, np.ndarray],
    median: Mapping[str, np.ndarray],
    reports: Mapping[str, Mapping],
) -> Figure:
    """Return the page.

    Parameters
    ----------
    truth, median : mapping of str to ndarray, shape (n,)
        True and estimated labels by name.
    reports : mapping of str to mapping
        `skyloom.spectra.labels.scores.report` of each label; there may be none.
    """
    if not reports:
        fig = style.figure(style.PAGE_WIDTH, 1.0)
        fig.text(0.5, 0.5, NOTHING, ha="center", va="center")
        return fig
    fig = style.figure(style.PAGE_WIDTH, ROW * len(reports) + 0.3)
    rows = fig.subplots(len(reports), 3, squeeze=False)
    for (name, found), (left, middle, right) in zip(reports.items(), rows, strict=True):
        _against(left, name, truth[name], median[name], found["map"]["all"])
        _scatter(middle, found)
        _coverage(right, found)
    handles, texts = rows[0, 1].get_legend_handles_labels()
    fig.legend(handles, texts, loc="outside upper center", ncols=len(texts))
    return fig


def _against(axes: Axes, name: str, truth, median, found: Mapping) -> None:
    ok = np.isfinite(truth) & np.isfinite(median)
    look = {"gridsize": 45, "bins": "log", "cmap": style.SEQUENTIAL_MAP, "mincnt": 1}
    axes.hexbin(truth[ok], median[ok], linewidths=0.1, **look)
    diagrams.one_to_one(axes, truth, truth)
    text = "rms {:.3f}, bias {:+.3f}\nR² {:.3f}"
    known = [found[key]["value"] for key in ("rms", "bias", "r2")]
    style.note(axes, text.format(*(np.nan if v is None else v for v in known)))
    words, unit, _ = meaning(name)
    axes.set_title(style.words(f"{words} [{unit}]" if unit else words), loc="left")
    axes.set(xlabel="true", ylabel="estimated")


def _scatter(axes: Axes, found: Mapping) -> None:
    for method, scored in found.items():
        bins = scored.get("meansn2", [])
        x, y = ([one[k] for one in bins] for k in ("median", "nmad"))
        axes.plot(x, y, label=method, **_look(method, len(x)))
        if method == "map" and len(bins):
            line = y[0] * x[0] / np.array(x)
            axes.plot(x, line, color=style.GREY, ls=":", label="∝ 1/(S/N)")
    axes.set(yscale="log", ylabel="scatter (nmad)")
    _against_sn(axes)


def _coverage(axes: Axes, found: Mapping) -> None:
    axes.axhspan(*GOAL, color=style.GREY, alpha=0.2, lw=0)
    for method, scored in found.items():
        bins = scored.get("meansn2", [])
        covered = [one["coverage"] for one in bins]
        x, y = [one["median"] for one in bins], [one["value"] for one in covered]
        axes.plot(x, y, **_look(method, len(x)))
        low, high = ([one[k] for one in covered] for k in ("low", "high"))
        axes.vlines(x, low, high, color=WAYS[method], lw=0.8)
    axes.set(ylim=(0.3, 1), ylabel="in 68 % interval")
    _against_sn(axes)


def _look(method: str, n: int) -> dict:
    return {"color": WAYS[method], "marker": "o", "ms": 3, "ls": diagrams.joined(n)}


def _against_sn(axes: Axes) -> None:
    axes.set(xscale="log", xlabel="S/N a pixel")
    style.log_ticks(axes.xaxis, TICKS)
