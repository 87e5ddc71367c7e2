"""The spectra of simulated galaxies: one a bin of spaxels, with noise and truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from skyloom.run.seeds import rng
from skyloom.spectra.config_simulation import Simulate
from skyloom.spectra.simulation.bins import divide, gain
from skyloom.spectra.simulation.footprint import SPAXEL, Footprint
from skyloom.spectra.simulation.frame import LOGLAM
from skyloom.spectra.simulation.galaxies import Galaxy
from skyloom.spectra.simulation.labels import labels
from skyloom.spectra.simulation.noise import Noise
from skyloom.spectra.simulation.plan import UNITS
from skyloom.spectra.simulation.populations import Library
from skyloom.spectra.simulation.render import Rendered, render
from skyloom.spectra.simulation.structure import Structure, averaging, build

R_BAND = np.log10((5600.0, 6750.0))  # Å, where the light is measured
TRUTH = "episodes"  # what of a galaxy no column of its truth holds


@dataclass(frozen=True, eq=False)
class Spectra:
    """The spectra of one galaxy.

    Attributes
    ----------
    flux, ivar : ndarray of float32, shape (n, 4563)
        As observed, [1e-17 erg/s/cm²/Å/spaxel]; 0 where masked.
    table : DataFrame, n rows
        What is known of each, and its labels.
    """

    flux: np.ndarray
    ivar: np.ndarray
    table: pd.DataFrame


def bins_of(fibres: int, spectra: int, units: Sequence[int]) -> int:
    """Return the spectra of a galaxy, in proportion to the fibres of its unit.

    `spectra` is the mean over a survey with units of sizes `units`, as long as units
    have as many spaxels.
    """
    weights = [UNITS[size] for size in units]
    wanted = round(spectra * fibres / np.average(units, weights=weights))
    return int(np.clip(wanted, 4, Footprint(fibres).inside.sum()))


def binned(structure: Structure, footprint: Footprint, bins: int) -> np.ndarray:
    """Return the bin of each spaxel, -1 outside, 0 that of the brightest spaxel."""
    inside = footprint.inside
    places = footprint.sky[:, inside].T
    found = divide(places, np.sqrt(structure.mass[inside]), bins)
    mean = np.bincount(found, structure.mass[inside]) / np.bincount(found)
    spaxels = np.full(inside.shape, -1)
    spaxels[inside] = np.argsort(np.argsort(-mean, kind="stable"))[found]
    return spaxels


def simulate(
    galaxy: Galaxy, settings: Simulate, library: Library, noise: Noise, seed: int
) -> Spectra:
    """Return the spectra of a galaxy.

    Parameters
    ----------
    galaxy : Galaxy
    settings : Simulate
        `spectra`, `fibres` and `sn` are used.
    library, noise
        The stellar populations, and the noise.
    seed : int
    """
    footprint = Footprint(galaxy.fibres)
    structure = build(galaxy, footprint, library)
    bins = bins_of(galaxy.fibres, settings.spectra, settings.fibres)
    spaxels = binned(structure, footprint, bins)
    number = np.bincount(spaxels[spaxels >= 0])
    components, gas = structure.regions(spaxels)
    clean = render(library, components, gas, galaxy.redshift)
    lot = rng(seed, "brightness", galaxy.plateifu)
    sn = wanted_sn(clean, noise, number, settings.sn, lot)
    plate = rng(seed, "plate noise", galaxy.plateifu)
    own = rng(seed, "noise", galaxy.plateifu)
    flux, ivar = noise.add(clean.flux, clean.covered, sn, plate, own)
    known = labels(library, components)
    table = _table(galaxy, structure, footprint, spaxels, clean, known)
    return Spectra(flux, ivar, table.assign(**_quality(flux, ivar, clean.flux)))


def wanted_sn(clean: Rendered, noise: Noise, number, limits, lot) -> np.ndarray:
    """Return the S/N of bins: the faintest gets the lower limit.

    The brightest gets the upper one or up to 2.5 times less, by lot, and those between
    keep the order, and the relative distance of the logarithms, that they would have in
    an exposure of MaNGA.
    """
    ratio = clean.flux / np.sqrt(noise.variance(clean.flux))
    rows = zip(ratio, clean.covered, strict=True)
    natural = np.log([np.median(row[covered]) for row, covered in rows])
    natural += np.log(gain(number))
    low = np.log(limits[0])
    high = max(np.log(limits[1]) + lot.uniform(-np.log(2.5), 0), low)
    place = (natural - natural.min()) / max(np.ptp(natural), 1e-9)
    return np.exp(low + (high - low) * place)


def _table(galaxy, structure, footprint, spaxels, clean, known) -> pd.DataFrame:
    """Return what is known of the spectra, and their labels."""
    mean = averaging(spaxels)
    maps = np.array([*footprint.sky * structure.mass, structure.r_re * structure.mass])
    x, y, r_re = mean(maps) / mean(structure.mass[None])
    area = np.bincount(spaxels[spaxels >= 0]) * SPAXEL**2
    inside = (R_BAND[0] < LOGLAM) & (R_BAND[1] > LOGLAM)
    flux = clean.flux[:, inside].mean(axis=1)
    rows = {
        "fname": f"manga-{galaxy.plateifu}-LOGCUBE.fits.gz",
        "plateifu": galaxy.plateifu,
        "mangaID": galaxy.mangaID,
        "redshift": galaxy.redshift,
        "v_star": known["v_star"],
        "x": x,
        "y": y,
        "r_re_light": r_re,
        "area": area,
        "light": flux * area,
    }
    dense = {"logMs_dens": known["logMs"], "logSFR_dens": known["logSFR"]}
    named = ("log_age", "z_h", "ebv_stars", "log_ssfr", "ML_r", "sigma_star", "dn4000")
    rest = {name: known[name] for name in named} | dict(clean.lines[["ew_ha", "bpt"]])
    return pd.DataFrame(rows | dense | rest, index=range(len(known)))


def _quality(flux, ivar, clean) -> dict[str, np.ndarray]:
    """Return median S/N, number of good pixels and reduced chi² against the truth."""
    good = ivar > 0
    ratio = np.where(good, flux * np.sqrt(ivar), np.nan)
    count = good.sum(axis=1)
    chi2 = ((flux - clean) ** 2 * ivar).sum(axis=1) / count
    sn = np.nanmedian(ratio, axis=1)
    return {"meansn2": sn, "ngoodpixels": count, "chi2": chi2}


def truth(galaxy: Galaxy) -> dict:
    """Return the row of a galaxy in the table of truth."""
    return {key: value for key, value in asdict(galaxy).items() if key != TRUTH}
