"""Units of wavelengths and fluxes: what a file states is converted, or refused.

Wavelengths become Å, fluxes 1e-17 erg/s/cm2/Å, by astropy; a flux per frequency with
the wavelength of each pixel. What states no unit has these already.
"""

from __future__ import annotations

import re
import warnings
from functools import lru_cache
from pathlib import Path

import astropy.units as u
import numpy as np
from astropy.units.function import FunctionUnitBase

from skyloom.io.errors import InputError

FLUX = u.Unit("1e-17 erg / (s cm2 Angstrom)")
LOG = re.compile(r"(?:log10|log|dex)\s*\(?\s*([^()]+?)\s*\)?", re.IGNORECASE)
# As surveys write them, and astropy does not: 1E-17 erg/cm^2/s/Ang, ergs/s/cm2/A.
WORDS = {r"\b(angstroms?|ang|aa|a)(?![a-z])": "Angstrom", r"\bergs\b": "erg"}
REMEDY = "state the unit that the numbers have, or convert them"


def angstroms(path: str | Path, where: str, wave, unit: str | None) -> np.ndarray:
    """Return wavelengths [Å] of a unit of length, or its log10, as float64."""
    wave, text = np.asarray(wave, np.float64), str(unit or "").strip()
    log = LOG.fullmatch(text)
    if log:
        with np.errstate(over="ignore"):
            wave = 10.0**wave
    known = _parsed(log[1] if log else text) if text else u.AA
    if known is None or not known.is_equivalent(u.AA):
        expected = "a unit of length, or log10 of one"
        raise _refused(path, where, f"unit {text!r} of wavelengths", expected)
    return _times(wave, known.to(u.AA))


def fluxes(
    path: str | Path,
    where: str,
    wave: np.ndarray,
    flux: np.ndarray,
    ivar: np.ndarray,
    units: tuple[str | None, str | None],
) -> tuple[np.ndarray, np.ndarray]:
    """Return flux [1e-17 erg/s/cm2/Å] and ivar, (n, npix), by the `units` of both.

    Where one states none, it has that of the other. `wave` (npix,) is in Å.
    """
    text, weight = (str(unit or "").strip() for unit in units)
    known = [_flux(path, where, text, 1)] if text else []
    known += [_flux(path, where, weight, -2)] if weight else []
    if len(known) == 2 and not known[0].is_equivalent(known[1]):
        problem = f"flux in {text!r}, and inverse variance in {weight!r}"
        raise _refused(path, where, problem, "units of one kind")
    if not known:
        return flux, ivar
    factor, of_noise = (_factor(unit, wave) for unit in (known[0], known[-1]))
    return _times(flux, factor), _times(ivar, of_noise**-2.0)


def _flux(path, where: str, text: str, power: int):
    """Return the unit of a flux by what is stated of its power."""
    known = _parsed(text)
    root = None if known is None else known ** (1 / power)
    if root is None or not root.is_equivalent(FLUX, u.spectral_density(5000 * u.AA)):
        what = "flux" if power == 1 else "inverse variance"
        expected = "a flux density, as 1e-17 erg/(s cm2 Angstrom) or Jy"
        expected += "" if power == 1 else ", to the power of -2"
        raise _refused(path, where, f"unit {text!r} of {what}", expected)
    return root


def _factor(unit, wave: np.ndarray) -> np.ndarray:
    every = np.ones(len(wave)) * unit
    return every.to_value(FLUX, u.spectral_density(wave * u.AA))


def _times(values: np.ndarray, factor) -> np.ndarray:
    # The unit itself changes no digit.
    return values if np.allclose(factor, 1, rtol=1e-9, atol=0) else values * factor


@lru_cache
def _parsed(text: str):
    """Return a unit, None for a text that is none, or a logarithm."""
    known = text
    for word, name in WORDS.items():
        known = re.sub(word, name, known, flags=re.IGNORECASE)
    unit = _unit(known)
    if unit is None and text.isupper():  # as old headers are
        unit = _unit(known.lower())
    return None if isinstance(unit, FunctionUnitBase) else unit


def _unit(text: str):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", u.UnitsWarning)
            return u.Unit(text)
    except (ValueError, TypeError):
        return None


def _refused(path, where: str, problem: str, expected: str) -> InputError:
    return InputError(path, problem, where=where, expected=expected, remedy=REMEDY)
