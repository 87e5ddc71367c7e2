"""Statistics of components and residuals."""

import numpy as np
import pytest
from scipy import stats
from skyloom.builder.evaluation.statistics import (
    arm_counts,
    chisq_statistics,
    component_frequencies,
    neighbour_correlation,
    prior_shares,
    residual_statistics,
    sample_residuals,
)

PART = {"mux": 1.0}


def test_components_are_counted_where_present():
    """Failed fits do not count, an empty arm list is no spiral."""
    models = [
        {"disk": PART, "bulge": None, "bar": None, "spiral": []},
        {"disk": PART, "bulge": PART, "bar": None, "spiral": [PART, PART]},
        None,
    ]
    found = component_frequencies(models)
    assert [found[k]["k"] for k in ("disk", "bulge", "bar", "spiral")] == [2, 1, 0, 1]
    assert found["disk"]["n"] == 2
    counts = arm_counts(models)
    assert {n: row["k"] for n, row in counts.items()} == {"0": 1, "1": 0, "2": 1}
    assert arm_counts([None]) == {}


def fits(chisq, status) -> list[dict]:
    pairs = zip(chisq, status, strict=True)
    return [{"chisq": value, "status": outcome} for value, outcome in pairs]


def test_chisq_leaves_out_failed_fits():
    """Failures are counted by status and not in the quantiles."""
    outcomes = ["converged", "converged", "max_evaluations", "failed"]
    found = chisq_statistics(fits([1.0, 1.2, 4.0, None], outcomes))
    assert found["n"] == 3
    assert found["status"] == {"converged": 2, "failed": 1, "max_evaluations": 1}
    assert found["quantiles"]["q50"] == pytest.approx(1.2)
    assert (found["below_2"], found["above_3"]) == (2, 1)
    assert chisq_statistics(fits([None], ["failed"]))["quantiles"] is None


def test_ends_of_counts():
    """A chi-square of just 2 is not below it, of just 3 not above it."""
    found = chisq_statistics(fits([1.99, 2.0, 3.0, 3.01], ["ok"] * 4))
    assert (found["below_2"], found["above_3"]) == (1, 1)
    residual = np.array([[3.0, -3.0, 3.01, -3.01]])
    assert residual_statistics(residual, residual < 9)["beyond_3"] == 0.5


def test_asymmetry_is_of_a_half_turn():
    """A pattern that a half turn keeps has 1, one that it inverts -1."""
    y, x = np.mgrid[-5:6, -5:6]
    good = np.ones(x.shape, bool)
    for pattern, expected in ((x * y, 1), (x + 2 * y, -1), (x, -1), (y, -1)):
        found = residual_statistics(pattern, good)["asymmetry"]
        assert found == pytest.approx(expected)


def test_pure_noise_leaves_nothing():
    """Independent unit noise has the numbers that the docstring promises."""
    noise = np.random.default_rng(1).normal(size=(200, 200))
    found = residual_statistics(noise, np.ones_like(noise, bool))
    assert found["sd"] == pytest.approx(1, abs=0.02)
    assert found["beyond_3"] == pytest.approx(2 * stats.norm.sf(3), abs=0.001)
    assert abs(found["neighbours"]) < 0.02
    assert abs(found["asymmetry"]) < 0.02


def test_structure_shows():
    """A symmetric ring left over correlates neighbours and survives a half turn."""
    y, x = np.mgrid[-30:31, -30:31]
    radius = np.hypot(x, y) / 10
    ring = 3 * np.exp(-(((radius - 1.5) / 0.3) ** 2))
    noise = np.random.default_rng(2).normal(size=ring.shape)
    found = residual_statistics(ring + noise, np.ones_like(ring, bool))
    assert found["neighbours"] > 0.2
    assert found["asymmetry"] > 0.2


def test_masked_pixels_do_not_count():
    """A masked outlier changes nothing, nor does a NaN."""
    noise = np.random.default_rng(3).normal(size=(30, 30))
    good = np.ones_like(noise, bool)
    good[4, 4] = False
    spoiled = noise.copy()
    spoiled[4, 4] = 1e6
    assert residual_statistics(spoiled, good) == residual_statistics(noise, good)
    spoiled[4, 4] = np.nan
    assert residual_statistics(spoiled, np.ones_like(good))["n_pixels"] == 899


def test_neighbours_need_neighbours():
    """A lone pixel, or a constant, has no correlation."""
    lone = np.zeros((3, 3), bool)
    lone[1, 1] = True
    assert neighbour_correlation(np.eye(3), lone) is None
    assert neighbour_correlation(np.ones((3, 3)), np.ones((3, 3), bool)) is None


def test_no_good_pixel_is_refused():
    """An all-bad residual raises."""
    with pytest.raises(ValueError, match="at least one good pixel"):
        residual_statistics(np.zeros((3, 3)), np.zeros((3, 3), bool))


def test_sample_of_residuals_is_summarised():
    """Each number gets its quantiles over galaxies."""
    rng = np.random.default_rng(4)
    trees = [
        residual_statistics(rng.normal(size=(20, 20)), np.ones((20, 20), bool))
        for _ in range(20)
    ]
    found = sample_residuals(trees)
    assert found["n"] == 20
    assert found["sd"]["q50"] == pytest.approx(1, abs=0.05)
    assert sample_residuals([])["sd"] is None


def test_shares_have_intervals_of_68_per_cent():
    """Jeffreys': 16 and 84 per cent of Beta(k + 1/2, n - k + 1/2)."""
    models = [{"disk": PART, "bulge": None, "bar": PART, "spiral": [PART]}] * 3
    models += [{"disk": PART, "bulge": None, "bar": None, "spiral": []}] * 7
    wanted = stats.beta(3.5, 7.5).ppf([0.16, 0.84])
    bar, arms = component_frequencies(models)["bar"], arm_counts(models)["1"]
    for found in (bar, arms):
        assert found["value"] == pytest.approx(0.3)
        assert (found["low"], found["high"]) == pytest.approx(tuple(wanted))


def test_neighbours_share_a_border():
    """A chequerboard has -1, stripes 0; a step along each axis counts alike."""
    y, x = np.mgrid[:10, :10]
    good = np.ones(x.shape, bool)
    board, stripes = (-1.0) ** (x + y), (-1.0) ** x
    assert neighbour_correlation(board, good) == pytest.approx(-1)
    assert neighbour_correlation(stripes, good) == pytest.approx(0)
    assert neighbour_correlation(stripes.T, good) == pytest.approx(0)
    # Two pixels side by side, and two one above the other.
    for pair in (np.s_[0, :2], np.s_[:2, 0]):
        two = np.zeros(x.shape, bool)
        two[pair] = True
        assert neighbour_correlation(x + y + 5.0, two) == pytest.approx(-1)


def test_mean_and_sd_of_a_residual():
    """Of good pixels alone; three that vary are enough for an asymmetry."""
    residual = np.array([[1.0, 2.0, 6.0], [9.0, 9.0, 9.0]])
    good = np.array([[True, True, True], [False, False, False]])
    found = residual_statistics(residual, good)
    assert (found["n_pixels"], found["mean"]) == (3, 3.0)
    assert found["sd"] == pytest.approx((14 / 3) ** 0.5)
    assert found["asymmetry"] is None
    line = np.array([[1.0, 2.0, 6.0]])
    assert residual_statistics(line, line > 0)["asymmetry"] is not None
    assert residual_statistics(line[:, :2], line[:, :2] > 0)["asymmetry"] is None


def test_what_priors_decide_is_summed_up_by_quantity():
    """Arms are pooled; fixed values and galaxies without a mean do not count."""
    names = ["disk.Re", "spiral.0.phi", "spiral.1.phi"]
    means = [{"names": names, "prior_shares": [0.1, 0.2, 0.4]}]
    means += [{"names": names[:2], "prior_shares": [0.3, None]}, None]
    found = prior_shares([{"mean": mean} for mean in means])
    assert (found["disk.Re"]["n"], found["spiral.phi"]["n"]) == (2, 2)
    assert found["disk.Re"]["quantiles"]["q50"] == pytest.approx(0.2)
    assert found["spiral.phi"]["quantiles"]["q50"] == pytest.approx(0.3)
