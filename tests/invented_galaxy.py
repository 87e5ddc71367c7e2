"""Trees of one invented galaxy, for tests of the catalogue, exports and figures."""

import copy

import numpy as np
from astropy.wcs import WCS
from skyloom.builder.images.cutout import make_cutout, place
from skyloom.builder.images.cutout_files import write_cutout
from skyloom.builder.model import Model, Sersic, SpiralArm, to_dict
from skyloom.builder.products.catalogue import Subject, catalogue
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
]


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


def catalogue_table():
    """Return a catalogue of two good subjects and a failed one."""
    crowd = aggregate()
    fits = [
        {"agg": tuned()},
        {"agg": tuned(chisq=2.5, bounds_reached=["bar.n:lower"])},
        {"agg": failed("dark")},
    ]
    rows = [Subject(i, aggregate=crowd, tuned=f) for i, f in enumerate(fits, start=1)]
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
