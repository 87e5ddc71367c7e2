r"""Convolutions of width 10 and stride 2 with 40 % of the multiplications.

A pair of neighbouring pixels is one pixel of twice the channels, and the convolution
becomes one of 5 pairs and stride 1. Four neighbouring outputs then need 8 products of
matrices instead of 20 (Toom & Cook; Winograd 1980; Lavin & Gray 2016, arXiv
1509.09308):

.. math:: y = A^T \left[ (G g) \odot (B^T d) \right]

with :math:`d` eight pairs of pixels, :math:`g` the five taps, and matrices that
evaluate polynomials at :math:`0, \pm 1, \pm 2, \pm 1/2, \infty`. In float32 the
result is as good as the direct sum to a factor of about 4 in rounding.
"""

from __future__ import annotations

import numpy as np
from numba import njit

TILE = 4  # outputs at a time
TAPS = 5  # pairs of pixels under the kernel
POINTS = TILE + TAPS - 1
FINITE = np.array([0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5])


def fits(width: int, stride: int) -> bool:
    """Return if a convolution is of the one shape that is written here."""
    return stride == 2 and 2 * TAPS - 1 <= width <= 2 * TAPS


def tiles(positions: int) -> int:
    """Return how many tiles cover the outputs."""
    return -(-positions // TILE)


def room(positions: int) -> int:
    """Return how many pixels, padding included, the input must have."""
    return 2 * (TILE * tiles(positions) + TAPS - 1)


def evaluate_kernel(kernel: np.ndarray) -> np.ndarray:
    r"""Return :math:`G g`, evaluated in float64.

    The kernel is (9 or 10, channels, filters), the result (8, 2 * channels, filters).
    """
    width, channels, filters = kernel.shape
    padded = np.zeros((2 * TAPS, channels, filters))
    padded[:width] = kernel
    taps = padded.reshape(TAPS, 2 * channels, filters)
    return np.einsum("pt,tcf->pcf", _evaluation(), taps).astype(np.float32)


def _evaluation() -> np.ndarray:
    """Return G, shape (8, 5).

    Each point's powers over the product of its differences from the others; B^T then
    has the coefficients of those products' polynomials.
    """
    differences = FINITE[:, None] - FINITE
    np.fill_diagonal(differences, 1.0)
    powers = FINITE[:, None] ** np.arange(TAPS)
    last = np.eye(TAPS)[-1:]
    return np.concatenate([powers / differences.prod(axis=1)[:, None], last])


@njit(nogil=True, cache=True, fastmath=True)
def evaluate_pixels(pairs, out):
    """Write B^T d for every tile. All arrays are C-contiguous, or nothing is fast.

    `pairs` is the padded input, `room` pixels or more, (n, pairs, 2 * channels);
    `out` is (n, tiles, 8, 2 * channels).
    """
    f = np.float32
    for row in range(out.shape[0]):
        d = pairs[row]
        for tile in range(out.shape[1]):
            v, p = out[row, tile], TILE * tile
            for c in range(out.shape[3]):
                d0, d1, d2, d3 = d[p, c], d[p + 1, c], d[p + 2, c], d[p + 3, c]
                d4, d5, d6, d7 = d[p + 4, c], d[p + 5, c], d[p + 6, c], d[p + 7, c]
                v[0, c] = d6 - d0 + f(5.25) * (d2 - d4)
                even, odd = d2 + d6 - f(4.25) * d4, d1 + d5 - f(4.25) * d3
                v[1, c] = even + odd
                v[2, c] = even - odd
                even = f(0.25) * d2 - f(1.25) * d4 + d6
                odd = f(0.5) * d1 - f(2.5) * d3 + f(2) * d5
                v[3, c] = even + odd
                v[4, c] = even - odd
                even = f(4) * d2 - f(5) * d4 + d6
                odd = f(2) * d1 - f(2.5) * d3 + f(0.5) * d5
                v[5, c] = even + odd
                v[6, c] = even - odd
                v[7, c] = d7 - d1 + f(5.25) * (d3 - d5)


@njit(nogil=True, cache=True, fastmath=True)
def interpolate(products, bias, out, start, positions):
    """Write ReLU(A^T m + bias) for every tile. All arrays are C-contiguous.

    `products` is (8, n, tiles, filters), `out` (n, pixels, filters); written are
    `positions` pixels from `start` on, and what the last tile gives beyond is dropped.
    """
    f, zero = np.float32, np.float32(0)
    last = np.empty((TILE, products.shape[3]), np.float32)
    for row in range(out.shape[0]):
        for tile in range(products.shape[2]):
            m0, m7 = products[0, row, tile], products[7, row, tile]
            m1, m2 = products[1, row, tile], products[2, row, tile]
            m3, m4 = products[3, row, tile], products[4, row, tile]
            m5, m6 = products[5, row, tile], products[6, row, tile]
            rest, y, p = positions - TILE * tile, out[row], start + TILE * tile
            if rest < TILE:
                y, p = last, 0
            for c in range(bias.shape[0]):
                sum1, dif1 = m1[c] + m2[c], m1[c] - m2[c]
                sum2, dif2 = m3[c] + m4[c], m3[c] - m4[c]
                sum3, dif3 = m5[c] + m6[c], m5[c] - m6[c]
                b = bias[c]
                y[p, c] = max(m0[c] + sum1 + sum2 + sum3 + b, zero)
                y[p + 1, c] = max(dif1 + f(2) * dif2 + f(0.5) * dif3 + b, zero)
                y[p + 2, c] = max(sum1 + f(4) * sum2 + f(0.25) * sum3 + b, zero)
                end = dif1 + f(8) * dif2 + f(0.125) * dif3 + m7[c] + b
                y[p + 3, c] = max(end, zero)
            for k in range(rest if rest < TILE else 0):
                out[row, start + TILE * tile + k] = last[k]


def ten_taps(kernel: np.ndarray) -> np.ndarray:
    """Return a kernel (9 or 10, 1, filters) of one channel as (10, filters)."""
    taps = np.zeros((2 * TAPS, kernel.shape[2]), np.float32)
    taps[: len(kernel)] = kernel[:, 0]
    return taps


@njit(nogil=True, cache=True, fastmath=True)
def convolve_pixels(x, taps, bias, out, start, positions):
    """Write ReLU(convolution) of one channel with stride 2. All are C-contiguous.

    `x` are padded spectra (n, pixels), `taps` is from `ten_taps`; `positions` pixels of
    `out` (n, pixels, filters) are written from `start` on.
    """
    zero = np.float32(0)
    for row in range(out.shape[0]):
        for position in range(positions):
            y, p = out[row, start + position], 2 * position
            x0, x1, x2, x3 = x[row, p], x[row, p + 1], x[row, p + 2], x[row, p + 3]
            x4, x5, x6 = x[row, p + 4], x[row, p + 5], x[row, p + 6]
            x7, x8, x9 = x[row, p + 7], x[row, p + 8], x[row, p + 9]
            for c in range(bias.shape[0]):
                left = x0 * taps[0, c] + x1 * taps[1, c] + x2 * taps[2, c]
                left += x3 * taps[3, c] + x4 * taps[4, c]
                right = x5 * taps[5, c] + x6 * taps[6, c] + x7 * taps[7, c]
                right += x8 * taps[8, c] + x9 * taps[9, c]
                y[c] = max(left + right + bias[c], zero)
