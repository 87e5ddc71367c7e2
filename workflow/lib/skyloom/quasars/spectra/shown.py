"""Spectra as a page of the atlas holds them: packed, and as small pictures."""

from __future__ import annotations

import base64

import numpy as np
from PIL import Image, ImageDraw

from skyloom.quasars.spectra.grid import normalise

PIECES = 24  # of a spectrum, by whose means spectra are compared
SIDE, FINER = 72, 4  # of a picture [px]; drawn so much larger, for smooth lines
LIMITS = (1.0, 99.0)  # of the flux in a picture [percentiles]
MOST = 60_000.0  # below the largest 16-bit number
INK = (0, 114, 178)


def packed(flux: np.ndarray, ivar: np.ndarray) -> dict:
    """Return a spectrum (pixels,) as text of a third of its length in digits.

    Returns
    -------
    dict
        ``flux`` and ``error`` (1 / √ivar, 0 where the pixel is not used): base64 of
        16-bit floats, little-endian, of which 1 stands for ``unit``: the median of the
        size of the flux. Three digits are kept, whatever a single pixel has.
    """
    good = ivar > 0
    error = np.divide(1.0, np.sqrt(ivar), out=np.zeros(len(ivar)), where=good)
    size = np.abs(flux[good].astype(np.float64))
    unit = float(f"{np.median(size):.4g}") if size.any() else 1.0
    unit = unit or float(f"{size.max():.4g}")
    return {"unit": unit, "flux": _text(flux / unit), "error": _text(error / unit)}


def centres(wave: np.ndarray) -> list[float]:
    """Return the middles [Å] of pixels of the lower edges `wave`, to 0.01 Å."""
    edges = np.append(wave, 2 * wave[-1] - wave[-2])
    return np.round((edges[1:] + edges[:-1]) / 2, 2).tolist()


def pieces(flux: np.ndarray, ivar: np.ndarray) -> np.ndarray:
    """Return what spectra (n, pixels) are compared by, (n, `PIECES`).

    The means, weighted by ivar, of the pieces of normalised spectra; 0, which is the
    mean of the whole, where nothing was seen; NaN for a spectrum without any signal.
    """
    x, good = normalise(flux, ivar)
    starts = np.linspace(0, flux.shape[1], PIECES + 1).astype(int)[:-1]
    weight = np.add.reduceat(ivar.astype(np.float64), starts, axis=1)
    total = np.add.reduceat(x * ivar.astype(np.float64), starts, axis=1)
    mean = np.divide(total, weight, out=np.zeros_like(total), where=weight > 0)
    mean[~good] = np.nan
    return mean


def picture(line: np.ndarray) -> np.ndarray:
    """Return a small picture of a spectrum (pixels,), NaN where there is none."""
    side = SIDE * FINER
    image = Image.new("RGB", (side, side), "white")
    seen = np.isfinite(line)
    if seen.any():
        low, high = np.percentile(line[seen], LIMITS)
        room = 0.1 * (high - low) or 1.0
        y = (side - 1) * (high + room - line) / (high - low + 2 * room)
        y = np.clip(np.nan_to_num(y), 0, side - 1)
        points = np.stack([np.linspace(0, side - 1, len(line)), y], axis=1)
        draw = ImageDraw.Draw(image)
        for part in np.split(np.arange(len(line)), np.flatnonzero(~seen)):
            here = points[part[seen[part]]]
            draw.line(here.ravel().tolist(), fill=INK, width=FINER + 2)
    return np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BOX))


def _text(values: np.ndarray) -> str:
    kept = np.clip(values, -MOST, MOST).astype("<f2")
    return base64.b64encode(kept.tobytes()).decode()
