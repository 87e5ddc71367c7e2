"""Estimated labels as a catalogue, with units and UCDs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from astropy import units
from astropy.table import Column, Table

from skyloom.spectra.labels.model import Estimates


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
WHO = ("fname", "plateifu", "mangaID", "x", "y", "redshift", "meansn2", "r_re_light")


def catalogue(found: Estimates, info: pd.DataFrame) -> Table:
    """Return whose spectra these are, their places on the map, and their labels."""
    table = Table.from_pandas(info[[name for name in WHO if name in info]])
    table["bmu"] = Column(
        found.bmu, description="best-matching unit; -1: no good pixel"
    )
    words = "distance to the best-matching unit, in latent space"
    table["distance"] = Column(found.distance.astype(np.float32), description=words)
    for j, name in enumerate(found.names):
        what = MEANINGS.get(name, Meaning(name, "", ""))
        for part, (side, words, ucd) in SIDES.items():
            values = getattr(found, part)[:, j].astype(np.float32)
            column = Column(values, description=f"{what.words}: {words}")
            if what.unit:
                column.unit = units.Unit(what.unit)
            column.info.meta = {"ucd": what.ucd + ucd} if what.ucd else {}
            table[name + side] = column
    return table
