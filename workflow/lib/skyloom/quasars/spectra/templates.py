"""Eigenspectra of quasars, in the layout of redrock's templates."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from skyloom.io.errors import InputError
from skyloom.io.fits import opened


def read_template(path: str | Path) -> tuple[np.ndarray, np.ndarray]:
    """Read ``rrtemplate-*.fits[.gz]``.

    Returns log10 of rest wavelengths [Å] (m,) and eigenspectra (k, m).

    Raises
    ------
    InputError
        When the file is missing or not in redrock's layout.
    """
    with opened(path) as file:
        vectors = file.pixels(0, ndim=2).astype(np.float64)
        cards = file.cards(0, "CRVAL1", "CDELT1")
    if not all(isinstance(cards.get(k), int | float) for k in ("CRVAL1", "CDELT1")):
        problem, expected = f"not a redrock template: {cards}", "numbers CRVAL1, CDELT1"
        raise InputError(path, problem, where="HDU 0", expected=expected)
    start, step = float(cards["CRVAL1"]), float(cards["CDELT1"])
    if not (0 < step < 1 and 0 < start < 10):
        problem = f"CRVAL1 {start:g}, CDELT1 {step:g}"
        expected = "those of log10 of wavelengths [Å]"
        raise InputError(path, problem, where="HDU 0", expected=expected)
    if not np.isfinite(vectors).all():
        raise InputError(path, f"shape {vectors.shape}", expected="(k, pixels)")
    return start + step * np.arange(vectors.shape[1]), vectors
