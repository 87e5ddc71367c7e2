"""Maps laid along the data's main directions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyloom.som.start import principal, sample

AXES = np.array([8.0, 4.0, 2.0, 1.0, 0.1])


def cloud(n_rows=4000, seed=1):
    return 5 + np.random.default_rng(seed).normal(size=(n_rows, 5)) * AXES


def test_sheet_lies_in_the_main_plane():
    """The longer side runs along the first direction; variances are the data's."""
    weights = principal(cloud(), (21, 11), "sheet").weights.astype(float)
    assert np.abs(weights.mean(axis=(0, 1)) - 5).max() < 0.5
    down, across = np.ptp(weights[:, 0], axis=0), np.ptp(weights[0], axis=0)
    assert down.argmax() == 0
    assert across.argmax() == 1
    np.testing.assert_allclose([down[0], across[1]], np.sqrt(12) * AXES[:2], rtol=0.1)


def test_wide_sheet_is_the_high_one_turned():
    """Rows and columns change places."""
    high = principal(cloud(), (9, 4), "sheet").weights
    wide = principal(cloud(), (4, 9), "sheet").weights
    np.testing.assert_allclose(wide.transpose(1, 0, 2), high)


def test_torus_closes():
    """All steps along a side are alike, the one over the edge too."""
    weights = principal(cloud(), (12, 8), "torus").weights.astype(float)
    for axis in (0, 1):
        step = np.diff(weights, axis=axis, append=weights.take([0], axis))
        lengths = np.linalg.norm(step, axis=2)
        assert lengths.max() < 5 * lengths.min()
    assert weights.std(axis=(0, 1)).round(0)[:4].tolist() == [8, 4, 2, 1]


@pytest.mark.parametrize("topology", ["sheet", "torus"])
@pytest.mark.parametrize("rows", [np.ones((1, 3)), np.eye(2, 1), np.ones((5, 2))])
def test_few_rows_or_columns_are_enough(topology, rows):
    """Directions that there are not have no length."""
    som = principal(rows, (3, 4), topology)
    assert som.weights.shape == (3, 4, rows.shape[1])


def test_sign_does_not_depend_on_the_solver():
    """A direction points where its largest value is positive."""
    rows = np.outer([-1.0, 1.0], [-3.0, 1.0])
    assert (principal(rows, (2, 1), "sheet").weights[1, 0] > 0).tolist() == [
        True,
        False,
    ]


def test_row_that_is_not_finite_is_named():
    """The solver's own message would name nothing."""
    rows = cloud(9)
    rows[4, 1] = np.nan
    with pytest.raises(ValueError, match="row 4 of the sample"):
        principal(rows, (3, 3), "sheet")


@given(st.lists(st.integers(0, 50), max_size=4), st.integers(1, 60), st.integers(1, 9))
def test_sample_does_not_depend_on_batches(cuts, size, chunk):
    """The same rows, each once, in order, however they come."""
    rows = np.arange(50.0)[:, None]
    whole = sample(rows, size, np.random.default_rng(2))
    parts = np.split(rows, sorted(cuts))
    assert (sample(parts, size, np.random.default_rng(2), chunk=chunk) == whole).all()
    assert len(whole) == min(size, 50)
    assert (np.diff(whole[:, 0]) > 0).all()


def test_sample_is_fair():
    """Each of 40 rows is among 10 drawn a quarter of the times."""
    rows = np.arange(40)[:, None]
    rng = np.random.default_rng(3)
    drawn = np.concatenate([sample(rows, 10, rng, chunk=7) for _ in range(2000)])
    counts = np.bincount(drawn[:, 0].astype(int))
    assert np.abs(counts - 500).max() < 5 * np.sqrt(500 * 0.75)


@pytest.mark.parametrize("topology", ["sheet", "torus"])
def test_a_square_map_runs_down_its_main_direction(topology):
    """Of equal sides the rows are the longer one."""
    weights = principal(cloud(), (7, 7), topology).weights.astype(float)
    down = weights.mean(axis=1).std(axis=0)
    across = weights.mean(axis=0).std(axis=0)
    assert down.argmax() == 0
    assert across.argmax() == (1 if topology == "sheet" else 2)
    # Places along a side have unit variance only on average over the rows drawn.
    assert down[0] > 0.8 * AXES[0]


@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_a_map_has_the_scatter_of_its_rows(sign):
    """Two units of a sheet are sqrt 3 sigma from the mean, a torus's sqrt 2 sigma."""
    rows = 7 + np.outer([-1.0, 1.0], [sign * 3.0, 1.0])
    sheet = principal(rows, (2, 1), "sheet").weights[:, 0]
    assert np.linalg.norm(sheet - 7, axis=1) == pytest.approx([30**0.5] * 2)
    torus = principal(rows, (4, 1), "torus").weights[:, 0]
    away = np.linalg.norm(torus - 7, axis=1)
    assert away == pytest.approx([20**0.5, 0, 20**0.5, 0], abs=1e-5)
