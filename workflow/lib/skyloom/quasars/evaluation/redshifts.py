"""Errors of redshifts, as velocities, and whether they follow a network's boxes.

`pile_up` needs no truth, but a network may be surest of lines in mid-box: compare
methods on the same objects and lines. `wiggle` needs the truth and has no such bias. In
both, `line` (n,) is the index in ``arch.lines`` of each object's most confident line.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from skyloom.quasars.evaluation.shares import share
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.lines import LINES, C, box_position
from skyloom.stats.bootstrap import bootstrap
from skyloom.stats.scatter import nmad

OUTLIER = 3000.0  # |dv| beyond is another redshift [km/s]
DRAWS = 400


def velocity(z, z_true) -> np.ndarray:
    """Return dv = c (z - z_true) / (1 + z_true) [km/s]."""
    z, z_true = np.asarray(z, np.float64), np.asarray(z_true, np.float64)
    return C * (z - z_true) / (1.0 + z_true)


def summary(z, z_true, targetid, rng: np.random.Generator) -> dict:
    """Return bias, scatter and outliers of redshifts.

    Parameters
    ----------
    z, z_true : array_like, shape (n,)
        Measured and true; rows without both are left out and counted.
    targetid : array_like of int, shape (n,)
        Whose they are: targets, not rows, are drawn again for the intervals.
    rng : Generator
        For the bootstrap.

    Returns
    -------
    dict
        ``rows, targets, without_z``; ``bias`` (median dv) and ``nmad`` over all rows,
        outliers too [km/s], ``nmad_inside`` without them; each {value, low, high} by
        bootstrap, None where nothing is left; ``outliers``, share beyond `OUTLIER`.
    """
    dv, targetid = velocity(z, z_true), np.asarray(targetid)
    good = np.isfinite(dv)
    dv, targetid = dv[good], targetid[good]
    beyond = np.abs(dv) > OUTLIER
    far = share(beyond, targetid)
    found = {"rows": len(dv), "targets": far["targets"]}
    found["without_z"] = int((~good).sum())
    how = {"rng": rng, "draws": DRAWS}
    found["bias"] = bootstrap(np.median, dv, objects=targetid, **how)
    found["nmad"] = bootstrap(nmad, dv, objects=targetid, **how)
    inside = {"objects": targetid[~beyond], **how}
    found["nmad_inside"] = bootstrap(nmad, dv[~beyond], **inside)
    return found | {"outliers": _ends(far)}


def repeats(table: pd.DataFrame, called) -> dict:
    """Return how far exposures of the same target agree.

    Parameters
    ----------
    table : DataFrame
        TARGETID, C_NOT, C_QSO_LZ, C_QSO_HZ, Z and Z_ERR, a row an exposure.
    called : array_like of bool, shape (rows,)
        Which are taken for quasars.

    Returns
    -------
    dict
        ``targets``: with two exposures or more. ``flips``: of them, those called a
        quasar once and not another time; ``class_flips``: those whose most voted
        class changes; each {value, low, high}. ``pairs``: of exposures that are both
        called, of a target at most k - 1, neighbours in a row; ``sigma_v`` [km/s]:
        NMAD of their velocity difference over √2; ``outliers``: part of pairs beyond
        `OUTLIER`; ``pull``: NMAD of the difference over its error, 1 if errors are
        right.
    """
    votes = table[["C_NOT", "C_QSO_LZ", "C_QSO_HZ"]].to_numpy(np.float64)
    seen = np.isfinite(votes).all(axis=1)
    label = np.where(seen, np.nan_to_num(votes).argmax(axis=1), -1)
    rows = table.assign(called=np.asarray(called, bool), label=label)
    rows = rows[seen]
    rows = rows[rows["TARGETID"].duplicated(keep=False)]
    each = rows.groupby("TARGETID")
    found: dict = {"targets": int(each.ngroups)}
    for name, column in (("flips", "called"), ("class_flips", "label")):
        changed = each[column].nunique() > 1
        found[name] = _ends(share(changed, changed.index))
    return found | _pairs(rows[rows["called"]])


def _pairs(rows: pd.DataFrame) -> dict:
    rows = rows[np.isfinite(rows["Z"])].sort_values("TARGETID", kind="stable")
    ids, z = rows["TARGETID"].to_numpy(), rows["Z"].to_numpy(np.float64)
    error = C * rows["Z_ERR"].to_numpy(np.float64) / (1 + z)
    same = ids[1:] == ids[:-1]
    dv = velocity(z[1:], z[:-1])[same]
    sigma = np.hypot(error[1:], error[:-1])[same]
    beyond = share(np.abs(dv) > OUTLIER, ids[1:][same])
    pull = nmad(dv[sigma > 0] / sigma[sigma > 0])
    found = {"pairs": len(dv), "sigma_v": nmad(dv) / np.sqrt(2), "pull": pull}
    return found | {"outliers": _ends(beyond)}


def _ends(found: dict) -> dict:
    return {key: found[key] for key in ("value", "low", "high")}


def pile_up(z: np.ndarray, line: np.ndarray, arch: Architecture) -> float:
    """Return |mean exp(2πi φ)| of the places φ of the lines in their boxes.

    0 for even places, 1 for one place; n lines placed evenly give about 0.89 / √n.

    Raises
    ------
    ValueError
        No line lies on the grid.
    """
    place = place_in_box(z, line, arch)
    place = place[np.isfinite(place)]
    if not len(place):
        msg = "no line lies on the grid at its redshift"
        raise ValueError(msg)
    return float(np.abs(np.exp(2j * np.pi * place).mean()))


def wiggle(
    z: np.ndarray, truth: np.ndarray, line: np.ndarray, arch: Architecture
) -> float:
    """Return by how much errors follow the true place of a line in its box, km/s.

    The amplitude of the sine of one box's period that fits c (z - truth) / (1 + truth)
    best; errors beyond 3000 km/s are left out.
    """
    place = place_in_box(truth, line, arch)
    error = velocity(z, truth)
    kept = np.isfinite(place) & (np.abs(error) < OUTLIER)
    turn = 2 * np.pi * place[kept]
    model = np.stack([np.ones(kept.sum()), np.cos(turn), np.sin(turn)], axis=1)
    found, *_ = np.linalg.lstsq(model, error[kept], rcond=None)
    return float(np.hypot(found[1], found[2]))


def place_in_box(z: np.ndarray, line: np.ndarray, arch: Architecture) -> np.ndarray:
    """Return where in its box each line lies, 0..1, NaN off the grid."""
    rest = np.array([LINES[name] for name in arch.lines])[line]
    position = box_position(z, rest, arch.grid, arch.boxes)
    return np.where(position >= 0, position % 1.0, np.nan)
