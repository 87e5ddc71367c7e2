"""Noise-free spectra of stars and gas, as an instrument like MaNGA's sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from astropy import units as u

from skyloom.sky.cosmology import COSMOLOGY
from skyloom.spectra.simulation.dust import curve, transmission
from skyloom.spectra.simulation.emission import LINES, Gas, add_lines, line_light
from skyloom.spectra.simulation.frame import KMS, PIXELS, STEP, C
from skyloom.spectra.simulation.history import History
from skyloom.spectra.simulation.kinematics import moved, shifted
from skyloom.spectra.simulation.populations import Library

L_SUN = 3.828e33  # erg/s
UNIT = 1e-17  # erg/s/cm2/Å
# Pixels of the populations that are not used: their first are damaged in some files,
# and a broad line-of-sight distribution mixes the ends with what is beyond.
EDGES = (24, 12)
_ROWS = 256  # spectra at a time


@dataclass(frozen=True)
class Component:
    """Stars of n regions that move together, such as those of a bulge.

    Attributes
    ----------
    mass : ndarray, shape (n,)
        Mass formed in the region [M_sun]; 0 where it has no such stars.
    history : History
        When and with what metallicity they formed.
    velocity, sigma : ndarray, shape (n,)
        Relative to the systemic redshift, and dispersion [km/s].
    ebv : ndarray, shape (n,)
        E(B-V) of the dust before them [mag].
    """

    mass: np.ndarray
    history: History
    velocity: np.ndarray
    sigma: np.ndarray
    ebv: np.ndarray

    def light(self, band: np.ndarray) -> np.ndarray:
        """Return the light before dust, (n,), of populations' light (n_age, n_z)."""
        # Not by BLAS, whose last bits depend on the number of threads.
        return self.mass * np.einsum("naz,az->n", self.history.weights, band)

    @property
    def sfr(self) -> np.ndarray:
        """Rate of star formation, the mean of 10 Myr [M_sun/yr], shape (n,)."""
        return self.mass * self.history.ssfr


@dataclass(frozen=True)
class Rendered:
    """Spectra without noise.

    Attributes
    ----------
    flux : ndarray, shape (n, PIXELS), float32
        [1e-17 erg/s/cm2/Å], on `frame.LOGLAM`.
    covered : ndarray, shape (n, PIXELS), bool
        Pixels whose wavelength at rest the populations have; flux is 0 elsewhere.
    lines : DataFrame, n rows
        Fluxes of `emission.LINES` [1e-17 erg/s/cm2]; `ew_ha`, the equivalent width of
        Hα at rest, positive in emission [Å]; `bpt`. Empty without gas.
    """

    flux: np.ndarray
    covered: np.ndarray
    lines: pd.DataFrame


def render(
    library: Library,
    components: Sequence[Component],
    gas: Gas | None,
    z: np.ndarray,
    blur: np.ndarray = 0.0,
) -> Rendered:
    """Return the spectra of stars and gas at redshift z.

    The populations have MaNGA's median resolution at the wavelengths of the observer,
    to a tenth from z = 0 to 0.15, and are broadened only by `blur` beyond that; lines
    get the same resolution at the wavelength that they are observed at.

    Parameters
    ----------
    library : Library
        The stellar populations.
    components : sequence of Component
        Stars of the same n regions.
    gas : Gas or None
        Their gas.
    z : ndarray, shape (n,)
        Systemic redshifts; the flux is that at the luminosity distance.
    blur : ndarray, shape (n,)
        Dispersion of the instrument beyond the populations' [pixels].
    """
    n = len(components[0].mass)
    z, blur = (np.broadcast_to(np.asarray(x, float), n) for x in (z, blur))
    dim = _dimming(z)
    pixels = library.flux.shape[-1]
    flux = np.zeros((n, PIXELS), dtype=np.float32)
    for first in range(0, n, _ROWS):
        rows = slice(first, first + _ROWS)
        flux[rows, :pixels] = _stars(
            library, components, z[rows], dim[rows], blur[rows], rows
        )
    lines = pd.DataFrame(index=range(n))
    if gas is not None:
        lines = _with_lines(library, components, gas, dim)
        add_lines(flux, lines, gas, z, library.sigma, blur)
    covered = _covered(z, pixels)
    flux[~covered] = 0
    return Rendered(flux, covered, lines)


def _stars(
    library: Library,
    components: Sequence[Component],
    z: np.ndarray,
    dim: np.ndarray,
    blur: np.ndarray,
    rows: slice,
) -> np.ndarray:
    """Return the light of the stars of some regions, on the populations' pixels."""
    spectra = library.flux.reshape(-1, library.flux.shape[-1])
    total = 0
    for part in components:
        mass = part.mass[rows] * L_SUN * dim / (1 + z)
        weights = part.history.weights[rows].reshape(len(mass), -1)
        light = (weights * mass[:, None]).astype(np.float32) @ spectra
        light *= transmission(part.ebv[rows], library.wave)
        shift = np.log10((1 + z) * (1 + part.velocity[rows] / C)) / STEP
        sigma = np.hypot(part.sigma[rows] / KMS, blur)
        total = total + moved(light, shift, sigma)
    return shifted(total, spectra.shape[1])


def _covered(z: np.ndarray, pixels: int) -> np.ndarray:
    """Return which pixels show the populations' wavelengths, shape (n, PIXELS)."""
    shift = np.log10(1 + z)[:, None] / STEP
    low, high = EDGES[0] + shift, pixels - 1 - EDGES[1] + shift
    pixel = np.arange(PIXELS)
    return (pixel >= low) & (pixel <= high) & (pixel < pixels)


def _dimming(z: np.ndarray) -> np.ndarray:
    """Return flux [1e-17 erg/s/cm2] over luminosity [erg/s], shape (n,)."""
    unique, place = np.unique(z, return_inverse=True)
    distance = COSMOLOGY.luminosity_distance(unique).to_value(u.cm)
    return (1 / (4 * np.pi * distance**2 * UNIT))[place]


def _with_lines(
    library: Library, components: Sequence[Component], gas: Gas, dim: np.ndarray
) -> pd.DataFrame:
    """Return the table `Rendered.lines`."""
    band = L_SUN * library.band(6480.0, 6640.0)
    lights = [part.light(band) for part in components]
    lines = line_light(gas, sum(part.sfr for part in components), sum(lights))
    wave = LINES["ha6565"]
    red = -0.4 * curve(wave)
    seen = sum(
        x * 10 ** (red * part.ebv) for x, part in zip(lights, components, strict=True)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        ew = lines["ha6565"].to_numpy() / seen
    lines[list(LINES)] = lines[list(LINES)].mul(dim, axis=0)
    return lines.assign(ew_ha=ew)
