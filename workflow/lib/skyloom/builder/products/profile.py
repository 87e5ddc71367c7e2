"""Surface brightness against radius: the data, the model and each of its components.

All are means over the same good pixels, in annuli of one component's ellipse (the
disk's, where there is one), so that what differs is the light and not the average.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from skyloom.builder.images.astrometry import PIXEL
from skyloom.builder.model import Sersic
from skyloom.builder.products.colours import COLOURS
from skyloom.builder.products.photometry import ZERO_POINT
from skyloom.plots import style

BRIGHTNESS = "surface brightness [mag / arcsec²]"
LEAST_STEP, GROWTH = 1.0, 0.1  # of an annulus [px], and per radius
LEAST_SIGNAL = 2.0  # times its error: fainter data have no magnitude worth a point


def magnitudes(flux, multiplier: float) -> np.ndarray:
    """Return the surface brightness [mag/arcsec²] of image units; NaN without light."""
    light = np.asarray(flux, float) * multiplier / PIXEL**2
    return ZERO_POINT - 2.5 * np.log10(np.where(light > 0, light, np.nan))


def elliptical_radius(part: Sersic, shape: tuple[int, int]) -> np.ndarray:
    """Return the semi-major axis of a component's ellipse through each pixel [px]."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    dx, dy = x - part.mux, y - part.muy
    cos, sin = np.cos(part.roll), np.sin(part.roll)
    return np.hypot((cos * dx + sin * dy) / part.q, cos * dy - sin * dx)


def radial_profile(
    part: Sersic, images: Mapping[str, np.ndarray], sigma: np.ndarray, mask: np.ndarray
) -> dict[str, np.ndarray]:
    """Return means over annuli that have a good pixel.

    Parameters
    ----------
    part : Sersic
        Gives the ellipses. They reach as far as the image does on all sides.
    images : mapping of str to ndarray, shape (ny, nx)
        By name, one of them ``data``.
    sigma, mask : ndarray, shape (ny, nx)
        Standard deviation of the data, and True where a pixel is bad.

    Returns
    -------
    dict of str to ndarray, shape (n,)
        ``radius`` [px], the mean of each image by its name, and ``error``, that of
        the data's mean by the noise of its pixels.
    """
    radius = elliptical_radius(part, mask.shape)
    edge = min(radius[[0, -1]].min(), radius[:, [0, -1]].min())
    steps = [0.0]
    while steps[-1] < edge:
        steps.append(steps[-1] + max(LEAST_STEP, GROWTH * steps[-1]))
    good = ~mask & (radius < steps[-1])
    index = np.digitize(radius[good], steps) - 1
    count = np.bincount(index, minlength=len(steps))
    some = count > 0

    def mean(values: np.ndarray) -> np.ndarray:
        sums = np.bincount(index, values[good], minlength=len(steps))
        return sums[some] / count[some]

    found = {name: mean(image) for name, image in images.items()}
    error = np.sqrt(mean(sigma**2) / count[some])
    return found | {"radius": mean(radius), "error": error}


def profile_panel(
    axes: Axes, found: Mapping[str, np.ndarray], multiplier: float
) -> None:
    """Draw a profile: data with errors, model, and components in their colours.

    `found` is from `radial_profile`, with ``data``, ``model`` and those of `COLOURS`
    that the galaxy has.
    """
    radius = found["radius"] * PIXEL
    seen = found["data"] > LEAST_SIGNAL * found["error"]
    data, error = found["data"][seen], found["error"][seen]
    bars = [
        magnitudes(data, multiplier) - magnitudes(data + error, multiplier),
        # An error as large as its value has no faint end.
        magnitudes(np.maximum(data - error, 0.05 * data), multiplier)
        - magnitudes(data, multiplier),
    ]
    mu = magnitudes(data, multiplier)
    axes.errorbar(radius[seen], mu, bars, fmt="o", ms=2.2, lw=0.6, mew=0,
                  color=style.BLACK, label="data", zorder=3)  # fmt: skip
    axes.plot(radius, magnitudes(found["model"], multiplier), color=style.GREY, lw=1.6,
              label="model")  # fmt: skip
    for name, colour in COLOURS.items():
        if name in found:
            label = "arms" if name == "spiral" else name
            axes.plot(radius, magnitudes(found[name], multiplier), color=colour,
                      lw=1.1, ls=(0, (4, 1.5)), label=label)  # fmt: skip
    if len(mu):
        axes.set_ylim(mu.max() + 1.2, mu.min() - 0.5)
    if len(radius):
        axes.set_xlim(0, radius[-1] * 1.02)
    axes.set(xlabel="semi-major radius [arcsec]", ylabel=BRIGHTNESS)
    handles, words = axes.get_legend_handles_labels()
    first = words.index("data")  # which matplotlib puts last
    order = [first, *(i for i in range(len(words)) if i != first)]
    axes.legend([handles[i] for i in order], [words[i] for i in order],
                loc="upper right", labelspacing=0.2)  # fmt: skip
