"""Errors of redshifts, as velocities."""

from __future__ import annotations

import numpy as np
import pandas as pd

from skyloom.quasars.evaluate.proportions import LEVEL, share

C = 299792.458  # speed of light [km/s]
OUTLIER = 3000.0  # |dv| beyond is another redshift [km/s]
TO_SIGMA = 1.4826  # of a Gaussian, from its median absolute deviation
DRAWS = 400


def velocity(z, z_true) -> np.ndarray:
    """Return dv = c (z - z_true) / (1 + z_true) [km/s]."""
    z, z_true = np.asarray(z, np.float64), np.asarray(z_true, np.float64)
    return C * (z - z_true) / (1.0 + z_true)


def nmad(dv: np.ndarray) -> float:
    """Return 1.4826 times the median distance from the median; NaN of nothing."""
    if not len(dv):
        return float("nan")
    return float(TO_SIGMA * np.median(np.abs(dv - np.median(dv))))


def summary(
    z,
    z_true,
    targetid,
    rng: np.random.Generator,
    *,
    outlier: float = OUTLIER,
    level: float = LEVEL,
) -> dict:
    """Return bias, scatter and outliers of redshifts.

    Parameters
    ----------
    z, z_true : array_like, shape (n,)
        Measured and true; rows without both are left out and counted.
    targetid : array_like of int, shape (n,)
        Whose they are: targets, not rows, are drawn again for the intervals.
    rng : Generator
        For the bootstrap.
    outlier : float
        An error beyond it counts as one [km/s].
    level : float
        Of the intervals.

    Returns
    -------
    dict
        ``rows, targets, without_z``; ``bias`` (median dv) and ``nmad`` over all rows,
        outliers too [km/s], ``nmad_inside`` without them; each {value, low, high} by
        bootstrap, NaN where nothing is left; ``outliers`` {value, low, high}, Wilson.
    """
    dv, targetid = velocity(z, z_true), np.asarray(targetid)
    good = np.isfinite(dv)
    dv, targetid = dv[good], targetid[good]
    beyond = np.abs(dv) > outlier
    numbers = {
        "bias": _median,
        "nmad": nmad,
        "nmad_inside": lambda some: nmad(some[np.abs(some) <= outlier]),
    }
    far = share(beyond, targetid, level)
    found = {"rows": far.rows, "targets": far.targets, "without_z": int((~good).sum())}
    draws = [dv[rows] for rows in resampled(targetid, DRAWS, rng)]
    for name, function in numbers.items():
        found[name] = interval(function(dv), [function(d) for d in draws], level)
    found["outliers"] = {"value": far.value, "low": far.low, "high": far.high}
    return found


def resampled(targetid, draws: int, rng: np.random.Generator):
    """Yield row numbers of bootstrap draws of whole targets."""
    targetid = np.asarray(targetid)
    order = np.argsort(targetid, kind="stable")
    _, first, length = np.unique(targetid[order], return_index=True, return_counts=True)
    for _ in range(draws):
        picked = rng.integers(0, max(len(first), 1), len(first))
        sizes = length[picked]
        # The k-th row of a target stands k places behind its first.
        within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        yield order[np.repeat(first[picked], sizes) + within]


def interval(value: float, draws, level: float = LEVEL) -> dict:
    """Return {value, low, high}: the percentiles of bootstrap draws; NaN passes."""
    draws = np.asarray(draws, np.float64)
    draws = draws[np.isfinite(draws)]
    tail = 50 * (1 - level)
    ends = np.percentile(draws, [tail, 100 - tail]) if draws.size else (np.nan,) * 2
    return {"value": float(value), "low": float(ends[0]), "high": float(ends[1])}


def repeats(table: pd.DataFrame, called, level: float = LEVEL) -> dict:
    """Return how far exposures of the same target agree.

    Parameters
    ----------
    table : DataFrame
        TARGETID, C_NOT, C_QSO_LZ, C_QSO_HZ, Z and Z_ERR, a row an exposure.
    called : array_like of bool, shape (rows,)
        Which are taken for quasars.
    level : float
        Of the intervals.

    Returns
    -------
    dict
        ``targets``: with two exposures or more. ``flips``: of them, those called a
        quasar once and not another time; ``class_flips``: those whose most voted
        class changes; each {value, low, high}, Wilson. ``pairs``: of exposures that
        are both called, of a target at most k - 1, neighbours in a row;
        ``sigma_v`` [km/s]: NMAD of their velocity difference over √2; ``outliers``:
        part of pairs beyond `OUTLIER`; ``pull``: NMAD of the difference over its
        error, 1 if errors are right.
    """
    votes = table[["C_NOT", "C_QSO_LZ", "C_QSO_HZ"]].to_numpy(np.float64)
    label = np.where(
        np.isfinite(votes).all(axis=1), np.nan_to_num(votes).argmax(axis=1), -1
    )
    rows = table.assign(called=np.asarray(called, bool), label=label)
    rows = rows[rows["label"] >= 0]
    rows = rows[rows["TARGETID"].duplicated(keep=False)]
    each = rows.groupby("TARGETID")
    found: dict = {"targets": int(each.ngroups)}
    for name, column in (("flips", "called"), ("class_flips", "label")):
        changed = each[column].nunique() > 1
        part = share(changed, changed.index, level)
        found[name] = {"value": part.value, "low": part.low, "high": part.high}
    return found | _pairs(rows[rows["called"]], level)


def _pairs(rows: pd.DataFrame, level: float) -> dict:
    rows = rows[np.isfinite(rows["Z"])].sort_values("TARGETID", kind="stable")
    ids, z = rows["TARGETID"].to_numpy(), rows["Z"].to_numpy(np.float64)
    error = C * rows["Z_ERR"].to_numpy(np.float64) / (1 + z)
    same = ids[1:] == ids[:-1]
    dv = velocity(z[1:], z[:-1])[same]
    sigma = np.hypot(error[1:], error[:-1])[same]
    beyond = share(np.abs(dv) > OUTLIER, ids[1:][same], level)
    pull = dv[sigma > 0] / sigma[sigma > 0]
    ends = {"value": beyond.value, "low": beyond.low, "high": beyond.high}
    found = {"pairs": len(dv), "sigma_v": nmad(dv) / np.sqrt(2), "outliers": ends}
    return found | {"pull": nmad(pull)}


def _median(dv: np.ndarray) -> float:
    return float(np.median(dv)) if len(dv) else float("nan")
