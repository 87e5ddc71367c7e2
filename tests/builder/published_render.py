"""Images as the published models were rendered: a regular grid of 5 x 5 points a pixel.

Arms are sampled at pixel centres. Source: Lingard et al. 2020, section 3.
"""

import numpy as np
import shapely
from skyloom.builder.fitting.profiles import sersic_b
from skyloom.builder.fitting.spirals import log_spiral
from skyloom.builder.model import DrawnArm

POINTS = 5


def sampled_components(model, shape, points=POINTS):
    """Return the images (ny, nx) of the components that a model has, without PSF."""
    images = {
        name: _sampled(part, shape, points) for name, part in model.components().items()
    }
    if model.disk is not None and model.spiral:
        centres = _grid(shape, 1)
        ridges = (ridge(model.disk, arm, *centres) for arm in model.spiral)
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


def pixel_means(model, shape, points, arm_points):
    """Return the components on fine grids, the arms too: near to exact pixel means."""
    images = sampled_components(model, shape, points)
    if "spiral" in images:
        x, y = _grid(shape, arm_points)
        fine = sum(ridge(model.disk, arm, x, y) for arm in model.spiral)
        fine *= surface_brightness(model.disk, x, y)
        images["spiral"] = _means(fine, shape, arm_points)
    return images


def ridge(disk, arm, x, y):
    """Return an arm's light over the disk's at points."""
    line = arm.points if isinstance(arm, DrawnArm) else log_spiral(disk, arm)[0]
    distance = shapely.distance(shapely.points(x, y), shapely.LineString(line))
    return arm.I * np.exp(-(distance**2) / (2 * arm.spread**2))


def _sampled(part, shape, points):
    return _means(surface_brightness(part, *_grid(shape, points)), shape, points)


def _grid(shape, points):
    offsets = (np.arange(points) + 0.5) / points - 0.5
    y, x = (np.add.outer(np.arange(n), offsets).ravel() for n in shape)
    return x, y[:, None]


def _means(fine, shape, points):
    ny, nx = shape
    return fine.reshape(ny, points, nx, points).mean(axis=(1, 3))
