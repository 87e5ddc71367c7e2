"""The pixels of one galaxy: image, sigma, mask, PSF and what is known about them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

from skyloom.builder.config import Noise
from skyloom.builder.images.astrometry import celestial_cards
from skyloom.builder.images.noise import sigma_from_sky_and_gain
from skyloom.builder.images.pixels import (
    above_zero,
    array,
    flags,
    given_sigma,
    note,
    same_shape,
    unit_psf,
    wrong,
)
from skyloom.io.errors import DatumError, InputError


@dataclass(frozen=True, slots=True)
class Cutout:
    """A galaxy's pixels.

    Attributes
    ----------
    subject_id : int
        The Zooniverse subject.
    image : ndarray of float64, shape (ny, nx)
        Sky-subtracted surface brightness [image units]; 0 on bad pixels that had no
        number.
    sigma : ndarray of float64, shape (ny, nx)
        Standard deviation [image units], above 0 everywhere.
    mask : ndarray of bool, shape (ny, nx)
        True where a pixel is bad.
    psf : ndarray of float64, shape (odd, odd)
        Point-spread function, sum 1.
    multiplier : float
        Nanomaggies an image unit.
    sigma_source : str
        ``"given"`` or ``"sky_and_gain"``.
    rotation : int or None
        Quarter turns (``np.rot90``) applied to the uploaded image. None: it was not
        turned, and whether it had to be is unknown.
    metadata : dict
        What the survey says: ra, dec [deg], redshift, ...
    header : dict
        WCS cards; empty when the place on the sky is unknown.
    notes : tuple of str
        What was repaired on the way in.
    """

    subject_id: int
    image: np.ndarray
    sigma: np.ndarray
    mask: np.ndarray
    psf: np.ndarray
    multiplier: float
    sigma_source: str = "given"
    rotation: int | None = 0
    metadata: dict = field(default_factory=dict)
    header: dict = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def wcs(self) -> WCS | None:
        """The WCS; None where the place on the sky is unknown."""
        if "CTYPE1" not in self.header:
            return None
        header = fits.Header()
        header.update(self.header)
        return WCS(header)


def make_cutout(
    path: str | Path,
    subject_id: int,
    *,
    image,
    mask,
    psf,
    multiplier,
    sigma=None,
    noise: Noise | None = None,
    metadata: Mapping | None = None,
) -> Cutout:
    """Validate pixels and build a cutout.

    Parameters
    ----------
    path : str or Path
        Where they come from, for the messages.
    image, mask, sigma : array_like, shape (ny, nx)
        See `Cutout`; without `sigma` one is built from sky and gain, by `noise`.
    psf : array_like, shape (odd, odd)
        Its sum may miss 1 by up to 5 %, and a pixel lie as far below zero as the
        `noise` says, if that is given.
    multiplier : float
        Nanomaggies an image unit.

    Raises
    ------
    InputError
        Naming the key: not numbers, shapes that differ, no good pixel, a PSF that is
        not 2-D and odd, too far negative or of another sum, a sigma below 0, a
        multiplier that is not above 0, or metadata that are no object.
    """
    negative = None if noise is None else noise.psf_negative
    image = array(path, "image", image)
    mask = same_shape(path, "mask", flags(path, "mask", mask), image.shape)
    notes: list[str] = []
    mask = mask | note(notes, ~np.isfinite(image) & ~mask, "pixels without a number")
    if mask.all():
        problem = "no good pixel: all are masked or without a number"
        raise wrong(path, "image", problem)
    if metadata is not None and not isinstance(metadata, Mapping):
        raise wrong(path, "metadata", f"a {type(metadata).__name__}", "an object")
    multiplier = above_zero(path, "multiplier", multiplier)
    image = np.where(np.isfinite(image), image, 0.0)
    if sigma is None:
        sigma = _built_sigma(path, image, mask, multiplier, noise)
        source = "sky_and_gain"
    else:
        sigma, mask = given_sigma(path, sigma, mask, notes)
        source = "given"
    return Cutout(
        subject_id=int(subject_id),
        image=image,
        sigma=sigma,
        mask=mask,
        psf=unit_psf(path, psf, negative, notes),
        multiplier=multiplier,
        sigma_source=source,
        metadata=dict(metadata or {}),
        notes=tuple(notes),
    )


def turn(cutout: Cutout, turns: int) -> Cutout:
    """Return the cutout after ``np.rot90(..., turns)`` of all its arrays.

    Its place on the sky, if set, is forgotten: it was that of the old orientation.
    """
    if turns % 4 == 0:
        return cutout
    names = ("image", "sigma", "mask", "psf")
    turned = {name: np.rot90(getattr(cutout, name), turns).copy() for name in names}
    rotation = ((cutout.rotation or 0) + turns) % 4
    return dataclasses.replace(cutout, **turned, rotation=rotation, header={})


def place(cutout: Cutout, ra: float, dec: float, north: float | None) -> Cutout:
    """Return a cutout in its final orientation with its place on the sky.

    Parameters
    ----------
    ra, dec : float
        Of its middle [deg, ICRS].
    north : float or None
        Direction of north, counter-clockwise from +y [rad], or None if unknown.
    """
    cards = celestial_cards(cutout.image.shape, ra, dec, north)
    return dataclasses.replace(cutout, header=cards)


def _built_sigma(path, image, mask, multiplier, noise: Noise) -> np.ndarray:
    try:
        return sigma_from_sky_and_gain(image, mask, multiplier, noise)
    except DatumError as bad:
        told = {"where": "sigma from sky and gain", "remedy": "give a sigma image"}
        raise InputError(path, str(bad), **told) from None
