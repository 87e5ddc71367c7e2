"""Pitch angle and honest error of one arm, from the lines drawn over it.

The points that one volunteer drew share one hand: they are not independent. An
arm's slope is therefore estimated from sums over volunteers, and its error from how
the slope moves when one volunteer at a time is left out.

Source: Lingard et al. 2021, MNRAS 504, 3364, section 2.3 (log spirals over drawn
points); delete-one-cluster jackknife: Cameron & Miller 2015, J. Human Resources
50, 317, section VI.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

MIN_HANDS = 3
# Student's t with so many degrees of freedom is a normal for all that follows.
NORMAL_DOF = 100
INTERCEPTS = ("common", "own")
COLUMNS = (
    "subject_id",
    "galaxy",
    "arm",
    "pitch_angle",
    "pitch_angle_err",
    "pitch_angle_err_disk",
    "dof",
    "chirality",
    "n_lines",
    "length",
    "error_source",
)


def hand_sums(points: Mapping, lines=None) -> np.ndarray:
    """Sum the points of each volunteer, or of each line where nobody is named.

    Parameters
    ----------
    points : mapping
        ``r`` [px, deprojected], ``theta`` [rad, unwrapped], ``weight`` and
        ``line`` (integer label), each of shape (n_points,).
    lines : sequence of (volunteer, stroke), optional
        Who drew each line; `line` is an index into it.

    Returns
    -------
    ndarray, shape (n_hands, 5)
        Weighted sums of 1, x, y, x x and x y with x = theta and y = ln r, for the
        hands that carry weight, in order of their label.

    Raises
    ------
    ValueError
        If the lists differ in length, or a radius or weight cannot be.
    """
    r, theta, weight = (np.asarray(points[k], float) for k in ("r", "theta", "weight"))
    label = np.asarray(points["line"], int)
    _check_points(r, theta, weight, len(label))
    if lines:
        label = np.array([volunteer for volunteer, _ in lines])[label]
    _, label = np.unique(label, return_inverse=True)
    y = np.log(r)
    terms = weight * np.stack([np.ones_like(y), theta, y, theta**2, theta * y])
    sums = np.stack([np.bincount(label, term) for term in terms], axis=1)
    return sums[sums[:, 0] > 0]


def slope(sums: np.ndarray, intercepts: str = "common") -> np.ndarray:
    """Least-squares slope of ln r against theta.

    Parameters
    ----------
    sums : ndarray, shape (..., n_hands, 5)
        From `hand_sums`.
    intercepts : {"common", "own"}
        One log spiral through all points, or one parallel spiral a hand.

    Returns
    -------
    ndarray, shape (...)
        tan of the pitch angle, signed; NaN where theta does not vary.
    """
    if intercepts not in INTERCEPTS:
        msg = f"intercepts: expected one of {INTERCEPTS}, got {intercepts!r}"
        raise ValueError(msg)
    if intercepts == "common":
        sums = sums.sum(axis=-2, keepdims=True)
    w, x, y, xx, xy = np.moveaxis(sums, -1, 0)
    safe = np.where(w > 0, w, 1.0)
    covariance = (xy - x * y / safe).sum(-1)
    variance = (xx - x * x / safe).sum(-1)
    flat = variance <= 1e-12 * np.abs(xx).sum(-1)
    return np.where(flat, np.nan, covariance / np.where(flat, 1.0, variance))


def jackknife_slope(sums: np.ndarray, intercepts: str = "common"):
    """Slope of an arm and its delete-one-hand jackknife error.

    Parameters
    ----------
    sums : ndarray, shape (n_hands, 5)
        From `hand_sums`.
    intercepts : {"common", "own"}
        See `slope`.

    Returns
    -------
    slope, error : float
        Error NaN below `MIN_HANDS` hands or where one hand alone fixes the slope.
    dof : int
        Hands less one: the error is itself a guess with so many degrees of freedom.
    """
    n = len(sums)
    best = float(slope(sums, intercepts))
    if n < MIN_HANDS:
        return best, np.nan, n - 1
    kept = sums[None] * ~np.eye(n, dtype=bool)[..., None]
    without = slope(kept, intercepts)
    spread = np.sum((without - without.mean()) ** 2)
    return best, float(np.sqrt((n - 1) / n * spread)), n - 1


def arm_row(arm: Mapping, *, intercepts: str = "common") -> dict:
    """Pitch angle, error and degrees of freedom of one aggregated arm.

    Parameters
    ----------
    arm : mapping
        One entry of ``arms`` of an aggregate. Without ``points``, or with fewer than
        `MIN_HANDS` volunteers, ``pitch_angle`` and its error stand as given.
    intercepts : {"common", "own"}
        See `slope`.

    Returns
    -------
    dict
        ``pitch_angle`` (>= 0), ``pitch_angle_err`` (from the drawing; NaN where not
        known) and ``pitch_angle_err_disk`` (from the plane of the disk) [deg],
        ``dof``, ``chirality``, ``n_lines``, ``length`` [px] and ``error_source``:
        "lines" (measured here, its dof known) or "given" (taken as normal).
    """
    error = arm.get("pitch_angle_err_lines", arm.get("pitch_angle_err"))
    row = {
        "pitch_angle": float(arm["pitch_angle"]),
        "pitch_angle_err": _number(error),
        "pitch_angle_err_disk": float(arm.get("pitch_angle_err_disk") or 0.0),
        "dof": NORMAL_DOF,
        "chirality": int(np.sign(arm["chirality"])),
        "n_lines": int(arm["n_lines"]),
        "length": _number(arm.get("length")),
        "error_source": "given",
    }
    if not arm.get("points"):
        return row
    sums = hand_sums(arm["points"], arm.get("lines"))
    b, error, dof = jackknife_slope(sums, intercepts)
    if not error > 0:
        return row
    return row | {
        "pitch_angle": float(np.rad2deg(np.arctan(abs(b)))),
        "pitch_angle_err": float(np.rad2deg(error / (1 + b**2))),
        "dof": dof,
        "chirality": 1 if b >= 0 else -1,
        "error_source": "lines",
    }


def arm_table(
    aggregates: Iterable[Mapping],
    *,
    intercepts: str = "common",
    galaxies: Mapping[int, int] | None = None,
) -> pd.DataFrame:
    """One row an arm, ready for the hierarchical model.

    Parameters
    ----------
    aggregates : iterable of mapping
        Trees of aggregates/<id>.json: ``subject_id`` and ``arms``. Failed subjects
        carry no arms and so add no rows.
    intercepts : {"common", "own"}
        See `slope`.
    galaxies : mapping, optional
        Subject shown first, for subjects that show its galaxy again. An arm seen
        twice is still one arm: a repeat adds its arms only where that subject is
        among the aggregates and has none, and then under that subject's name.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`, ordered by subject and arm.

    Raises
    ------
    ValueError
        Naming the subject and arm whose pitch angle or error cannot be.
    """
    trees = {int(tree["subject_id"]): tree for tree in aggregates}
    known = {k: v for k, v in (galaxies or {}).items() if v in trees}
    rows = []
    for subject, tree in trees.items():
        if subject in known and trees[known[subject]].get("arms"):
            continue
        for i, arm in enumerate(tree.get("arms") or ()):
            where = {"subject_id": subject, "galaxy": known.get(subject, subject)}
            row = where | {"arm": i} | arm_row(arm, intercepts=intercepts)
            rows.append(_checked(row))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.sort_values(["subject_id", "arm"], ignore_index=True)


def _number(value) -> float:
    return np.nan if value is None else float(value)


def _check_points(r, theta, weight, n_labels: int) -> None:
    if not len(r) == len(theta) == len(weight) == n_labels:
        msg = "points: r, theta, weight and line differ in length"
        raise ValueError(msg)
    finite = np.isfinite(r) & np.isfinite(theta) & np.isfinite(weight)
    if not (finite & (r > 0) & (weight >= 0)).all():
        msg = "points: expected finite r > 0, theta and weight >= 0"
        raise ValueError(msg)


def _checked(row: dict) -> dict:
    angle, error = row["pitch_angle"], row["pitch_angle_err"]
    if 0 <= angle < 90 and (np.isnan(error) or 0 < error < np.inf):
        return row
    msg = (
        f"subject {row['subject_id']}, arm {row['arm']}: pitch angle {angle} with "
        f"error {error}; expected 0 to 90 deg with an error above 0"
    )
    raise ValueError(msg)
