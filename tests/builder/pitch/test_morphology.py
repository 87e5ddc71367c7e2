"""Pitch angles against bulge and bar strength."""

import warnings

import numpy as np
import pytest
from scipy import stats
from skyloom.builder.pitch.morphology import (
    bar_group,
    bulge_group,
    bulge_strength,
    correlate_rows,
    correlation,
    group_test,
    morphology_test,
)


def test_bulge_strength_weighs_the_votes():
    """Masters et al. 2019, eq. 1."""
    assert bulge_strength(0.5, 0.3, 0.2) == pytest.approx(0.1 + 0.24 + 0.2)


def test_groups_follow_the_published_limits():
    """0.28 parts the bulges, 0.2 and 0.5 the bars; unknown has no group."""
    assert bulge_group([0.1, 0.28, np.nan]).tolist() == ["disk", "bulge", ""]
    assert bar_group([0.1, 0.2, 0.6, np.nan]).tolist() == ["none", "weak", "strong", ""]


@pytest.mark.parametrize("kind", ["pearson", "spearman"])
def test_correlation_matches_scipy(kind, rng):
    """The coefficient is scipy's; its p-value that of scipy's permutation-free test."""
    x = rng.normal(size=60)
    y = 0.4 * x + rng.normal(size=60)
    found = correlation(x, y, rng, kind)
    expected = (stats.pearsonr if kind == "pearson" else stats.spearmanr)(x, y)
    assert found["r"] == pytest.approx(expected.statistic)
    assert found["p_value"] == pytest.approx(expected.pvalue, abs=0.01)
    assert found["low"] < found["r"] < found["high"]


def test_permutation_p_values_are_uniform_without_a_link(rng):
    """Of unrelated samples about 10 % have p below 0.1."""
    x = rng.normal(size=(300, 2, 25))
    p = np.array([correlation(a, b, rng, n=199)["p_value"] for a, b in x])
    assert np.mean(p < 0.1) == pytest.approx(0.1, abs=0.05)


def test_no_variation_has_no_correlation(rng):
    """A constant has no correlation: None or NaN, not a warning."""
    assert correlation(np.ones(9), np.arange(9), rng)["r"] is None
    assert np.isnan(correlate_rows(np.ones((1, 9)), np.arange(9.0))[0])


def test_groups_that_differ_are_rejected(rng):
    """Shifted groups are told apart in each draw, equal ones in about 1 %."""
    groups = np.repeat(["disk", "bulge", ""], [40, 40, 5])
    same = rng.normal(20, 5, (300, 85))
    shifted = same + 8 * (groups == "bulge")
    assert group_test(same, groups)["all"]["rejected"] < 0.05
    assert group_test(shifted, groups)["all"]["rejected"] > 0.99
    assert group_test(same, groups)["groups"]["disk"]["n"] == 40


def test_three_groups_are_tested_in_pairs_too(rng):
    """Bars come in three groups; each pair is tested."""
    tree = group_test(rng.normal(20, 5, (20, 30)), np.repeat(["a", "b", "c"], 10))
    assert {"all", "a-b", "a-c", "b-c"} < set(tree)


def test_one_group_gives_no_verdict(rng):
    """A sample of one group, or with a group too small, is not tested."""
    groups = np.repeat(["disk", "bulge"], [17, 3])
    assert group_test(rng.normal(20, 5, (9, 20)), groups)["all"] is None


def test_link_is_found_and_repeats_exactly(rng):
    """A planted link shows; the same seed gives the same tree."""
    strength = rng.random(60)
    draws = 10 + 15 * strength + rng.normal(0, 2, (200, 60))
    strength[:3] = np.nan
    groups = bulge_group(strength, 0.5)
    sizes = {"n_draws": 50, "n_resamples": 2000}
    trees = [
        morphology_test(draws, strength, groups, np.random.default_rng(1), **sizes)
        for _ in range(2)
    ]
    assert trees[0] == trees[1]
    assert trees[0]["n"] == 57
    assert trees[0]["anderson_darling"]["all"]["rejected"] > 0.99
    for kind in ("pearson", "spearman"):
        assert trees[0][kind]["p_value"] < 0.01
        assert trees[0][kind]["draws"]["low"] > 0.5


def test_smallest_samples(rng):
    """A group of four counts, of three does not; nor do three points correlate."""
    groups = np.repeat(["disk", "bulge", "bar"], [6, 4, 3])
    tree = group_test(rng.normal(20, 5, (9, 13)), groups)
    assert set(tree["groups"]) == {"disk", "bulge"}
    assert tree["all"] is not None
    assert correlation([1, 2, 3], [1, 2, 3], rng)["r"] is None
    assert correlation([1, 2, 3, 4], [1, 2, 3, 4], rng)["r"] == pytest.approx(1)


def test_sign_and_smallest_p_value(rng):
    """A falling link has r of -1; no p is below 1 / (1 + n)."""
    x = np.arange(30.0)
    found = correlation(x, -x, rng, n=99)
    assert (found["r"], found["p_value"]) == pytest.approx((-1, 0.01))
    assert found["low"] == pytest.approx(-1)


@pytest.fixture
def rng():
    """Return a seeded generator."""
    return np.random.default_rng(8)


def test_just_inside_and_outside_of_every_group():
    """A limit itself belongs to the group above."""
    bars = bar_group([0.199, 0.2, 0.499, 0.5]).tolist()
    assert bars == ["none", "weak", "weak", "strong"]
    assert bulge_group([0.279, 0.28]).tolist() == ["disk", "bulge"]


@pytest.mark.parametrize("kind", ["pearson", "spearman"])
def test_the_interval_of_a_correlation_is_fisher_s(kind, rng):
    """95 per cent: tanh(artanh r +- 1.96 / sqrt(n - 3)), near enough for n of 300."""
    x = rng.normal(size=300)
    y = 0.6 * x + 0.8 * rng.normal(size=300)
    found = correlation(x, y, rng, kind)
    ends = np.tanh(np.arctanh(found["r"]) + np.array([-1, 1]) * 1.96 / np.sqrt(297))
    assert (found["low"], found["high"]) == pytest.approx(tuple(ends), abs=0.025)


def test_a_hundredth_is_the_level_of_the_k_sample_test(rng):
    """The share of draws below it, by p-values of scipy; medians of groups."""
    groups = np.repeat(["disk", "bulge"], 20)
    draws = rng.normal(20, 5, (80, 40)) + 3.5 * (groups == "disk")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        peers = [
            stats.anderson_ksamp([row[20:], row[:20]], variant="midrank")
            for row in draws
        ]
    p = np.array([peer.pvalue for peer in peers])
    found = group_test(draws, groups)
    assert 0.2 < np.mean(p < 0.01) < 0.8
    assert found["all"]["rejected"] == np.mean(p < 0.01)
    middle = np.median([peer.statistic for peer in peers])
    assert found["all"]["statistic"] == pytest.approx(middle)
    assert found["groups"]["disk"]["median"] == np.median(draws[:, :20])


def test_draws_of_a_correlation_are_those_of_known_strength(rng):
    """Each draw against the strength: median and 95 per cent of their coefficients."""
    strength = np.r_[np.linspace(0, 1, 30), np.nan, np.nan]
    draws = 20 + 5 * strength + rng.normal(0, 2, (400, 32))
    draws[:, 30:] = 1e3
    groups = bulge_group(strength, 0.5)
    sizes = {"n_draws": 400, "n_resamples": 20}
    tree = morphology_test(draws, strength, groups, rng, **sizes)
    for kind, peer in (("pearson", stats.pearsonr), ("spearman", stats.spearmanr)):
        each = [peer(row[:30], strength[:30]).statistic for row in draws]
        low, middle, high = np.quantile(each, [0.025, 0.5, 0.975])
        wanted = {"low": low, "median": middle, "high": high}
        assert tree[kind]["draws"] == pytest.approx(wanted)
        mean = peer(draws.mean(axis=0)[:30], strength[:30]).statistic
        assert tree[kind]["r"] == pytest.approx(mean)
