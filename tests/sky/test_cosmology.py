"""The one cosmology, against the integral that defines its distances."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from skyloom.sky.cosmology import arcsec_per_mpc


@pytest.mark.parametrize("z", [0.05, 0.4, 1.3])
def test_a_megaparsec_is_the_angle_of_flat_lambda_cdm(z):
    """H0 70 km/s/Mpc and Omega_m 0.3 (Hogg 1999, astro-ph/9905116, eqs 15 and 18)."""
    hubble = 299_792.458 / 70
    comoving, _ = quad(lambda x: (0.3 * (1 + x) ** 3 + 0.7) ** -0.5, 0, z)
    distance = hubble * comoving / (1 + z)
    assert arcsec_per_mpc(z) == pytest.approx(np.degrees(1 / distance) * 3600, rel=1e-5)
