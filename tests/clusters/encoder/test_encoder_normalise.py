"""asinh of the signal-to-noise."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skyloom.clusters.encoder.normalise import Asinh, finite, noise_scale


def test_is_asinh_at_each_scale():
    """Numpy's own asinh is the independent source, from faint to saturated."""
    size = np.concatenate([[0.0], np.geomspace(1e-4, 60_000, 40)])
    counts = np.stack([size, -size]).astype(np.float32)
    normalise = Asinh(2)
    normalise.set_noise([2.0, 5.0])
    got = normalise(torch.tensor(counts)[None, :, None])[0, :, 0].numpy()
    noise = np.array([[2.0], [5.0]])
    for k, scale in enumerate((1.0, 10.0)):
        expected = np.arcsinh(counts / (noise * scale))
        np.testing.assert_allclose(got[2 * k : 2 * k + 2], expected, atol=2e-6)


def test_bad_pixels_are_sky():
    """NaN and 0 give the same."""
    counts = torch.full((1, 2, 4, 4), 7.0)
    normalise = Asinh(2)
    zero, nan = counts.clone(), counts.clone()
    zero[..., 1, 2], nan[..., 1, 2] = 0.0, torch.nan
    assert torch.equal(normalise(finite(nan)), normalise(zero))
    assert not torch.equal(normalise(counts), normalise(zero))


def test_saturated_float16_stays_finite():
    counts = torch.full((1, 1, 2, 2), 1e6).half()
    assert counts.isinf().all()
    assert Asinh(1)(finite(counts)).isfinite().all()


def test_noise_is_the_sky_whatever_the_stars():
    """A tenth of bright pixels, and some that are NaN, move it by a tenth at most."""
    draw = np.random.default_rng(0)
    images = draw.normal(3, [[[[2.0]], [[7.0]]]], (1, 2, 200, 200))
    assert noise_scale(images) == pytest.approx([2.0, 7.0], rel=0.02)
    images[..., :20, :], images[..., 20, :] = 5000.0, np.nan
    assert noise_scale(images) == pytest.approx([2.0, 7.0], rel=0.15)


@pytest.mark.parametrize("value", [np.nan, 3.0])
def test_noise_of_nothing_is_refused(value):
    images = np.random.default_rng(0).normal(size=(1, 2, 8, 8))
    images[0, 1] = value
    with pytest.raises(ValueError, match="empty or constant"):
        noise_scale(images)
