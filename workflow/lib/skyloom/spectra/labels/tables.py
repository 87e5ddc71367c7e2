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
WHO = ("fname", "plateifu", "mangaID", "x", "y", "redshift", "meansn2", "r_re_light")


def catalogue(found: Estimates, info: pd.DataFrame) -> Table:
    """Return whose spectra these are, their places on the map, and their labels."""
    table = Table.from_pandas(info[[name for name in WHO if name in info]])
    table["bmu"] = Column(
        found.bmu, description="best-matching unit; -1: no good pixel"
    )
    words = "distance to the best-matching unit, in latent space"
    table["distance"] = Column(found.distance.astype(np.float32), description=words)
    sides = {"": found.median, "_lower": found.lower, "_upper": found.upper}
    for j, name in enumerate(found.names):
        what = MEANINGS.get(name, Meaning(name, "", ""))
        for side, values in sides.items():
            words = f"{what.words}: {_side(side)}"
            column = Column(values[:, j].astype(np.float32), description=words)
            if what.unit:
                column.unit = units.Unit(what.unit)
            column.info.meta = {"ucd": _ucd(side, what.ucd)} if what.ucd else {}
            table[name + side] = column
    return table


def _side(side: str) -> str:
    ends = {"": "median", "_lower": "lower end of 68 %", "_upper": "upper end of 68 %"}
    return ends[side]


def _ucd(side: str, ucd: str) -> str:
    return {"": ucd, "_lower": f"{ucd};stat.min", "_upper": f"{ucd};stat.max"}[side]
