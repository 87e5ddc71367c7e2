"""Numbers for a page that is read by eye: few digits, and arrays packed as text."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import numpy as np

from skyloom.atlas.numbers import short

NOTHING = 65535  # code of a gap
STEPS = NOTHING - 1
SHADES = 255


def curve(values: np.ndarray) -> list:
    """Return a curve as its least and largest value and base64 of 16 bits each between.

    The page's program unpacks it. What is not finite is a gap. All is a gap where
    nothing is finite, and the ends are then 0 and 1.
    """
    values = np.asarray(values, float)
    there = np.isfinite(values)
    low, high = (values[there].min(), values[there].max()) if there.any() else (0, 1)
    low, high = float(f"{low:.6g}"), float(f"{high:.6g}")
    codes = np.full(values.shape, NOTHING, "<u2")
    scaled = (values[there] - low) / ((high - low) or 1.0)
    codes[there] = np.round(np.clip(scaled, 0, 1) * STEPS)
    return [low, high, _text(codes)]


def shades(values: np.ndarray) -> list:
    """Return shares as the largest and base64 of 8 bits each, of the largest.

    Negative ones are 0, and one that is above 0 never becomes 0.
    """
    values = np.clip(np.asarray(values, float), 0, None)
    top = values.max(initial=0.0)
    codes = np.ceil(values / (top or 1.0) * SHADES - 1e-6).astype(np.uint8)
    codes[(values > 0) & (codes == 0)] = 1
    return [short(top), _text(codes)]


def numbers(values: Sequence | np.ndarray) -> list:
    """Return `short` of each."""
    return [short(value) for value in np.ma.ravel(values)]


def _text(codes: np.ndarray) -> str:
    return base64.b64encode(codes.tobytes()).decode()
