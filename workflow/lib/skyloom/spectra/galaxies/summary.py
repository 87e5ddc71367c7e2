"""What is known of a galaxy beside its fingerprint: one row of fingerprints_info."""

from __future__ import annotations

import re
from collections.abc import Set

import numpy as np
import pandas as pd

from skyloom.spectra.galaxies.fingerprints import entropy, fingerprint

UNIT = re.compile(r"\d+-(\d+)\d\d")  # plate-IFU: fibres of the unit, and its number
LABELS = ("log_age", "z_h", "ebv_stars", "log_ssfr", "sigma_star")
MEDIANS = ("meansn2", "redshift", "inclination")


def summary(
    name: str,
    plateifu: str,
    placed: pd.DataFrame,
    n_units: int,
    training: Set[str],
) -> dict:
    """Return the row of a galaxy.

    Parameters
    ----------
    name, plateifu : str
        What its files are called, and which galaxy it is.
    placed : DataFrame
        Its spectra, with ``bmu`` and ``weight``; see `weights`.
    n_units : int
        Units of the map.
    training : set of str
        Galaxies that the map was trained on, see `galaxy_of`.

    Returns
    -------
    dict
        The split is ``train`` for a galaxy that the map of spectra was trained on,
        ``test`` for any other, ``empty`` for one without spectra.
    """
    used = placed[placed["weight"] > 0]
    weight = used["weight"].to_numpy(float)
    bmu = used["bmu"].to_numpy(int)
    share, error = fingerprint(bmu, weight, n_units)
    manga = _first(placed, "mangaID")
    # An observation of a training galaxy is one of it under any plate-IFU.
    split = "test" if training.isdisjoint({plateifu, manga}) else "train"
    known = UNIT.fullmatch(plateifu)
    row = {
        "plateifu": plateifu,
        "mangaID": manga,
        "suffix": name,
        "split": split if len(used) else "empty",
        "n_spectra": len(used),
        "n_left_out": len(placed) - len(used),
        "total": float(weight.sum()),
        "r_max": _finite(used, "r_re_light", np.max),
        "fibres": int(known[1]) if known else -1,
        "n_nodes": int((share > 0).sum()),
        "entropy": float(entropy(share)),
    }
    row |= {key: _finite(used, key, np.median) for key in MEDIANS}
    row |= {f"mean_{key}": _mean(used, key, weight) for key in LABELS}
    counts = np.bincount(bmu, minlength=n_units)
    return row | {"counts": counts, "error": error}


def _first(table: pd.DataFrame, column: str) -> str:
    return str(table[column].iloc[0]) if column in table and len(table) else ""


def _finite(table: pd.DataFrame, column: str, of) -> float:
    if column not in table:
        return np.nan
    values = table[column].to_numpy(float)
    values = values[np.isfinite(values)]
    return float(of(values)) if len(values) else np.nan


def _mean(table: pd.DataFrame, column: str, weight: np.ndarray) -> float:
    if column not in table:
        return np.nan
    values = table[column].to_numpy(float)
    good = np.isfinite(values)
    return (
        float(np.average(values[good], weights=weight[good])) if good.any() else np.nan
    )
