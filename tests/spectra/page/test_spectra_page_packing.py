"""Numbers of a page: few digits, and arrays that the page's program unpacks."""

import base64

import numpy as np
import pytest
from skyloom.atlas.numbers import short
from skyloom.spectra.page.packing import NOTHING, STEPS, curve, shades


def unpacked(low, high, text):
    """Return what the page's program reads of a curve."""
    codes = np.frombuffer(base64.b64decode(text), "<u2")
    values = low + codes / STEPS * (high - low)
    return np.where(codes == NOTHING, np.nan, values)


def test_a_curve_comes_back():
    """To a part in 65534 of its range; gaps are gaps."""
    values = np.random.default_rng(1).normal(size=500)
    values[::7] = np.nan
    found = unpacked(*curve(values))
    step = np.nanmax(values) - np.nanmin(values)
    np.testing.assert_allclose(found, values, atol=step / STEPS)


@pytest.mark.parametrize("values", [np.full(4, np.nan), np.full(4, 2.5)])
def test_a_curve_of_nothing_or_of_one_value(values):
    """Neither divides by its range."""
    np.testing.assert_allclose(unpacked(*curve(values)), values)


def test_shares_are_of_the_largest():
    """The least share above 0 is seen, a negative one is none."""
    top, text = shades(np.array([0.5, 1e-9, 0.0, -0.1, 0.25]))
    assert top == 0.5
    assert list(base64.b64decode(text)) == [255, 1, 0, 0, 128]
    assert shades(np.zeros(3))[0] == 0


def test_numbers_have_four_digits():
    """Whole ones all theirs; what is none is None."""
    given = [1.23456, 123456.0, np.nan, np.ma.masked, -np.inf, None]
    assert [short(value) for value in given] == [1.235, 123456, *[None] * 4]
