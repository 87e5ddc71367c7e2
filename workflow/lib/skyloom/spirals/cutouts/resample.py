"""An image on another field of the sky: north up, whatever it was.

Surface brightness is kept. An image that shrinks is first averaged over whole pixels,
then sampled several times a pixel and averaged, so that nothing aliases.
"""

from __future__ import annotations

import math

import numpy as np
from astropy.coordinates import ICRS, SkyCoord
from astropy.wcs import WCS
from astropy.wcs.utils import wcs_to_celestial_frame
from scipy.interpolate import RectBivariateSpline
from scipy.ndimage import distance_transform_edt, map_coordinates

from skyloom.io.errors import DatumError
from skyloom.sky.geometry import pixel_scale
from skyloom.sky.tan import tan_wcs
from skyloom.spirals.cutouts.files import Cutout
from skyloom.spirals.geometry import Stamp

MISSING = 0.2  # largest share of a band's pixels; Galaxy Zoo DECaLS's
MARGIN = 12  # px, around what is sampled, which the splines' prefilter looks at
NODES = 24
SAME = 1e-3  # px
SLACK = 1e-6  # of a ratio of pixels, against rounding
OUTSIDE = -1e6  # px, of a position that is not on the image's side of the sky


def onto(cutout: Cutout, stamp: Stamp) -> Cutout:
    """Return an image on a stamp, through the world coordinates of both.

    Without world coordinates, it is taken as `Cutout.whole` says.

    Raises
    ------
    DatumError
        A band has no flux in more than a fifth of the stamp.

    Source: Walmsley et al. 2022, MNRAS 509, 3966, section 2.3, for the fifth.
    """
    shape = cutout.flux.shape[1:]
    wcs = tan_wcs(0.0, 0.0, shape, 1.0) if cutout.wcs is None else cutout.wcs
    if shape == (stamp.size, stamp.size) and _agree(wcs, stamp):
        made = Cutout(cutout.flux, cutout.bands, stamp.wcs, cutout.calibrated)
        return _whole_enough(made)
    ratio = stamp.scale / pixel_scale(wcs)
    factor = max(int(ratio / 2), 1)
    samples = max(math.ceil(ratio / factor - SLACK), 1)
    x, y = positions(wcs, stamp.resized(stamp.size * samples))
    flux, x, y = _around(cutout.flux, x, y, factor)
    found = np.stack([_sampled(plane, x, y) for plane in flux])
    made = Cutout(averaged(found, samples), cutout.bands, stamp.wcs, cutout.calibrated)
    return _whole_enough(made)


def _agree(wcs: WCS, stamp: Stamp) -> bool:
    """Tell whether pixels are where a stamp's are, to a thousandth of them."""
    if not isinstance(wcs_to_celestial_frame(wcs), ICRS):
        return False
    last = stamp.size - 1
    x, y = (
        np.array([0, last, 0, last, last / 2]),
        np.array([0, 0, last, last, last / 2]),
    )
    found = wcs.all_world2pix(*stamp.wcs.all_pix2world(x, y, 0), 0, quiet=True)
    return bool(np.abs(np.array(found) - [x, y]).max() < SAME)


def _whole_enough(made: Cutout) -> Cutout:
    """Return an image; DatumError if too much of a band has no flux."""
    for band, share in made.missing.items():
        if share > MISSING:
            msg = (
                f"band {band}: {share:.0%} of the pixels have no flux, "
                f"expected {MISSING:.0%} at most; fetch another image, or check "
                "the position"
            )
            raise DatumError(msg)
    return made


def positions(wcs: WCS, stamp: Stamp) -> tuple[np.ndarray, np.ndarray]:
    """Return where the pixels of a stamp lie in an image, x and y of its shape.

    By the world coordinates at `NODES` squared places, and splines between them.
    """
    nodes = np.linspace(-0.5, stamp.size - 0.5, NODES)
    rows, columns = np.meshgrid(nodes, nodes, indexing="ij")
    ra, dec = stamp.wcs.all_pix2world(columns.ravel(), rows.ravel(), 0)
    place = SkyCoord(ra, dec, unit="deg").transform_to(wcs_to_celestial_frame(wcs))
    lon, lat = place.spherical.lon.deg, place.spherical.lat.deg
    found = wcs.all_world2pix(lon, lat, 0, quiet=True)
    pixels = np.arange(stamp.size)
    if not np.isfinite(found).all():
        return (np.full((stamp.size, stamp.size), OUTSIDE),) * 2
    x, y = (
        RectBivariateSpline(nodes, nodes, v.reshape(NODES, NODES))(pixels, pixels)
        for v in found
    )
    return x, y


def averaged(flux: np.ndarray, factor: int) -> np.ndarray:
    """Return means over squares of `factor` pixels, of the pixels that have a flux.

    A square with flux in less than half of its pixels has none. Rows and columns that
    are left over are dropped.
    """
    if factor == 1:
        return flux
    n, ny, nx = flux.shape
    ny, nx = ny // factor, nx // factor
    squares = flux[:, : ny * factor, : nx * factor]
    squares = squares.reshape(n, ny, factor, nx, factor)
    known = np.isfinite(squares)
    if known.all():
        return squares.mean(axis=(2, 4), dtype=np.float64).astype(np.float32)
    count = known.sum(axis=(2, 4))
    total = np.where(known, squares, 0).sum(axis=(2, 4), dtype=np.float64)
    mean = np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
    return np.where(2 * count >= factor**2, mean, np.nan).astype(np.float32)


def _around(flux: np.ndarray, x, y, factor: int):
    """Return the part of an image that is sampled, averaged, and positions in it."""
    cuts, places, margin = [], [], MARGIN * factor
    for values, length in ((y, flux.shape[1]), (x, flux.shape[2])):
        low = int(np.clip(values.min() - margin, 0, length - 1))
        high = int(np.clip(values.max() + margin, low + 1, length))
        cuts.append(slice(low, high))
        places.append((values - low + 0.5) / factor - 0.5)
    return averaged(flux[:, cuts[0], cuts[1]], factor), places[1], places[0]


def _sampled(plane: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return values between the pixels by cubic splines, NaN where there are none."""
    known = np.isfinite(plane)
    if not known.any():
        return np.full(x.shape, np.nan, np.float32)
    ny, nx = plane.shape
    seen = (np.abs(x - (nx - 1) / 2) <= nx / 2) & (np.abs(y - (ny - 1) / 2) <= ny / 2)
    if not known.all():
        nearest = distance_transform_edt(
            ~known, return_distances=False, return_indices=True
        )
        plane = plane[tuple(nearest)]
        weight = map_coordinates(
            known.astype(np.float32), [y, x], order=1, mode="nearest"
        )
        seen &= weight >= 0.5
    values = map_coordinates(plane, [y, x], np.float32, order=3, mode="nearest")
    return np.where(seen, values, np.nan).astype(np.float32)
