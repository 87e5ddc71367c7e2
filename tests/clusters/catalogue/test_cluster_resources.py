"""The tables of colours that ship, made again from their sources."""

from pathlib import Path

import galsim
import numpy as np
import pytest
from scipy.integrate import trapezoid
from skyloom.clusters.catalogue.colours import TYPES, read_templates

filters = pytest.importorskip("speclite.filters")


def _magnitude(response, wavelength, spectrum):
    """Return -2.5 log10 of mean flux per frequency, up to a constant."""
    inside = (wavelength > response.wavelength[0]) & (
        wavelength < response.wavelength[-1]
    )
    grid = np.union1d(response.wavelength, wavelength[inside])
    passed = np.interp(grid, response.wavelength, response.response)
    light = np.interp(grid, wavelength, spectrum)
    return -2.5 * np.log10(
        trapezoid(light * passed * grid, grid) / trapezoid(passed / grid, grid)
    )


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize(
    ("name", "curves"),
    [("galaxies.csv", "decam2014"), ("galaxies_sdss.csv", "sdss2010")],
)
def test_galaxies_are_made_again(checkout, name, curves, kind):
    """From GalSim's spectra through speclite's curves, within 0.0005 mag."""
    folder = Path(galsim.meta_data.share_dir) / "SEDs"
    wavelength, spectrum = np.loadtxt(folder / f"CWW_{kind}_ext.sed", unpack=True)
    absolute = _magnitude(filters.load_filter("sdss2010-r"), wavelength, spectrum)
    bands = [filters.load_filter(f"{curves}-{band}") for band in "griz"]
    templates = read_templates(checkout / "resources/clusters" / name)
    ours = templates.offsets[TYPES.index(kind)]
    for row in (0, 15, 40, -1):
        z = templates.z[row]
        seen = [
            _magnitude(band, wavelength * (1 + z), spectrum / (1 + z)) for band in bands
        ]
        np.testing.assert_allclose(ours[row], np.array(seen) - absolute, atol=5e-4)
