"""Model images: convolution, sampling, and the published renderings."""

import numpy as np
import pytest
from builder.published_render import sampled, surface_brightness
from scipy.signal import convolve2d
from skyloom.builder.fitting.profiles import _profile, sersic_b
from skyloom.builder.fitting.render import Convolver, render, render_components
from skyloom.builder.model import DrawnArm, Model, Sersic, SpiralArm

DISK = Sersic(20.3, 19.1, 0.5, 0.6, 5.0, 1.0)
BAR = Sersic(20.3, 19.1, 1.0, 0.3, 2.0, 2.0, 0.6, 2.5)
ARM = SpiralArm(0.5, 1.5, 3.0, 20.0, 0.0, 3.0)
MODEL = Model(disk=DISK, bar=BAR, spiral=(ARM,))


@pytest.fixture
def psf():
    y, x = np.mgrid[-4:5, -3:4]
    image = np.exp(-((x - 0.4) ** 2 + 2 * (y + 0.3) ** 2) / 4)
    return image / image.sum()


def test_true_convolution(psf):
    """An asymmetric PSF is convolved with, not correlated, as scipy does it."""
    wide = np.random.default_rng(1).random((38, 46))
    frame = Convolver(psf, (30, 40))
    np.testing.assert_allclose(frame(wide), convolve2d(wide, psf, "valid"), atol=1e-12)


def test_light_crosses_the_edge(psf):
    """A frame cut from a larger one has the same pixels: no edge effect."""
    whole = render(MODEL, (41, 41), psf)
    cut = render(MODEL, (41, 24), psf)
    np.testing.assert_allclose(cut, whole[:, :24], atol=1e-9)


def test_components_sum_to_the_image(psf):
    """The image is the sum of its components."""
    parts = render_components(MODEL, (41, 41), psf)
    assert list(parts) == ["disk", "bar", "spiral"]
    np.testing.assert_allclose(sum(parts.values()), render(MODEL, (41, 41), psf))


def test_sampled_rendering_nears_the_integral():
    """Upstream's 5 x 5 points are near the exact pixel means, 15 x 15 nearer."""
    exact = render(Model(disk=DISK), (41, 41), rtol=1e-6)
    errors = [
        np.abs(sampled(Model(disk=DISK), (41, 41), k) - exact).max() for k in (1, 5, 15)
    ]
    assert errors[0] > 5 * errors[1] > 10 * errors[2]


@pytest.mark.parametrize("part", [DISK, BAR])
def test_published_profile_is_the_kernel_s(part):
    """The profile that the golden images check is the one that fits integrate."""
    x, y = np.random.default_rng(2).uniform(0, 40, (2, 50))
    cos, sin = np.cos(part.roll), np.sin(part.roll)
    dx, dy = x - part.mux, y - part.muy
    shape = part.q, part.Re, part.n, part.c, sersic_b(part.n)
    places = zip(cos * dx + sin * dy, cos * dy - sin * dx, strict=True)
    kernel = [part.I * _profile(*place, *shape)[2] for place in places]
    np.testing.assert_allclose(surface_brightness(part, x, y), kernel, rtol=1e-12)


def test_arms_need_a_disk():
    """Arms without a disk have no light."""
    assert not render(Model(spiral=(ARM,)), (9, 9)).any()


def test_drawn_arm_is_rendered():
    """A drawn polyline along a spiral renders as that spiral."""
    from skyloom.builder.fitting.spirals import log_spiral

    drawn = DrawnArm(log_spiral(DISK, ARM)[0], ARM.I, ARM.spread)
    spiral = render(Model(disk=DISK, spiral=(ARM,)), (41, 41))
    polyline = render(Model(disk=DISK, spiral=(drawn,)), (41, 41))
    np.testing.assert_allclose(polyline, spiral)


def test_rendering_is_deterministic(psf):
    """Same model, same bytes."""
    first, second = (render(MODEL, (41, 41), psf).tobytes() for _ in range(2))
    assert first == second
