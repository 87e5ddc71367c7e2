"""Pictures of what was placed: maps of a cube, or spectra with what the map makes."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

import numpy as np
from astropy.wcs import WCS
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from skyloom.plots import sky, style
from skyloom.sky.geometry import pixel_scale, plane_matrix
from skyloom.spectra.figures.colours import MAP
from skyloom.spectra.labels.tables import meaning
from skyloom.spectra.place.spectra import Model
from skyloom.spectra.rest.files import RestSpectra
from skyloom.spectra.rest.scale import scale

COLUMNS = 4
PANEL = 1.75  # [inch]
SPECTRUM = 1.5  # height of a spectrum's panel [inch]
NAMES = {
    "SN": "S/N a pixel",
    "MAP_ROW": "row of the unit",
    "MAP_COLUMN": "column of the unit",
    "NOVELTY": "novelty [%]",
}
MANY = 0.1  # share of unusual spaxels above which a cube is another kind of object
TITLE = 30  # characters of a panel's width
WHOLE = ("row of the unit", "column of the unit")


@style.styled
def cube_figure(
    images: Mapping[str, np.ndarray],
    labels: tuple[str, ...],
    wcs: WCS | None = None,
) -> Figure:
    """Return the maps of a cube; grey where nothing was placed.

    `labels` are shown with half of the width of their intervals. Where the cube has a
    celestial `wcs`, the first map has a scale, north and east.
    """
    placed = images["MASK"] == 0
    panels = {title: images[name] for name, title in NAMES.items()}
    for label in labels:
        low, high = (images[f"{label.upper()}_{end}"] for end in ("LOWER", "UPPER"))
        words, unit, _ = meaning(label)
        title = f"{words} [{unit}]" if unit else words
        panels |= {title: images[label.upper()], f"± {title}": (high - low) / 2}
    beyond = textwrap.fill(unusual(images), 110)
    rows = -(-len(panels) // COLUMNS)
    ny, nx = placed.shape
    height = rows * (PANEL * min(max(ny / nx, 0.4), 2.5) * 0.75 + 0.4)
    fig = style.figure(style.PAGE_WIDTH, height + 0.25 * bool(beyond))
    grid = fig.subplots(rows, COLUMNS, squeeze=False).ravel()
    if not placed.any():
        fig.suptitle("no spaxel was placed: the table has the reasons")
    elif beyond:
        fig.suptitle(beyond, color=style.VERMILLION, fontsize=9)
    for axes, (title, image) in zip(grid, panels.items(), strict=False):
        axes.set_facecolor("0.85")
        values = np.ma.masked_invalid(np.where(placed, image, np.nan))
        shown = axes.imshow(values, cmap=style.SEQUENTIAL_MAP)
        if values.count():
            _bar(fig, axes, shown, title in WHOLE)
        lines = textwrap.fill(style.words(title), TITLE, break_on_hyphens=False)
        axes.set_title(lines, fontsize=8)
        style.bare(axes)
    for axes in grid[len(panels) :]:
        axes.remove()
    if wcs is not None:
        sky.scale_bar(grid[0], pixel_scale(wcs))
        sky.compass(grid[0], plane_matrix(wcs, nx / 2, ny / 2))
    return fig


def unusual(images: Mapping[str, np.ndarray]) -> str:
    """Return in words how many spaxels are unusual, if these are many; else nothing."""
    excess = images["EXCESS"][images["MASK"] == 0]
    odd = int((excess > 1).sum())
    if odd <= MANY * len(excess):
        return ""
    return (
        f"{odd} of {len(excess)} spaxels are less like the map than 99 % of its "
        "training spectra: what is said of them is doubtful"
    )


def _bar(fig: Figure, axes, shown, whole: bool) -> None:
    """Stretch an image's colours over 98 % of its values, and draw their bar."""
    low, high = np.percentile(shown.get_array().compressed(), [1, 99])
    low, high = (low - 0.5, high + 0.5) if whole else (low, high)
    shown.set_clim(low, high)
    bins = MaxNLocator(nbins=4, integer=whole, min_n_ticks=1)
    how = {"ticks": bins} if high > low else {"ticks": [low], "format": f"{low:.3g}"}
    fig.colorbar(shown, ax=axes, shrink=0.7, **how).ax.tick_params(labelsize=7)


@style.styled
def spectra_figure(spectra: RestSpectra, found, model: Model) -> Figure:
    """Return spectra, scaled, and what the map makes of them; without those not scaled.

    `found` is the table of `skyloom.spectra.place.spectra.place_spectra`.
    """
    flux, ivar, drawn = scale(
        spectra.flux, spectra.ivar, spectra.grid, model.map.scaled
    )
    flux, ivar, found = flux[drawn], ivar[drawn], found[: len(drawn)][drawn]
    fig = style.figure(style.PAGE_WIDTH, max(2.0, SPECTRUM * len(flux) + 0.4))
    if not drawn.any():
        fig.suptitle("no spectrum was placed: the table has the reasons")
        return fig
    grid = fig.subplots(len(flux), 1, sharex=True, squeeze=False).ravel()
    made = model.map.reconstruct(model.map.encode(flux, ivar))
    for i, axes in enumerate(grid):
        one = found.iloc[i]
        seen = np.flatnonzero(ivar[i] > 0)
        span = slice(seen[0], seen[-1] + 1)
        wave = spectra.grid.wave[span]
        shown = np.where(ivar[i] > 0, flux[i], np.nan)[span]
        axes.plot(wave, shown, color=style.GREY, lw=0.6, label="spectrum")
        axes.set_ylim(*_limits(flux[i][seen], made[i][seen]))
        if not one["reason"]:
            axes.plot(wave, made[i, span], color=MAP, lw=0.8, label="map")
        axes.set_title(style.words(_said(one, model)), fontsize=7, loc="left", pad=2)
    grid[0].legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, borderpad=0)
    grid[-1].set_xlabel("wavelength at rest [Å]")
    fig.supylabel("scaled flux", fontsize=9)
    return fig


def _limits(flux: np.ndarray, made: np.ndarray) -> tuple[float, float]:
    ends = np.percentile(np.stack([flux, made]), [0.5, 99.5], axis=1)
    low, high = ends[0].min(), ends[1].max()
    room = 0.15 * (high - low)
    return low - room, high + room


def _said(one, model: Model) -> str:
    """Return what is written above a spectrum."""
    name = one.get("plateifu", "")
    if one["reason"]:
        return f"{name}: rejected, {one['reason']}"
    unit = f"unit ({one['map_row']}, {one['map_column']})"
    place = f"S/N {one['sn']:.1f}, {unit}, novelty {one['novelty']:.0f} %"
    words = []
    for label in model.labels.labels:
        middle, low, high = (one[f"{label}{end}"] for end in ("", "_lower", "_upper"))
        words.append(f"{label} {middle:.2f} ({low:.2f}, {high:.2f})")
    return f"{name}: {place}\n{', '.join(words)}"
