"""Quick pictures of a training and its map; the interrogation has the thorough ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import LogNorm, to_rgba
from matplotlib.figure import Figure

from skyloom.plots import style
from skyloom.som.figures import ticks
from skyloom.som.grid import ROW_HEIGHT, places
from skyloom.som.model import Som
from skyloom.spectra.figures.colours import MAP, PARTS, PROTOTYPE

PALE = "#DDDDDD"  # of a unit without spectra
COUNTS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)
CELL = 0.84  # part of a unit's cell that its spectrum fills
LOSSES = {
    "Lr": "reconstruction",
    "Lkm": "to the best unit",
    "Ltop": "to its neighbours",
}
ERRORS = {
    "latent_quantization_err": "quantisation, latent",
    "latent_topographic_err": "topographic, latent",
    "topographic_err": "topographic, of spectra",
}


@style.styled
def losses(history: Sequence[Mapping], gamma: float) -> Figure:
    """Return the terms of the loss and the errors of the map over the training.

    The terms of the map are multiplied by their weight `gamma`. Unseen objects are
    dotted.
    """
    fig = style.figure(style.PAGE_WIDTH, 2.9)
    left, right, heat = fig.subplots(1, 3)
    step = [row["iter"] for row in history]
    for axes, names in ((left, LOSSES), (right, ERRORS)):
        for name, label in names.items():
            factor = gamma if name in {"Lkm", "Ltop"} else 1.0
            for prefix, look in (("", "-"), ("val_", ":")):
                values = [factor * row.get(prefix + name, np.nan) for row in history]
                shown = None if prefix else label
                axes.plot(step, values, ls=look, color=PARTS[name], label=shown)
        axes.legend(loc="lower left", bbox_to_anchor=(-0.05, 1.0))
    left.set(yscale="log", ylabel="loss (dotted: unseen)")
    right.set(ylabel="error (dotted: unseen)", ylim=(0, None))
    heat.plot(step, [row["T"] for row in history], color=style.BLACK)
    heat.set(ylabel="temperature [grid steps]", ylim=(0, None))
    for axes in (left, right, heat):
        axes.set_xlabel("iteration")
        axes.locator_params(axis="x", nbins=4)
    return fig


@style.styled
def prototypes(som: Som, decoded: np.ndarray, counts: np.ndarray) -> Figure:
    """Return all decoded prototypes (units, pixels), each at its unit, on one scale.

    Colours are the number of spectra that a unit is the best match of, `counts`; a
    unit without any is pale.
    """
    place = places(som.shape, som.lattice)
    height = som.shape[0] * (ROW_HEIGHT if som.lattice == "hexagonal" else 1.0)
    width = style.PAGE_WIDTH
    fig = style.figure(width, width * height / (som.shape[1] + 0.5))
    axes = fig.subplots()
    every = max(1, decoded.shape[1] // 400)
    lines = decoded[:, ::every]
    low, high = np.percentile(lines, [0.2, 99.8])
    across = CELL * np.linspace(-0.5, 0.5, lines.shape[1])
    up = CELL * (np.clip((lines - low) / (high - low or 1.0), 0, 1) - 0.5)
    curves = np.stack(
        [place[:, :1] + across, place[:, 1:] + up * height / som.shape[0]], axis=2
    )
    shown = ScalarMappable(LogNorm(1, max(2, counts.max())), style.SEQUENTIAL_MAP)
    colours = shown.to_rgba(np.maximum(counts.ravel(), 1))
    colours[counts.ravel() == 0] = to_rgba(PALE)
    axes.add_collection(LineCollection(curves, colors=colours, linewidths=0.6))
    bar = fig.colorbar(shown, ax=axes, shrink=0.6, label="spectra at a unit")
    style.log_ticks(bar.ax.yaxis, COUNTS)
    corner = place.min(axis=0) - 0.6
    end = place.max(axis=0) + 0.6
    axes.set(xlim=(corner[0], end[0]), ylim=(corner[1], end[1]))
    ticks(axes, som)
    axes.set(aspect="equal")
    return fig


@style.styled
def reconstructions(
    wave: np.ndarray,
    flux: np.ndarray,
    ivar: np.ndarray,
    made: np.ndarray,
    units: np.ndarray,
) -> Figure:
    """Return some spectra (n, pixels), what the network makes of them, and residuals.

    `units` (n, pixels) are the decoded best-matching prototypes. Masked pixels are left
    out of the data.
    """
    data = np.where(ivar > 0, flux, np.nan)
    chi = np.where(ivar > 0, (flux - made) * np.sqrt(ivar), np.nan)
    fig = style.figure(style.PAGE_WIDTH, 1.5 * len(flux))
    for row, axes in enumerate(fig.subplots(len(flux), 2, sharex=True, squeeze=False)):
        left, right = axes
        left.plot(wave, data[row], color=style.GREY, lw=0.4, label="spectrum")
        left.plot(wave, units[row], color=PROTOTYPE, lw=0.6, label="prototype")
        left.plot(wave, made[row], color=MAP, lw=0.6, label="reconstruction")
        right.plot(wave, chi[row], color=style.GREY, lw=0.3)
        right.axhline(0, color=style.BLACK, lw=0.5)
        spread = np.nanmedian(np.abs(chi[row])) * 1.4826
        right.set(ylim=(-6, 6), ylabel="residual [σ]")
        right.set_title(f"scatter {spread:.2f} σ", loc="right", pad=2)
        left.set_ylabel("scaled flux")
        if row == 0:
            left.legend(ncols=3, loc="lower right", bbox_to_anchor=(1, 0.98))
    for axes in fig.axes[-2:]:
        axes.set_xlabel("wavelength at rest [Å]")
    return fig
