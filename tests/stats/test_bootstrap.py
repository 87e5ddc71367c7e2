"""Bootstraps of whole objects."""

import numpy as np
import pytest
from scipy import stats
from skyloom.stats import bootstrap


@pytest.fixture
def rng():
    return np.random.default_rng(8)


def test_whole_objects_are_drawn(rng):
    """Rows of an object come together; as many objects as there are."""
    ids = np.array([3, 1, 3, 2])
    drawn = [np.bincount(r, minlength=4) for r in bootstrap.resampled(ids, 200, rng)]
    assert all(c[0] == c[2] and c[0] + c[1] + c[3] == 3 for c in drawn)
    assert np.mean(drawn, axis=0) == pytest.approx(1, abs=0.2)


def test_interval_is_scipys(rng):
    """The mean of a skew sample, at 68 %: percentiles as scipy's bootstrap has them."""
    values = rng.exponential(size=80)
    found = bootstrap.bootstrap(np.mean, values, rng, draws=4000, level=0.68)
    theirs = stats.bootstrap(
        (values,),
        np.mean,
        n_resamples=4000,
        confidence_level=0.68,
        method="percentile",
        rng=rng,
    ).confidence_interval
    assert found["value"] == values.mean()
    assert (found["low"], found["high"]) == pytest.approx(tuple(theirs), rel=0.02)


def test_copies_do_not_narrow(rng):
    """Ten exposures of each object: the interval of ten times fewer rows."""
    values, objects = rng.normal(size=50), np.arange(50)
    once = bootstrap.bootstrap(
        np.mean, values, np.random.default_rng(1), objects=objects
    )
    often = bootstrap.bootstrap(
        np.mean,
        np.repeat(values, 10),
        np.random.default_rng(1),
        objects=np.repeat(objects, 10),
    )
    assert often == pytest.approx(once)


def test_pairs_stay_together(rng):
    """The difference of two measurements that share their noise is sharp."""
    noise = rng.normal(size=60)
    pairs = np.stack([noise, noise + 0.1], axis=1)
    found = bootstrap.bootstrap(lambda p: np.mean(p[:, 1] - p[:, 0]), pairs, rng)
    assert [found[k] for k in ("low", "value", "high")] == pytest.approx([0.1] * 3)


def test_interval_leaves_out_empty_draws():
    found = bootstrap.interval(0.5, [*np.linspace(0, 1, 101), np.nan])
    assert (found["low"], found["high"]) == pytest.approx((0.025, 0.975))
    none = {"low": None, "high": None, "value": None}
    assert bootstrap.interval(np.nan, [np.nan]) == none


def test_nothing_has_no_interval(rng):
    found = bootstrap.bootstrap(np.median, np.empty(0), rng)
    assert found == {"value": None, "low": None, "high": None}
    assert bootstrap.times(0, 3, rng).shape == (3, 0)
    assert [len(r) for r in bootstrap.resampled([], 2, rng)] == [0, 0]
