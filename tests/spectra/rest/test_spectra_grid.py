"""The grid at rest: its wavelengths, and that it is the same again from a file."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyloom.spectra.rest.grid import RestGrid, grid_from

SURVEY = RestGrid(3600.0, 1e-4, 4544)


def test_centres_lie_between_edges_in_the_logarithm():
    middle = np.sqrt(SURVEY.edges[1:] * SURVEY.edges[:-1])
    np.testing.assert_allclose(SURVEY.wave, middle, rtol=1e-12)


def test_the_survey_grid_ends_where_its_numbers_say():
    assert SURVEY.wave[0] == pytest.approx(3600, rel=1e-12)
    assert SURVEY.wave[-1] == pytest.approx(3600 * 10**0.4543, rel=1e-12)


@given(st.floats(500, 30000), st.floats(2e-5, 2e-3), st.integers(1, 10000))
def test_a_grid_is_equal_after_a_way_through_plain_values(start, step, pixels):
    grid = RestGrid(start, step, pixels)
    assert grid_from(grid.to_json()) == grid
    assert grid.start == pytest.approx(start, rel=1e-11)


@pytest.mark.parametrize(
    "numbers",
    [
        (0.0, 1e-4, 10),
        (-1.0, 1e-4, 10),
        (np.nan, 1e-4, 10),
        (np.inf, 1e-4, 10),
        (3600.0, 0.0, 10),
        (3600.0, np.nan, 10),
        (3600.0, 1e-4, 0),
    ],
)
def test_numbers_that_are_no_grid_are_refused(numbers):
    with pytest.raises(ValueError, match="no grid"):
        RestGrid(*numbers)
