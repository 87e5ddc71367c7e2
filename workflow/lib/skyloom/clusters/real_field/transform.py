"""SDSS ugriz to DES griz, by what the colours say of a galaxy's type and redshift."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.table import Table

from skyloom.clusters.catalogue.colours import read_templates
from skyloom.clusters.real_field.sdss import magnitudes
from skyloom.sky.cosmology import COSMOLOGY

REDSHIFTS = np.arange(0.02, 0.801, 0.02)
BLUENESS = np.arange(0.0, 3.01, 0.25)
MISMATCH = 0.03  # mag, of real galaxies and the spectra
# Of galaxies at z = 0.1, H0 = 70 km/s/Mpc; M* brightens by Q z (Blanton et al. 2003,
# ApJ 592, 819, table 2).
M_STAR, SLOPE, Q = -21.21, -1.05, 1.6


@dataclass(frozen=True)
class SdssToDes:
    """Magnitudes of galaxies of many types and redshifts in both surveys' bands.

    A colour alone does not say by how much they differ: the gap between g and r, where
    the break at 4000 Angstrom hides, lies elsewhere in either survey, and one linear
    relation is off by up to 0.1 mag in g-r on the red sequence.
    """

    z: np.ndarray  # (n,)
    sdss: np.ndarray  # (n, 4), g, r, i, z less M_r and the distance modulus
    change: np.ndarray  # (n, 4), DES less SDSS [mag]

    def __call__(
        self, mag: np.ndarray, err: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return DES less SDSS magnitudes, and how uncertain they are, both (n, 4).

        They are the mean and the standard deviation over types and redshifts by their
        probability, as Benitez 2000 (ApJ 536, 571) has it: the likelihood of g, r, i,
        z, and as prior the galaxies of such luminosity in the volume. ``mag, err`` are
        SDSS u, g, r, i, z, free of extinction, (n, 5).
        """
        mag, err = np.asarray(mag, float), np.asarray(err, float)
        chi2, brightness = _fit(mag[:, 1:], err[:, 1:], self.sdss)
        chance = _log_prior(brightness, self.z) - 0.5 * chi2
        weight = np.exp(chance - chance.max(axis=1, keepdims=True))
        weight /= weight.sum(axis=1, keepdims=True)
        change = weight @ self.change
        square = weight @ self.change**2
        return change, np.sqrt(np.maximum(square - change**2, 0.0))


def read_transform(folder: str | Path) -> SdssToDes:
    """Read `galaxies.csv` and `galaxies_sdss.csv` of `resources/clusters`.

    Source: spectra of Coleman, Wu & Weedman 1980 (ApJS 43, 393), as GalSim ships them,
    through the curves sdss2010-* and decam2014-* of speclite 1.0.0 (BSD).
    """
    blueness, z = (a.ravel() for a in np.meshgrid(BLUENESS, REDSHIFTS, indexing="ij"))
    des, sdss = (
        read_templates(Path(folder) / name).offset(blueness, z)
        for name in ("galaxies.csv", "galaxies_sdss.csv")
    )
    return SdssToDes(z, sdss, des - sdss)


def to_des(galaxies: Table, transform: SdssToDes) -> Table:
    """Return ID, RA, DEC, MAG and MAG_ERR (n, 4) in DES's g, r, i, z of SDSS galaxies.

    Errors are the SDSS ones with those of the transformation in quadrature.
    """
    mag, err = magnitudes(galaxies)
    change, scatter = transform(mag, err)
    table = Table(galaxies[["ID", "RA", "DEC"]], copy=True)
    table["MAG"] = mag[:, 1:] + change
    table["MAG_ERR"] = np.hypot(err[:, 1:], scatter)
    return table


def _fit(mag, err, model) -> tuple[np.ndarray, np.ndarray]:
    """Return chi^2 of each galaxy and model at its best brightness, and that."""
    weight = 1 / (err**2 + MISMATCH**2)
    total = weight.sum(axis=1, keepdims=True)
    square = (weight * mag**2).sum(axis=1, keepdims=True)
    square = square - 2 * (weight * mag) @ model.T + weight @ (model**2).T
    mean = (weight * mag).sum(axis=1, keepdims=True) - weight @ model.T
    return square - mean**2 / total, mean / total


def _log_prior(brightness: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Return ln of the galaxies with M_r + DM in a unit of redshift."""
    star = M_STAR - Q * (z - 0.1) + COSMOLOGY.distmod(z).value
    light = 10 ** (-0.4 * (brightness - star))
    volume = COSMOLOGY.differential_comoving_volume(z).value
    return (SLOPE + 1) * np.log(light) - light + np.log(volume)
