"""Colours of the pictures that volunteers of Galaxy Zoo DECaLS saw."""

from __future__ import annotations

import numpy as np

from skyloom.spirals.cutouts.files import Cutout
from skyloom.stats.scatter import nmad

# Nanomaggies in 0.262 arcsec squared at which the stretch leaves the linear regime.
SOFTENING = {"g": 0.008, "r": 0.014, "z": 0.019}
LOW, HIGH = np.arcsinh(-0.5), np.arcsinh(300.0)  # black and white
GREYEST = 2.5  # times its mean: a colour whose brightest band is so bright is grey
# How many softenings above the sky 99 % of a picture's pixels stay below: the median
# of 60 pictures of the survey.
QUANTILE, BRIGHT = 99.0, 13.0
NOISE = 0.5  # softenings; what the sky's noise is at most, as in the survey's pictures
EDGE = 0.1  # of the side: the frame that has the sky
LAG = 4  # px, between pixels whose differences are noise


def rgb(cutout: Cutout) -> np.ndarray:
    """Return an image's colours: uint8, shape (ny, nx, 3), row 0 south.

    With g, r and z: z is red, r green and g blue; i stands for z where there is none.
    Otherwise it is grey: the r band or, without it, the first one. What has no flux is
    as dark as the sky.

    Of an image that is not calibrated, each band is put on the survey's scale by
    itself: less the median of the picture's outer tenth, 99 % of its pixels are as in a
    typical picture of the survey, or fainter where the sky's noise would be more than
    half a softening. It has no colours that mean anything.

    Source: Walmsley et al. 2022, MNRAS 509, 3966, section 2.3, and the pictures of
    Galaxy Zoo DECaLS; Lupton et al. 2004, PASP 116, 133, for asinh.
    """
    planes = dict(zip(cutout.bands, cutout.flux, strict=True))
    red = planes.get("z", planes.get("i"))
    if red is not None and "r" in planes and "g" in planes:
        shown = {"z": red, "r": planes["r"], "g": planes["g"]}
        bright = [flux / SOFTENING[band] for band, flux in shown.items()]
    else:
        band = "r" if "r" in planes else cutout.bands[0]
        bright = [planes[band] / SOFTENING.get(band, SOFTENING["r"])] * 3
    if not cutout.calibrated:
        bright = [_typical(band) for band in bright]
    return levels(np.stack(bright, axis=-1))


def levels(bright: np.ndarray) -> np.ndarray:
    """Return the survey's colours of brightnesses in softenings, shape (..., 3).

    Red, green, blue; uint8.
    """
    stretched = np.arcsinh(np.nan_to_num(bright, nan=0.0).astype(np.float64))
    colours = ((stretched - LOW) / (HIGH - LOW)).clip(0, 1)
    mean = colours.mean(axis=-1, keepdims=True)
    top = colours.max(axis=-1, keepdims=True)
    ratio = np.divide(top, mean, out=np.ones_like(mean), where=mean > 0)
    kept = np.sin((1 - np.minimum(ratio / GREYEST, 1)) * np.pi / 2)
    faded = colours * kept + mean * (1 - kept) + mean * (1 - kept) ** 2 * colours
    return (faded.clip(0, 1) * 255).astype(np.uint8)


def _typical(plane: np.ndarray) -> np.ndarray:
    """Return a band on the scale of a typical picture, the sky at 0."""
    ny, nx = plane.shape
    inner = np.zeros(plane.shape, bool)
    y, x = max(round(ny * EDGE), 1), max(round(nx * EDGE), 1)
    inner[y:-y, x:-x] = True
    edge = plane[~inner & np.isfinite(plane)]
    above = plane - (np.median(edge) if len(edge) else np.nanmedian(plane))
    bright = np.nanpercentile(above, QUANTILE)
    apart = np.where(inner, np.nan, above)
    apart = apart[:, LAG:] - apart[:, :-LAG]
    noise = nmad(apart[np.isfinite(apart)]) / np.sqrt(2)
    scale = max(bright / BRIGHT, noise / NOISE)
    return above / scale if scale > 0 else above * 0
