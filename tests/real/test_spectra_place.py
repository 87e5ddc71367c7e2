"""Real spectra on a small map that was trained on simulated stars and gas alone."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits
from placed_spectra import simulated, trained
from real_spectra import manga_tests
from skyloom.plots import style
from skyloom.spectra.rest.grid import RestGrid
from skyloom.spectra.tasks.place import picture, place_file, place_parts

pytestmark = pytest.mark.real
NAMES = ("log_age", "z_h", "ebv_stars", "log_ssfr")
CUBE = "spectra/mpdaf_muse/minicube_A478_MUSE_crop30.fits.gz"
MASKED, NOISY = 5, 6  # of MaNGA's test spectra
BROAD = (8, 9, 10)  # lines as none that was simulated: intervals are wide, too


@pytest.fixture(scope="module")
def model():
    """Return a map of 8 x 8 units with 16 components."""
    spectra = simulated(1000, RestGrid(3650.0, 4e-4, 1104))
    return trained(spectra, NAMES, (8, 8), width=16)


@pytest.fixture(scope="module")
def manga(real, model):
    """Return what is found for MaNGA's test spectra."""
    return place_parts([manga_tests(real)[0]], model)[0]


def test_the_masked_spectrum_is_rejected_with_its_reason(manga):
    assert manga["reason"][MASKED] == "no good pixel"
    others = manga.drop(index=MASKED)
    assert (others["reason"] == "").all()
    assert others[list(NAMES)].notna().all(axis=None)


def test_the_noisy_spectrum_has_wide_intervals(manga):
    for name in ("log_age", "z_h", "ebv_stars"):
        width = manga[f"{name}_upper"] - manga[f"{name}_lower"]
        others = width.drop(index=[MASKED, NOISY, *BROAD])
        assert width[NOISY] > 2 * others.median()


def test_bright_cores_of_galaxies_are_old_and_where_old_spectra_are(manga):
    """The first five are of S/N above 60, red, with weak or no lines."""
    bright = manga.iloc[:5]
    assert (bright["log_age_upper"] > 0.4).all()
    assert bright["log_ssfr"].max() < -10.5
    assert np.ptp(bright["map_row"]) <= 4


def test_the_cube_is_coherent(real, model, tmp_path):
    path = real / CUBE
    found = place_file(path, model, 0.088, 1)
    assert found.report["spectra"] == 900
    assert (found.images["MASK"] == 0).mean() > 0.95
    with fits.open(path) as cube:
        assert found.sky["CRVAL1"] == pytest.approx(cube["DATA"].header["CRVAL1"])
    for facts in found.report["coherence"].values():
        if np.isfinite(facts["i"]):
            assert facts["i"] > facts["null"] + 5 * facts["null_sd"]
    assert np.isfinite(found.report["coherence"]["MAP_ROW"]["i"])
    style.save(picture(found, model), tmp_path / "cube.png", dpi=60)
