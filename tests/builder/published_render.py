"""Images as the published models were rendered: a regular grid of 5 x 5 points a pixel.

Arms are sampled at pixel centres. Source: Lingard et al. 2020, section 3.
"""

import numpy as np
from skyloom.builder.fitting.profiles import polyline_distance, sersic_b
from skyloom.builder.fitting.spirals import log_spiral
from skyloom.builder.model import DrawnArm

POINTS = 5


def sampled_components(model, shape, points=POINTS):
    """Return the images (ny, nx) of the components that a model has, without PSF."""
    images = {
        name: _sampled(part, shape, points) for name, part in model.components().items()
    }
    if model.disk is not None and model.spiral:
        ridges = (_ridge(model.disk, arm, shape) for arm in model.spiral)
        images["spiral"] = images["disk"] * sum(ridges)
    return images


def sampled(model, shape, points=POINTS):
    """Return the image (ny, nx) of a model without PSF."""
    images = sampled_components(model, shape, points)
    return sum(images.values(), np.zeros(shape))


def surface_brightness(part, x, y):
    """Return the profile of a component at points."""
    dx, dy = x - part.mux, y - part.muy
    cos_t, sin_t = np.cos(part.roll), np.sin(part.roll)
    u, v = cos_t * dx + sin_t * dy, cos_t * dy - sin_t * dx
    R = (np.abs(u / part.q) ** part.c + np.abs(v) ** part.c) ** (1 / part.c)
    return part.I * np.exp(-sersic_b(part.n) * ((R / part.Re) ** (1 / part.n) - 1))


def _sampled(part, shape, points):
    ny, nx = shape
    offsets = (np.arange(points) + 0.5) / points - 0.5
    x = (np.arange(nx)[:, None] + offsets).ravel()
    y = (np.arange(ny)[:, None] + offsets).ravel()[:, None]
    fine = surface_brightness(part, x, y)
    return fine.reshape(ny, points, nx, points).mean(axis=(1, 3))


def _ridge(disk, arm, shape):
    line = arm.points if isinstance(arm, DrawnArm) else log_spiral(disk, arm)[0]
    distance = polyline_distance(*shape, np.ascontiguousarray(line, float))
    return arm.I * np.exp(-(distance**2) / (2 * arm.spread**2))
