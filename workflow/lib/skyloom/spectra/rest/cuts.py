"""What a spectrum must have to be used, and how many lack it, cut by cut."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from skyloom.spectra.rest.files import RestSpectra
from skyloom.spectra.rest.scale import scale

# In this order; a spectrum is counted at the first cut that it does not pass.
CUTS = ("redshift", "good", "sn", "signal", "chi2", "scale")
REDSHIFTS = (-0.01, 10.0)
FASTEST = 3000.0  # km/s, relative to the systemic redshift


def has_redshift(info: pd.DataFrame) -> np.ndarray:
    """Return whether redshift and velocity can be those of a galaxy, shape (n,)."""
    z = info["redshift"].to_numpy(float)
    usable = (z > REDSHIFTS[0]) & (z < REDSHIFTS[1])
    if "v_star" in info:
        usable &= ~(np.abs(info["v_star"].to_numpy(float)) > FASTEST)
    return usable


def measured(spectra: RestSpectra, method: str) -> pd.DataFrame:
    """Return the table with what the cuts go by.

    ``ngoodpixels`` of the grid; ``meansn2``, the median S/N of the good pixels, where
    the table does not tell it; ``flux_min`` and ``flux_max`` of the good pixels, scaled
    by `method`, NaN where the spectrum cannot be scaled.
    """
    good = np.asarray(spectra.ivar) > 0
    info = spectra.info.assign(ngoodpixels=good.sum(axis=1))
    sn = np.full(len(info), np.nan)
    for i in np.flatnonzero(good.any(axis=1)):
        noise = np.sqrt(spectra.ivar[i, good[i]])
        sn[i] = np.median(spectra.flux[i, good[i]] * noise)
    told = info["meansn2"].to_numpy(float) if "meansn2" in info else sn
    info["meansn2"] = np.where(np.isfinite(told), told, sn)
    flux, _, usable = scale(spectra.flux, spectra.ivar, spectra.grid, method)
    for name, extreme, beyond in (
        ("flux_min", np.min, np.inf),
        ("flux_max", np.max, -np.inf),
    ):
        ends = extreme(np.where(good, flux, beyond), axis=1, initial=beyond)
        info[name] = np.where(usable, ends, np.nan)
    return info


def cut(
    spectra: RestSpectra, limits: Mapping, method: str
) -> tuple[RestSpectra, dict[str, int]]:
    """Return the spectra that pass all cuts, and how many each cut removes.

    Parameters
    ----------
    spectra : RestSpectra
        Not scaled.
    limits : mapping
        ``good`` (share of the grid's pixels) and ``sn``, at least; ``signal`` and
        ``chi2``, at most, or None; of a spectrum that has no such number they are
        passed.
    method : str
        Of `scale`, which must be possible.
    """
    info = measured(spectra, method)
    passes = {
        "redshift": has_redshift(info),
        "good": info["ngoodpixels"] >= limits["good"] * spectra.grid.pixels,
        "sn": info["meansn2"] >= limits["sn"],
        "scale": np.isfinite(info["flux_min"]),
    }
    for name in ("signal", "chi2"):
        told = name in info and limits[name] is not None
        passes[name] = (
            ~(info[name] > limits[name]) if told else np.ones(len(info), bool)
        )
    left, removed = np.ones(len(info), bool), {}
    for name in CUTS:
        passed = left & np.asarray(passes[name])
        removed[name] = int(left.sum() - passed.sum())
        left = passed
    kept = RestSpectra(spectra.flux, spectra.ivar, info, spectra.grid, spectra.scaled)
    return kept.rows(np.flatnonzero(left)), removed
