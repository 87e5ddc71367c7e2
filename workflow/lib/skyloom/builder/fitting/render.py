"""Images of galaxy models: pixel-integrated components, convolved with the PSF."""

from __future__ import annotations

import numpy as np
from scipy import fft

from skyloom.builder.fitting.profiles import (
    PARTIALS,
    integrate_arm,
    integrate_sersic,
)
from skyloom.builder.fitting.spirals import log_spiral
from skyloom.builder.model import DrawnArm, Model, Sersic, SpiralArm


class Convolver:
    """True convolution of images of one shape with one PSF, edges included.

    Light from outside the frame reaches its edge pixels: models are rendered on a
    frame wider by `margin` on each side, and only the inner part, of `shape`, is
    returned. `psf`, of odd shape and sum 1, has its origin on its centre pixel; None
    renders without.
    """

    def __init__(self, psf, shape):
        self.shape = tuple(shape)
        psf = np.ones((1, 1)) if psf is None else np.asarray(psf, float)
        self.margin = tuple(k // 2 for k in psf.shape)
        self.wide = tuple(n + 2 * m for n, m in zip(shape, self.margin, strict=True))
        self._size = [fft.next_fast_len(n, real=True) for n in self.wide]
        kernel = None if psf.size == 1 else fft.rfft2(psf, self._size)
        self._kernels = kernel, None if kernel is None else kernel.astype(np.complex64)

    def __call__(self, images):
        """Convolve images, shape (..., *wide), and crop them to (..., *shape).

        Those of single precision stay so, at half the cost.
        """
        kernel = self._kernels[images.dtype == np.float32]
        if kernel is None:
            return images
        spectrum = fft.rfft2(images, self._size)
        spectrum *= kernel
        wide = fft.irfft2(spectrum, self._size, overwrite_x=True)
        (my, mx), (ny, nx) = self.margin, self.shape
        return wide[..., 2 * my : 2 * my + ny, 2 * mx : 2 * mx + nx]


def sersic_image(
    part: Sersic,
    frame: Convolver,
    rtol: float,
    jac: bool = False,
    n_partials: int = len(PARTIALS),
):
    """Return a component of unit `I` on the wide frame, with partials if asked.

    See `profiles.integrate_sersic`.
    """
    my, mx = frame.margin
    centre = part.mux + mx, part.muy + my
    shape = part.roll, part.q, part.Re, part.n, part.c
    return integrate_sersic(*frame.wide, *centre, *shape, rtol, jac, n_partials)


def arm_image(
    disk: Sersic,
    arm: SpiralArm | DrawnArm,
    frame: Convolver,
    rtol: float,
    jac: bool = False,
):
    """Return an arm of unit `I` on a disk of unit `I`, on the wide frame.

    See `profiles.integrate_arm`; the line of a drawn arm follows no parameter.
    """
    my, mx = frame.margin
    if isinstance(arm, DrawnArm):
        points, partials = arm.points, np.zeros((*arm.points.shape, 8))
    else:
        points, partials = log_spiral(disk, arm)
    place = disk.mux + mx, disk.muy + my, disk.roll, disk.q, disk.Re
    points = np.ascontiguousarray(points + np.array([mx, my]))
    shape = *frame.wide, points, partials, *place, arm.spread
    return integrate_arm(*shape, rtol, jac)


def render_components(model: Model, shape, psf=None, *, rtol=1e-4):
    """Return the images of a model's components.

    Parameters
    ----------
    model : Model
        Arms without a disk have no light and are left out.
    shape : tuple of int
        ``(ny, nx)``.
    psf : ndarray or Convolver, optional
        Convolved with, flux-conserving at the edges.
    rtol : float
        Error allowed in each pixel before convolution, relative to its value.

    Returns
    -------
    dict of str to ndarray, shape (ny, nx)
        Those present of disk, bulge, bar and spiral [image units].
    """
    frame = psf if isinstance(psf, Convolver) else Convolver(psf, shape)
    return {k: frame(image) for k, image in _wide(model, frame, rtol).items()}


def render(model: Model, shape, psf=None, *, rtol=1e-4):
    """Return the image of a model; arguments as for `render_components`."""
    frame = psf if isinstance(psf, Convolver) else Convolver(psf, shape)
    images = _wide(model, frame, rtol).values()
    return frame(sum(images, np.zeros(frame.wide)))


def _wide(model: Model, frame: Convolver, rtol: float) -> dict[str, np.ndarray]:
    images = {
        name: part.I * sersic_image(part, frame, rtol)[0]
        for name, part in model.components().items()
    }
    disk = model.disk
    if disk is not None and model.spiral:
        arms = (arm.I * arm_image(disk, arm, frame, rtol)[0] for arm in model.spiral)
        images["spiral"] = disk.I * sum(arms)
    return images
