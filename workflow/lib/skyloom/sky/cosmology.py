"""The one cosmology."""

from __future__ import annotations

import numpy as np
from astropy.cosmology import FlatLambdaCDM

# That of redMaPPer's catalogues (Rykoff et al. 2014, ApJ 785, 104).
COSMOLOGY = FlatLambdaCDM(H0=70.0, Om0=0.3)


def arcsec_per_mpc(z: np.ndarray) -> np.ndarray:
    """Return the angle of a physical megaparsec at a redshift [arcsec/Mpc]."""
    return COSMOLOGY.arcsec_per_kpc_proper(z).value * 1000.0
