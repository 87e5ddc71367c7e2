"""Labels as catalogues, of spectra and of nodes, with units and UCDs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from astropy import units
from astropy.table import Column, Table

from skyloom.som.model import Som
from skyloom.spectra.labels.model import Estimates
from skyloom.spectra.labels.nodes import quantiles, weights
from skyloom.spectra.rest.galaxy import galaxy_of


class Meaning(NamedTuple):
    """What a label is, its unit and its UCD."""

    words: str
    unit: str
    ucd: str


MEANINGS = {
    "log_age": Meaning("log10 of the light-weighted age in Gyr", "", "time.age"),
    "z_h": Meaning("light-weighted [Z/H], dex", "", "phys.abund.Z"),
    "ebv_stars": Meaning("E(B-V) of the stars", "mag", "phot.color.excess"),
    "log_ssfr": Meaning("log10 of the SFR by stellar mass, in 1/yr", "", "phys.SFR"),
    "logMs_dens": Meaning("log10 of the stellar mass a spaxel", "", "phys.mass"),
    "logSFR_dens": Meaning("log10 of the SFR a spaxel", "", "phys.SFR"),
    "ML_r": Meaning("mass-to-light ratio in r, solar", "", "phys.mass;arith.ratio"),
    "sigma_star": Meaning(
        "velocity dispersion of the stars", "km/s", "phys.veloc.dispersion"
    ),
}
SIDES = {
    "median": ("", "median", ""),
    "lower": ("_lower", "lower end of 68 %", ";stat.min"),
    "upper": ("_upper", "upper end of 68 %", ";stat.max"),
}
LEVELS = (0.16, 0.5, 0.84)
WHO = ("fname", "plateifu", "mangaID", "x", "y", "redshift", "meansn2", "r_re_light")


def meaning(label: str) -> Meaning:
    """Return what a label is; its name alone where no more is known."""
    return MEANINGS.get(label, Meaning(label, "", ""))


def catalogue(found: Estimates, info: pd.DataFrame) -> Table:
    """Return whose spectra these are, their places on the map, and their labels."""
    table = Table.from_pandas(info[[name for name in WHO if name in info]])
    table["bmu"] = Column(
        found.bmu, description="best-matching unit; -1: no good pixel"
    )
    words = "distance to the best-matching unit, in latent space"
    table["distance"] = Column(found.distance.astype(np.float32), description=words)
    for j, name in enumerate(found.names):
        _add(table, name, {part: getattr(found, part)[:, j] for part in SIDES})
    return table


def node_table(som: Som, bmu: np.ndarray, info: pd.DataFrame, names) -> Table:
    """Return what training spectra each node holds, and what labels these have.

    Parameters
    ----------
    som : Som
        The map.
    bmu : ndarray of int, shape (n,)
        Best-matching units of the training spectra.
    info : DataFrame
        Their galaxies and labels; NaN is no label.
    names : iterable of str
        The labels: median, 16 % and 84 % within the node, all spectra of a galaxy
        counting as one; NaN in a node without.
    """
    nodes, galaxies = np.arange(som.n_units), galaxy_of(info)
    place = np.divmod(nodes, som.shape[1])
    table = Table({"bmu": nodes, "map_row": place[0], "map_column": place[1]})
    table["spectra"] = np.bincount(bmu, minlength=som.n_units)
    pairs = np.unique(
        np.stack([bmu, np.unique(galaxies, return_inverse=True)[1]]), axis=1
    )
    table["galaxies"] = np.bincount(pairs[0], minlength=som.n_units)
    counts = weights(galaxies)
    for name in names:
        value, found = info[name].to_numpy(np.float64), np.full((3, len(nodes)), np.nan)
        known = np.isfinite(value)
        for k in np.unique(bmu[known]):
            rows = known & (bmu == k)
            found[:, k] = quantiles(value[rows], counts[rows], LEVELS)
        _add(table, name, dict(zip(("lower", "median", "upper"), found, strict=True)))
    return table


def _add(table: Table, name: str, values: Mapping[str, np.ndarray]) -> None:
    """Add the median of a label and the ends of its 68 %."""
    what = meaning(name)
    for part, (side, words, ucd) in SIDES.items():
        value = values[part].astype(np.float32)
        column = Column(value, description=f"{what.words}: {words}")
        if what.unit:
            column.unit = units.Unit(what.unit)
        column.info.meta = {"ucd": what.ucd + ucd} if what.ucd else {}
        table[name + side] = column
