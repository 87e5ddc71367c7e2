"""The winding test."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import binom
from skyloom.builder.config import Winding
from skyloom.builder.pitch.winding import (
    LOWER_LIMITS,
    anderson_darling,
    anderson_darling_p,
    cotangent_rank,
    winding_power,
    winding_scan,
    winding_test,
    winding_tree,
)


@given(st.floats(15.01, 49.99))
def test_rank_is_where_the_cotangent_lies(pitch):
    """The rank runs linearly in cot(phi) from upper to lower limit."""
    rank = float(cotangent_rank(pitch, 15, 50))
    cot = [1 / np.tan(np.deg2rad(p)) for p in (50, pitch, 15)]
    assert rank == pytest.approx((cot[1] - cot[0]) / (cot[2] - cot[0]), rel=1e-9)


def test_angles_outside_the_limits_have_no_rank():
    """Limits exclude."""
    assert np.isnan(cotangent_rank([5, 60], 15, 50)).all()


def test_p_values_match_published_critical_values():
    """Stephens 1974: A2 = 1.933, 2.492, 3.857 at 10, 5 and 1 %."""
    p = anderson_darling_p([1.933, 2.492, 3.857])
    np.testing.assert_allclose(p, [0.10, 0.05, 0.01], rtol=0.03)


@pytest.mark.parametrize("n", [5, 20, 80])
def test_p_values_are_uniform_under_the_hypothesis(n):
    """Of uniform samples 1 % are rejected at 1 %, and 10 % at 10 %."""
    u = np.random.default_rng(n).random((20000, n))
    _, p = anderson_darling(u)
    assert np.mean(p < 0.01) == pytest.approx(0.01, abs=0.003)
    assert np.mean(p < 0.1) == pytest.approx(0.1, abs=0.01)


def test_statistics_match_one_sample_at_a_time():
    """NaN entries count for nothing, and rows are tested each by itself."""
    u = np.random.default_rng(1).random((4, 30))
    holes = np.where(np.arange(30) % 3 == 0, np.nan, u)
    squares, _ = anderson_darling(holes)
    for row, a in zip(holes, squares, strict=True):
        x = np.sort(row[np.isfinite(row)])
        i = np.arange(1, 21)
        by_hand = -20 - np.mean((2 * i - 1) * (np.log(x) + np.log(1 - x[::-1])))
        assert a == pytest.approx(by_hand)


def test_winding_spirals_pass_and_others_do_not():
    """Uniform cot(phi) is not rejected; uniform phi is."""
    rng = np.random.default_rng(2)
    cot = rng.uniform(*(1 / np.tan(np.deg2rad([50, 15]))), (400, 60))
    wound = winding_test(np.rad2deg(np.arctan(1 / cot)), 15, 50)
    other = winding_test(rng.uniform(15, 50, (400, 60)), 15, 50)
    assert wound["anderson_darling"]["rejected"] < 0.04
    assert other["anderson_darling"]["rejected"] > 0.9
    assert (wound["n_galaxies"], wound["n_draws"]) == (60, 400)


def test_too_few_galaxies_give_no_verdict():
    """Fewer than five galaxies inside the limits: None, not a number."""
    found = winding_test(np.full((10, 4), 20.0), 15, 50)
    assert found["n_draws"] == 0
    assert found["anderson_darling"]["rejected"] is None


def test_scan_shows_the_lower_limit():
    """Angles that wind above 15 deg only fail with a limit below that."""
    rng = np.random.default_rng(3)
    cot = rng.uniform(*(1 / np.tan(np.deg2rad([50, 15]))), (100, 60))
    rows = winding_scan(np.rad2deg(np.arctan(1 / cot)), [5, 15, 49.9], 50)
    assert [row["lower"] for row in rows] == [5, 15, 49.9]
    assert rows[0]["anderson_darling_rejected"] == 1
    assert rows[1]["anderson_darling_rejected"] < 0.05
    assert rows[2]["anderson_darling_rejected"] is None


def test_power_grows_with_the_sample():
    """More galaxies, more power."""
    rng = np.random.default_rng(4)
    few, many = (winding_power(n, 15, 50, rng, n_trials=300) for n in (8, 60))
    assert few < 0.6
    assert many > 0.9


def test_ends_of_what_counts():
    """Angles at a limit are out; five galaxies are enough, four are not."""
    assert np.isnan(cotangent_rank([15.0, 50.0], 15, 50)).all()
    assert np.isfinite(cotangent_rank([15.001, 49.999], 15, 50)).all()
    draws = np.linspace(20, 40, 5)[None]
    five, four = winding_test(draws, 15, 50), winding_test(draws[:, 1:], 15, 50)
    assert five["anderson_darling"]["p_value"] is not None
    assert four["anderson_darling"]["p_value"] is None
    assert (five["n_draws"], four["n_draws"]) == (1, 0)


def test_rank_falls_with_the_angle():
    """The tight end, at small angles, is 1."""
    assert cotangent_rank([15.001], 15, 50) == pytest.approx(1, abs=1e-3)
    assert cotangent_rank([49.999], 15, 50) == pytest.approx(0, abs=1e-3)


def test_winding_is_tested_within_the_limits_and_scanned():
    """Uniform cotangents pass, pitch angles of one value do not; power is a share."""
    settings = Winding(lower=15, upper=50)
    loose, tight = 1 / np.tan(np.radians([50, 15]))
    rng = np.random.default_rng(3)
    steady = np.degrees(np.arctan(1 / rng.uniform(loose, tight, (30, 60))))
    tree = winding_tree(steady, settings, rng)
    assert (tree["lower"], tree["upper"], tree["n_galaxies"]) == (15, 50, 60)
    assert tree["anderson_darling"]["rejected"] < 0.2
    assert [row["lower"] for row in tree["scan"]] == list(LOWER_LIMITS)
    assert tree["scan"][0]["anderson_darling_rejected"] > 0.9
    assert 0 < tree["power"] <= 1
    alike = winding_tree(rng.normal(20, 0.5, (30, 60)), settings, rng)
    assert alike["anderson_darling"]["rejected"] == 1.0


def test_the_scan_ends_below_the_upper_limit():
    """Lower limits that leave no range are not tried."""
    rng = np.random.default_rng(3)
    draws = rng.uniform(5, 18, (30, 60))
    tree = winding_tree(draws, Winding(lower=10, upper=15), rng)
    assert [row["lower"] for row in tree["scan"]] == [5.0, 7.5, 10.0, 12.5]


def anderson_darling_cdf(z):
    """Return the limiting distribution: Anderson & Darling 1954, JASA 49, 765."""
    total = 0.0
    for j in range(6):
        k = 4 * j + 1
        t = (k * np.pi) ** 2 / (8 * z)
        term, _ = quad(
            lambda w, t=t: np.exp(z / (8 * (1 + w * w)) - t * w * w), 0, np.inf
        )
        total += binom(-0.5, j) * k * np.exp(-t) * term
    return np.sqrt(2 * np.pi) / z * total


@pytest.mark.parametrize("z", [0.2, 0.5, 1.0, 1.5, 1.99, 2.01, 3.0, 4.5, 6.0, 7.9])
def test_p_values_are_those_of_the_limiting_distribution(z):
    """Within 3e-5, and 3 per cent where there is little probability left."""
    found, wanted = anderson_darling_p([z])[0], 1 - anderson_darling_cdf(z)
    assert found == pytest.approx(wanted, abs=3e-5)
    assert found == pytest.approx(wanted, rel=0.03)


def test_p_values_fall_on_beyond_the_fit():
    """From 8 on by exp(-1) for each unit, without a jump."""
    p = anderson_darling_p([7.999, 8.001, 9.001, 11.001])
    assert p[1] == pytest.approx(p[0], rel=0.01)
    assert p[1:3] / p[2] == pytest.approx([np.e, 1], rel=0.01)
    assert p[3] / p[2] == pytest.approx(np.exp(-2), rel=0.01)


def test_galaxies_inside_are_counted_by_their_median():
    """Of draws with 5, 6 and 10 inside of the limits."""
    draws = np.full((3, 10), 70.0)
    for row, n in zip(draws, (5, 6, 10), strict=True):
        row[:n] = np.linspace(20, 40, n)
    found = winding_test(draws, 15, 50)
    assert (found["n_galaxies"], found["n_draws"]) == (6, 3)
