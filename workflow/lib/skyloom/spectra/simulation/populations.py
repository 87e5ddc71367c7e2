"""Simple stellar populations: MaStar's models of Maraston et al. 2020.

The spectra (MNRAS 496, 2962; Salpeter IMF) are read at run time from the PyPI package
sdss-mangadap, whose terms are BSD-3; cite the paper where they are used. Nothing of
the package is imported, so that its own requirements need not be there.

The files are normalised. Their light a unit of mass is `LIGHT`, that of models with the
same stellar evolution.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from scipy.interpolate import PchipInterpolator

from skyloom.io.errors import InputError
from skyloom.io.fits import opened
from skyloom.spectra.simulation.frame import LOGLAM, STEP

AGES = (0.00316228, 0.01, 0.03162278, 0.1, 0.3, 1.0, 3.0, 9.0, 14.0)  # Gyr
METALS = (-1.35, -1.0, -0.7, -0.33, 0.0, 0.35)  # [Z/H], dex
# log10 of the mean light at 5450 to 5550 Å [L_sun/Å for 1 M_sun formed, 0.1 to
# 100 M_sun] of AGES x METALS. From 0.1 Gyr and [Z/H] = -0.33 on, and for the Sun's
# metallicity, it is that of Maraston & Strömbäck 2011 (MNRAS 418, 2785). Other young
# populations differ from the Sun's as those of Bruzual & Charlot 2003 do, old ones of
# -0.7 from -0.33 as MIUSCAT's do. Below, the light grows by 0.065 dex a dex, as theirs
# does from -0.7 to -2.25.
LIGHT = (
    (-2.20, -2.22, -2.24, -2.24, -2.13, -2.14),
    (-2.66, -2.68, -2.70, -2.70, -2.67, -2.73),
    (-2.72, -2.74, -2.76, -2.76, -2.84, -2.94),
    (-3.12, -3.14, -3.16, -3.17, -3.22, -3.30),
    (-3.35, -3.37, -3.39, -3.45, -3.51, -3.55),
    (-3.67, -3.69, -3.71, -3.77, -3.89, -3.96),
    (-4.08, -4.10, -4.12, -4.22, -4.28, -4.37),
    (-4.47, -4.49, -4.51, -4.62, -4.70, -4.80),
    (-4.64, -4.66, -4.68, -4.79, -4.89, -5.01),
)
N_AGE, N_Z = 25, 12
TEMPLATE_PIXELS = 4562
_REMEDY = "install the package by `pip install --no-deps sdss-mangadap`, or set "
_REMEDY += "spectra.simulate.templates to the folder of its mastar_ssp_v1.0"


@dataclass(frozen=True)
class Library:
    """Spectra of simple stellar populations on a grid of age and metallicity.

    Attributes
    ----------
    log_age : ndarray, shape (n_age,)
        Ages [dex, Gyr], equally spaced.
    z_h : ndarray, shape (n_z,)
        Metallicities [dex, relative to the Sun's], equally spaced.
    flux : ndarray, shape (n_age, n_z, pixels), float32
        [L_sun/Å for 1 M_sun formed], on the first pixels of `frame.LOGLAM`, at rest.
    survives : ndarray, shape (n_age,)
        Share of the mass formed that is still in stars and their remnants.
    sigma : ndarray, shape (pixels,)
        Dispersion of the spectra's resolution [pixels].
    """

    log_age: np.ndarray
    z_h: np.ndarray
    flux: np.ndarray
    survives: np.ndarray
    sigma: np.ndarray

    @property
    def wave(self) -> np.ndarray:
        """Wavelengths of `flux` [Å, vacuum, at rest]."""
        return 10 ** LOGLAM[: self.flux.shape[-1]]

    def band(self, low: float, high: float) -> np.ndarray:
        """Return the mean `flux` from `low` to `high` Å, shape (n_age, n_z)."""
        first, last = np.searchsorted(self.wave, (low, high))
        return self.flux[..., first:last].mean(axis=-1, dtype=np.float64)


def template_files(folder: str | Path | None = None) -> list[Path]:
    """Return the files of the populations, by age and then by metallicity.

    Raises
    ------
    InputError
        Where `folder`, or for None the folder of sdss-mangadap, is not there.
    """
    if folder is None:
        found = find_spec("mangadap")
        if found is None or not found.submodule_search_locations:
            raise InputError(Path("sdss-mangadap"), "no such package", remedy=_REMEDY)
        home = Path(found.submodule_search_locations[0])
        folder = home / "data" / "spectral_templates" / "mastar_ssp_v1.0"
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(folder, "no such folder", remedy=_REMEDY)
    return [
        folder / f"MaStar-SSP-A{age:06.3f}-Z{metal:+.2f}.fits.gz"
        for age in AGES
        for metal in METALS
    ]


def read_library(folder: str | Path | None = None) -> Library:
    """Read the populations and interpolate them to a finer grid.

    The logarithm of the flux is interpolated in the logarithm of the age by monotone
    cubics (PCHIP) and linearly in [Z/H]: 25 ages of 3.16 Myr to 14 Gyr and 12
    metallicities of -1.35 to 0.35.

    Parameters
    ----------
    folder : path, optional
        Folder of the files; by default that of the package sdss-mangadap.

    Raises
    ------
    InputError
        Where the folder or a file is missing, or a file is not MaStar's.
    """
    spectra, resolution = [], None
    for path in template_files(folder):
        flux, resolution = _read(path)
        spectra.append(flux)
    log_flux = np.log(spectra).reshape(len(AGES), len(METALS), -1)
    place = np.log10(AGES)
    blue, red = np.searchsorted(LOGLAM, np.log10((5450.0, 5550.0)))
    norm = np.log(np.exp(log_flux[..., blue:red]).mean(axis=-1))
    log_flux += (np.log(10) * np.array(LIGHT) - norm)[..., None]
    log_age = np.linspace(place[0], place[-1], N_AGE)
    z_h = np.linspace(METALS[0], METALS[-1], N_Z)
    fine = PchipInterpolator(place, log_flux, axis=0)(log_age)
    right = np.clip(np.searchsorted(METALS, z_h), 1, len(METALS) - 1)
    left = np.array(METALS)[right - 1]
    share = ((z_h - left) / (np.array(METALS)[right] - left))[:, None]
    fine = fine[:, right - 1] * (1 - share) + fine[:, right] * share
    sigma = 1 / (np.sqrt(8 * np.log(2)) * np.log(10) * STEP * resolution)
    return Library(
        log_age, z_h, np.exp(fine).astype(np.float32), surviving(log_age), sigma
    )


def _read(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return flux and resolution λ/FWHM of a population, each (TEMPLATE_PIXELS,)."""
    if not path.is_file():
        raise InputError(path, "no such file", remedy=_REMEDY)
    with opened(path) as file:
        flux, resolution = file.pixels(0, ndim=1), file.pixels("SRES", ndim=1)
        header = file[0].header
    axis = [header.get(key) for key in ("CRVAL1", "CDELT1")]
    shape = (TEMPLATE_PIXELS,)
    if flux.shape != shape or resolution.shape != shape:
        problem = f"{flux.size} pixels, {resolution.size} of resolution"
        raise InputError(path, problem, expected=f"{TEMPLATE_PIXELS}", remedy=_REMEDY)
    numbers = all(isinstance(value, float) for value in axis)
    if not numbers or not np.allclose(axis, (LOGLAM[0], STEP), rtol=0, atol=1e-7):
        problem = f"CRVAL1 {axis[0]}, CDELT1 {axis[1]}"
        expected = f"MaNGA's grid, {LOGLAM[0]:.4f} and {STEP}"
        raise InputError(path, problem, where="HDU 0", expected=expected)
    for name, values in (("HDU 0", flux), ("HDU SRES", resolution)):
        if not (np.isfinite(values) & (values > 0)).all():
            problem = "values that are not finite or not positive"
            raise InputError(path, problem, where=name, remedy=_REMEDY)
    return flux.astype(np.float64), resolution.astype(np.float64)


def surviving(log_age: np.ndarray) -> np.ndarray:
    """Return the share of a Salpeter population's mass that is in stars and remnants.

    Stars of 0.1 to 100 M_sun that have left the main sequence (Renzini & Buzzoni 1986)
    leave what Renzini & Ciotti 1993 (ApJ 416, L49) state: white dwarfs of
    0.48 + 0.077 M below 8.5 M_sun, neutron stars of 1.4 below 40, black holes of M/2.

    Parameters
    ----------
    log_age : ndarray
        Ages [dex, Gyr].
    """
    log_t = np.asarray(log_age) + 9
    turnoff = 10 ** (0.0558 * log_t**2 - 1.338 * log_t + 7.764)
    mass = np.geomspace(0.1, 100, 2000)
    remnant = np.where(mass < 40, 1.4, 0.5 * mass)
    remnant = np.where(mass < 8.5, 0.48 + 0.077 * mass, remnant)
    share = mass**-1.35  # of stars, M^-2.35, in equal steps of log M
    kept = np.where(mass < turnoff[:, None], mass, np.minimum(remnant, mass)) * share
    return kept.sum(axis=1) / (mass * share).sum()
