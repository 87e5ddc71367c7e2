"""Pictures of a map: where prototypes differ, where data fall, and of which kind.

Row 0 of the map is at the bottom. The frame of a torus is dashed: opposite edges touch.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import EllipseCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from skyloom.plots import style
from skyloom.som.model import Som
from skyloom.som.quality import u_matrix

PANEL_HEIGHT = 2.9  # [inch]


@style.styled
def overview(som: Som, counts: np.ndarray) -> Figure:
    """Return the U-matrix and the occupancy of a map; units without rows are white."""
    fig = style.figure(style.PAGE_WIDTH, PANEL_HEIGHT)
    left, right = fig.subplots(1, 2)
    shown = _show(left, som, u_matrix(som), cmap=style.SEQUENTIAL_MAP)
    fig.colorbar(shown, ax=left, label="mean distance to neighbours")
    hits = np.ma.masked_equal(counts, 0)
    top = max(1, int(counts.max()))
    shown = _show(right, som, hits, cmap=style.SEQUENTIAL_MAP, vmin=0, vmax=top)
    bar = fig.colorbar(shown, ax=right, label="rows at a unit")
    bar.locator = MaxNLocator(integer=True)
    empty = int((counts == 0).sum())
    right.set_title(f"{counts.sum():,} rows, {empty} of {som.n_units} units empty")
    return fig


@style.styled
def hit_map(som: Som, counts: Mapping[str, np.ndarray]) -> Figure:
    """Return where kinds of data fall: discs on the U-matrix.

    The area of a disc is the number of rows at its unit, all kinds together; its
    colour is the most frequent kind there, the first named of equal ones. `counts` has
    the occupancy of one to eight kinds by name.
    """
    by_kind = np.stack(list(counts.values()))
    fig = style.figure(style.PAGE_WIDTH * 0.62, PANEL_HEIGHT)
    axes = fig.subplots()
    shown = _show(axes, som, u_matrix(som), cmap=style.LIGHT_MAP, alpha=0.6)
    fig.colorbar(shown, ax=axes, label="mean distance to neighbours")
    axes.add_collection(_discs(axes, by_kind))
    colours = dict(zip(counts, style.CYCLE, strict=False))
    marks = [
        Line2D([], [], ls="", marker="o", ms=5, color=colour, label=name)
        for name, colour in colours.items()
    ]
    fig.legend(handles=marks, loc="outside right center")
    return fig


def _discs(axes: Axes, by_kind: np.ndarray) -> EllipseCollection:
    total = by_kind.sum(axis=0)
    row, column = np.nonzero(total)
    size = 0.95 * np.sqrt(total[row, column] / max(1, total.max()))
    kind = by_kind.argmax(axis=0)[row, column]
    return EllipseCollection(
        size,
        size,
        np.zeros(len(size)),
        units="xy",
        offsets=np.stack([column, row], axis=1),
        offset_transform=axes.transData,
        facecolors=[style.CYCLE[k] for k in kind],
        edgecolors="white",
        linewidths=0.4,
    )


def _show(axes: Axes, som: Som, values: np.ndarray, **look):
    shown = axes.imshow(values, **look)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    axes.minorticks_off()
    axes.set(xlabel="column", ylabel="row")
    if som.topology == "torus":
        for spine in axes.spines.values():
            spine.set_linestyle((0, (4, 3)))
    return shown
