"""The catalogue: one row a subject, in sky units, with errors, support and flags."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from astropy import units as u
from astropy.table import Column as TableColumn
from astropy.table import Table
from astropy.wcs import WCS

from skyloom.builder.images.astrometry import PIXEL
from skyloom.builder.model import COMPONENTS, from_dict
from skyloom.builder.products import photometry
from skyloom.builder.products.catalogue_columns import FLAGS, MAX_ARMS, columns
from skyloom.sky.cosmology import COSMOLOGY
from skyloom.sky.geometry import pixel_scale, position_angle

STARTS = ("agg", "bi")
PARTS = (*COMPONENTS, "spiral")
PECULIAR = 1e-3  # 300 km/s over the speed of light
POOR_CHISQ = 3.0
EMPTY = {int: -1, float: math.nan, str: ""}


@dataclass(frozen=True)
class Subject:
    """All that the catalogue needs of one subject."""

    subject_id: int
    # Row of gal-metadata.csv: RA, DEC [deg], Z, ZDIST, NSAID, IAUNAME.
    metadata: Mapping = field(default_factory=dict)
    aggregate: Mapping | None = None  # tree of aggregates/<id>.json
    tuned: Mapping[str, Mapping] = field(default_factory=dict)  # trees by start
    has_image: bool = True  # whether there was something to fit
    rotation_known: bool = True  # how the image was turned for the volunteers
    wcs: WCS | None = None  # of the cutout


def choose(tuned: Mapping[str, Mapping]) -> str | None:
    """Return the start whose fit has the lower reduced chi2, None if all failed."""
    good = [s for s in STARTS if tuned.get(s, {}).get("model")]
    return min(good, key=lambda s: tuned[s]["chisq"], default=None)


def catalogue(subjects: Iterable[Subject]) -> Table:
    """Return the catalogue: a row for every subject, sorted by id, fitted or not.

    Each column has a unit, a description and ``meta["ucd"]``.
    """
    rows = [catalogue_row(s) for s in sorted(subjects, key=lambda s: s.subject_id)]
    found = [_table_column(column, rows) for column in columns()]
    return Table(found, meta={"name": "skyloom builder catalogue"})


def catalogue_row(subject: Subject) -> dict:
    """Return the values of one row by column; columns that are absent are empty."""
    start = choose(subject.tuned)
    scale = PIXEL if subject.wcs is None else pixel_scale(subject.wcs)
    row = {"subject_id": subject.subject_id} | _sky(subject.metadata)
    row |= _outcome(subject, start) | _crowd(subject.aggregate or {}, scale)
    if start is not None:
        tree = subject.tuned[start]
        parts = from_dict(tree["model"]).components()
        row |= _light(tree) | _shapes(parts, tree, subject.wcs, scale)
        row |= _centre(parts, tree, scale)
        row["disk_Re_kpc"] = _kpc(row.get("disk_Re_arcsec"), subject)
    return row | _flags(subject, start, row)


def _table_column(column, rows) -> TableColumn:
    empty = 0 if column.name in ("flags", "chirality") else EMPTY[column.kind]
    values = [row.get(column.name) for row in rows]
    values = [empty if v is None else v for v in values]
    return TableColumn(
        np.array(values, dtype=column.kind),
        name=column.name,
        unit=u.Unit(column.unit) if column.unit else None,
        description=column.description,
        meta={"ucd": column.ucd},
    )


def _error(tree: Mapping, *names: str) -> float:
    """Return the standard error of a parameter, or of one less another.

    NaN if one was held or fixed, or sits on a bound: the fit gives it no variance.
    """
    if not set(names) <= set(tree["parameters"]):
        return math.nan
    rows = [tree["parameters"].index(name) for name in names]
    sign = np.array([1, -1])[: len(rows)]
    variance = sign @ np.array(tree["covariance"], float)[np.ix_(rows, rows)] @ sign
    return math.sqrt(max(variance, 0.0)) or math.nan


def _sky(metadata: Mapping) -> dict:
    zdist, nsa = _finite(metadata.get("ZDIST")), _finite(metadata.get("NSAID"))
    distance = math.nan
    if zdist > 0:
        distance = COSMOLOGY.luminosity_distance(zdist).to_value(u.Mpc)
    return {
        "iau_name": str(metadata.get("IAUNAME") or "").removeprefix("b'").rstrip("'"),
        "nsa_id": int(nsa) if nsa > 0 else -1,
        "ra": _finite(metadata.get("RA")),
        "dec": _finite(metadata.get("DEC")),
        "redshift": _finite(metadata.get("Z")),
        "distance_mpc": distance,
    }


def _finite(value) -> float:
    number = math.nan if value is None else float(value)
    return number if math.isfinite(number) else math.nan


def _outcome(subject: Subject, start: str | None) -> dict:
    tuned = subject.tuned
    row = {f"chisq_{s}": tuned[s].get("chisq") for s in STARTS if s in tuned}
    if start is None:
        return row | {"status": "failed", "reason": _reason(subject)}
    keys = ("status", "chisq", "n_pixels", "n_free", "sigma_source", "multiplier")
    row |= {key: tuned[start].get(key) for key in keys}
    reached = " ".join(tuned[start].get("bounds_reached") or ())
    return row | {"start": start, "bounds_reached": reached}


def _reason(subject: Subject) -> str:
    if not subject.has_image:
        return "no image"
    trees = {"aggregate": subject.aggregate or {}, **subject.tuned}
    known = {k: tree["reason"] for k, tree in trees.items() if tree.get("reason")}
    words = [f"{k}: {reason}" for k, reason in known.items()]
    return "; ".join(words) or "not fitted"


def _with_errors(values: Mapping[str, tuple]) -> dict:
    """Return columns of values and of their errors, from pairs of both."""
    row = {name: value for name, (value, _) in values.items()}
    return row | {f"{name}_err": error for name, (_, error) in values.items()}


def _light(tree: Mapping) -> dict:
    k, covariance = tree["multiplier"], np.array(tree["flux_covariance"])
    # A JSON object has no order of its own; the covariance's rows do.
    fluxes = {name: tree["flux"][name] for name in PARTS if name in tree["flux"]}
    flux, errors = np.array(list(fluxes.values())), np.sqrt(np.diag(covariance))
    total, total_err = flux.sum(), photometry.total_error(covariance)
    mag_err = photometry.magnitude_error(total, total_err)
    row = {"flux_nmgy": (total * k, total_err * k)}
    row["mag"] = photometry.magnitude(total, k), mag_err
    shares = photometry.fractions(fluxes)
    share_errors = photometry.fraction_errors(flux, covariance)
    for i, name in enumerate(fluxes):
        row[f"{name}_flux_nmgy"] = flux[i] * k, errors[i] * k
        row[f"{name}_fraction"] = shares[name], share_errors[i]
    return _with_errors(row)


def _shapes(parts: Mapping, tree: Mapping, wcs: WCS | None, scale: float) -> dict:
    row = {}
    for name, part in parts.items():
        row[f"{name}_Re_arcsec"] = part.Re * scale, _error(tree, f"{name}.Re") * scale
        for key in ("q", *{"bulge": "n", "bar": "nc"}.get(name, "")):
            row[f"{name}_{key}"] = getattr(part, key), _error(tree, f"{name}.{key}")
        if wcs is not None:
            angle = position_angle(wcs, part.mux, part.muy, part.roll)
            error = math.degrees(_error(tree, f"{name}.roll"))
            row[f"{name}_pa"] = angle, error
    rolls = {f"{name}_roll": math.degrees(part.roll) for name, part in parts.items()}
    return _with_errors(row) | rolls


def _centre(parts: Mapping, tree: Mapping, scale: float) -> dict:
    inner = next((name for name in ("bulge", "bar") if name in parts), None)
    if "disk" not in parts or inner is None:
        return {}
    row = {}
    for axis in "xy":
        key = f"mu{axis}"
        offset = getattr(parts[inner], key) - getattr(parts["disk"], key)
        error = _error(tree, f"{inner}.{key}", f"disk.{key}")
        row[f"centre_d{axis}_arcsec"] = offset * scale, error * scale
    return _with_errors(row)


def _kpc(arcsec: float | None, subject: Subject) -> float:
    zdist = _finite(subject.metadata.get("ZDIST"))
    if arcsec is None or not zdist > 0:
        return math.nan
    distance = COSMOLOGY.angular_diameter_distance(zdist)
    return (math.radians(arcsec / 3600) * distance).to_value(u.kpc)


def _crowd(aggregate: Mapping, scale: float) -> dict:
    row = {}
    for name, votes in (aggregate.get("support") or {}).items():
        if votes is not None:
            row |= {f"{name}_k": votes["k"], f"{name}_n_votes": votes["n"]}
            row |= {f"{name}_{p}": votes[p] for p in ("p", "p_low", "p_high")}
    if aggregate.get("status") != "ok":
        return row
    arms = sorted(aggregate.get("arms") or [], key=lambda a: -a["length"])
    row["n_arms"] = len(arms)
    for i, arm in enumerate(arms[:MAX_ARMS], start=1):
        row[f"arm{i}_pitch_angle"] = arm["pitch_angle"]
        row[f"arm{i}_pitch_angle_err"] = arm["pitch_angle_err"]
        row[f"arm{i}_length_arcsec"] = arm["length"] * scale
    return row | (mean_pitch(arms) if arms else {})


def mean_pitch(arms: list) -> dict:
    """Return the length-weighted mean pitch angle of a galaxy's arms [deg].

    With its ``_err`` and ``_scatter``, and ``chirality``: 0 when the arms disagree.

    Source: Davis & Hayes 2014, ApJ 790, 87, section 2.2 (weights by length).
    """
    keys = ("pitch_angle", "pitch_angle_err", "length", "chirality")
    pitch, error, length, turns = np.array(
        [[a[k] for k in keys] for a in arms], float
    ).T
    weight = length / length.sum()
    return {
        "pitch_angle": float(weight @ pitch),
        "pitch_angle_err": float(np.sqrt(np.sum((weight * error) ** 2))),
        "pitch_angle_scatter": float(pitch.std(ddof=1)) if len(arms) > 1 else math.nan,
        "chirality": int(turns[0]) if np.ptp(turns) == 0 else 0,
    }


def _flags(subject: Subject, start: str | None, row: Mapping) -> dict:
    fitted = start is not None
    tree = subject.tuned[start] if fitted else {}
    zdist = _finite(subject.metadata.get("ZDIST"))
    raised = {
        "no_image": not subject.has_image,
        "aggregate_failed": (subject.aggregate or {}).get("status") != "ok",
        "fit_failed": not fitted,
        "not_converged": fitted and tree["status"] != "converged",
        "at_bound": bool(tree.get("bounds_reached")),
        "sigma_estimated": tree.get("sigma_source", "given") != "given",
        "no_wcs": subject.wcs is None,
        "arms_left_out": row.get("n_arms", 0) > MAX_ARMS,
        "distance_uncertain": not zdist > 10 * PECULIAR,
        "poor_fit": fitted and tree["chisq"] > POOR_CHISQ,
        "start_lost": fitted and not all(t["model"] for t in subject.tuned.values()),
        "rotation_unknown": not subject.rotation_known,
    }
    return {"flags": sum(1 << i for i, k in enumerate(FLAGS) if raised[k])}
