"""Pictures of one survey tile: its image, what was found in it, and who is right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from astropy.table import Table
from astropy.visualization import make_lupton_rgb
from astropy.wcs import WCS
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle

from skyloom.clusters.bands import BANDS
from skyloom.clusters.baselines.matched_filter import BLENDED, COARSE, MASKED
from skyloom.clusters.catalogue import halos
from skyloom.clusters.data.files import block_mean
from skyloom.clusters.evaluation.colours import COLOURS, FINDERS, WRONG
from skyloom.clusters.images.survey import read_survey_image
from skyloom.clusters.inference.blend import TileMaps
from skyloom.plots import sky, style
from skyloom.sky.cosmology import arcsec_per_mpc
from skyloom.sky.geometry import pixel_scale, plane_matrix
from skyloom.stats.scatter import nmad

SHOWN = 1000  # pixels of a picture's side, about
BLACK = -0.5  # of Lupton's composite [sigma of the sky]
STRETCH, SOFT = 1.2, 8.0  # of Lupton's composite, in sigma of the sky
RGB = ("i", "r", "g")
ZERO_POINT = 22.5  # of a nanomaggy
# g, r and i of a star like the Sun are white: Willmer 2018, ApJS 236, 47.
SUN = {"i": -0.12, "r": 0.0, "g": 0.46}  # colours with r [mag]
TRUE = "white"  # of true clusters, on pictures
DOUBTS = {  # by bits of FLAG
    COARSE: "z only bounded",
    BLENDED: "no one z",
    MASKED: "cut off or masked",
}


def colour_image(
    paths: Sequence[str], *, side: int = SHOWN, black: float = BLACK
) -> tuple[np.ndarray, int]:
    """Return a colour composite (ny, nx, 3) of a tile's images g, r, i, z.

    And the side of the blocks of pixels that were averaged. Bands i, r and g are red,
    green and blue; a star like the Sun is white. Source: Lupton et al. 2004, PASP 116,
    133. `side` is that of the picture [px], about; what is below `black` [sigma of the
    sky] is black.
    """
    planes, block, noise = [], 1, []
    for band in RGB:
        image = read_survey_image(paths[BANDS.index(band)])
        block = max(min(image.image.shape) // side, 1)
        cut = tuple(slice(0, n // block * block) for n in image.image.shape)
        mean = block_mean(image.image[cut], block, image.good[cut])
        flux = 10 ** (0.4 * (ZERO_POINT + SUN[band] - image.zero_point))
        planes.append(flux * (mean - np.median(mean)))
        noise.append(nmad(planes[-1]))
    planes = np.array(planes) / max(np.median(noise), 1e-6)
    return make_lupton_rgb(
        *planes, minimum=black, stretch=STRETCH * SOFT, Q=SOFT
    ), block


@style.styled
def tile_figure(
    picture: np.ndarray,
    block: int,
    wcs: WCS,
    truth: pd.DataFrame,
    found: pd.DataFrame,
) -> Figure:
    """Return a tile with its true clusters (circles) and detections (crosses).

    Circles of clusters that were not found are dashed.

    Parameters
    ----------
    picture, block
        Of `colour_image`.
    wcs : WCS
        Of the tile's pixels.
    truth : DataFrame
        ``X, Y, R_PIX`` [px of the tile], ``LAMBDA`` and ``FOUND`` bool.
    found : DataFrame
        ``X, Y`` [px], ``PROBABILITY`` and ``TRUE`` bool.
    """
    fig, axes = _on_the_sky(picture, block, wcs)
    for row in truth.itertuples():
        place = _circle(axes, row, block, 1.0, "-" if row.FOUND else "--")
        _words(axes, f"λ {row.LAMBDA:.0f}", place, TRUE)
    for row in found.itertuples():
        colour = COLOURS["catalogue"] if row.TRUE else WRONG
        _cross(axes, (_at(row.X, block), _at(row.Y, block)), colour)
    cross = {"ls": "", "marker": "+", "ms": 9}
    keys = [
        Line2D([], [], color=style.GREY, label="true cluster, with its λ"),
        Line2D([], [], color=style.GREY, ls="--", label="not found"),
        Line2D([], [], color=COLOURS["catalogue"], **cross, label="detection"),
        Line2D([], [], color=WRONG, **cross, label="of no cluster"),
    ]
    _legend(axes, keys)
    return fig


@style.styled
def found_figure(
    picture: np.ndarray, block: int, wcs: WCS, found: Table, threshold: float
) -> Figure:
    """Return a tile in sky coordinates, with the clusters of a catalogue.

    In the colour of who found it each has a cross, λ and z, and a circle with the
    radius of its richness, dashed where the probability is below the threshold.

    Parameters
    ----------
    picture, block
        Of `colour_image`.
    wcs : WCS
        Of the tile's pixels.
    found : Table
        RA, DEC [deg], Z, LAMBDA, PROBABILITY, FOUND_BY and FLAG, whose doubts are
        written too.
    threshold : float
        Of a pure catalogue.
    """
    fig, axes = _on_the_sky(picture, block, wcs)
    x, y = wcs.all_world2pix(found["RA"], found["DEC"], 0)
    arcsec = halos.radius(found["LAMBDA"]) * arcsec_per_mpc(found["Z"])
    drawn = _at(x, block), _at(y, block), arcsec / pixel_scale(wcs) / block
    for row, *place, size in zip(found, *drawn, strict=True):
        colour, _ = FINDERS[row["FOUND_BY"]]
        line = "-" if row["PROBABILITY"] >= threshold else "--"
        axes.add_patch(Circle(place, size, fill=False, ec=colour, ls=line, lw=0.7))
        _cross(axes, place, colour)
        text = f"λ {row['LAMBDA']:.0f}  z {row['Z']:.2f}"
        doubts = [words for bit, words in DOUBTS.items() if row["FLAG"] & bit]
        _words(axes, "\n".join([text, *doubts]), place, colour)
    shown = [look for kind, look in FINDERS.items() if kind in set(found["FOUND_BY"])]
    keys = [Line2D([], [], color=colour, label=word) for colour, word in shown]
    if (found["PROBABILITY"] < threshold).any():
        below = f"probability below {threshold:.2f}"
        keys.append(Line2D([], [], color=style.GREY, ls="--", label=below))
    _legend(axes, keys)
    return fig


@style.styled
def maps_figure(maps: TileMaps, truth: pd.DataFrame) -> Figure:
    """Return the probabilities of a member and of a centre over a tile.

    Over them are circles of true clusters, ``X, Y, R_PIX`` [px].
    """
    fig = style.figure(style.PAGE_WIDTH, style.PAGE_WIDTH * 0.5)
    both = (("membership", "probability of a member"), ("center", "centres in a cell"))
    for axes, (name, words) in zip(fig.subplots(1, 2), both, strict=True):
        look = {"origin": "lower", "cmap": style.SEQUENTIAL_MAP, "vmin": 0}
        top = 1.0 if name == "membership" else None
        shown = axes.imshow(getattr(maps, name), vmax=top, **look)
        for row in truth.itertuples():
            _circle(axes, row, maps.tile, 0.8)
        height, width = maps.valid.shape
        axes.set(xlim=(-0.5, width - 0.5), ylim=(-0.5, height - 0.5))
        style.bare(axes)
        fig.colorbar(shown, ax=axes, shrink=0.8, label=words)
    return fig


def _on_the_sky(picture: np.ndarray, block: int, wcs: WCS) -> tuple[Figure, Axes]:
    """Return a figure of a picture with RA and Dec, scale, north and east."""
    height, width = picture.shape[:2]
    fig = style.figure(style.PAGE_WIDTH, style.PAGE_WIDTH * height / width)
    axes = fig.add_subplot(projection=wcs[::block, ::block])
    axes.imshow(picture, origin="lower", interpolation="none")
    axes.set(xlim=(-0.5, width - 0.5), ylim=(-0.5, height - 0.5))
    axes.set(xlabel="RA", ylabel="Dec")
    sky.scale_bar(axes, pixel_scale(wcs) * block, "white")
    middle = block * width / 2, block * height / 2
    sky.compass(axes, plane_matrix(wcs, *middle), "white")
    return fig, axes


def _legend(axes: Axes, keys: list) -> None:
    place = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0), "ncols": len(keys)}
    axes.legend(handles=keys, **place)


def _words(axes: Axes, text: str, place: Sequence[float], colour: str) -> None:
    """Write beside a place, if that is inside."""
    look = {"fontsize": 8, "color": colour, "annotation_clip": True}
    look |= {"path_effects": style.cased(1.2, "black")}
    axes.annotate(text, place, xytext=(5, 4), textcoords="offset points", **look)


def _cross(axes: Axes, place: Sequence[float], colour: str) -> None:
    axes.plot(*place, "+", color=colour, ms=9, scalex=False, scaley=False)


def _circle(axes: Axes, row, block: int, width: float, line: str = "-") -> tuple:
    """Draw a cluster's circle among blocks of pixels, and return its middle."""
    place, radius = (_at(row.X, block), _at(row.Y, block)), row.R_PIX / block
    axes.add_patch(Circle(place, radius, fill=False, ec=TRUE, lw=width, ls=line))
    return place


def _at(place: float, block: int) -> float:
    """Return where a pixel of the tile lies among blocks of pixels."""
    return (place + 0.5) / block - 0.5
