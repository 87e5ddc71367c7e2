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

from skyloom.clusters.catalogue import halos
from skyloom.clusters.data.files import block_mean
from skyloom.clusters.finder.joint import BOTH, ENCODER, FILTER
from skyloom.clusters.images.survey import read_survey_image
from skyloom.clusters.inference.blend import TileMaps
from skyloom.plots import style
from skyloom.sky.cosmology import arcsec_per_mpc
from skyloom.sky.geometry import pixel_scale
from skyloom.stats.scatter import nmad

SHOWN = 1000  # pixels of a picture's side, about
STRETCH, SOFT = 1.2, 8.0  # of Lupton's composite, in sigma of the sky
RGB = ("i", "r", "g")
FINDERS = {BOTH: style.SKY, FILTER: style.ORANGE, ENCODER: style.GREEN}


def colour_image(paths: Sequence[str], bands: Sequence[str]) -> tuple[np.ndarray, int]:
    """Return a colour composite (ny, nx, 3) of a tile's images in these bands.

    And the side of the blocks of pixels that were averaged. Bands i, r and g are red,
    green and blue. Source: Lupton et al. 2004, PASP 116, 133.
    """
    planes, block = [], 1
    for band in RGB:
        image = read_survey_image(paths[list(bands).index(band)])
        block = max(min(image.image.shape) // SHOWN, 1)
        cut = tuple(slice(0, n // block * block) for n in image.image.shape)
        mean = block_mean(image.image[cut], block, image.good[cut])
        planes.append((mean - np.median(mean)) / max(nmad(mean), 1e-6))
    return make_lupton_rgb(*planes, minimum=-0.5, stretch=STRETCH * SOFT, Q=SOFT), block


@style.styled
def tile_figure(
    picture: np.ndarray, block: int, truth: pd.DataFrame, found: pd.DataFrame
) -> Figure:
    """Return a tile with its true clusters (circles) and detections (crosses).

    Parameters
    ----------
    picture, block
        Of `colour_image`.
    truth : DataFrame
        ``X, Y, R_PIX`` [px of the tile], ``LAMBDA`` and ``FOUND`` bool.
    found : DataFrame
        ``X, Y`` [px], ``PROBABILITY`` and ``TRUE`` bool.
    """
    side = style.PAGE_WIDTH
    fig = style.figure(side, side * picture.shape[0] / picture.shape[1])
    axes = fig.subplots()
    axes.imshow(picture, origin="lower", interpolation="none")
    for row in truth.itertuples():
        colour = style.GREEN if row.FOUND else style.ORANGE
        place = _circle(axes, row, block, colour, 1.0)
        look = {"fontsize": 7, "ha": "center", "clip_on": True}
        axes.annotate(f"{row.LAMBDA:.0f}", place, color=colour, **look)
    for row in found.itertuples():
        colour = style.SKY if row.TRUE else style.VERMILLION
        axes.plot(_at(row.X, block), _at(row.Y, block), "+", color=colour, ms=9)
    axes.set(xlim=(0, picture.shape[1]), ylim=(0, picture.shape[0]))
    style.bare(axes)
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
        RA, DEC [deg], Z, LAMBDA, PROBABILITY and FOUND_BY.
    threshold : float
        Of a pure catalogue.
    """
    side = style.PAGE_WIDTH
    fig = style.figure(side, side * picture.shape[0] / picture.shape[1])
    axes = fig.add_subplot(projection=wcs[::block, ::block])
    axes.imshow(picture, origin="lower", interpolation="none")
    x, y = wcs.all_world2pix(found["RA"], found["DEC"], 0)
    arcsec = halos.radius(found["LAMBDA"]) * arcsec_per_mpc(found["Z"])
    drawn = _at(x, block), _at(y, block), arcsec / pixel_scale(wcs) / block
    for row, *place, size in zip(found, *drawn, strict=True):
        colour = FINDERS[row["FOUND_BY"]]
        line = "-" if row["PROBABILITY"] >= threshold else "--"
        axes.add_patch(Circle(place, size, fill=False, ec=colour, ls=line, lw=0.7))
        axes.plot(*place, "+", color=colour, ms=9, scalex=False, scaley=False)
        text = f"λ {row['LAMBDA']:.0f}  z {row['Z']:.2f}"
        look = {"fontsize": 7, "color": colour, "annotation_clip": True}
        offset = {"xytext": (5, 4), "textcoords": "offset points"}
        axes.annotate(text, place, **offset, **look)
    handles = [Line2D([], [], color=c, label=name) for name, c in FINDERS.items()]
    place = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0), "ncols": 3}
    axes.legend(handles=handles, **place)
    axes.set(xlim=(-0.5, picture.shape[1] - 0.5), ylim=(-0.5, picture.shape[0] - 0.5))
    axes.set(xlabel="RA", ylabel="Dec")
    return fig


@style.styled
def maps_figure(maps: TileMaps, truth: pd.DataFrame) -> Figure:
    """Return the probabilities of a member and of a centre over a tile.

    Over them are circles of true clusters, ``X, Y, R_PIX`` [px].
    """
    fig = style.figure(style.PAGE_WIDTH, style.PAGE_WIDTH * 0.55)
    panels = zip(fig.subplots(1, 2), ("membership", "center"), (1.0, None), strict=True)
    for axes, name, top in panels:
        shown = axes.imshow(getattr(maps, name), origin="lower", vmin=0, vmax=top)
        for row in truth.itertuples():
            _circle(axes, row, maps.tile, style.ORANGE, 0.8)
        height, width = maps.valid.shape
        axes.set(title=name, xlim=(-0.5, width - 0.5), ylim=(-0.5, height - 0.5))
        style.bare(axes)
        fig.colorbar(shown, ax=axes, shrink=0.8)
    return fig


def _circle(axes: Axes, row, block: int, colour: str, width: float) -> tuple:
    """Draw a cluster's circle among blocks of pixels, and return its middle."""
    place, radius = (_at(row.X, block), _at(row.Y, block)), row.R_PIX / block
    axes.add_patch(Circle(place, radius, fill=False, ec=colour, lw=width))
    return place


def _at(place: float, block: int) -> float:
    """Return where a pixel of the tile lies among blocks of pixels."""
    return (place + 0.5) / block - 0.5
