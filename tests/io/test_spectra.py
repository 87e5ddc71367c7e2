"""Spectra in memory, and what the readers of spectra share."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from skyloom.io.errors import InputError
from skyloom.io.spectra import (
    Arm,
    Spectra,
    checked_wave,
    cleaned,
    refuse_repeats,
)

WAVE = np.array([4000.0, 4001.0, 4002.0])


def arm(n=2, npix=3, name="b"):
    return Arm(name, WAVE[:npix], np.ones((n, npix), "f4"), np.ones((n, npix), "f4"))


def meta(n=2):
    table = {"targetid": np.arange(n), "tileid": 1, "expid": 2, "ra": 0.0, "dec": 0.0}
    return pd.DataFrame(table)


def test_rows_are_chosen_by_index_and_mask():
    """Arms and facts stay together, and the index starts again at 0."""
    spectra = Spectra((arm(3), arm(3, 2, "r")), meta(3))
    chosen = spectra.rows([2, 0])
    assert chosen.meta["targetid"].tolist() == [2, 0]
    assert chosen.meta.index.tolist() == [0, 1]
    assert [len(a.flux) for a in chosen.arms] == [2, 2]
    assert len(spectra.rows(np.array([True, False, False]))) == 1


@pytest.mark.parametrize(
    ("arms", "table", "match"),
    [
        ((), meta(2), "arms of"),
        ((arm(2), arm(3, name="r")), meta(2), "arms of"),
        ((arm(2),), meta(3), "3 rows of meta"),
        ((arm(2),), meta(2).drop(columns="expid"), "no column"),
    ],
)
def test_spectra_that_cannot_be_are_refused(arms, table, match):
    """Counts must agree and the facts must be there."""
    with pytest.raises(ValueError, match=match):
        Spectra(arms, table)


@pytest.mark.parametrize("shape", [(2, 4), (3,)])
def test_an_arm_of_other_shape_is_refused(shape):
    """Flux is (n, npix)."""
    with pytest.raises(ValueError, match="must be"):
        Arm("b", WAVE, np.ones(shape), np.ones(shape))


@pytest.mark.parametrize(
    ("wave", "match"),
    [
        ([4000, np.nan, 4002], "wavelength nan at pixel 1"),
        ([4000, 4001, np.inf], "wavelength inf at pixel 2"),
        ([0.0, 1.0, 2.0], "wavelength 0.0 at pixel 0"),
        ([-1.0, 1.0, 2.0], "wavelength -1.0 at pixel 0"),
        ([4000, 4000, 4001], "at pixels 0, 1; expected strictly increasing"),
        ([4002, 4001, 4000], "at pixels 0, 1; expected strictly increasing"),
    ],
)
def test_wavelengths_that_cannot_be_are_refused(wave, match):
    """The message has the pixel."""
    with pytest.raises(InputError, match=match):
        checked_wave("a.fits", "HDU X", wave)


@given(
    hnp.arrays("f8", (2, 4), elements=st.floats(allow_nan=True, allow_infinity=True)),
    hnp.arrays("f8", (2, 4), elements=st.floats(min_value=0, allow_infinity=True)),
    hnp.arrays(bool, (2, 4)),
)
def test_cleaned_pixels_are_finite_and_masked_ones_weightless(flux, ivar, masked):
    """Whatever the file holds, the arms hold finite numbers."""
    f, w = cleaned("a.fits", "x", flux, ivar, masked)
    assert f.dtype == w.dtype == np.float32
    assert np.isfinite(f).all()
    assert np.isfinite(w).all()
    assert (w >= 0).all()
    assert not w[masked | ~np.isfinite(flux)].any()


def test_cleaning_leaves_the_file_s_arrays_alone():
    """What was read can be read again."""
    flux, ivar = np.array([[np.nan, 1]], "f4"), np.array([[1, 1]], "f4")
    cleaned("a.fits", "x", flux, ivar)
    assert np.isnan(flux[0, 0])
    assert ivar[0, 0] == 1


@pytest.mark.parametrize(
    ("flux", "ivar", "masked", "match"),
    [
        (np.ones((2, 3)), np.ones((2, 2)), False, "expected one shape"),
        (np.ones((2, 3)), np.ones((2, 3)), np.ones((1, 3)) > 0, "expected one shape"),
        (np.ones((1, 3)), np.array([[1, -1, -0.5]]), False, "2 of 3 .* a negative"),
        (np.ones((1, 2)), np.array([[-np.inf, -1]]), False, "2 of 2 .* a negative"),
    ],
)
def test_pixels_that_cannot_be_are_refused(flux, ivar, masked, match):
    """Shapes must agree; most inverse variances are not negative."""
    with pytest.raises(InputError, match=match):
        cleaned("a.fits", "x", flux, ivar, masked)


def test_a_negative_inverse_variance_is_masked_and_counted(caplog):
    """The other pixels of a spectrum are as they were."""
    ivar = np.array([[1, -0.5, 2], [3, 4, -np.inf]])
    _, found = cleaned("a.fits", "arm B", np.ones((2, 3)), ivar)
    assert found.tolist() == [[1, 0, 2], [3, 4, 0]]
    assert "a.fits: arm B: 2 pixels of negative variance" in caplog.text


def test_a_target_twice_in_an_exposure_is_refused():
    """The message has both rows; another exposure is another spectrum."""
    table = meta(3)
    table["targetid"] = [7, 8, 7]
    with pytest.raises(InputError, match="TARGETID 7 stands in rows 0, 2"):
        refuse_repeats("a.fits", table, "")
    refuse_repeats("a.fits", table.assign(expid=[1, 1, 2]), "")
