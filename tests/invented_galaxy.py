"""Trees of one invented galaxy, for tests of the catalogue, exports and figures."""

import copy
import dataclasses

import numpy as np
from astropy.wcs import WCS
from skyloom.builder.fitting.tune import residual_images
from skyloom.builder.images.cutout import make_cutout, place
from skyloom.builder.images.cutout_files import write_cutout
from skyloom.builder.model import Model, Sersic, SpiralArm, from_dict, to_dict
from skyloom.builder.products.catalogue import catalogue
from skyloom.builder.products.catalogue_columns import FLAGS
from skyloom.builder.products.subject import Subject
from skyloom.io.documents import write_json
from skyloom.io.fits import write_images
from skyloom.io.npz import write_npz

SHAPE = (90, 100)
DISK = Sersic(49.0, 44.0, 0.5, 0.7, 16.0, 0.2)
BULGE = Sersic(49.4, 44.2, 1.2, 0.8, 3.0, 0.6, n=2.0)
BAR = Sersic(49.4, 44.2, 2.0, 0.3, 7.0, 0.3, n=0.6, c=3.0)
ARMS = (
    SpiralArm(0.4, 2.0, 8.0, 18.0, 0.2, 3.0),
    SpiralArm(0.3, 2.5, 20.0, 22.0, -2.5, 0.5),
)
MODEL = Model(DISK, BULGE, BAR, ARMS)
PARAMETERS = [
    *(f"disk.{k}" for k in ("mux", "muy", "roll", "q", "Re")),
    *(f"{part}.{k}" for part in ("bulge", "bar") for k in ("mux", "muy")),
    *(f"bulge.{k}" for k in ("roll", "q", "Re", "n")),
    *(f"bar.{k}" for k in ("roll", "q", "Re", "n", "c")),
    "disk.I",
    *(f"spiral.{i}.{key}" for i in range(2) for key in ("spread", "I")),
]
METADATA = {
    "RA": 150.0, "DEC": 30.0, "Z": 0.02, "ZDIST": 0.021, "EXTINCTION": 0.1,
    "NSAID": 485056, "IAUNAME": "b'J100000.00+300000.0'",
}  # fmt: skip


def wcs(rotation=30.0, scale=0.396):
    """Return a tangent-plane WCS with north turned counter-clockwise [deg]."""
    out = WCS(naxis=2)
    out.wcs.ctype = "RA---TAN", "DEC--TAN"
    out.wcs.crval, out.wcs.crpix = (150.0, 30.0), (50.0, 45.0)
    c, s = np.cos(np.radians(rotation)), np.sin(np.radians(rotation))
    out.wcs.cd = scale / 3600 * np.array([[-c, -s], [-s, c]])
    return out


def tuned(**changes):
    """Return a successful fit; parameter i has the standard error (i + 1) / 100."""
    errors = (np.arange(len(PARAMETERS)) + 1) / 100
    covariance = np.diag(errors**2)
    i, j = PARAMETERS.index("disk.mux"), PARAMETERS.index("bulge.mux")
    covariance[i, j] = covariance[j, i] = 0.5 * errors[i] * errors[j]
    tree = {
        "subject_id": 7,
        "start": "agg",
        "status": "converged",
        "reason": None,
        "model": to_dict(MODEL),
        "chisq": 1.2,
        "n_pixels": 8000,
        "n_free": 24,
        "parameters": PARAMETERS,
        "errors": errors.tolist(),
        "covariance": covariance.tolist(),
        "bounds_reached": [],
        "flux": {"bar": 20.0, "bulge": 30.0, "disk": 400.0, "spiral": 50.0},
        "flux_covariance": np.diag([16.0, 4.0, 1.0, 9.0]).tolist(),
        "sigma_source": "given",
        "multiplier": 2.5,
    }
    return copy.deepcopy(tree | changes)


def chosen(tree=None, **changes):
    """Return what models/<id>.json holds where a tuned tree is its chosen set.

    The mean has the tree's values and errors; its fluxes share nothing with shapes.
    """
    tree = tuned() if tree is None else tree
    parts = [k for k in ("disk", "bulge", "bar", "spiral") if tree["model"][k]]
    same = {"components": parts, "n_arms": len(tree["model"]["spiral"])}
    pitches = [(18.0, 1.0, 30.0), (22.0, 2.0, 10.0)]
    records = [record(*pitches[i % 2]) for i in range(same["n_arms"])]
    return copy.deepcopy(tree) | {
        "components": parts,
        "probability": {"bulge": 0.9, "bar": 0.8, "spiral": 0.95},
        "arms": records,
        "sets": [same | {"weight": 0.7}, {"components": ["disk"], "n_arms": 0,
                                          "weight": 0.3}],
        "mean": _mean(tree, parts),
    } | changes  # fmt: skip


def record(pitch, error, crowd, **changes):
    """Return what models/<id>.json says of one arm."""
    return {
        "probability": 0.8, "crowd": 0, "chirality": 1, "flags": [],
        "pitch_angle": pitch, "pitch_angle_err": error,
        "pitch_angle_crowd": crowd, "pitch_angle_crowd_err": 5.0,
        "pitch_angle_fit": pitch + 1, "pitch_angle_fit_err": 0.5,
    } | changes  # fmt: skip


def _mean(tree, parts):
    part = [(i, n) for i, n in enumerate(tree["parameters"]) if n.split(".")[0] in parts
            and not n.startswith("spiral")]  # fmt: skip
    rows, names = [i for i, _ in part], [name for _, name in part]
    model = {k: v for k, v in tree["model"].items() if k != "spiral"}
    values = [model[n.split(".")[0]][n.split(".")[1]] for n in names]
    flux = np.array([tree["flux"][k] for k in parts])
    total, one = flux.sum(), np.eye(len(parts))
    share = (one - (flux / total)[:, None]) / total
    slopes = np.vstack([np.ones(len(parts)), one, share[1:]])
    light = slopes @ np.array(tree["flux_covariance"]) @ slopes.T
    shape = np.array(tree["covariance"])[np.ix_(rows, rows)]
    covariance = np.zeros((len(rows) + len(light),) * 2)
    covariance[: len(rows), : len(rows)] = shape
    covariance[len(rows) :, len(rows) :] = light
    names += ["flux.total", *(f"flux.{k}" for k in parts)]
    names += [f"fraction.{k}" for k in parts[1:]]
    values += [total, *flux, *(flux / total)[1:]]
    return {
        "names": names,
        "values": [float(v) for v in values],
        "errors": np.sqrt(np.diag(covariance)).tolist(),
        "covariance": covariance.tolist(),
    }


def failed(reason="no image"):
    """Return a fit that could not be done."""
    return tuned(
        status="failed", reason=reason, model=None, chisq=None, parameters=[],
        covariance=[], flux={}, flux_covariance=[], n_pixels=0, n_free=0,
    )  # fmt: skip


def arm(i, pitch, error, length, chirality=1):
    """Return a fitted arm with points along its spiral."""
    part = ARMS[i % len(ARMS)]
    theta = np.linspace(part.t_min, part.t_max, 40)
    r = part.A * np.exp(theta * np.tan(np.radians(part.phi)))
    return {
        "pitch_angle": pitch,
        "pitch_angle_err": error,
        "chirality": chirality,
        "length": length,
        "lines": [[0, i]],
        "points": {"r": r.tolist(), "theta": theta.tolist()},
    }


def aggregate(**changes):
    """Return the crowd's galaxy."""
    votes = {"k": 6, "n": 10, "p": 0.6, "p_low": 0.45, "p_high": 0.74}
    tree = {
        "subject_id": 7,
        "shape": list(SHAPE),
        "model": to_dict(MODEL),
        "masks": {name: [True, False] for name in ("disk", "bulge", "bar")},
        "support": dict.fromkeys(("disk", "bulge", "bar", "spiral"), votes),
        "arms": [arm(0, 18.0, 1.0, 30.0), arm(1, 22.0, 2.0, 10.0)],
        "status": "ok",
        "reason": None,
    }
    return copy.deepcopy(tree | changes)


def volunteers():
    """Two volunteers: one drew the truth with two strokes, one a round disk."""
    strokes = [
        {"points": [[40, 40 + i], [45, 50], [50, 60]], "I": 0.5, "spread": 2.0}
        for i in range(2)
    ]
    first = to_dict(Model(DISK, BULGE, BAR)) | {"spiral": strokes}
    second = to_dict(Model(Sersic(50, 45, 0, 1.0, 20.0, 0.1)))
    rows = [{"classification_id": i, "model": m} for i, m in enumerate((first, second))]
    return {"subject_id": 7, "shape": list(SHAPE), "volunteers": rows, "rejected": []}


def subject(number=7, **changes):
    """Return all that the catalogue needs of the galaxy."""
    values = {
        "metadata": METADATA,
        "aggregate": aggregate(),
        "tuned": {"agg": tuned(), "bi": tuned(chisq=1.3)},
        "fit": chosen(),
        "wcs": wcs(),
        "middle": (49.5, 44.5),
        "fwhm": 3.0,
    } | changes
    return Subject(number, **values)


def raised(row):
    """Return the names of the flags of a row."""
    return {name for i, name in enumerate(FLAGS) if row["flags"] >> i & 1}


def catalogue_table():
    """Return a catalogue of two good subjects and a failed one."""
    crowd = aggregate()
    fits = [
        {"agg": tuned()},
        {"agg": tuned(chisq=2.5, bounds_reached=["bar.n:lower"])},
        {"agg": failed("dark")},
    ]
    rows = [
        Subject(
            i,
            aggregate=crowd,
            tuned=f,
            fit=chosen(f["agg"]) if f["agg"]["model"] else f["agg"],
        )
        for i, f in enumerate(fits, start=1)
    ]
    return catalogue(rows)


def cutouts(folder):
    """Write a cutout with a place on the sky, one without, and a failure."""
    rng = np.random.default_rng(1)
    made = make_cutout(
        "x", 1, image=rng.normal(1, 0.1, (9, 11)), mask=np.zeros((9, 11)),
        psf=np.ones((1, 1)), sigma=np.full((9, 11), 0.1), multiplier=2.0,
    )  # fmt: skip
    paths = [folder / f"{i}.npz" for i in (1, 2, 3)]
    write_cutout(paths[0], place(made, 150.0, 30.0, 0.0))
    write_cutout(paths[1], made)
    write_npz(paths[2], reason=np.array("no image"))
    return paths


def fitted_files(folder, number, tree, seed=3):
    """Write the files that a page of a fitted galaxy is drawn from; return their paths.

    `tree` is that of ``models/<id>.json``.
    """
    noise = np.random.default_rng(seed).normal(0, 0.01, SHAPE)
    cutout = make_cutout(
        "x", number, image=noise, mask=noise > 1, psf=np.ones((1, 1)), multiplier=2.0,
        sigma=np.full(SHAPE, 0.01),
    )  # fmt: skip
    planes = residual_images(from_dict(tree["model"]), cutout)
    cutout = dataclasses.replace(cutout, image=planes["MODEL"] + noise)
    kinds = ("cutouts", "volunteers", "aggregates", "models", "residuals")
    paths = {kind: folder / kind / f"{number}.file" for kind in kinds}
    write_cutout(paths["cutouts"], cutout)
    write_json(paths["volunteers"], volunteers())
    write_json(paths["aggregates"], aggregate(subject_id=number))
    write_json(paths["models"], tree)
    write_images(paths["residuals"], {k: (p, {}) for k, p in planes.items()})
    return paths
