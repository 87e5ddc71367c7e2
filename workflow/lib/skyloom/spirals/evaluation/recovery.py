"""What was measured beside what is true, of simulated galaxies."""

from __future__ import annotations

import numpy as np
import pandas as pd

from skyloom.spirals.measure.ellipse import turned
from skyloom.stats.bootstrap import bootstrap
from skyloom.stats.intervals import one_share
from skyloom.stats.scatter import nmad

# How errors are taken: of a length by its ratio to the true one.
QUANTITIES = {
    "bar_length": "ratio",
    "bar_pa": "axis",
    "bar_ellipticity": "plain",
    "pitch_angle": "plain",
    "disk_pa": "axis",
    "disk_ratio": "plain",
}


def errors(measured, true, how: str) -> np.ndarray:
    """Return errors: ``plain``, of a length as part of it (``ratio``), of an ``axis``.

    Differences of directions of axes are between -90 and 90 deg.
    """
    measured, true = np.asarray(measured, np.float64), np.asarray(true, np.float64)
    if how == "ratio":
        return measured / true - 1
    return turned(measured - true) if how == "axis" else measured - true


def recovery(
    table: pd.DataFrame,
    rng: np.random.Generator,
    draws: int,
) -> pd.DataFrame:
    """Return bias, scatter, error and completeness of each quantity.

    Parameters
    ----------
    table : DataFrame
        A row a galaxy: the quantities of `QUANTITIES` that are in it, with ``_err``,
        and ``_true``, which is NaN where a galaxy has none.
    rng, draws
        Of the bootstrap.

    Returns
    -------
    DataFrame
        A row a quantity: ``quantity, true`` (galaxies that have one), ``found,
        found_low, found_high`` (share of them measured), ``bias`` and ``error`` (median
        of the errors and of their absolute values), each with ``_low, _high``;
        ``scatter`` (nmad); ``pull``: nmad of errors over their given standard errors, 1
        if these are right.
    """
    known = {name: how for name, how in QUANTITIES.items() if f"{name}_true" in table}
    rows = [
        {"quantity": name} | _row(table, name, how, rng, draws)
        for name, how in known.items()
    ]
    return pd.DataFrame(rows)


def labels(table: pd.DataFrame, name: str) -> dict:
    """Return how often a label, such as ``winding``, is that of ``<name>_true``.

    Among galaxies where neither is empty.
    """
    part = table[(table[name] != "") & (table[f"{name}_true"] != "")]
    return one_share(int((part[name] == part[f"{name}_true"]).sum()), len(part))


def _row(part: pd.DataFrame, name: str, how: str, rng, draws: int) -> dict:
    true = part[f"{name}_true"].to_numpy(np.float64)
    value, error = (part[k].to_numpy(np.float64) for k in (name, f"{name}_err"))
    exists = np.isfinite(true)
    both = exists & np.isfinite(value)
    share = one_share(int(both.sum()), int(exists.sum()))
    row = {"true": share["n"], "found": share["value"]}
    row |= {"found_low": share["low"], "found_high": share["high"]}
    off = errors(value[both], true[both], how)
    size = np.abs(off)
    for key, values in (("bias", off), ("error", size)):
        found = bootstrap(np.median, values, rng, draws=draws)
        row |= {key: found["value"]}
        row |= {f"{key}_{end}": found[end] for end in ("low", "high")}
    given = error[both] / true[both] if how == "ratio" else error[both]
    usable = given > 0
    pull = nmad(off[usable] / given[usable])
    return row | {"scatter": float(nmad(off)), "pull": float(pull)}
