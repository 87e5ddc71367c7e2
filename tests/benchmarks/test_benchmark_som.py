"""Speed of a SOM epoch against MiniSom and XPySom, at equal quality.

A map of 15 x 15 on spectra of 443 pixels, and the two sizes of maps of galaxy spectra:
15 x 15 on 256 latent values, 32 x 32 on 4544 pixels. All run in one process on one
core; processor time a row is compared, so that a busy machine does not decide.
"""

from __future__ import annotations

import time
import warnings

import minisom
import numpy as np
import pytest
import xpysom
from skyloom.som.model import Som
from skyloom.som.quality import quantisation_error, topographic_error
from skyloom.som.start import principal
from skyloom.som.training import epoch, shrinking
from threadpoolctl import threadpool_limits

pytestmark = pytest.mark.benchmark
SHAPE, WIDTH = (15, 15), 443
EPOCHS, FIRST_RADIUS = 10, 3.0
# Map, width, rows, rows for MiniSom, and goals against MiniSom and XPySom.
SIZES = [
    pytest.param((15, 15), 256, 40_000, 2000, 20, 2, id="15x15, 256"),
    pytest.param((32, 32), 4544, 8000, 100, 300, 4, id="32x32, 4544"),
]


def spectra(n_rows: int, seed: int, width: int = WIDTH) -> np.ndarray:
    """Return standardised spectra: a slope, two redshifted lines, a break, noise."""
    rng = np.random.default_rng(seed)
    wave = np.geomspace(3600, 10000, width)
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


def least_time(function, *arguments, runs=5):
    """Return the least of some processor times [s], and the last result."""
    made = [processor_time(function, *arguments) for _ in range(runs)]
    return min(seconds for seconds, _ in made), made[-1][1]


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
    theirs, weights = least_time(_xpysom, start, rows, FIRST_RADIUS)
    ours, done = least_time(epoch, start, rows, FIRST_RADIUS)
    record_property("ratio", theirs / ours)
    print(
        f"som: {1e6 * ours / len(rows):.1f} us a row, XPySom "
        f"{1e6 * theirs / len(rows):.1f} us, ratio {theirs / ours:.2f}"
    )
    np.testing.assert_allclose(done.weights, weights, atol=1e-3)
    assert theirs / ours >= 2


@pytest.mark.parametrize(("shape", "width", "n", "few", "minisoms", "xpysoms"), SIZES)
def test_sizes_of_maps_of_galaxy_spectra(
    shape, width, n, few, minisoms, xpysoms, record_property
):
    """Mean epoch of a training whose radius falls from half a side to 0.5."""
    rows = spectra(n, 1, width)
    start = principal(rows[:2000], shape, "sheet")
    peer = minisom.MiniSom(*shape, width, sigma=FIRST_RADIUS, random_seed=1)
    peer._weights = start.weights.astype(float)
    slow = processor_time(lambda: peer.train(rows[:few], 1, True, use_epochs=True))
    seconds = {"MiniSom": [slow[0] / few], "XPySom": [], "ours": []}
    for radius in shrinking(5, shape[0] / 2):
        ours = least_time(epoch, start, rows, radius, runs=2)[0] / n
        theirs = least_time(_xpysom, start, rows, radius, runs=1)[0] / n
        seconds["ours"].append(ours)
        seconds["XPySom"].append(theirs)
    mean = {name: np.mean(values) for name, values in seconds.items()}
    text = ", ".join(f"{name} {1e6 * t:.1f}" for name, t in mean.items())
    each = np.array(seconds["XPySom"]) / seconds["ours"]
    print(f"som {shape} {width}: us a row: {text}; XPySom's by radius {each.round(1)}")
    ratios = [mean[name] / mean["ours"] for name in ("MiniSom", "XPySom")]
    record_property("ratios", ratios)
    assert ratios[0] >= minisoms
    assert ratios[1] >= xpysoms


def _xpysom(start: Som, rows: np.ndarray, radius: float) -> np.ndarray:
    """Return the weights after an epoch of XPySom's."""
    how = {"sigma": radius, "std_coeff": 1.0, "xp": np}
    peer = xpysom.XPySom(*start.shape, start.width, **how)
    peer._weights = start.weights
    with warnings.catch_warnings():  # of 0 / 0, where no row votes
        warnings.simplefilter("ignore", RuntimeWarning)
        peer.train(rows, 1)
    return peer.get_weights()
