"""Pictures of a map: where prototypes differ, where data fall, and of which kind.

Row 0 of the map is at the bottom. The frame of a torus is dashed: opposite edges touch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import EllipseCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, MultipleLocator

from skyloom.plots import style
from skyloom.som.grid import ROW_HEIGHT, places
from skyloom.som.model import Som
from skyloom.som.quality import u_matrix

PANEL_HEIGHT = 2.9  # [inch]


@style.styled
def overview(som: Som, counts: np.ndarray) -> Figure:
    """Return the U-matrix and the occupancy of a map; units without rows are white."""
    fig = style.figure(style.PAGE_WIDTH, PANEL_HEIGHT)
    left, right = fig.subplots(1, 2)
    shown = show(left, som, u_matrix(som), cmap=style.SEQUENTIAL_MAP)
    fig.colorbar(shown, ax=left, label="mean distance to neighbours")
    hits = np.ma.masked_equal(counts, 0)
    top = max(1, int(counts.max()))
    shown = show(right, som, hits, cmap=style.SEQUENTIAL_MAP, vmin=0, vmax=top)
    bar = fig.colorbar(shown, ax=right, label="rows at a unit")
    bar.locator = MaxNLocator(integer=True)
    empty = int((counts == 0).sum())
    right.set_title(f"{counts.sum():,} rows, {empty} of {som.n_units} units empty")
    return fig


@style.styled
def hit_map(
    som: Som, counts: Mapping[str, np.ndarray], palette: Sequence[str] = style.CYCLE
) -> Figure:
    """Return where kinds of data fall: discs on the U-matrix.

    The area of a disc is the number of rows at its unit, all kinds together; its
    colour is the most frequent kind there, the first named of equal ones. `counts` has
    the occupancy of kinds by name, at most as many as there are colours in `palette`.
    """
    by_kind = np.stack(list(counts.values()))
    fig = style.figure(style.PAGE_WIDTH * 0.62, PANEL_HEIGHT)
    axes = fig.subplots()
    shown = show(axes, som, u_matrix(som), cmap=style.LIGHT_MAP, alpha=0.6)
    fig.colorbar(shown, ax=axes, label="mean distance to neighbours")
    axes.add_collection(_discs(axes, som, by_kind, palette))
    colours = dict(zip(counts, palette, strict=False))
    marks = [
        Line2D([], [], ls="", marker="o", ms=5, color=colour, label=style.words(name))
        for name, colour in colours.items()
    ]
    fig.legend(handles=marks, loc="outside right center")
    return fig


def _discs(axes: Axes, som: Som, by_kind: np.ndarray, palette) -> EllipseCollection:
    total = by_kind.sum(axis=0)
    row, column = np.nonzero(total)
    size = 0.95 * np.sqrt(total[row, column] / max(1, total.max()))
    kind = by_kind.argmax(axis=0)[row, column]
    return EllipseCollection(
        size,
        size,
        np.zeros(len(size)),
        units="xy",
        offsets=places(som.shape, som.lattice)[row * som.shape[1] + column],
        offset_transform=axes.transData,
        facecolors=[palette[k] for k in kind],
        edgecolors="white",
        linewidths=0.4,
    )


def show(axes: Axes, som: Som, values: np.ndarray, **look):
    """Draw a value at each unit, shape (ny, nx), and return the artist."""
    hexagonal = som.lattice == "hexagonal"
    shown = (_hexagons if hexagonal else _squares)(axes, som, values, **look)
    ticks(axes, som)
    return shown


def ticks(axes: Axes, som: Som) -> None:
    """Count columns and rows of a map on the axes, and dash the frame of a torus."""
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    if som.lattice == "hexagonal":  # rows are counted, not measured
        every = -(-som.shape[0] // 6)
        axes.yaxis.set_major_locator(MultipleLocator(every * ROW_HEIGHT))
        axes.yaxis.set_major_formatter(lambda y, _: f"{y / ROW_HEIGHT:.0f}")
    axes.minorticks_off()
    axes.set(xlabel="column", ylabel="row")
    if som.topology == "torus":
        for spine in axes.spines.values():
            spine.set_linestyle((0, (4, 3)))


def _squares(axes: Axes, _som: Som, values: np.ndarray, **look):
    return axes.imshow(values, **look)


def _hexagons(
    axes: Axes, som: Som, values: np.ndarray, vmin=None, vmax=None, **look
) -> PolyCollection:
    """Draw a value at each unit as a hexagon."""
    angle = np.pi / 6 + np.pi / 3 * np.arange(6)
    corners = np.stack([np.cos(angle), np.sin(angle)], axis=1) / np.sqrt(3)
    place = places(som.shape, som.lattice)
    shown = PolyCollection(place[:, None] + corners, edgecolors="face", **look)
    shown.set(array=np.ma.ravel(values), clim=(vmin, vmax), linewidth=0.2)
    axes.add_collection(shown)
    low, high = place.min(axis=0) - 0.6, place.max(axis=0) + 0.6
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal")
    return shown
