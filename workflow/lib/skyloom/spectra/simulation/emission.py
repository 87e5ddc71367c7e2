"""Emission lines of gas that young stars, old stars and active nuclei ionise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr

from skyloom.spectra.simulation.dust import GAS, transmission
from skyloom.spectra.simulation.frame import KMS, LOGLAM, PIXELS, STEP, C

# Wavelengths in vacuum [Å].
LINES = {
    "oii3727": 3727.092,
    "oii3730": 3729.875,
    "neiii3870": 3869.857,
    "he3971": 3971.198,
    "hd4103": 4102.892,
    "hg4342": 4341.684,
    "hb4863": 4862.683,
    "oiii4960": 4960.295,
    "oiii5008": 5008.240,
    "hei5877": 5877.249,
    "oi6302": 6302.046,
    "oi6366": 6365.536,
    "nii6550": 6549.86,
    "ha6565": 6564.608,
    "nii6585": 6585.27,
    "sii6718": 6718.295,
    "sii6733": 6732.674,
    "siii9071": 9071.1,
    "siii9533": 9533.2,
}
# Case B, 10,000 K, 100 cm^-3, of Hα (Osterbrock & Ferland 2006).
_BALMER = {"he3971": 0.159, "hd4103": 0.259, "hg4342": 0.468, "hb4863": 1.0}
_HB = 1 / 2.86
_HELIUM = 0.12 * _HB
_SALPETER = 7.9e-42  # M_sun/yr per erg/s of Hα (Kennicutt 1998, ARA&A 36, 189)
# Curti et al. 2020 (MNRAS 491, 944), log of the ratio in 12 + log(O/H) - 8.69.
_CURTI = {
    "r3": (-0.277, -3.549, -3.593, -0.981),  # [OIII] 5008 / Hβ
    "n2": (-0.489, 1.513, -2.554, -5.293, -2.867),  # [NII] 6585 / Hα
    "s2": (-0.442, -0.360, -6.271, -8.339, -3.559),  # [SII] both / Hα
    "r2": (0.435, -1.362, -5.655, -4.851, -0.478, 0.736),  # [OII] both / Hβ
}
_OH = (7.6, 8.85)  # where the calibration holds
# The middles of these classes in SDSS (Kewley et al. 2006, MNRAS 372, 961), as above;
# o1 is [OI] 6302 / Hα, s3 is [SIII] both / [SII] both.
_SEYFERT = {"r3": 0.95, "n2": 0.0, "s2": -0.3, "r2": 0.45, "o1": -0.95, "s3": -0.2}
_LINER = {"r3": 0.35, "n2": 0.1, "s2": 0.05, "r2": 0.75, "o1": -0.7, "s3": -0.6}
_REACH = 30  # pixels on each side that a line is drawn on


@dataclass(frozen=True)
class Gas:
    """Ionised gas of n regions; each attribute has shape (n,) or is one number.

    Its rate of star formation is that of the stars.

    Attributes
    ----------
    velocity, sigma : ndarray
        Relative to the systemic redshift, and dispersion [km/s].
    ebv : ndarray
        E(B-V) of the stars [mag]; that of the gas is larger by 1 / 0.44.
    oh : ndarray
        Oxygen of gas ionised by young stars, 12 + log(O/H), used from 7.6 to 8.85.
    excitation : ndarray
        Offset from the mean [OIII]/Hβ of its kind of gas [dex]; lines of low ionisation
        move by half of that the other way.
    agn : ndarray
        Share of Hα that is due to a Seyfert nucleus, 0 to 0.95.
    ew_old : ndarray
        Equivalent width of Hα that is due to old stars [Å] (Cid Fernandes et al. 2011,
        MNRAS 413, 1687: 0.5 to 2.4), before dust.
    """

    velocity: np.ndarray
    sigma: np.ndarray
    ebv: np.ndarray
    oh: np.ndarray
    excitation: np.ndarray = 0.0
    agn: np.ndarray = 0.0
    ew_old: np.ndarray = 1.0


def star_forming(oh: np.ndarray) -> dict[str, np.ndarray]:
    """Return the logarithms of line ratios of gas ionised by young stars.

    [OI] is a twelfth of [SII], and [SIII] as strong as it, at log U = -3.0
    (Díaz et al. 1991, MNRAS 253, 245).
    """
    x = np.clip(oh, *_OH) - 8.69
    log = {k: np.polynomial.polynomial.polyval(x, c) for k, c in _CURTI.items()}
    return {**log, "o1": log["s2"] - 1.08, "s3": 0.0}


def _lines(log: dict[str, np.ndarray], excitation: np.ndarray) -> dict[str, np.ndarray]:
    """Return the lines for a unit of Hα, by the logarithms of the ratios."""
    power = {"r3": 1.0, "s3": 1.5}  # [SIII] is stated relative to [SII]
    log = {k: v + power.get(k, -0.5) * excitation for k, v in log.items()}
    oiii, oii = _HB * 10 ** log["r3"], _HB * 10 ** log["r2"]
    oi, nii, sii = 10 ** log["o1"], 10 ** log["n2"], 10 ** log["s2"]
    siii = sii * 10 ** log["s3"]
    # Pairs from one upper level have fixed ratios; others are at low density, 1.4.
    return {
        **{k: _HB * v for k, v in _BALMER.items()},
        "ha6565": 1.0,
        "hei5877": _HELIUM,
        "oiii5008": oiii,
        "oiii4960": oiii / 2.98,
        "neiii3870": 0.08 * oiii,  # Izotov et al. 2006, A&A 448, 955
        "oii3727": oii / 2.4,
        "oii3730": oii * 1.4 / 2.4,
        "oi6302": oi,
        "oi6366": oi / 3.1,
        "nii6585": nii,
        "nii6550": nii / 3.05,
        "sii6718": sii * 1.4 / 2.4,
        "sii6733": sii / 2.4,
        "siii9533": siii * 2.44 / 3.44,
        "siii9071": siii / 3.44,
    }


def bpt(r3: np.ndarray, n2: np.ndarray, s2: np.ndarray) -> np.ndarray:
    """Return the class of gas: SF, composite, Seyfert or LINER.

    Below Kauffmann et al. 2003 (MNRAS 346, 1055) SF; between that and Kewley et al.
    2001 (ApJ 556, 121) composite; above, Seyfert and LINER by [SII] (Kewley et al.
    2006).

    Parameters
    ----------
    r3, n2, s2 : ndarray, shape (n,)
        log of [OIII] 5008 / Hβ, [NII] 6585 / Hα and [SII] 6718, 6733 / Hα.
    """
    sf = (n2 < 0.05) & (r3 < 0.61 / np.minimum(n2 - 0.05, -1e-6) + 1.3)
    agn = (n2 >= 0.47) | (r3 > 0.61 / np.minimum(n2 - 0.47, -1e-6) + 1.19)
    seyfert = r3 > 1.89 * s2 + 0.76
    return np.select([sf, ~agn, seyfert], ["SF", "composite", "Seyfert"], "LINER")


def line_light(gas: Gas, sfr: np.ndarray, continuum: np.ndarray) -> pd.DataFrame:
    """Return the light of the lines after dust [erg/s], and their class `bpt`.

    Parameters
    ----------
    gas : Gas
        The gas of n regions.
    sfr : ndarray, shape (n,)
        Rate of star formation, Salpeter [M_sun/yr].
    continuum : ndarray, shape (n,)
        The stars' light at Hα before dust [erg/s/Å].
    """
    one = np.ones(len(sfr))
    young, old = sfr / _SALPETER, gas.ew_old * continuum
    nucleus = (young + old) * gas.agn / (1 - gas.agn * one)
    sources = (
        (young, star_forming(gas.oh * one)),
        (old, _LINER),
        (nucleus, _SEYFERT),
    )
    total = dict.fromkeys(LINES, 0.0)
    for ha, log in sources:
        for name, ratio in _lines(log, gas.excitation * one).items():
            total[name] = total[name] + ha * ratio
    dust = transmission(gas.ebv * one / GAS, np.array(list(LINES.values())))
    table = pd.DataFrame(total) * dust.astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        r3 = np.log10(table["oiii5008"] / table["hb4863"]).to_numpy()
        n2 = np.log10(table["nii6585"] / table["ha6565"]).to_numpy()
        s2 = np.log10((table["sii6718"] + table["sii6733"]) / table["ha6565"])
    table["bpt"] = bpt(r3, n2, s2.to_numpy())
    return table


def add_lines(
    flux: np.ndarray,
    lines: pd.DataFrame,
    gas: Gas,
    z: np.ndarray,
    lsf: np.ndarray,
    blur: np.ndarray,
) -> None:
    """Add lines to spectra on `frame.LOGLAM`, in place.

    Each pixel gets the light between its edges of a line that is Gaussian in log λ.

    Parameters
    ----------
    flux : ndarray, shape (n, PIXELS)
        Flux density.
    lines : DataFrame, n rows
        Fluxes of `LINES`, in the unit of `flux` times Å.
    gas : Gas
        The velocities and dispersions.
    z, blur : ndarray, shape (n,)
        Systemic redshifts; dispersion of the instrument beyond `lsf` [pixels].
    lsf : ndarray, shape (<= PIXELS,)
        The instrument's dispersion at the pixels [pixels].
    """
    rows = np.arange(len(flux))[:, None]
    reach = np.arange(-_REACH, _REACH + 1)
    moving = np.log10((1 + z) * (1 + gas.velocity / C))
    width = np.diff(10 ** (LOGLAM[0] + STEP * (np.arange(PIXELS + 1) - 0.5)))
    for name, wave in LINES.items():
        centre = (np.log10(wave) + moving - LOGLAM[0]) / STEP
        near = np.rint(centre).astype(int)
        own = lsf[np.clip(near, 0, len(lsf) - 1)]
        sigma = np.sqrt(own**2 + blur**2 + np.square(gas.sigma / KMS))[:, None]
        edges = near[:, None] + np.append(reach, _REACH + 1) - 0.5 - centre[:, None]
        light = np.diff(ndtr(edges / sigma), axis=1) * lines[name].to_numpy()[:, None]
        pixel = near[:, None] + reach
        light[(pixel < 0) | (pixel >= PIXELS)] = 0
        pixel %= PIXELS
        flux[rows, pixel] += (light / width[pixel]).astype(flux.dtype)
