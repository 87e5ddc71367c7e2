"""Tests of `skyloom.builder.aggregation.outliers`."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.neighbors import LocalOutlierFactor
from sklearn.preprocessing import StandardScaler
from skyloom.builder.aggregation.outliers import (
    inliers,
    inliers_without,
    outlier_factor,
)


@pytest.fixture
def cloud():
    """Return points of seven lines of different sizes."""
    rng = np.random.default_rng(2)
    line = np.repeat(np.arange(7), [5, 60, 30, 11, 80, 6, 40])
    return rng.normal(size=(len(line), 2)) * [3, 0.2] + 0.1 * line[:, None], line


def test_factors_equal_scikit_learn(cloud):
    """The same numbers as a novelty detector trained on all other lines."""
    points, line = cloud
    scaled = StandardScaler().fit_transform(points)
    for k in range(7):
        judge = LocalOutlierFactor(n_neighbors=20, novelty=True).fit(scaled[line != k])
        expected = -judge.score_samples(scaled[line == k])
        found = outlier_factor(points, line)[line == k]
        np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_leaving_out_equals_starting_without(cloud):
    """Each row is what the other drawers' points alone would give."""
    points, line = cloud
    drawer = np.array([3, 3, 4, 5, 6, 6, 9])[line]
    rows = inliers_without(points, line, drawer)
    assert len(rows) == 5
    for row, name in zip(rows, np.unique(drawer), strict=True):
        rest = drawer != name
        # Scaling uses all points, so put the rest on the same scale.
        alone = outlier_factor_scaled(points, line, rest)
        np.testing.assert_array_equal(row[rest], alone <= 1.5)
        assert not row[~rest].any()


def outlier_factor_scaled(points, line, rest):
    """Return scikit-learn's factors of some points, scaled by all points."""
    scaled, line = StandardScaler().fit_transform(points)[rest], line[rest]
    out = np.ones(len(line))
    for k in np.unique(line):
        judge = LocalOutlierFactor(n_neighbors=20, novelty=True).fit(scaled[line != k])
        out[line == k] = -judge.score_samples(scaled[line == k])
    return out


def test_stray_point_is_found():
    """One point of one line far from all others is the only outlier."""
    x = np.tile(np.linspace(0, 1, 40), 5)
    points = np.column_stack(
        [x, 0.01 * np.sin(40 * x) + np.repeat(np.arange(5), 40) / 99]
    )
    points[100, 1] += 3
    line = np.repeat(np.arange(5), 40)
    assert np.flatnonzero(~inliers(points, line)).tolist() == [100]


@pytest.mark.parametrize("n", [0, 1, 3])
def test_too_few_points_are_kept(n):
    """Where no density is defined, nothing is thrown away."""
    assert inliers(np.zeros((n, 2)), np.arange(n)).shape == (n,)
    assert inliers(np.zeros((n, 2)), np.zeros(n, int)).all()
