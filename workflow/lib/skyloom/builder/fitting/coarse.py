"""A galaxy at half the resolution, where searches cost a fourth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from skyloom.builder.model import Model, Sersic, SpiralArm, replace

LENGTHS = ("mux", "muy", "Re", "A", "spread")


@dataclass(frozen=True)
class Pixels:
    """What a fit reads of a cutout."""

    image: np.ndarray
    sigma: np.ndarray
    mask: np.ndarray
    psf: np.ndarray


def halved(cutout) -> Pixels:
    """Return means over squares of two by two pixels, by inverse variance.

    A last row or column of an odd number is left out. A square without a good pixel is
    masked.
    """
    weight = np.where(cutout.mask, 0.0, 1.0 / cutout.sigma**2)
    total = _sums(weight)
    known = np.where(total > 0, total, 1.0)
    image = _sums(weight * np.where(cutout.mask, 0.0, cutout.image)) / known
    return Pixels(image, 1.0 / np.sqrt(known), total == 0, halved_psf(cutout.psf))


def halved_psf(psf: np.ndarray) -> np.ndarray:
    """Return a PSF (odd, odd) on pixels of twice the side, each shared by distance."""
    down, across = (_shares(n) for n in psf.shape)
    return down @ psf @ across.T


def _shares(n: int) -> np.ndarray:
    """Return what part of each of n pixels goes to each larger one, (odd, n)."""
    middle = n // 2
    place = (np.arange(n) - middle) / 2
    reach = (middle + 1) // 2
    coarse = np.arange(-reach, reach + 1)[:, None]
    return np.maximum(1 - np.abs(coarse - place), 0.0)


def _sums(image: np.ndarray) -> np.ndarray:
    ny, nx = (n // 2 for n in image.shape)
    return image[: 2 * ny, : 2 * nx].reshape(ny, 2, nx, 2).sum((1, 3))


def scaled(model: Model, by: float) -> Model:
    """Return a model on pixels 1 / `by` times as large; 0.5 goes with `halved`."""

    def part(one: Sersic) -> Sersic:
        place = {k: (getattr(one, k) + 0.5) * by - 0.5 for k in ("mux", "muy")}
        return replace(one, **place, Re=one.Re * by)

    def arm(one: SpiralArm) -> SpiralArm:
        return replace(one, A=one.A * by, spread=one.spread * by)

    parts = {name: part(one) for name, one in model.components().items()}
    return replace(model, **parts, spiral=tuple(map(arm, model.spiral)))


def scaled_errors(errors: Mapping, by: float) -> dict:
    """Return the widths of priors of a `scaled` model."""

    def part(known: Mapping | None) -> dict | None:
        if known is None:
            return None
        return {
            k: v * by if k in LENGTHS and v is not None else v for k, v in known.items()
        }

    arms = [part(known) for known in errors.get("spiral") or ()]
    rest = {k: part(known) for k, known in errors.items() if k != "spiral"}
    return rest | {"spiral": arms}
