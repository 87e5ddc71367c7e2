"""Checks of pixel arrays at the boundary; every message names the key."""

from __future__ import annotations

import numpy as np

from skyloom.io.errors import InputError

PSF_EXACT = 1e-3  # of its sum: nothing to say
PSF_TOLERANCE = 0.05  # of its sum: renormalised, and said so
PSF_NEGATIVE = 0.02  # of its peak: noise of a measured PSF


def array(path, name: str, value, ndim: int = 2) -> np.ndarray:
    """Return `value` as a float64 array of `ndim` dimensions, not empty."""
    where = f"key {name!r}"
    try:
        numbers = np.array(value, dtype=np.float64)
    except (TypeError, ValueError):
        expected = f"a regular {ndim}-D array of numbers"
        raise InputError(path, "not numbers", where=where, expected=expected) from None
    if numbers.ndim != ndim or 0 in numbers.shape:
        problem = f"shape {numbers.shape}"
        raise InputError(path, problem, where=where, expected=f"{ndim} dimensions")
    return numbers


def above_zero(path, name: str, value) -> float:
    """Return `value` as a finite float above 0."""
    number = float(array(path, name, value, ndim=0))
    if not (np.isfinite(number) and number > 0):
        problem = f"{name} is {number}"
        raise InputError(path, problem, expected="a number above 0")
    return number


def check_flags(path, name: str, flags: np.ndarray) -> None:
    """Refuse an array that holds anything but 0 and 1."""
    if not np.isin(flags, (0.0, 1.0)).all():
        problem = "values other than 0 and 1"
        raise InputError(path, problem, where=f"key {name!r}", expected="flags")


def same_shape(path, name: str, pixels: np.ndarray, shape) -> None:
    """Refuse an array whose shape is not the image's."""
    if pixels.shape != shape:
        problem = f"shape {pixels.shape}"
        expected = f"that of the image, {shape}"
        raise InputError(path, problem, where=f"key {name!r}", expected=expected)


def bad_pixels(path, value, shape) -> np.ndarray:
    """Return a bad-pixel mask (1 or true is bad) as bool of `shape`."""
    mask = array(path, "mask", value)
    same_shape(path, "mask", mask, shape)
    check_flags(path, "mask", mask)
    return mask.astype(bool)


def note(notes: list, bad: np.ndarray, what: str) -> np.ndarray:
    """Count bad pixels into `notes` and return them."""
    count = int(bad.sum())
    if count:
        notes.append(f"{count} {what} masked")
    return bad


def given_sigma(path, value, mask: np.ndarray, notes: list):
    """Return a sigma image above 0 everywhere, and the mask with its gaps."""
    sigma = array(path, "sigma", value)
    same_shape(path, "sigma", sigma, mask.shape)
    if np.any(sigma < 0):
        raise InputError(path, "values below 0", where="key 'sigma'", expected="sigma")
    useless = ~np.isfinite(sigma) | (sigma == 0)
    mask = mask | note(notes, useless & ~mask, "pixels without a sigma")
    if mask.all():
        problem = "no pixel has both a number and a sigma"
        raise InputError(path, problem, where="key 'sigma'")
    return np.where(useless, np.median(sigma[~mask]), sigma), mask


def unit_psf(path, value, notes: list) -> np.ndarray:
    """Return a PSF of sum 1; renormalise within 5 % and say so in `notes`."""
    where, psf = "key 'psf'", array(path, "psf", value)
    if not all(side % 2 for side in psf.shape):
        problem = f"shape {psf.shape}"
        raise InputError(path, problem, where=where, expected="odd sides")
    if not np.isfinite(psf).all():
        raise InputError(path, "not finite", where=where, expected="finite numbers")
    total = float(psf.sum())
    if abs(total - 1) > PSF_TOLERANCE:
        problem = f"sum {total:.6g}"
        raise InputError(path, problem, where=where, expected="1 within 5 %")
    if psf.min() < -PSF_NEGATIVE * psf.max():
        problem = f"values down to {psf.min():.3g}"
        expected = "none below -2 % of the peak"
        raise InputError(path, problem, where=where, expected=expected)
    if abs(total - 1) > PSF_EXACT:
        notes.append(f"psf renormalised: its sum was {total:.6f}")
    return psf / total
