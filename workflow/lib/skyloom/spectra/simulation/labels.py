"""True values of the quantities that are to be read off spectra."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from skyloom.spectra.simulation.frame import C
from skyloom.spectra.simulation.populations import Library
from skyloom.spectra.simulation.render import L_SUN, Component

FLOOR = -12.5  # log of the specific rate of star formation [1/yr] that counts as none
_V_BAND = (5450.0, 5550.0)  # Å, the light that means are weighted by
# The response of SDSS r to photons, 5480 Å and on in steps of 100 Å (Gunn et al. 2001).
_R_BAND = (5380.0, 100.0)
_R_RESPONSE = (
    *(0.0, 0.0497, 0.2093, 0.3609, 0.4253, 0.4489, 0.4634, 0.4711, 0.4767, 0.4867),
    *(0.4912, 0.4915, 0.4852, 0.4009, 0.1715, 0.0212, 0.0055, 0.0015, 0.0),
)
_R_SUN = 4.65  # absolute AB magnitude (Willmer 2018, ApJS 236, 47)
_PARSEC = 3.0856776e18  # cm


def red_light(library: Library) -> np.ndarray:
    """Return the light in SDSS r [L_sun,r for 1 M_sun formed], shape (n_age, n_z)."""
    nodes = _R_BAND[0] + _R_BAND[1] * np.arange(len(_R_RESPONSE))
    used = (library.wave > nodes[0]) & (library.wave < nodes[-1])
    wave = library.wave[used]
    weight = np.interp(wave, nodes, _R_RESPONSE) * np.gradient(wave)
    photons = np.einsum("azp,p->az", library.flux[..., used], weight * wave)
    per_hz = L_SUN * photons / (weight / wave).sum() / (C * 1e13)
    sun = 4 * np.pi * (10 * _PARSEC) ** 2 * 10 ** (-0.4 * (_R_SUN + 48.6))
    return per_hz / sun


def break_bands(library: Library) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean f_ν at 3850-3950 and 4000-4100 Å (Balogh et al. 1999).

    Their ratio, of a sum over populations, is Dn4000. Both are in one unit and have
    shape (n_age, n_z).
    """
    wave = library.wave
    ends = np.searchsorted(wave, (3850, 3950, 4000, 4100))
    blue, red = (slice(ends[i], ends[i + 1]) for i in (0, 2))
    return tuple(
        (library.flux[..., k] * wave[k] ** 2).mean(axis=-1) for k in (blue, red)
    )


def labels(library: Library, components: Sequence[Component]) -> pd.DataFrame:
    """Return the true values of n regions, each of the sum of its components.

    Means are weighted by the light at 5450 to 5550 Å before dust, and are those of
    log age and of [Z/H] themselves, not of their powers. Masses are those of stars and
    remnants, Salpeter.

    Returns
    -------
    DataFrame, n rows
        `log_age` [dex, Gyr], `z_h` [dex], `ebv_stars` [mag], `logMs` [dex, M_sun],
        `logSFR` [dex, M_sun/yr] of 10 Myr, `log_ssfr` [dex, 1/yr] (FLOOR where it is
        less, and in `logSFR`), `ML_r` [M_sun/L_sun,r before dust], `v_star` [km/s],
        `sigma_star` [km/s] with the components' differences in velocity, and `dn4000`
        before dust and lines. NaN where a region has no stars.
    """
    light = library.band(*_V_BAND)
    red, (below, above) = red_light(library), break_bands(library)
    by_age = np.broadcast_to(library.survives[:, None], light.shape)
    log_age = library.log_age[:, None]

    def total(band: np.ndarray) -> np.ndarray:
        return sum(part.light(band) for part in components)

    shares = [part.light(light) for part in components]
    mass, sfr = total(by_age), sum(part.sfr for part in components)

    def mean(values: list[np.ndarray]) -> np.ndarray:
        parts = zip(shares, values, strict=True)
        return sum(share * value for share, value in parts) / sum(shares)

    with np.errstate(divide="ignore", invalid="ignore"):
        log_mass = np.where(mass > 0, np.log10(mass), np.nan)
        log_ssfr = np.maximum(np.log10(sfr) - log_mass, FLOOR)
        velocity = mean([part.velocity for part in components])
        square = mean([part.sigma**2 + part.velocity**2 for part in components])
        return pd.DataFrame(
            {
                "log_age": total(light * log_age) / sum(shares),
                "z_h": total(light * library.z_h) / sum(shares),
                "ebv_stars": mean([part.ebv for part in components]),
                "logMs": log_mass,
                "logSFR": log_ssfr + log_mass,
                "log_ssfr": log_ssfr,
                "ML_r": mass / total(red),
                "v_star": velocity,
                "sigma_star": np.sqrt(np.maximum(square - velocity**2, 0)),
                "dn4000": total(above) / total(below),
            }
        )
