"""Small galaxies with known truth, for the tests of fits."""

import dataclasses

import numpy as np
from skyloom.builder.fitting.render import render, render_components
from skyloom.builder.model import Model, Sersic, SpiralArm

SHAPE = (61, 64)
TRUTH = Model(
    disk=Sersic(31.3, 29.6, 0.6, 0.6, 12.0, 0.1),
    bulge=Sersic(31.1, 29.9, 1.1, 0.8, 2.5, 0.5, n=1.8),
    spiral=(SpiralArm(0.8, 2.0, 6.0, 18.0, 0.2, 3.2),),
)
SCATTER = {
    "disk": {"mux": 1.0, "muy": 1.0, "roll": 0.1, "q": 0.06, "Re": 2.0},
    "bulge": {"mux": 0.5, "muy": 0.5, "roll": 0.4, "q": 0.12, "Re": 0.6},
    "bar": None,
    "spiral": [{"A": 0.4, "phi": 2.0, "t_min": 0.1, "t_max": 0.1, "spread": None}],
}


@dataclasses.dataclass
class Pixels:
    """What a fit reads of a cutout."""

    image: np.ndarray
    sigma: np.ndarray
    mask: np.ndarray
    psf: np.ndarray


def gaussian_psf(width=1.2, size=11):
    """Return a round PSF of sum 1."""
    y, x = np.mgrid[:size, :size] - size // 2
    image = np.exp(-(x**2 + y**2) / (2 * width**2))
    return image / image.sum()


def observed(model=TRUTH, seed=0, noise=0.01, shape=SHAPE):
    """Return noisy pixels of a model, a few of them masked and wild."""
    rng = np.random.default_rng(seed)
    psf = gaussian_psf()
    sigma = np.full(shape, noise)
    image = render(model, shape, psf) + sigma * rng.standard_normal(shape)
    mask = rng.random(shape) < 0.01
    image[mask] = 1e6
    return Pixels(image, sigma, mask, psf)


def crowd_start(seed=0):
    """Return the truth displaced as a crowd would, its brightness unknown."""
    rng = np.random.default_rng(seed)

    def moved(part, scatter):
        changes = {
            key: getattr(part, key) + s * rng.standard_normal() * 0.7
            for key, s in scatter.items()
            if s is not None
        }
        return dataclasses.replace(part, **changes, I=0.01)

    arms = zip(TRUTH.spiral, SCATTER["spiral"], strict=True)
    return Model(
        disk=moved(TRUTH.disk, SCATTER["disk"]),
        bulge=dataclasses.replace(moved(TRUTH.bulge, SCATTER["bulge"]), n=1.0),
        spiral=tuple(moved(arm, scatter) for arm, scatter in arms),
    )


DARK = SpiralArm(1.0, 2.0, 17.0, 12.0, 3.4, 5.0)


def with_a_dark_arm():
    """Return a start whose second arm is darker than the disk, and the pixels."""
    pixels = observed()
    disk = dataclasses.replace(TRUTH.disk, I=1.0)
    arm = render_components(Model(disk=disk, spiral=(DARK,)), SHAPE, pixels.psf)
    pixels.image -= 0.05 * arm["spiral"]
    start = crowd_start()
    errors = SCATTER | {"spiral": 2 * SCATTER["spiral"]}
    return dataclasses.replace(start, spiral=(*start.spiral, DARK)), errors, pixels
