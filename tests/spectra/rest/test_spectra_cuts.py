"""Cuts: what each removes, in order."""

import numpy as np
import pandas as pd
import pytest
from skyloom.spectra.rest.cuts import CUTS, cut, has_redshift, measured
from skyloom.spectra.rest.files import RestSpectra
from skyloom.spectra.rest.grid import RestGrid

GRID = RestGrid(4000.0, 1e-3, 64)
LIMITS = {"good": 0.86, "sn": 5.0, "signal": 3.0, "chi2": 50.0}


def spectra(n=7, **columns):
    flux = np.tile(np.linspace(1, 2, 64), (n, 1)).astype(np.float32)
    ivar = np.full((n, 64), 100.0, np.float32)
    info = pd.DataFrame({"plateifu": ["1-1"] * n, "redshift": np.full(n, 0.03)})
    return RestSpectra(flux, ivar, info.assign(**columns), GRID)


def test_each_cut_counts_what_it_removes_first():
    """One spectrum fails each cut, some of them further ones too; one is kept."""
    some = spectra(signal=np.r_[np.ones(5), 4, 4], chi2=np.r_[51, 51, np.ones(5)])
    info = some.info.assign(redshift=[0.03, np.nan, 0.03, 0.03, 0.03, 0.03, 0.03])
    some = RestSpectra(some.flux, some.ivar, info, GRID)
    some.ivar[2, :10] = 0  # 84 % are good
    some.ivar[3] = 4.0  # S/N 3
    some.ivar[6] = 4.0
    some.flux[4] = -1.0  # no positive median, and no S/N
    some.info.loc[4, "meansn2"] = 9.0
    kept, removed = cut(some, LIMITS, "median")
    counts = {"redshift": 1, "good": 1, "sn": 2, "signal": 1, "chi2": 1, "scale": 1}
    assert removed == counts
    assert list(removed) == list(CUTS)
    assert len(kept) == 0
    kept, removed = cut(spectra(), LIMITS, "median")
    assert len(kept) == 7
    assert not any(removed.values())


@pytest.mark.parametrize("limit", ["signal", "chi2"])
def test_cuts_that_are_not_set_or_not_known(limit):
    """None passes all; a table without the column, or with NaN, passes."""
    high = spectra(**{limit: np.full(7, 1e3)})
    assert len(cut(high, LIMITS, "median")[0]) == 0
    assert len(cut(high, LIMITS | {limit: None}, "median")[0]) == 7
    unknown = spectra(**{limit: np.full(7, np.nan)})
    assert len(cut(unknown, LIMITS, "median")[0]) == 7


def test_what_the_cuts_go_by():
    """S/N is computed where it is not told; the ends are of the scaled flux."""
    some = spectra(3, meansn2=[np.nan, 7.0, np.nan])
    some.ivar[2] = 0
    some.ivar[0, 0] = 0
    info = measured(some, "zscore")
    flux = some.flux[0, 1:].astype(float)
    assert info["meansn2"][0] == pytest.approx(np.median(flux) * 10)
    assert info["meansn2"][1] == 7.0
    assert np.isnan(
        info.loc[2, ["meansn2", "flux_min", "flux_max"]].astype(float)
    ).all()
    assert info["ngoodpixels"].tolist() == [63, 64, 0]
    ends = (flux[[0, -1]] - flux.mean()) / flux.std()
    assert info.loc[0, ["flux_min", "flux_max"]].tolist() == pytest.approx(
        ends, rel=1e-5
    )


def test_a_flat_spectrum_has_no_standard_deviation():
    """It cannot be scaled to one, and is counted there."""
    some = spectra(2)
    some.flux[1] = 1.0
    kept, removed = cut(some, LIMITS, "zscore")
    assert (len(kept), removed["scale"]) == (1, 1)


def test_redshifts_that_a_galaxy_can_have():
    """Placeholders, cz, unknown ones and absurd velocities are none."""
    z = [0.03, -0.002, -9999, 9000, np.nan, 0.03, 0.03, 0.03]
    v = [np.nan, 0, 0, 0, 0, -250, 5000, -5000]
    info = pd.DataFrame({"redshift": z, "v_star": v})
    assert has_redshift(info).tolist() == [
        *(True, True, False, False, False, True, False, False)
    ]
