"""What an ensemble finds and misses, by signal, redshift and class.

Only targets of confident truth count. One name is one number, in reports, tables and
figures:

``completeness``
    Share of the quasars that are called.
``completeness_z``
    Share of the quasars that are called, at a redshift within `OUTLIER` of the true.
``purity``
    Share of those called that are quasars.
``purity_z``
    Share of those called that are quasars, at a redshift within `OUTLIER` of the true.
``completeness_label``, ``purity_label``
    The same of a class (not, low, high, see `label`), right where the classes agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from skyloom.quasars.evaluation.redshifts import OUTLIER, summary, velocity
from skyloom.quasars.evaluation.shares import share, share_by
from skyloom.quasars.evaluation.thresholds import score_of
from skyloom.quasars.network.decode import HIGH_Z, LOW_Z, NOT, Z_SPLIT
from skyloom.quasars.spectra.truth import match
from skyloom.quasars.survey.results import need

SN_EDGES = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, np.inf)
Z_EDGES = (0.0, 0.8, 1.4, 2.1, 2.6, 3.5, np.inf)
LABELS = {NOT: "not", LOW_Z: "low", HIGH_Z: "high"}


def judged(
    results: pd.DataFrame, truth: pd.DataFrame, threshold: float, n_detect: int = 1
) -> pd.DataFrame:
    """Return each exposure of a confident truth with what was said of it.

    Parameters
    ----------
    results : DataFrame
        One row an exposure, with TARGETID, Z, SN and what the score is made of.
    truth : DataFrame
        Of `skyloom.quasars.spectra.truth`.
    threshold : float
        A row is called a quasar when its score is above; NaN is not.
    n_detect : int
        Lines that must be above: see `skyloom.quasars.evaluation.thresholds.score_of`.

    Returns
    -------
    DataFrame
        The rows of `results` that have a confident truth, in their order, with
        ``is_qso, called`` bool, ``z_true, klass``, ``dv`` [km/s] (NaN where one of the
        two redshifts is), ``label`` and ``label_true`` (not, low, high).

    Raises
    ------
    ValueError
        A missing column, or no row with a confident truth.
    """
    need(results, ("TARGETID", "Z", "SN"))
    ids = pd.DataFrame({"targetid": results["TARGETID"].to_numpy()})
    known = match(ids, truth).set_index(results.index)
    sure = known["confident"].to_numpy(bool)
    if not sure.any():
        msg = f"none of {len(results)} rows has a confident truth"
        raise ValueError(msg)
    rows, known = results[sure], known[sure]
    is_qso = (known["klass"] == "QSO").to_numpy()
    called = score_of(rows, n_detect) > threshold
    return rows.assign(
        is_qso=is_qso,
        called=called,
        z_true=known["z"],
        klass=known["klass"],
        dv=velocity(rows["Z"], known["z"]),
        label=label(called, rows["Z"]),
        label_true=label(is_qso, known["z"]),
    )


def label(called: np.ndarray, z) -> np.ndarray:
    """Return ``not, low, high``: what is no quasar, and quasars by redshift."""
    quasar = np.where(np.asarray(z, float) >= Z_SPLIT, LABELS[HIGH_Z], LABELS[LOW_Z])
    return np.where(called, quasar, LABELS[NOT]).astype(object)


def binned(values, edges: Sequence[float]) -> pd.Categorical:
    """Return the bin ``low to high`` of each value, lower edge in; missing outside."""
    names = [f"{a:g} to {b:g}" for a, b in pairwise(edges)]
    return pd.cut(np.asarray(values, np.float64), edges, right=False, labels=names)


def completeness(rows: pd.DataFrame, group=None, dv_max: float | None = None):
    """Return the part of quasars that are found.

    Parameters
    ----------
    rows : DataFrame
        What `judged` returns.
    group : array_like, shape (rows,), optional
        Bin or class of each row.
    dv_max : float, optional
        Found only where the size of dv is not above [km/s].

    Returns
    -------
    dict of `share`, or DataFrame of `share_by` with a group
    """
    return _share(rows, rows["is_qso"], _right(rows, dv_max), group)


def purity(rows: pd.DataFrame, group=None, dv_max: float | None = None):
    """Return the part of those called that are quasars; as `completeness`."""
    return _share(rows, rows["called"], _right(rows, dv_max), group)


MEASURES = {  # the function, its `dv_max`, and whose redshift bins are of
    "completeness": (completeness, None, "z_true"),
    "completeness_z": (completeness, OUTLIER, "z_true"),
    "purity": (purity, None, "Z"),
    "purity_z": (purity, OUTLIER, "Z"),
}


def table(rows: pd.DataFrame) -> pd.DataFrame:
    """Return completeness and purity of all, by S/N, by redshift and by class.

    Parameters
    ----------
    rows : DataFrame
        What `judged` returns.

    Returns
    -------
    DataFrame
        Columns ``measure`` (the names above, false positives), ``by`` (all, sn, z,
        class, label), then those of `share_by`. Completeness is by the true redshift,
        purity by the measured one.
    """
    every, sn = np.full(len(rows), "all"), binned(rows["SN"], SN_EDGES)
    none = ~rows["is_qso"]
    false = _share(rows, none, rows["called"], rows["klass"])
    parts = [("false positives", "class", false)]
    for name, (function, dv_max, redshift) in MEASURES.items():
        by_z = binned(rows[redshift], Z_EDGES)
        for by, group in (("all", every), ("sn", sn), ("z", by_z)):
            parts.append((name, by, function(rows, group, dv_max)))
    right = rows["label"] == rows["label_true"]
    for name, of in (("completeness", "label_true"), ("purity", "label")):
        whole = np.ones(len(rows), bool)
        told = _share(rows, whole, right, rows[of])
        parts.append((f"{name}_label", "label", told))
    named = [part.assign(measure=name, by=by) for name, by, part in parts]
    joined = pd.concat(named, ignore_index=True).astype({"group": str})
    return joined[["measure", "by", *(c for c in joined if c not in ("measure", "by"))]]


def report(rows: pd.DataFrame, rng: np.random.Generator) -> dict:
    """Return the figures of a whole set, as plain JSON values.

    Returns
    -------
    dict
        ``completeness``, ``completeness_z``, ``purity``, ``purity_z``: each {rows,
        targets, value, low, high};
        ``false_quasars``: targets that are none and are called once or more;
        ``redshift``: `skyloom.quasars.evaluation.redshifts.summary` of found quasars;
        ``redshift_refined``: the same of those whose redshift a template refined, and
        of the network's for the others, where there was a template.
    """
    wrong = rows["called"] & ~rows["is_qso"]
    seen = rows[rows["called"] & rows["is_qso"]]
    errors = summary(seen["Z"], seen["z_true"], seen["TARGETID"], rng)
    shares = {n: f(rows, dv_max=dv_max) for n, (f, dv_max, _) in MEASURES.items()}
    return shares | {
        "false_quasars": int(rows.loc[wrong, "TARGETID"].nunique()),
        "redshift": errors,
        **_refined(seen, rng),
    }


def _refined(seen: pd.DataFrame, rng: np.random.Generator) -> dict:
    if "Z_REFINED" not in seen or seen["Z_REFINED"].isna().all():
        return {}
    z = seen["Z_REFINED"].fillna(seen["Z"])
    return {"redshift_refined": summary(z, seen["z_true"], seen["TARGETID"], rng)}


def _right(rows: pd.DataFrame, dv_max: float | None) -> pd.Series:
    right = rows["called"] & rows["is_qso"]
    return right if dv_max is None else right & (rows["dv"].abs() <= dv_max)


def _share(rows, of, right, group):
    of = np.asarray(of, bool)
    right, ids = np.asarray(right, bool)[of], rows["TARGETID"].to_numpy()[of]
    if group is None:
        return share(right, ids)
    return share_by(right, ids, pd.Series(group, index=rows.index)[of].array)
