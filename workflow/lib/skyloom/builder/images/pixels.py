"""Checks of pixel arrays at the boundary; every message names the key."""

from __future__ import annotations

import math

import numpy as np

from skyloom.io.errors import InputError

LARGEST = 1e30  # of any pixel: squares of it are still numbers
PSF_EXACT = 1e-3  # of its sum: nothing to say
PSF_TOLERANCE = 0.05  # of its sum: renormalised, and said so


def wrong(path, key: str, problem: str, expected="", remedy="") -> InputError:
    """Return the error of one key of a file."""
    told = {"where": f"key {key!r}", "expected": expected, "remedy": remedy}
    return InputError(path, problem, **told)


def array(path, key: str, value, ndim: int = 2) -> np.ndarray:
    """Return `value` as a float64 array of `ndim` dimensions, not empty."""
    try:
        numbers = np.array(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        expected = f"a regular {ndim}-D array of numbers"
        raise wrong(path, key, "not numbers", expected) from None
    if numbers.ndim != ndim or 0 in numbers.shape:
        raise wrong(path, key, f"shape {numbers.shape}", f"{ndim} dimensions")
    if (np.isfinite(numbers) & (np.abs(numbers) > LARGEST)).any():
        raise wrong(path, key, f"numbers beyond {LARGEST:g}", "NaN where unknown")
    return numbers


def above_zero(path, key: str, value) -> float:
    """Return `value` as a finite float above 0."""
    number = float(array(path, key, value, ndim=0))
    if not (np.isfinite(number) and number > 0):
        raise wrong(path, key, f"{key} is {number}", "a number above 0")
    return number


def flags(path, key: str, value) -> np.ndarray:
    """Return `value`, of 0 and 1 alone, as bool."""
    numbers = array(path, key, value)
    if not np.isin(numbers, (0.0, 1.0)).all():
        raise wrong(path, key, "values other than 0 and 1", "flags")
    return numbers.astype(bool)


def same_shape(path, key: str, pixels: np.ndarray, shape) -> np.ndarray:
    """Return an array; refuse it if its shape is not the image's."""
    if pixels.shape != shape:
        raise wrong(path, key, f"shape {pixels.shape}", f"that of the image, {shape}")
    return pixels


def note(notes: list, bad: np.ndarray, what: str) -> np.ndarray:
    """Count bad pixels into `notes` and return them."""
    count = int(bad.sum())
    if count:
        notes.append(f"{count} {what} masked")
    return bad


def given_sigma(path, value, mask: np.ndarray, notes: list):
    """Return a sigma image above 0 everywhere, and the mask with its gaps."""
    sigma = same_shape(path, "sigma", array(path, "sigma", value), mask.shape)
    if np.any(sigma < 0):
        raise wrong(path, "sigma", "values below 0", "sigma")
    useless = ~np.isfinite(sigma) | (sigma == 0)
    mask = mask | note(notes, useless & ~mask, "pixels without a sigma")
    if mask.all():
        raise wrong(path, "sigma", "no pixel has both a number and a sigma")
    return np.where(useless, np.median(sigma[~mask]), sigma), mask


def unit_psf(path, value, negative: float | None, notes: list) -> np.ndarray:
    """Return a PSF of sum 1; renormalise within 5 % and say so in `notes`.

    `negative` is how deep a pixel may lie below zero, as a part of the peak; None is
    any depth.
    """
    psf = array(path, "psf", value)
    if not all(side % 2 for side in psf.shape):
        raise wrong(path, "psf", f"shape {psf.shape}", "odd sides")
    if not np.isfinite(psf).all():
        raise wrong(path, "psf", "not finite", "finite numbers")
    total = float(psf.sum())
    if abs(total - 1) > PSF_TOLERANCE:
        raise wrong(path, "psf", f"sum {total:.6g}", "1 within 5 %")
    depth = -float(psf.min() / psf.max())
    if negative is not None and depth > negative:
        problem = f"values down to {-100 * depth:.2g} % of the peak"
        expected = f"none below -{100 * negative:g} %, builder.noise.psf_negative"
        enough = math.ceil(100 * depth) / 100
        remedy = f"if this PSF is meant, set that key to {enough:g}; if not, mend it"
        raise wrong(path, "psf", problem, expected, remedy if enough <= 1 else "")
    if abs(total - 1) > PSF_EXACT:
        notes.append(f"psf renormalised: its sum was {total:.6f}")
    return psf / total
