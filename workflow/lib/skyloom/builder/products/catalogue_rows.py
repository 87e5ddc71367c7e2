"""The values of one row of the catalogue, by column; absent ones are left out."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from astropy import units as u

from skyloom.builder.model import Model, Sersic, replace
from skyloom.builder.products import photometry
from skyloom.builder.products.catalogue_columns import JOINT
from skyloom.builder.products.estimates import PARTS, Estimates
from skyloom.builder.products.subject import Subject, iau_name, number
from skyloom.sky.cosmology import COSMOLOGY
from skyloom.sky.geometry import plane_matrix, position_angle

PECULIAR = 1e-3  # 300 km/s over the speed of light
UNIFORM = 180 / math.sqrt(12)  # error of an angle of which nothing is known [deg]
MODULUS = 5 / math.log(10)  # magnitudes of distance in one unit of its logarithm
KEYS = {"disk": "q", "bulge": "qn", "bar": "qnc"}


def with_errors(values: Mapping[str, tuple]) -> dict:
    """Return columns of values and of their errors, from pairs of both."""
    row = {name: value for name, (value, _) in values.items()}
    return row | {f"{name}_err": error for name, (_, error) in values.items()}


def survey(subject: Subject) -> dict:
    """Return what the survey knows of a subject."""
    nsa, distance, zdist = subject.known("NSAID"), math.nan, subject.known("ZDIST")
    if zdist > 0:
        distance = COSMOLOGY.luminosity_distance(zdist).to_value(u.Mpc)
    return {
        "iau_name": iau_name(subject.metadata),
        "nsa_id": int(nsa) if nsa > 0 else -1,
        "ra": subject.known("RA"),
        "dec": subject.known("DEC"),
        "redshift": subject.known("Z"),
        "distance_mpc": distance,
        "A_r": subject.known("EXTINCTION"),
    }


def crowd(aggregate: Mapping | None) -> dict:
    """Return how many volunteers agree on each component, and on how many arms."""
    row = {}
    for name, votes in ((aggregate or {}).get("support") or {}).items():
        if votes is not None:
            row |= {f"{name}_k": votes["k"], f"{name}_n_votes": votes["n"]}
            row |= {f"{name}_{p}": votes[p] for p in ("p", "p_low", "p_high")}
    if (aggregate or {}).get("status") == "ok":
        row["n_arms_crowd"] = len(aggregate.get("arms") or [])
    return row


def choice(tree: Mapping) -> dict:
    """Return the chosen set of components, its weight, and each one's probability."""
    words = ["arms" if name == "spiral" else name for name in PARTS
             if name in tree["components"]]  # fmt: skip
    mine = tree["components"], len(tree["model"]["spiral"])
    same = [s["weight"] for s in tree["sets"] if (s["components"], s["n_arms"]) == mine]
    found = {f"{k}_probability": number(p) for k, p in tree["probability"].items()}
    return found | {"components": "+".join(words), "weight": max(same, default=None)}


def light(found: Estimates, model: Model, multiplier: float, scale: float) -> dict:
    """Return fluxes, fractions, magnitudes and surface brightness."""

    def magnitude(flux):
        return photometry.magnitude(flux, multiplier)

    row = {"mag": found.of(magnitude, "flux.total")}
    row["flux_nmgy"] = found.of(lambda f: f * multiplier, "flux.total")
    for name in PARTS:
        flux = f"flux.{name}"
        if flux not in found.values:
            continue
        row[f"{name}_flux_nmgy"] = found.of(lambda f: f * multiplier, flux)
        row[f"{name}_mag"] = found.of(magnitude, flux)
        row[f"{name}_fraction"] = fraction(found, name)
    for name, part in model.components().items():
        for key, of in SURFACE.items():
            quantity = _surface(part, of, multiplier / scale**2)
            names = (f"flux.{name}", *(f"{name}.{k}" for k in SHAPE))
            row[f"{name}_{key}"] = found.of(quantity, *names)
    return with_errors(row)


SHAPE = ("q", "Re", "n", "c")
SURFACE = {
    "mu_e": photometry.brightness_at_re,
    "mu_0": photometry.central_brightness,
}


def _surface(part: Sersic, of, per_area: float):
    def quantity(flux, *shape):
        seen = replace(part, **dict(zip(SHAPE, shape, strict=True)))
        return photometry.magnitude(of(seen, flux), per_area)

    return quantity


def fraction(found: Estimates, name: str) -> tuple[float, float]:
    """Return a component's part of all light, and its error."""
    if name == "disk":  # what is left by the others
        return found.of(lambda part, all_: part / all_, "flux.disk", "flux.total")
    return found.value(f"fraction.{name}")


def shapes(found: Estimates, model: Model, subject: Subject) -> dict:
    """Return sizes, axis ratios, indices and angles of the components."""
    row, scale = {}, subject.scale
    for name in model.components():
        row[f"{name}_Re_arcsec"] = found.of(lambda r: r * scale, f"{name}.Re")
        for key in KEYS[name]:
            row[f"{name}_{key}"] = found.value(f"{name}.{key}")
        if subject.wcs is not None:
            row[f"{name}_pa"] = _angle(found, name, subject.wcs)
    rolls = {
        f"{name}_roll": math.degrees(found.values[f"{name}.roll"]) % 180
        for name in model.components()
    }
    return with_errors(row) | rolls | _kpc(row, subject)


def _angle(found: Estimates, name: str, wcs) -> tuple[float, float]:
    """Return a position angle and its error, no number where nothing is known."""
    x, y, roll = (found.values[f"{name}.{k}"] for k in ("mux", "muy", "roll"))
    error = found.of(math.degrees, f"{name}.roll")[1]
    if error > UNIFORM:
        return math.nan, math.nan
    return position_angle(wcs, x, y, roll), error


def _kpc(row: Mapping, subject: Subject) -> dict:
    zdist = subject.known("ZDIST")
    if "disk_Re_arcsec" not in row or not zdist > 0:
        return {}
    distance = COSMOLOGY.angular_diameter_distance(zdist)
    radians = math.radians(row["disk_Re_arcsec"][0] / 3600)
    return {"disk_Re_kpc": (radians * distance).to_value(u.kpc)}


def centre(found: Estimates, model: Model, subject: Subject) -> dict:
    """Return the centre on the sky, and that of bulge and bar less the disk's."""
    parts, scale, row = [*model.components()], subject.scale, {}
    names = [f"{parts[0]}.{key}" for key in ("mux", "muy")]
    at = [found.values[name] for name in names]
    far = [math.dist(at, subject.middle) * scale]
    if subject.wcs is not None:
        sky = subject.wcs.all_pix2world(*at, 0)
        matrix = plane_matrix(subject.wcs, *at)
        for name, degrees, (a, b) in zip(("ra", "dec"), sky, matrix, strict=True):
            error = found.of(lambda x, y, a=a, b=b: a * x + b * y, *names)[1]
            row[f"{name}_fit"] = float(degrees), error
        far.append(_separation(subject, *sky))
    for key, axis in zip(names, "xy", strict=True):
        if parts[0] == "disk" and len(parts) > 1:
            inner = f"{parts[1]}.mu{axis}"
            offset = found.of(lambda a, b: (a - b) * scale, inner, key)
            row[f"centre_d{axis}_arcsec"] = offset
    known = [d for d in far if not math.isnan(d)]
    return with_errors(row) | {"off_centre_arcsec": min(known, default=math.nan)}


def _separation(subject: Subject, ra: float, dec: float) -> float:
    """Return the distance from the survey's position [arcsec], which is small."""
    east = (ra - subject.known("RA") + 180) % 360 - 180
    north = dec - subject.known("DEC")
    return 3600 * math.hypot(east * math.cos(math.radians(dec)), north)


def absolute(row: Mapping, subject: Subject) -> dict:
    """Return the absolute magnitude; the error holds a peculiar motion."""
    if math.isnan(row["distance_mpc"]):
        return {}
    modulus = 5 * math.log10(row["distance_mpc"] * 1e5)
    dust = row["A_r"] if math.isfinite(row["A_r"]) else 0.0
    moved = MODULUS * PECULIAR / subject.known("ZDIST")
    values = {"M_r": (row["mag"] - modulus - dust, math.hypot(row["mag_err"], moved))}
    return with_errors(values)


def covariance(found: Estimates, row: Mapping, subject: Subject) -> np.ndarray:
    """Return the covariance of the columns `JOINT`; NaN where one is absent."""
    scale, handed = subject.scale, 1.0
    if subject.wcs is not None:
        at = (found.values.get(f"disk.{k}", 0.0) for k in ("mux", "muy"))
        handed = -np.sign(np.linalg.det(plane_matrix(subject.wcs, *at)))
    quantities = {
        "mag": (lambda f: photometry.magnitude(f, 1.0), "flux.total"),
        "disk_Re_arcsec": (lambda r: r * scale, "disk.Re"),
        "disk_q": (float, "disk.q"),
        "disk_pa": (lambda roll: handed * math.degrees(roll), "disk.roll"),
    }
    for name in ("bulge", "bar", "spiral"):
        quantities[f"{name}_fraction"] = float, f"fraction.{name}"
    here = [
        i for i, c in enumerate(JOINT) if np.isfinite(row.get(f"{c}_err", math.nan))
    ]
    out = np.full((len(JOINT), len(JOINT)), np.nan)
    if here:
        wanted = [quantities[JOINT[i]] for i in here]
        out[np.ix_(here, here)] = found.joint((f, [name]) for f, name in wanted)
    return out


def start(prefix: str, tree: Mapping, found: Estimates, scale: float) -> dict:
    """Return magnitude and disk of one start's fit, which is no part of the model's."""
    multiplier = tree["multiplier"]
    row = {"mag": found.of(lambda f: photometry.magnitude(f, multiplier), "flux.total")}
    if tree["model"]["disk"] is not None:
        row["disk_Re_arcsec"] = found.of(lambda r: r * scale, "disk.Re")
        row["disk_q"] = found.value("disk.q")
    return with_errors({f"{prefix}_{name}": pair for name, pair in row.items()})
