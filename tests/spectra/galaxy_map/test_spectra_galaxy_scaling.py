"""Scaling of fingerprints: fitted on training galaxies, kept by the map."""

import numpy as np
import pytest
from skyloom.spectra.galaxy_map import scaling

RNG = np.random.default_rng(8)
TRAIN = RNG.dirichlet(np.full(12, 0.3), 3000).astype(np.float32)


def test_clipped_is_as_published():
    """Clip at the 99.9 percentile, then 0..1 by unit, then 0..1 by fingerprint."""
    scaler = scaling.fit("clipped", TRAIN)
    top = np.percentile(TRAIN, 99.9, axis=0)
    assert (top < TRAIN).any()
    by_unit = (np.clip(TRAIN, TRAIN.min(0), top) - TRAIN.min(0)) / (top - TRAIN.min(0))
    low, high = by_unit.min(1, keepdims=True), by_unit.max(1, keepdims=True)
    expected = (by_unit - low) / (high - low)
    np.testing.assert_allclose(scaler(TRAIN), expected, rtol=1e-5, atol=1e-6)


def test_minmax_is_of_the_fingerprint_alone():
    """Each runs from 0 to 1."""
    scaled = scaling.fit("minmax", TRAIN)(TRAIN[:50] * 0.1)
    assert scaled.min(axis=1).tolist() == [0] * 50
    assert scaled.max(axis=1).tolist() == [1] * 50


def test_none_changes_nothing():
    """Shares stay shares."""
    np.testing.assert_array_equal(scaling.fit("none", TRAIN)(TRAIN), TRAIN)


@pytest.mark.parametrize("method", scaling.METHODS)
def test_test_galaxies_change_nothing(method):
    """A galaxy is scaled the same whatever else is scaled with it: no leak."""
    scaler = scaling.fit(method, TRAIN[:2000])
    alone = scaler(TRAIN[2000:2001])
    spoilt = np.concatenate([TRAIN[2000:2001], 50 * TRAIN[2001:2500]])
    np.testing.assert_array_equal(scaler(spoilt)[:1], alone)


def test_unit_that_no_training_galaxy_hits_is_nothing():
    """There is no scale for it."""
    train = TRAIN.copy()
    train[:, 3] = 0
    scaled = scaling.fit("clipped", train)(TRAIN[:5])
    assert scaled[:, 3].tolist() == [0] * 5
    assert np.isfinite(scaling.fit("clipped", train)(np.zeros((1, 12)))).all()


def test_another_method_is_refused():
    """It is one of three."""
    with pytest.raises(ValueError, match="clipped, minmax, none"):
        scaling.fit("robust", TRAIN)
