"""The one plot style: colours, and files that are the same each time.

Figures are made with matplotlib's object interface inside `styled`, never through
pyplot, so that no global state changes and nothing needs a display.
"""

from __future__ import annotations

import functools
import io
import textwrap
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from skyloom.io.atomic import replacing

# Okabe & Ito 2008, "Color universal design": distinct for all common colour vision.
# What a colour means in an area, that area's module `colours` says; yellow is masked.
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILLION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY = "#7F7F7F"
CYCLE = (BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY, BLACK, YELLOW)

LIGHT_MAP = "gray_r"
NOTE_WIDTH = 40  # characters of a note that fit a third of a page
SEQUENTIAL_MAP = "cividis"
DIVERGING_MAP = "RdBu_r"

# Left, right, bottom and top of a fixed grid [inch].
MARGINS = (0.08, 0.62, 0.44, 0.52)
COLUMN_WIDTH, PAGE_WIDTH = 3.4, 7.1  # of a journal page [inch]

STYLE = {
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "font.family": "STIXGeneral",
    "mathtext.fontset": "stix",
    "font.size": 9.0,
    "axes.titlesize": 9.0,
    "axes.labelsize": 9.0,
    "axes.linewidth": 0.6,
    "axes.axisbelow": True,
    "axes.prop_cycle": mpl.cycler(color=list(CYCLE)),
    "legend.fontsize": 8.0,
    "legend.frameon": False,
    "legend.handlelength": 1.6,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.top": True,
    "ytick.right": True,
    "xtick.minor.visible": True,
    "ytick.minor.visible": True,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "lines.linewidth": 1.2,
    "lines.markersize": 4.0,
    "image.origin": "lower",
    "image.interpolation": "none",
    "pdf.fonttype": 42,
}

# What each writer would otherwise add of itself: dates and version strings.
METADATA = {
    ".png": {"Software": None},
    ".pdf": {"CreationDate": None, "ModDate": None, "Creator": None, "Producer": None},
}
# Where each writer keeps a text of ours.
NOTE = {".png": "Description", ".pdf": "Subject"}
# A third of zlib's default effort makes files a few per cent larger, much sooner.
WRITER = {".png": {"pil_kwargs": {"compress_level": 3}}}


def styled(function: Callable) -> Callable:
    """Run a function that draws with the style in force, then restore the old one."""

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        with mpl.rc_context(STYLE):
            return function(*args, **kwargs)

    return wrapper


def figure(width: float = PAGE_WIDTH, height: float = 4.0) -> Figure:
    """Return an empty figure of the given size [inch], its axes kept from touching."""
    return Figure(figsize=(width, height), layout="constrained")


def panels(n_rows: int, n_columns: int, side: float, gaps: tuple[float, float]):
    """Return a figure with a fixed grid of square panels.

    Laying a page out by hand is many times faster than measuring all its texts.

    Parameters
    ----------
    n_rows, n_columns : int
        The grid.
    side : float
        Of a panel [inch].
    gaps : tuple of 2 float
        Between columns and between rows [inch]; the margins are those of
        `MARGINS`.

    Returns
    -------
    fig : Figure
    axes : ndarray of Axes, shape (n_rows, n_columns)
    """
    left, right, bottom, top = MARGINS
    width = left + n_columns * side + (n_columns - 1) * gaps[0] + right
    height = bottom + n_rows * side + (n_rows - 1) * gaps[1] + top
    fig = Figure(figsize=(width, height))
    edges = {"left": left / width, "right": 1 - right / width}
    edges |= {"bottom": bottom / height, "top": 1 - top / height}
    spaces = {"wspace": gaps[0] / side, "hspace": gaps[1] / side}
    return fig, fig.subplots(n_rows, n_columns, gridspec_kw=edges | spaces)


def save(
    fig: Figure, *paths: str | Path, dpi: int = 300, note: str | None = None
) -> None:
    """Write a figure whole or not at all; same figure, same bytes.

    Parameters
    ----------
    fig : Figure
        The figure.
    *paths : str or Path
        Where to; the suffix ``.png`` or ``.pdf`` chooses the format.
    dpi : int
        Resolution of a PNG, and of images inside a vector file.
    note : str, optional
        What the figure is made from: the description of a PNG, the subject of a PDF.

    Raises
    ------
    ValueError
        For another suffix.
    """
    for path in map(Path, paths):
        if path.suffix not in METADATA:
            msg = f"{path}: a figure ends in {', '.join(METADATA)}"
            raise ValueError(msg)
    for path in map(Path, paths):
        with mpl.rc_context(STYLE), replacing(path) as temporary:
            metadata = METADATA[path.suffix] | {NOTE[path.suffix]: note}
            fig.savefig(
                temporary,
                dpi=dpi,
                format=path.suffix[1:],
                metadata=metadata,
                **WRITER.get(path.suffix, {}),
            )


def png(fig: Figure, dpi: int = 110) -> bytes:
    """Return a figure as PNG bytes, for display in a notebook."""
    buffer = io.BytesIO()
    with mpl.rc_context(STYLE):
        fig.savefig(buffer, dpi=dpi, format="png", metadata=METADATA[".png"])
    return buffer.getvalue()


class _TwoTicks(FixedLocator):
    """Given ticks; where fewer than two of them are in view, round numbers."""

    def __call__(self) -> np.ndarray:
        low, high = sorted(self.axis.get_view_interval())
        seen = self.locs[(self.locs >= low) & (self.locs <= high)]
        return seen if len(seen) > 1 else MaxNLocator(4).tick_values(low, high)


def log_ticks(axis: Axis, ticks) -> None:
    """Label a logarithmic axis with plain numbers at the given values.

    An axis that has fewer than two of them has round numbers.
    """
    axis.set_major_locator(_TwoTicks(ticks))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_locator(NullLocator())


def bare(axes: Axes) -> None:
    """Take away the ticks of an image panel."""
    axes.set(xticks=[], yticks=[])
    axes.minorticks_off()


def cased(width: float = 1.2, colour: str = "white") -> list:
    """Return path effects that give a line a thin casing, legible on any image."""
    return [
        patheffects.Stroke(linewidth=width + 0.9, foreground=colour),
        patheffects.Normal(),
    ]


def words(text: object) -> str:
    """Return a text of the user's as it is shown: its dollar signs begin no formula."""
    return str(text).replace("$", r"\$")


def note(axes: Axes, text: str, *, corner: str = "upper left", **kwargs) -> None:
    """Write a text of any length in a corner of a panel, cased in white."""
    vertical, horizontal = corner.split()
    x = 0.03 if horizontal == "left" else 0.97
    y = 0.97 if vertical == "upper" else 0.03
    place = {"va": "top" if vertical == "upper" else "bottom", "ha": horizontal}
    style = {"fontsize": 8, "path_effects": cased(0.6)} | kwargs
    lines = [textwrap.fill(line, NOTE_WIDTH) for line in text.splitlines()]
    axes.text(x, y, "\n".join(lines), transform=axes.transAxes, **place, **style)
