"""The convolution with few multiplications."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skyloom.quasars.network import toom_cook
from skyloom.quasars.network.parameters import Affine
from skyloom.quasars.network.run_numpy import convolve


@settings(max_examples=40, deadline=None)
@given(
    pixels=st.integers(10, 70),
    pads=st.tuples(st.integers(0, 5), st.integers(0, 5)),
    seed=st.integers(0, 2**20),
)
def test_few_multiplications(pixels, pads, seed):
    """The three steps are the convolution, for any length and padding."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((2, pixels, 3)).astype(np.float32)
    kernel = rng.standard_normal((10, 3, 4)).astype(np.float32)
    bias = rng.standard_normal(4).astype(np.float32)
    expected = convolve(x, Affine(kernel, bias), 2, pads)
    positions = expected.shape[1]
    padded = np.zeros((2, toom_cook.room(positions) + 20, 3), np.float32)
    padded[:, pads[0] : pads[0] + pixels] = x
    padded = padded[:, : len(padded[0]) // 2 * 2]
    tiles = toom_cook.tiles(positions)
    values = np.empty((2, tiles, toom_cook.POINTS, 6), np.float32)
    toom_cook.evaluate_pixels(padded.reshape(2, -1, 6), values)
    points = toom_cook.evaluate_kernel(kernel)
    products = np.einsum("ntpc,pcf->pntf", values, points)
    out = np.full((2, positions + 3, 4), 7, np.float32)
    toom_cook.interpolate(np.ascontiguousarray(products), bias, out, 1, positions)
    assert out[:, 1 : 1 + positions] == pytest.approx(expected, abs=1e-4)
    assert (out[:, [0, -1]] == 7).all()
