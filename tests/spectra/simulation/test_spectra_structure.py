"""Galaxies on the spaxels of a unit."""

from dataclasses import replace

import numpy as np
import pytest
from skyloom.spectra.simulation.footprint import PSF_SIGMA, Footprint
from skyloom.spectra.simulation.structure import NODES, averaging, build, plane

UNIT = Footprint(127)


def seen(galaxy, library, **changes):
    """Return the galaxy face-on and small, with what is changed."""
    plain = {"re": 4.0, "axis_ratio": 1.0, "bulge_axis_ratio": 1.0, "inclination": 0.0}
    return build(replace(galaxy, **(plain | changes)), UNIT, library)


def test_the_mass_is_the_galaxys(galaxy, library):
    made = seen(galaxy, library, bulge=0.0)
    assert made.mass.sum() == pytest.approx(10**galaxy.log_mass, rel=0.03)


@pytest.mark.parametrize(
    ("bulge", "sersic", "bulge_re"), [(0.0, 2.0, 0.3), (0.4, 3.0, 0.25), (1.0, 4.0, 1)]
)
def test_half_of_the_mass_is_within_re(galaxy, library, bulge, sersic, bulge_re):
    shape = {"bulge": bulge, "sersic": sersic, "bulge_re": bulge_re}
    made = seen(galaxy, library, **shape)
    within = made.mass[made.r_re < 1].sum() / 10**galaxy.log_mass
    assert within == pytest.approx(0.5, abs=0.05)


def test_an_exponential_disc_falls_as_one(galaxy, library):
    """Away from the middle the blur multiplies exp(-r/h) by a number only."""
    made = seen(galaxy, library, bulge=0.0, re=6.0)
    row = made.mass[37, 45:65]
    scale = 6.0 / 1.678
    np.testing.assert_allclose(np.diff(np.log(row)), -0.5 / scale, rtol=0.06)


def test_a_point_becomes_as_wide_as_the_blur(galaxy, library):
    made = seen(galaxy, library, bulge=0.0, re=0.3)
    profile = made.mass[37] / made.mass[37, 37]
    width = np.sqrt(2 * -np.log(profile[37 + 2]) / 4) ** -1
    assert width == pytest.approx(PSF_SIGMA, rel=0.2)


def test_the_receding_side_is_at_the_position_angle(galaxy):
    turned = replace(galaxy, pa=90.0, inclination=60.0, rotation=200.0)
    radius, azimuth, velocity = plane(turned, UNIT, 0.5)
    east, north = UNIT.sky
    assert (velocity[(east > 2) & (abs(north) < 1)] > 0).all()
    assert (velocity[(east < -2) & (abs(north) < 1)] < 0).all()
    assert abs(velocity).max() < 200 * np.sin(np.deg2rad(60))
    assert azimuth[37, 20] == pytest.approx(0, abs=1)
    assert azimuth[37, 60] == pytest.approx(180, abs=1)
    assert radius[60, 37] == pytest.approx(2 * radius[37, 60], rel=0.01)


def test_a_disc_seen_face_on_does_not_rotate(galaxy):
    still = replace(galaxy, inclination=0.0)
    assert not plane(still, UNIT, 1.0)[2].any()


def test_components_are_means_of_their_spaxels(galaxy, library):
    made = seen(galaxy, library)
    spaxels = np.where(UNIT.inside, np.where(UNIT.sky[0] > 0, 1, 0), -1)
    components, gas = made.regions(spaxels)
    mass = sum(part.mass for part in components)
    wanted = [made.mass[spaxels == k].mean() for k in (0, 1)]
    np.testing.assert_allclose(mass, wanted)
    for part in components:
        np.testing.assert_allclose(part.history.weights.sum(axis=(1, 2)), 1)
        assert (part.history.ssfr >= 0).all()
        assert (part.sigma > 20).all()
    assert gas.oh.shape == (2,)
    assert ((gas.agn >= 0) & (gas.agn <= 0.95)).all()


def test_a_region_across_the_middle_has_no_velocity_but_the_dispersion(galaxy, library):
    turning = {"inclination": 60.0, "axis_ratio": 0.5, "rotation": 300.0}
    made = seen(galaxy, library, bulge=0.0, **turning)
    everything = np.where(UNIT.inside, 0, -1)
    [disc], _ = made.regions(everything)
    assert abs(disc.velocity[0]) < 3
    assert disc.sigma[0] > 100  # the rotation, not resolved


def test_neighbouring_spaxels_are_mixed(galaxy, library):
    """The blur makes the populations of neighbours alike, more than their radii are."""
    made = seen(galaxy, library, bulge=0.0, age_gradient=0.45, re=2.0)
    each = np.full(UNIT.inside.shape, -1)
    each[37, 37:47] = np.arange(10)
    [disc], _ = made.regions(each)
    ages = (disc.history.weights.sum(axis=2) * library.log_age).sum(axis=1)
    alone = (made.parts[0].history.weights.sum(axis=2) * library.log_age).sum(axis=1)
    sharp = np.interp(made.r_re[37, 37:47], NODES, alone)
    assert np.ptp(ages) < 0.9 * np.ptp(sharp)
    assert ages[0] < sharp[0]  # the oldest, in the middle, with younger ones around


def test_an_active_nucleus_is_in_the_middle(galaxy, library):
    made = seen(galaxy, library, agn=0.8)
    assert made.agn[37, 37] == pytest.approx(0.8)
    assert made.agn[37, 50] < 0.01


def test_means_are_over_the_spaxels_of_a_region():
    regions = np.array([[0, 0, -1], [1, -1, 1]])
    values = np.array([[[1.0, 3.0, 99.0], [5.0, 99.0, 7.0]]])
    np.testing.assert_array_equal(averaging(regions)(values), [[2.0, 6.0]])
