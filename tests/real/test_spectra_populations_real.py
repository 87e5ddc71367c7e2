"""Simulated populations against real MaNGA spectra; nothing is tuned to these."""

import numpy as np
import pytest
from astropy.io import fits
from scipy.optimize import nnls
from simulated_stars import library, single, stars
from skyloom.spectra.simulation.emission import LINES
from skyloom.spectra.simulation.frame import LOGLAM, WAVE
from skyloom.spectra.simulation.render import render

VELOCITIES = np.arange(-300.0, 301.0, 100.0)


def free_of_lines(z):
    """Return pixels without emission, sky lines and strong telluric bands."""
    rest = WAVE / (1 + z)
    lines = [abs(rest - wave) < 12 for wave in (*LINES.values(), 5892.0)]
    return ~np.any(lines, axis=0) & (abs(WAVE - 5578) > 10) & (WAVE < 9000)


@pytest.mark.parametrize("number", [0, 1, 4])
def test_sums_of_populations_make_real_galaxies(real, number):
    """Rest frame, wavelengths in vacuum and resolution are right, or no sum fits."""
    with fits.open(real / "spectra/mangadap_tests/MaNGA_test_spectra.fits.gz") as file:
        assert np.allclose(np.log10(file["WAVE"].data), LOGLAM, atol=1e-6)
        names = ("FLUX", "IVAR", "MASK")
        flux, ivar, mask = (file[name].data[number] for name in names)
        z = float(file["Z"].data[number])
    nodes = np.meshgrid(range(0, 25, 3), range(0, 12, 3), (0.0, 0.2))
    age, metal, ebv = (x.ravel() for x in nodes)
    used = (mask == 0) & (ivar > 0) & free_of_lines(z)
    misfit = []
    for velocity in VELOCITIES:
        part = stars(single(age, metal), 1e9, velocity, 180.0, ebv)
        seen = render(library(), [part], None, z)
        good = used & seen.covered[0]
        basis = seen.flux[:, good].T / np.median(seen.flux[:, good], axis=1)
        data = flux[good] / np.median(flux[good])
        share, _ = nnls(basis[::4], data[::4])
        misfit.append(np.std(basis @ share - data))
    assert min(misfit) < 0.025
    assert abs(VELOCITIES[np.argmin(misfit)]) <= 100
