"""Speed of a SOM epoch against MiniSom and XPySom, at equal quality.

A map of 15 x 15 on spectra of 443 pixels. All run in one process on one core;
processor time a row is compared, so that a busy machine does not decide.
"""

from __future__ import annotations

import time

import minisom
import numpy as np
import pytest
import xpysom
from skyloom.som.model import Som
from skyloom.som.quality import quantisation_error, topographic_error
from skyloom.som.start import principal
from skyloom.som.training import epoch
from threadpoolctl import threadpool_limits

pytestmark = pytest.mark.benchmark
SHAPE, WIDTH = (15, 15), 443
EPOCHS, FIRST_RADIUS = 10, 3.0


def spectra(n_rows: int, seed: int) -> np.ndarray:
    """Return standardised spectra: a slope, two redshifted lines, a break, noise."""
    rng = np.random.default_rng(seed)
    wave = np.geomspace(3600, 10000, WIDTH)
    slope, z = rng.normal(-1, 0.7, (n_rows, 1)), rng.uniform(0, 3, (n_rows, 1))
    flux = (wave / 6000) ** slope
    for rest, typical in ((1549, 1.5), (2798, 1.0)):
        height = typical * rng.lognormal(0, 0.4, (n_rows, 1))
        flux += height * np.exp(-0.5 * ((wave / (rest * (1 + z)) - 1) / 0.015) ** 2)
    flux += rng.random((n_rows, 1)) * (wave > 4000 * (1 + z))
    flux += rng.lognormal(-1.5, 0.5, (n_rows, 1)) * rng.normal(size=flux.shape)
    flux -= flux.mean(axis=1, keepdims=True)
    return (flux / flux.std(axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    return spectra(20_000, 1)


@pytest.fixture(scope="module")
def start(rows) -> Som:
    return principal(rows[:2000], SHAPE, "sheet")


def processor_time(function, *arguments):
    """Return the processor time of a call on one thread [s], and what it returned."""
    with threadpool_limits(1):
        begin = time.process_time()
        result = function(*arguments)
        return time.process_time() - begin, result


def least_time(function, *arguments):
    """Return the least of five processor times [s], and the last result."""
    runs = [processor_time(function, *arguments) for _ in range(5)]
    return min(seconds for seconds, _ in runs), runs[-1][1]


def test_epoch_is_faster_than_minisoms(rows, start, record_property):
    """Twenty times at no larger quantisation error; the microseconds are printed."""
    few, unseen = rows[:2000], spectra(2000, 2)
    peer = minisom.MiniSom(*SHAPE, WIDTH, sigma=FIRST_RADIUS, random_seed=1)
    peer._weights = start.weights.astype(float)
    spent, _ = processor_time(lambda: peer.train(few, EPOCHS, True, use_epochs=True))
    theirs = spent / (EPOCHS * len(few))
    ours = least_time(epoch, start, rows, FIRST_RADIUS)[0] / len(rows)
    radii = [FIRST_RADIUS / (1 + 2 * k / EPOCHS) for k in range(EPOCHS)]  # MiniSom's
    last = start
    for radius in radii:
        last = epoch(last, few, radius)
    peers = Som(peer.get_weights().astype(np.float32), "sheet")
    errors = [quantisation_error(som, unseen) for som in (last, peers)]
    folds = [topographic_error(som, unseen) for som in (last, peers)]
    record_property("ratio", theirs / ours)
    print(
        f"som: {1e6 * ours:.1f} us a row, MiniSom {1e6 * theirs:.0f} us; on unseen "
        f"rows quantisation error {errors[0]:.3f} and {errors[1]:.3f}, topographic "
        f"{folds[0]:.3f} and {folds[1]:.3f}"
    )
    assert errors[0] <= errors[1]
    assert theirs / ours >= 20


def test_epoch_is_faster_than_xpysoms(rows, start, record_property):
    """Twice, to the same weights; the microseconds are printed."""
    settings = {"sigma": FIRST_RADIUS, "std_coeff": 1.0, "xp": np}

    def their_epoch():
        peer = xpysom.XPySom(*SHAPE, WIDTH, **settings)
        peer._weights = start.weights
        peer.train(rows, 1)
        return peer.get_weights()

    theirs, weights = least_time(their_epoch)
    ours, done = least_time(epoch, start, rows, FIRST_RADIUS)
    record_property("ratio", theirs / ours)
    print(
        f"som: {1e6 * ours / len(rows):.1f} us a row, XPySom "
        f"{1e6 * theirs / len(rows):.1f} us, ratio {theirs / ours:.2f}"
    )
    np.testing.assert_allclose(done.weights, weights, atol=1e-3)
    assert theirs / ours >= 2
