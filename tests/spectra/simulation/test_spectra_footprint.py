"""The hexagons of MaNGA's units."""

import numpy as np
import pytest
from skyloom.spectra.simulation.footprint import (
    PSF,
    PSF_SIGMA,
    SPAXEL,
    Footprint,
    radius,
)

UNITS = (19, 37, 61, 91, 127)


@pytest.mark.parametrize(
    ("fibres", "diameter"),
    [(19, 12.5), (37, 17.5), (61, 22.5), (91, 27.5), (127, 32.5)],
)
def test_diameters_are_those_of_manga(fibres, diameter):
    """Drory et al. 2015, table 2: 12.5 to 32.5 arcsec."""
    assert 2 * radius(fibres) == diameter


@pytest.mark.parametrize("fibres", [2, 7.5, 18, 20, 100])
def test_a_number_that_fills_no_hexagon_is_refused(fibres):
    with pytest.raises(ValueError, match="hexagon"):
        radius(fibres)


@pytest.mark.parametrize("fibres", UNITS)
def test_spaxels_fill_the_hexagon(fibres):
    """Its area is 3√3/2 r² for a distance r from the middle to a corner."""
    footprint = Footprint(fibres)
    area = footprint.inside.sum() * SPAXEL**2
    assert area == pytest.approx(1.5 * np.sqrt(3) * radius(fibres) ** 2, rel=0.03)


@pytest.mark.parametrize("fibres", UNITS)
def test_the_edge_of_a_cube_is_free(fibres):
    footprint = Footprint(fibres)
    rim = np.ones_like(footprint.inside)
    rim[2:-2, 2:-2] = False
    assert not (footprint.inside & rim).any()


def test_a_cube_is_laid_out_as_the_real_one():
    """8080-12701: 74 spaxels, the reference at pixel 38 from 1, east at low columns."""
    footprint = Footprint(127)
    assert footprint.size == 74
    east, north = footprint.sky
    assert east[37, 0] == 18.5
    assert east[37, 73] == -18.0
    assert (north[0, 37], north[73, 37]) == (-18.5, 18.0)
    assert (east[37, 37], north[37, 37]) == (0, 0)


def test_the_blur_has_the_width_of_the_reconstructed_images():
    half = PSF / 2 / SPAXEL
    assert np.exp(-0.5 * (half / PSF_SIGMA) ** 2) == pytest.approx(0.5)
