"""Bars from maps: length, direction and ellipticity, with errors."""

import numpy as np
import pytest
from scipy import ndimage
from skyloom.spirals.measure.bars import FAINT, BarScale, bar, drawn_bar, fit_scale
from skyloom.spirals.measure.draws import drawn_maps
from skyloom.spirals.measure.ellipse import Ellipse, turned
from skyloom.spirals.measure.fitted import LONG, fit_calibration
from skyloom.spirals.questions import columns

SIZE = 96


@pytest.fixture
def volunteers():
    """Return the share map of volunteers who draw a bar with scatter."""

    def share(seed, length=32.0, angle=60.0, ratio=0.35, size=SIZE, n=40):
        rng = np.random.default_rng(seed)
        total = np.zeros((size, size))
        for _ in range(n):
            if rng.uniform() < 0.25:
                continue
            half = length / 2 * np.exp(rng.normal(0, 0.25))
            flat = min(1.0, ratio * np.exp(rng.normal(0, 0.25)))
            x, y = (size - 1) / 2 + rng.normal(0, 1, 2)
            one = Ellipse(x, y, half, flat, angle + rng.normal(0, 7))
            total += one.polar((size, size))[0] <= half
        return ndimage.gaussian_filter(total / n, 1.0)

    return share


def test_bars_of_other_galaxies_are_recovered_with_the_fitted_scale(volunteers):
    rng = np.random.default_rng(0)
    lengths, angles = rng.uniform(14, 40, 60), rng.uniform(0, 180, 60)
    ratios = rng.uniform(0.2, 0.5, 60)
    numbers = zip(lengths, angles, ratios, strict=True)
    maps = [volunteers(k, *one) for k, one in enumerate(numbers)]
    scale = fit_scale(maps[:30], lengths[:30], angles[:30], ratios[:30])
    found = [bar(m, 0.1 * np.sqrt(m), rng, scale, draws=8) for m in maps[30:]]
    off = np.array([one.length for one in found]) / lengths[30:] - 1
    assert np.median(np.abs(off)) < 0.08
    assert abs(np.median(off)) < 0.06
    turn = turned([one.angle - a for one, a in zip(found, angles[30:], strict=True)])
    assert np.median(np.abs(turn)) < 3
    flat = [1 - one.ellipticity for one in found] - ratios[30:]
    assert np.median(np.abs(flat)) < 0.06
    # The scatter that was fitted is that of the others.
    given = [one.length_err / one.length for one in found]
    assert 0.5 < np.median(np.abs(off) / given) / 0.6745 < 2


def test_the_fitted_scale_makes_the_median_ratio_one(volunteers):
    lengths, angles, ratios = (
        np.linspace(16, 38, 24),
        np.full(24, 40.0),
        np.full(24, 0.3),
    )
    maps = [volunteers(k, lengths[k], 40.0, 0.3) for k in range(24)]
    rng = np.random.default_rng(0)
    for factor in (1.0, 1.3):
        scale = fit_scale(maps, factor * lengths, angles, ratios)
        found = [bar(m, 0 * m, rng, scale, draws=1) for m in maps]
        off = [one.length for one in found] / (factor * lengths)
        assert np.median(off) == pytest.approx(1, abs=1e-3)
    flat = [1 - one.ellipticity for one in found]
    assert np.median(flat) == pytest.approx(0.3, abs=0.01)


def test_a_bias_of_all_volunteers_is_in_the_error(volunteers):
    lengths, ratios = np.full(20, 30.0), np.full(20, 0.3)
    maps = [volunteers(k, 30.0, 40.0, 0.3) for k in range(20)]
    right = fit_scale(maps, lengths, np.full(20, 40.0), ratios)
    wrong = fit_scale(maps, lengths, np.full(20, 52.0), ratios)
    assert right.angle_err < 5
    assert wrong.angle_err > 12


def test_turned_and_mirrored_maps_have_turned_and_mirrored_bars(volunteers):
    share = volunteers(3)
    rng = np.random.default_rng(0)

    def seen(one):
        return bar(one, 0 * one, rng, BarScale(), draws=1)

    own, quarter, mirror = seen(share), seen(np.rot90(share, -1)), seen(share[:, ::-1])
    assert abs(turned(quarter.angle - own.angle - 90)) < 1e-6
    assert abs(turned(mirror.angle + own.angle)) < 1e-6
    for other in (quarter, mirror):
        assert other.length == pytest.approx(own.length, rel=1e-9)
        assert other.ellipticity == pytest.approx(own.ellipticity, rel=1e-9)


def test_a_finer_map_has_the_same_bar_in_more_pixels(volunteers):
    share = volunteers(4)
    fine = ndimage.zoom(share, 2, order=1, grid_mode=True, mode="nearest")
    rng = np.random.default_rng(0)
    own = bar(share, 0 * share, rng, BarScale(), draws=1)
    other = bar(fine, 0 * fine, rng, BarScale(), draws=1)
    assert other.length == pytest.approx(2 * own.length, rel=0.04)
    assert abs(turned(other.angle - own.angle)) < 1


def test_errors_grow_with_the_deviation_of_the_map(volunteers):
    share = volunteers(5)
    rng = np.random.default_rng(1)
    small = bar(share, 0.02 * np.ones_like(share), rng, BarScale())
    large = bar(share, 0.12 * np.ones_like(share), rng, BarScale())
    assert large.length_err > small.length_err >= 0.1 * small.length
    assert large.angle_err > small.angle_err >= 5


def test_a_blank_or_faint_map_has_no_bar_and_says_so(volunteers):
    rng = np.random.default_rng(2)
    for share in (np.zeros((32, 32)), 0.5 * FAINT * volunteers(6)):
        found = bar(share, 0.01 + 0 * share, rng, BarScale())
        assert np.isnan(found.length)
        assert found.reason == "no bar"
        assert found.found < 0.1


def test_an_unsure_bar_is_given_with_its_probability(volunteers):
    share = volunteers(7)
    share *= 0.21 / share.max()
    found = bar(share, 0.08 + 0 * share, np.random.default_rng(3), BarScale(), 60)
    assert 0.2 < found.found < 1


def test_no_bars_give_no_scale():
    with pytest.raises(ValueError, match="none of 3 maps"):
        fit_scale(np.zeros((3, 32, 32)), *np.ones((3, 3)))


def test_drawn_maps_have_the_deviation_and_are_smooth():
    mean, std = np.full((64, 64), 0.5), np.full((64, 64), 0.05)
    drawn = drawn_maps(mean, std, np.random.default_rng(4), 400)
    assert drawn.std() == pytest.approx(0.05, rel=0.05)
    assert drawn.mean() == pytest.approx(0.5, abs=0.005)
    steps = np.diff(drawn, axis=2).std()
    assert steps < 0.3 * drawn.std()


def test_bars_are_as_long_as_those_half_the_volunteers_agree_on(volunteers, caplog):
    shares = np.stack([volunteers(k, 16.0 + k, 9.0 * k) for k in range(20)])[:, None]
    shares = np.repeat(shares, 2, axis=1)
    wide = ndimage.gaussian_filter(shares, (0, 0, 2, 2))  # what a network made of them
    votes = np.ones((20, len(columns())))
    scale = fit_calibration(wide, shares, votes).bar
    rng = np.random.default_rng(0)
    found = [bar(one, 0 * one, rng, scale, draws=1).length for one in wide[:, 1]]
    agreed = np.array([drawn_bar(one)[0] for one in shares[:, 1]])
    assert np.median(found / agreed) == pytest.approx(1 / LONG, rel=1e-3)
    few = slice(0, 5)
    assert fit_calibration(wide[few], shares[few], votes[few]).bar == BarScale()
    assert "bars of 5 galaxies only" in caplog.text
    unasked = fit_calibration(wide, shares * np.nan, votes)
    assert unasked.bar == BarScale()
