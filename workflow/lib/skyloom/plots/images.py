"""Panels of images: how bright is shown how dark, and which pixels are bad."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba

from skyloom.plots import style


def asinh_stretch(
    image: np.ndarray, white: float, softening: float = 0.04
) -> np.ndarray:
    """Return `image` stretched to about [0, 1]: linear when faint, logarithmic above.

    Parameters
    ----------
    image : ndarray
        Surface brightness, any shape; NaN stays NaN.
    white : float
        The brightness mapped to 1.
    softening : float
        Where the stretch turns from linear to logarithmic, as a part of `white`.

    Returns
    -------
    ndarray
        Same shape as `image`: ``asinh(x / a) / asinh(1 / a)`` of ``x = image / white``.

    Source: Lupton et al. 2004, PASP 116, 133.
    """
    return np.arcsinh(image / (white * softening)) / np.arcsinh(1 / softening)


def white_level(image: np.ndarray, mask: np.ndarray | None = None) -> float:
    """Return the brightness to show as full: the 99.8th percentile of good pixels."""
    good = np.isfinite(image) if mask is None else np.isfinite(image) & ~mask
    if not good.any():
        return 1.0
    level = float(np.percentile(image[good], 99.8))
    return level if level > 0 else float(np.ptp(image[good])) or 1.0


def image_panel(
    axes: Axes,
    image: np.ndarray,
    *,
    white: float,
    mask: np.ndarray | None = None,
    softening: float = 0.04,
    interpolation: str = "none",
):
    """Show an image dark on light, masked pixels tinted; return the artist.

    Row 0 is at the bottom.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    image : ndarray, shape (ny, nx)
        Surface brightness.
    white : float
        Brightness shown as full; share it among panels to be compared.
    mask : ndarray of bool, shape (ny, nx), optional
        True where a pixel is bad.
    softening : float
        See `asinh_stretch`.
    interpolation : str
        ``none`` shows each pixel; ``hanning`` is kinder to an image that is shown
        smaller than it is.
    """
    shown = asinh_stretch(np.asarray(image, float), white, softening)
    look = {"cmap": style.LIGHT_MAP, "vmin": -0.12, "vmax": 1.0}
    artist = axes.imshow(shown, interpolation=interpolation, **look)
    _tint(axes, mask)
    style.bare(axes)
    return artist


def residual_panel(axes: Axes, residual: np.ndarray, *, mask=None):
    """Show a residual in sigma, red where data exceed the model; return the artist."""
    shown = axes.imshow(residual, cmap=style.DIVERGING_MAP, vmin=-5.0, vmax=5.0)
    _tint(axes, mask)
    style.bare(axes)
    return shown


def _tint(axes: Axes, mask: np.ndarray | None) -> None:
    if mask is None or not mask.any():
        return
    layer = np.zeros((*mask.shape, 4))
    layer[mask] = to_rgba(style.YELLOW, 0.55)
    axes.imshow(layer)
