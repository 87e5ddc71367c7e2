"""The wavelengths that simulated spectra are observed at: MaNGA's logarithmic grid."""

from __future__ import annotations

import numpy as np

PIXELS = 4563
STEP = 1e-4  # dex
LOGLAM = 3.5589 + STEP * np.arange(PIXELS)
WAVE = 10**LOGLAM  # Å, vacuum
C = 299792.458  # km/s
KMS = C * np.log(10) * STEP  # km/s a pixel
