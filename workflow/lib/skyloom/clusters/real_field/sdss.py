"""SDSS galaxies in redMaPPer's galaxy files: ugriz magnitudes, and DES's griz of them.

The latter by what the colours say of a galaxy's type and redshift.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.table import Table, vstack

from skyloom.clusters.catalogue.colours import read_templates
from skyloom.io.errors import InputError
from skyloom.io.fits import opened
from skyloom.sky.cosmology import COSMOLOGY

log = logging.getLogger(__name__)

REDSHIFTS = np.arange(0.02, 0.801, 0.02)
BLUENESS = np.arange(0.0, 3.01, 0.25)
MISMATCH = 0.03  # mag, of real galaxies and the spectra
# Of galaxies at z = 0.1, H0 = 70 km/s/Mpc; M* brightens by Q z (Blanton et al. 2003,
# ApJ 592, 819, table 2).
M_STAR, SLOPE, Q = -21.21, -1.05, 1.6
SDSS_BANDS = ("u", "g", "r", "i", "z")
REQUIRED = ("ID", "RA", "DEC", "MAG", "MAG_ERR")
OPTIONAL = ("EBV", "REFMAG")
SAME_PLACE = 1.0 / 3600.0  # deg
# Softening of asinh magnitudes, in units of the flux of zeroth magnitude (Lupton,
# Gunn & Szalay 1999, AJ 118, 1406; table 21 of Stoughton et al. 2002, AJ 123, 485).
SOFTENING = np.array([1.4e-10, 0.9e-10, 1.2e-10, 1.8e-10, 7.4e-10])
# Least and largest value, and how a message says so.
LIMITS = {
    "RA": (0.0, 360.0, "0 to 360"),
    "DEC": (-90.0, 90.0, "-90 to 90"),
    "MAG": (-5.0, 40.0, "-5 to 40"),
    "MAG_ERR": (np.nextafter(0, 1), np.finfo(float).max, "a positive error"),
}


def read_galaxies(paths: Sequence[str | Path]) -> Table:
    """Read a galaxy catalogue of redMaPPer's.

    Parameters
    ----------
    paths : sequence of str or Path
        Of one table, or of ``*_NNNNNNN.fit``, one a HEALPix pixel; columns ID, RA, DEC
        [deg], MAG and MAG_ERR (n, 5) in u, g, r, i, z, and if there EBV and REFMAG.

    Returns
    -------
    Table
        ID, RA, DEC, MAG_U ... MAG_Z, MAG_ERR_U ... MAG_ERR_Z, and EBV, REFMAG if all
        files have them; ordered by ID, each once.

    Raises
    ------
    InputError
        No file, a missing column, not five bands, a value that is not finite or out of
        range, an ID at two places.

    Notes
    -----
    The magnitudes are asinh magnitudes corrected for Galactic extinction, as redMaPPer
    wants them: d(g-r)/dE(B-V) of the real field's galaxies with i < 19.5 is 0.12 +-
    0.15, where uncorrected magnitudes would give 1.02 (Schlegel et al. 1998, ApJ 500,
    525, table 6).
    """
    parts = [_read(path) for path in paths]
    common = [c for c in parts[0].colnames if all(c in p.colnames for p in parts)]
    whole = vstack([part[common] for part in parts], metadata_conflicts="silent")
    return _once(paths[0], whole)


def magnitudes(galaxies: Table) -> tuple[np.ndarray, np.ndarray]:
    """Return u, g, r, i, z and their errors, shapes (n, 5)."""
    names = [band.upper() for band in SDSS_BANDS]
    return tuple(
        np.stack([np.asarray(galaxies[f"{kind}_{b}"], float) for b in names], axis=-1)
        for kind in ("MAG", "MAG_ERR")
    )


def linear_flux(mag: np.ndarray) -> np.ndarray:
    """Return fluxes (n, 5) of asinh magnitudes u, g, r, i, z; they may be negative.

    That of zeroth magnitude is one. Source: Lupton, Gunn & Szalay 1999 (AJ 118, 1406),
    eq. 3, solved for the flux.
    """
    argument = -np.asarray(mag, float) * np.log(10) / 2.5 - np.log(SOFTENING)
    return 2 * SOFTENING * np.sinh(argument)


def _read(path: str | Path) -> Table:
    with opened(path) as file:
        read = file.columns(1, REQUIRED, OPTIONAL)
    for name, values in read.items():
        _check_shape(path, name, values, len(read["ID"]))
    for name, (low, high, expected) in LIMITS.items():
        values = read[name]
        for place in np.argwhere(~((values >= low) & (values <= high))):
            raise _bad_value(path, name, read, tuple(place), expected)
    table = Table({name: read[name] for name in ("ID", "RA", "DEC")})
    for kind in ("MAG", "MAG_ERR"):
        for k, band in enumerate(SDSS_BANDS):
            table[f"{kind}_{band.upper()}"] = read[kind][:, k].astype(float)
    for name in (n for n in OPTIONAL if n in read):
        table[name] = read[name].astype(float)
    return table


def _check_shape(path, name: str, values: np.ndarray, n: int) -> None:
    whole, many = name == "ID", name in ("MAG", "MAG_ERR")
    shape = (n, len(SDSS_BANDS)) if many else (n,)
    if values.shape != shape or values.dtype.kind not in ("iu" if whole else "f"):
        raise InputError(
            path,
            f"{values.dtype} of shape {values.shape}",
            where=f"column {name}",
            expected=f"{'integers' if whole else 'floats'} of shape {shape}",
            remedy=f"{name} holds u, g, r, i, z of each galaxy" if many else "",
        )


def _bad_value(path, name: str, read: Mapping, place: tuple, expected: str):
    row, *band = place
    where = f"row {row + 1} (ID {read['ID'][row]}), {name}"
    where += f" in {SDSS_BANDS[band[0]]}" if band else ""
    remedy = "leave such galaxies out of the catalogue"
    problem = str(read[name][place])
    return InputError(path, problem, where=where, expected=expected, remedy=remedy)


def _once(path: str | Path, table: Table) -> Table:
    order = np.argsort(np.asarray(table["ID"]), kind="stable")
    table = table[order]
    again = np.flatnonzero(np.diff(np.asarray(table["ID"])) == 0) + 1
    for row in again:
        turn = (table["RA"][row] - table["RA"][row - 1] + 180) % 360 - 180
        turn *= np.cos(np.radians(table["DEC"][row]))
        if np.hypot(turn, table["DEC"][row] - table["DEC"][row - 1]) > SAME_PLACE:
            raise InputError(
                path,
                "one ID at two places",
                where=f"ID {table['ID'][row]}",
                expected="an ID for each galaxy",
            )
    if len(again):
        log.warning("%s: %d galaxies stand twice and count once", path, len(again))
        table.remove_rows(again)
    return table


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
