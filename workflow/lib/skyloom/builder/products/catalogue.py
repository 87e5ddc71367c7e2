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
from skyloom.builder.model import COMPONENTS, Model, from_dict
from skyloom.builder.products import photometry
from skyloom.builder.products.catalogue_columns import BOUNDED, FLAGS, MAX_ARMS, columns
from skyloom.sky.cosmology import COSMOLOGY
from skyloom.sky.geometry import pixel_scale, position_angle

STARTS = ("agg", "bi")
PARTS = (*COMPONENTS, "spiral")
PECULIAR = 1e-3  # 300 km/s over the speed of light
POOR_CHISQ = 3.0
EMPTY = {"int": -1, "float": math.nan, "str": ""}
ZERO_WHEN_EMPTY = ("subject_id", "flags", "bounds_lower", "bounds_upper", "chirality")


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


class Fit:
    """A successful fit, its errors by name.

    Parameters
    ----------
    tree : mapping
        Of ``tuned/<start>/<id>.json``, with a model.
    """

    def __init__(self, tree: Mapping):
        self.tree = tree
        self.model: Model = from_dict(tree["model"])
        self.names = list(tree["parameters"])
        self.covariance = np.array(tree["covariance"], float)
        # A JSON object has no order of its own; the covariance's rows do.
        self.flux = {k: tree["flux"][k] for k in PARTS if k in tree["flux"]}
        self.flux_covariance = np.array(tree["flux_covariance"], float)

    def error(self, name: str) -> float:
        """Return the standard error of one parameter; NaN if it was held or fixed."""
        if name not in self.names:
            return math.nan
        i = self.names.index(name)
        # The fit gives no variance to a parameter that sits on a bound.
        return math.sqrt(self.covariance[i, i]) or math.nan

    def difference_error(self, first: str, second: str) -> float:
        """Return the standard error of one parameter less another."""
        if first not in self.names or second not in self.names:
            return math.nan
        i, j = self.names.index(first), self.names.index(second)
        C = self.covariance
        return math.sqrt(max(C[i, i] + C[j, j] - 2 * C[i, j], 0.0))


def choose(tuned: Mapping[str, Mapping]) -> str | None:
    """Return the start whose fit has the lower reduced chi2, None if all failed."""
    good = [s for s in STARTS if s in tuned and _fitted(tuned[s])]
    return min(good, key=lambda s: tuned[s]["chisq"], default=None)


def _fitted(tree: Mapping) -> bool:
    return tree.get("model") is not None


def catalogue(subjects: Iterable[Subject]) -> Table:
    """Return the catalogue: a row for every subject, sorted by id, fitted or not.

    Each column has a unit, a description and ``meta["ucd"]``.
    """
    ordered = sorted(subjects, key=lambda s: s.subject_id)
    rows = [catalogue_row(subject) for subject in ordered]
    found = [_table_column(column, rows) for column in columns()]
    return Table(found, meta={"name": "skyloom builder catalogue"})


def catalogue_row(subject: Subject) -> dict:
    """Return the values of one row by column; columns that are absent are empty."""
    start = choose(subject.tuned)
    row = {"subject_id": subject.subject_id} | _sky(subject.metadata)
    row |= _outcome(subject, start) | _crowd(subject)
    if start is not None:
        fit, scale = Fit(subject.tuned[start]), _scale(subject.wcs)
        row |= _light(fit) | _shapes(fit, subject.wcs, scale) | _centre(fit, scale)
        row["disk_Re_kpc"] = _kpc(row.get("disk_Re_arcsec"), subject)
    row |= _flags(subject, start, row)
    return row


def _table_column(column, rows) -> TableColumn:
    empty = EMPTY[column.kind]
    if column.name in ZERO_WHEN_EMPTY:
        empty = 0
    values = [row.get(column.name, empty) for row in rows]
    values = [empty if v is None else v for v in values]
    types = {"int": np.int64, "float": np.float64, "str": str}
    unit = u.Unit(column.unit) if column.unit else None
    return TableColumn(
        np.array(values, dtype=types[column.kind]),
        name=column.name,
        unit=unit,
        description=column.description,
        meta={"ucd": column.ucd},
    )


def _sky(metadata: Mapping) -> dict:
    number = {k: _finite(metadata.get(k)) for k in ("RA", "DEC", "Z", "ZDIST")}
    name = str(metadata.get("IAUNAME") or "").removeprefix("b'").rstrip("'")
    zdist, nsa = number["ZDIST"], _finite(metadata.get("NSAID"))
    distance = math.nan
    if zdist > 0:
        distance = COSMOLOGY.luminosity_distance(zdist).to_value(u.Mpc)
    return {
        "iau_name": name,
        "nsa_id": int(nsa) if nsa > 0 else -1,
        "ra": number["RA"],
        "dec": number["DEC"],
        "redshift": number["Z"],
        "distance_mpc": distance,
    }


def _finite(value) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return math.nan
    return number if math.isfinite(number) else math.nan


def _outcome(subject: Subject, start: str | None) -> dict:
    tuned = subject.tuned
    row = {f"chisq_{s}": tuned[s].get("chisq") for s in STARTS if s in tuned}
    if start is None:
        return row | {"status": "failed", "reason": _reason(subject)}
    tree = tuned[start]
    keys = ("status", "chisq", "n_pixels", "n_free", "sigma_source", "multiplier")
    row |= {key: tree.get(key) for key in keys}
    return row | {"start": start, **_bounds(tree.get("bounds_reached") or ())}


def _reason(subject: Subject) -> str:
    if not subject.has_image:
        return "no image"
    aggregate = subject.aggregate or {}
    given = {"aggregate": aggregate.get("reason")}
    given |= {s: tree.get("reason") for s, tree in subject.tuned.items()}
    words = [f"{k}: {v}" for k, v in given.items() if v]
    return "; ".join(words) or "not fitted"


def _bounds(reached: Iterable[str]) -> dict:
    bits = {"lower": 0, "upper": 0}
    for item in reached:
        name, side = item.rsplit(":", 1)
        part, *rest = name.split(".")
        bits[side] |= 1 << BOUNDED.index(f"{part}.{rest[-1]}")
    words = " ".join(reached)
    return {"bounds_reached": words} | {f"bounds_{k}": v for k, v in bits.items()}


def _light(fit: Fit) -> dict:
    k = fit.tree["multiplier"]
    flux = np.array(list(fit.flux.values()))
    errors = np.sqrt(np.diag(fit.flux_covariance))
    total, total_err = flux.sum(), photometry.total_error(fit.flux_covariance)
    row = {
        "flux_nmgy": total * k,
        "flux_nmgy_err": total_err * k,
        "mag": photometry.magnitude(total, k),
        "mag_err": photometry.magnitude_error(total, total_err),
    }
    parts = photometry.fractions(fit.flux)
    part_errors = photometry.fraction_errors(flux, fit.flux_covariance)
    for i, name in enumerate(fit.flux):
        row[f"{name}_flux_nmgy"] = flux[i] * k
        row[f"{name}_flux_nmgy_err"] = errors[i] * k
        row[f"{name}_fraction"] = parts[name]
        row[f"{name}_fraction_err"] = part_errors[i]
    return row


def _shapes(fit: Fit, wcs: WCS | None, scale: float) -> dict:
    row = {}
    for name, part in fit.model.components().items():
        row[f"{name}_Re_arcsec"] = part.Re * scale
        row[f"{name}_Re_arcsec_err"] = fit.error(f"{name}.Re") * scale
        for key in ("q", *{"bulge": "n", "bar": "nc"}.get(name, "")):
            row[f"{name}_{key}"] = getattr(part, key)
            row[f"{name}_{key}_err"] = fit.error(f"{name}.{key}")
        row[f"{name}_roll"] = math.degrees(part.roll)
        if wcs is not None:
            angle = position_angle(wcs, part.mux, part.muy, part.roll)
            row[f"{name}_pa"] = angle
            row[f"{name}_pa_err"] = math.degrees(fit.error(f"{name}.roll"))
    return row


def _centre(fit: Fit, scale: float) -> dict:
    parts = fit.model.components()
    inner = next((name for name in ("bulge", "bar") if name in parts), None)
    if "disk" not in parts or inner is None:
        return {}
    row = {}
    for axis in "xy":
        key, column = f"mu{axis}", f"centre_d{axis}_arcsec"
        offset = getattr(parts[inner], key) - getattr(parts["disk"], key)
        error = fit.difference_error(f"{inner}.{key}", f"disk.{key}")
        row[column] = offset * scale
        row[f"{column}_err"] = error * scale
    return row


def _scale(wcs: WCS | None) -> float:
    return PIXEL if wcs is None else pixel_scale(wcs)


def _kpc(arcsec: float | None, subject: Subject) -> float:
    zdist = _finite(subject.metadata.get("ZDIST"))
    if arcsec is None or not zdist > 0:
        return math.nan
    distance = COSMOLOGY.angular_diameter_distance(zdist)
    return (math.radians(arcsec / 3600) * distance).to_value(u.kpc)


def _crowd(subject: Subject) -> dict:
    aggregate = subject.aggregate or {}
    row = {}
    for name in PARTS:
        votes = (aggregate.get("support") or {}).get(name)
        if votes is not None:
            row |= {f"{name}_k": votes["k"], f"{name}_n_votes": votes["n"]}
            row |= {f"{name}_{p}": votes[p] for p in ("p", "p_low", "p_high")}
    if aggregate.get("status") != "ok":
        return row
    return row | _arms(aggregate.get("arms") or [], _scale(subject.wcs))


def _arms(arms: list, scale: float) -> dict:
    arms = sorted(arms, key=lambda a: -a["length"])
    row: dict = {"n_arms": len(arms)}
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
    values = {k: np.array([a[k] for a in arms], float) for k in ARM_KEYS}
    weight = values["length"] / values["length"].sum()
    pitch, error = values["pitch_angle"], values["pitch_angle_err"]
    turns = set(values["chirality"])
    return {
        "pitch_angle": float(weight @ pitch),
        "pitch_angle_err": float(np.sqrt(np.sum((weight * error) ** 2))),
        "pitch_angle_scatter": float(pitch.std(ddof=1)) if len(arms) > 1 else math.nan,
        "chirality": int(turns.pop()) if len(turns) == 1 else 0,
    }


ARM_KEYS = ("pitch_angle", "pitch_angle_err", "length", "chirality")


def _flags(subject: Subject, start: str | None, row: Mapping) -> dict:
    aggregate = subject.aggregate or {}
    tree = subject.tuned[start] if start else {}
    zdist = _finite(subject.metadata.get("ZDIST"))
    lost = not all(map(_fitted, subject.tuned.values()))
    raised = {
        "no_image": not subject.has_image,
        "aggregate_failed": aggregate.get("status") != "ok",
        "fit_failed": start is None,
        "not_converged": start is not None and tree["status"] != "converged",
        "at_bound": bool(tree.get("bounds_reached")),
        "sigma_estimated": tree.get("sigma_source", "given") != "given",
        "no_wcs": subject.wcs is None,
        "arms_left_out": row.get("n_arms", 0) > MAX_ARMS,
        "distance_uncertain": not zdist > 10 * PECULIAR,
        "poor_fit": start is not None and tree["chisq"] > POOR_CHISQ,
        "start_lost": start is not None and lost,
        "rotation_unknown": not subject.rotation_known,
    }
    return {"flags": sum(1 << i for i, k in enumerate(FLAGS) if raised[k])}
