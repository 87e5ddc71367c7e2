"""Where images and drawings lie on the sky.

Arrays are as in FITS: row 0 is south, column 0 is east, pixel centres are at whole
numbers from 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from astropy.wcs import WCS

from skyloom.sky.tan import tan_wcs

PICTURE = 424  # pixels of a picture of Galaxy Zoo DECaLS


@dataclass(frozen=True)
class Stamp:
    """A square image on the sky, north up and east left, in the gnomonic projection.

    Attributes
    ----------
    ra, dec : float
        Its middle, ``(size - 1) / 2`` on both axes [deg].
    scale : float
        Side of a pixel [arcsec].
    size : int
        Its side [px].
    """

    ra: float
    dec: float
    scale: float
    size: int

    @cached_property
    def wcs(self) -> WCS:
        """Its world coordinates."""
        return tan_wcs(self.ra, self.dec, (self.size, self.size), self.scale)

    @property
    def field(self) -> float:
        """Its side on the sky [arcsec]."""
        return self.scale * self.size

    def resized(self, size: int) -> Stamp:
        """Return the same field with other pixels."""
        return Stamp(self.ra, self.dec, self.field / size, size)

    def middle(self, share: float, size: int) -> Stamp:
        """Return the middle part, `share` of its side, with other pixels."""
        return Stamp(self.ra, self.dec, self.field * share / size, size)


def picture_stamp(ra: float, dec: float, pixscale: float, size: int) -> Stamp:
    """Return the field of a picture of 424 px of `pixscale` [arcsec] with other pixels.

    Source: Walmsley et al. 2022, MNRAS 509, 3966, section 2.3.
    """
    return Stamp(ra, dec, pixscale * PICTURE / size, size)


@dataclass(frozen=True)
class Canvas:
    """The image that volunteers drew on.

    Its coordinates are those of a screen: x from the left (east) edge, y from the upper
    (north) edge, both 0 there and `size` at the other edge, so that the middle of the
    first pixel is at 0.5.

    Attributes
    ----------
    ra, dec : float
        Its middle [deg].
    scale : float
        Side of a pixel [arcsec]; GZ3D's is 0.099.
    size : int
        Its side [px]; GZ3D's is 525.
    """

    ra: float
    dec: float
    scale: float = 0.099
    size: int = 525

    @property
    def stamp(self) -> Stamp:
        """The same image as an array, row 0 south."""
        return Stamp(self.ra, self.dec, self.scale, self.size)

    def sky(self, vertices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return right ascension and declination [deg] of coordinates (n, 2)."""
        x, y = np.asarray(vertices, np.float64).T
        return tuple(self.stamp.wcs.all_pix2world(x - 0.5, self.size - y - 0.5, 0))

    def on(self, stamp: Stamp, vertices: np.ndarray) -> np.ndarray:
        """Return canvas coordinates (n, 2) as those of another image's array, (n, 2).

        Through the sky, with the world coordinates of both.
        """
        return np.stack(stamp.wcs.all_world2pix(*self.sky(vertices), 0), axis=1)

    def drawn(self, ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
        """Return positions [deg] in canvas coordinates, shape (..., 2)."""
        x, y = self.stamp.wcs.all_world2pix(ra, dec, 0)
        return np.stack([x + 0.5, self.size - y - 0.5], axis=-1)
