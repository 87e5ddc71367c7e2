"""Bad pixels filled with sky."""

import numpy as np
from skyloom.clusters.inference.classify import filled


def _window(seed=0):
    return np.random.default_rng(seed).normal(size=(2, 4, 64, 64)).astype(np.float32)


def test_good_pixels_stay():
    """A window without bad pixels is returned as it is; with some, only they change."""
    window = _window()
    assert filled(window) is window
    holed = window.copy()
    holed[:, :, 10:20, 30:50] = np.nan
    made = filled(holed)
    good = ~np.isnan(holed)
    np.testing.assert_array_equal(made[good], window[good])
    assert np.isfinite(made).all()


def test_three_quarters_are_filled_with_the_fourth():
    """Mean and spread of what was empty are those of the sky."""
    window = _window(1)
    window[..., 16:] = np.nan
    made = filled(window)
    assert np.isfinite(made).all()
    assert abs(made[..., 16:].std() - 1) < 0.05
    assert set(np.unique(made)) <= set(np.unique(window[..., :16]))


def test_all_bands_come_from_one_place():
    """A pixel that is bad in one band is replaced in all."""
    window = _window(2)
    window[0, 1, 5, 5] = np.nan
    np.testing.assert_array_equal(filled(window)[0, :, 5, 5], window[0, :, 5, 61])


def test_a_band_without_a_good_pixel_stays_bad():
    window = _window(2)
    window[0, 1] = np.nan
    assert np.isnan(filled(window)[0]).all()


def test_an_empty_part_makes_no_cluster_of_the_rest(checkout):
    """The encoder that ships says the same of noise, whether or not most is masked."""
    from skyloom.clusters.encoder.files import load_encoder
    from skyloom.clusters.inference.classify import predictor

    path = checkout / "resources/models/clusters/best_encoder.ckpt"
    encoder = load_encoder(path).encoder
    predict = predictor(encoder)
    noise = encoder.normalise.noise.numpy()[:, None, None]
    window = np.random.default_rng(3).normal(size=(1, 4, 256, 256)) * noise
    whole = predict(window.astype(np.float32))["membership"][0, :, :4]
    window[..., 64:] = np.nan
    part = predict(window.astype(np.float32))["membership"][0, :, :4]
    assert np.abs(part - whole).max() < 0.1
