"""Wavelengths in air, and in vacuum."""

from __future__ import annotations

import numpy as np


def air_to_vacuum(wave: np.ndarray) -> np.ndarray:
    """Return vacuum wavelengths [Å] of wavelengths in standard air [Å].

    Standard air is dry, of 15 °C, 101325 Pa and 450 ppm CO2: Ciddor (1996), Applied
    Optics 35, 1566, equation 1. Its index is given by the vacuum wavelength, which is
    found by iteration, to 1e-9 Å above 2000 Å.
    """
    air = np.asarray(wave, np.float64)
    vacuum = air
    for _ in range(4):
        wavenumber = (1e4 / vacuum) ** 2  # 1/µm²
        excess = 0.05792105 / (238.0185 - wavenumber)
        excess += 0.00167917 / (57.362 - wavenumber)
        vacuum = air * (1 + excess)
    return vacuum
