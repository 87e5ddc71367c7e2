"""Pictures of a map, a little panel or a colour a unit. Row 0 is at the bottom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure

from skyloom.plots import style
from skyloom.som.figures import show
from skyloom.som.grid import places
from skyloom.som.model import Som
from skyloom.spectra.mapping.model import SpectralMap

PIXELS = 142  # of a prototype's drawing: more are not seen
ENDS = (1.0, 99.0)  # percentiles of values that colours and histograms span
BINS = 12
ACROSS = 3  # panels beside each other


@style.styled
def prototypes(made: SpectralMap, counts: np.ndarray) -> Figure:
    """Return the decoded prototypes, each drawn in its unit from its least to its most.

    The paler a unit, the fewer spectra fall on it; of units without any the spectrum
    is grey. `counts` has the number of spectra a unit, shape (ny, nx).
    """
    fig = style.figure(style.PAGE_WIDTH, _height(made.som))
    axes = fig.subplots()
    flux, x = _binned(made.prototypes()), np.linspace(-0.42, 0.42, PIXELS)
    low, high = flux.min(axis=1), flux.max(axis=1)
    y = (flux - low[:, None]) / np.maximum(high - low, 1e-9)[:, None] * 0.8 - 0.4
    place = places(made.som.shape, made.som.lattice)
    lines = np.stack([place[:, :1] + x, place[:, 1:] + y], axis=2)
    shade = np.ma.masked_equal(counts, 0)
    look = {"cmap": style.SEQUENTIAL_MAP, "alpha": 0.35, "vmin": 0}
    shown = show(axes, made.som, shade, **look)
    colours = np.where(counts.ravel() > 0, style.BLACK, style.GREY)
    axes.add_collection(LineCollection(lines, colors=list(colours), linewidths=0.5))
    wave = made.grid.wave[[0, -1]]
    axes.set_title(f"{wave[0]:.0f} to {wave[1]:.0f} Å, from left to right")
    fig.colorbar(shown, ax=axes, label="spectra at a unit", shrink=0.6)
    return fig


@style.styled
def planes(som: Som, values: Mapping[str, np.ndarray]) -> Figure:
    """Return maps of several quantities, by their titles, each with its own colours.

    `values` have one number a unit, shape (n_units,); NaN is left white.
    """
    rows = -(-len(values) // ACROSS)
    ratio = _height(som) / style.PAGE_WIDTH
    fig = style.figure(style.PAGE_WIDTH, rows * (style.PAGE_WIDTH / ACROSS * ratio))
    panels = fig.subplots(rows, ACROSS, squeeze=False, sharex=True, sharey=True)
    for axes, (title, plane) in zip(panels.flat, values.items(), strict=False):
        shown = _plane(axes, som, np.asarray(plane, float))
        fig.colorbar(shown, ax=axes)
        axes.set_title(title)
    for axes in panels.flat[len(values) :]:
        axes.set_axis_off()
    for axes in panels.flat:
        axes.label_outer()
    return fig


@style.styled
def glance(
    made: SpectralMap, values: np.ndarray, name: str, units: Sequence[int]
) -> Figure:
    """Return the map in the colours of a quantity, and the prototypes of some units.

    Parameters
    ----------
    made : SpectralMap
        The map.
    values : ndarray, shape (n_units,)
        Of the quantity; NaN is left white.
    name : str
        Of the quantity, with its unit.
    units : sequence of int
        Whose prototypes are drawn, in the colours of their values.
    """
    fig = style.figure(style.PAGE_WIDTH, 0.45 * style.PAGE_WIDTH)
    left, right = fig.subplots(1, 2, width_ratios=(1, 1.15))
    shown = _plane(left, made.som, values)
    fig.colorbar(shown, ax=left, label=name, shrink=0.85)
    place, flux = places(made.som.shape, made.som.lattice), made.prototypes()[units]
    edge = made.grid.wave[0] - 0.03 * np.ptp(made.grid.wave)
    step = 1.2 * np.percentile(np.ptp(flux, axis=1), 50)
    for k, (unit, line) in enumerate(zip(units, flux, strict=True)):
        look = {"color": shown.to_rgba(values[unit]), "lw": 0.8}
        right.plot(made.grid.wave, line - line.mean() + k * step, **look)
        for axes, at in ((left, place[unit]), (right, (edge, k * step))):
            case = {"path_effects": style.cased(1.2), "ha": "center", "va": "center"}
            axes.annotate(f"{k + 1}", at, fontsize=9, **case)
    right.set(xlabel="wavelength at rest [Å]", ylabel="scaled flux and an offset")
    right.set_title("prototypes of the numbered units")
    return fig


@style.styled
def histograms(som: Som, units: np.ndarray, values: np.ndarray, name: str) -> Figure:
    """Return the distribution of a quantity in each unit, coloured by its median.

    All histograms span the same values, from left to right, and are scaled to their
    own highest bin.

    Parameters
    ----------
    som : Som
        The map.
    units : ndarray of int, shape (n,)
        Units of spectra.
    values : ndarray, shape (n,)
        The quantity; NaN is left out.
    name : str
        Of the quantity, with its unit.
    """
    fig = style.figure(style.PAGE_WIDTH, _height(som))
    axes = fig.subplots()
    known = np.isfinite(values)
    units, values = units[known], values[known]
    edges = np.linspace(*np.percentile(values, ENDS), BINS + 1)
    column = np.clip(np.searchsorted(edges, values) - 1, 0, BINS - 1)
    counts = np.zeros((som.n_units, BINS))
    np.add.at(counts, (units, column), 1)
    used = np.flatnonzero(counts.any(axis=1))
    height = counts[used] / counts[used].max(axis=1, keepdims=True)
    place = places(som.shape, som.lattice)[used]
    steps = _outline(place, height)
    median = by_unit(values, units, som.n_units, np.median)[used]
    show(axes, som, np.ma.masked_all(som.shape), cmap=style.LIGHT_MAP)
    look = {"cmap": style.SEQUENTIAL_MAP, "edgecolors": "face", "linewidths": 0.4}
    bars = PolyCollection(steps, array=median, **look)
    axes.add_collection(bars)
    name = style.words(name)
    axes.set_title(f"{name}: {edges[0]:.2f} to {edges[-1]:.2f}, from left to right")
    fig.colorbar(bars, ax=axes, label=f"median {name}", shrink=0.6)
    return fig


def by_unit(values, units: np.ndarray, n_units: int, statistic) -> np.ndarray:
    """Return a statistic of the finite values of each unit; NaN of none."""
    known = np.isfinite(values)
    values, units = np.asarray(values)[known], units[known]
    order = np.argsort(units, kind="stable")
    ends = np.searchsorted(units[order], np.arange(n_units + 1))
    parts = (values[order[a:b]] for a, b in pairwise(ends))
    return np.array([statistic(part) if len(part) else np.nan for part in parts])


def by_galaxy(values, units, galaxies, n_units: int) -> np.ndarray:
    """Return the median of each unit over galaxies, each of which counts once.

    A galaxy counts by the median of its spectra at the unit.
    """
    known = np.isfinite(values)
    names = np.unique(np.asarray(galaxies), return_inverse=True)[1][known]
    both = units[known].astype(np.int64) * (names.max(initial=0) + 1) + names
    pairs, place = np.unique(both, return_inverse=True)
    each = by_unit(np.asarray(values)[known], place, len(pairs), np.median)
    return by_unit(each, pairs // (names.max(initial=0) + 1), n_units, np.median)


def _plane(axes: Axes, som: Som, plane: np.ndarray):
    known = plane[np.isfinite(plane)]
    low, high = np.percentile(known, ENDS) if len(known) else (0, 1)
    shade = np.ma.masked_invalid(plane).reshape(som.shape)
    look = {"cmap": style.SEQUENTIAL_MAP, "vmin": low, "vmax": high}
    return show(axes, som, shade, **look)


def _outline(place: np.ndarray, height: np.ndarray) -> np.ndarray:
    """Return the outlines of histograms, shape (n, points, 2), in their units."""
    x = np.repeat(np.linspace(-0.42, 0.42, BINS + 1), 2)
    y = np.zeros((len(place), len(x)))
    y[:, 1:-1] = np.repeat(height, 2, axis=1)
    return np.stack([place[:, :1] + x, place[:, 1:] - 0.42 + 0.84 * y], axis=2)


def _binned(flux: np.ndarray) -> np.ndarray:
    """Return spectra as `PIXELS` means, for drawings."""
    parts = np.array_split(flux, PIXELS, axis=1)
    return np.stack([part.mean(axis=1) for part in parts], axis=1)


def _height(som: Som) -> float:
    """Return the height of a figure of a page's width for a map [inch]."""
    x, y = np.ptp(places(som.shape, som.lattice), axis=0) + 1
    return float(np.clip(0.8 * style.PAGE_WIDTH * y / x, 2.5, 9.0)) + 0.4
