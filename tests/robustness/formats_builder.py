"""The formats of the area `builder`."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.table import Table
from formats_hall import export
from rows import Format, by, finite, within
from skyloom.builder.config import Noise
from skyloom.builder.drawings.subjects import read_metadata
from skyloom.builder.drawings.upstream import read_upstream, volunteers_tree
from skyloom.builder.images import cutout_files as cutouts
from skyloom.builder.images.cutout import make_cutout
from skyloom.builder.simulation.crowd import read_crowd
from skyloom.builder.tasks.drawings import read_by_subject
from skyloom.builder.tasks.tables import PUBLISHED, read_catalogue, read_published
from skyloom.io.catalogues import write_catalogue
from skyloom.io.documents import write_json
from skyloom.io.npz import write_npz

RNG = np.random.default_rng(5)
SHAPE = (16, 16)
PSF = np.array([[0.05, 0.1, 0.05], [0.1, 0.4, 0.1], [0.05, 0.1, 0.05]])
IMAGE, CLEAR = RNG.normal(0, 0.02, SHAPE), np.zeros(SHAPE, bool)
PART = {"mux": 60.0, "muy": 50.0, "roll": 0.3, "q": 0.5, "Re": 9.0}
DISK = {**PART, "I": 0.125, "n": 1, "c": 2.0}
ARMS = {"n_arms": 1, "I.0": 0.9, "spread.0": 0.5, "falloff.0": 1.0}
ARMS["points.0"] = [[1.0, 2.0], [3.0, 4.0]]


def difference(folder: Path) -> Path:
    tree = {
        "imageData": IMAGE,
        "mask": CLEAR.astype(int),
        "psf": PSF,
        "multiplier": 1.5,
    }
    write_json(folder / "difference.json", tree | {"metadata": {"ra": 1.0}})
    return folder / "difference.json"


def fitting(folder: Path) -> Path:
    tree = {"galaxy_data": IMAGE, "sigma_image": np.ones(SHAPE), "pixel_mask": ~CLEAR}
    write_json(folder / "20902040.json", tree | {"psf": PSF, "multiplier": 1.5})
    return folder / "20902040.json"


def published_image(folder: Path) -> Path:
    values = {"image": IMAGE, "mask": CLEAR, "psf": PSF, "multiplier": np.array(1.5)}
    write_npz(folder / "20902040.npz", **values, metadata=np.array('{"ra": 1.0}'))
    return folder / "20902040.npz"


def own_cutout(folder: Path) -> Path:
    given = {"mask": CLEAR, "psf": PSF, "sigma": np.ones(SHAPE), "multiplier": 1.5}
    cutouts.write_cutout(folder / "7.npz", make_cutout("x", 7, image=IMAGE, **given))
    return folder / "7.npz"


def sane_cutout(found: cutouts.Cutout) -> None:
    finite(found.image, found.sigma, found.psf, found.multiplier)
    assert found.image.shape == found.sigma.shape == found.mask.shape, "other shapes"
    assert (found.sigma > 0).all(), "a sigma that is not positive"
    assert found.mask.dtype == bool, "a mask of another type"
    assert found.multiplier > 0, "a multiplier that is not positive"
    assert abs(found.psf.sum() - 1) < 1e-6, "a psf that does not add up to 1"


def metadata(folder: Path) -> Path:
    rows = {"subject_id": [20902000, 20902001, 20902002], "RA": [10.5, 20, 30]}
    rows |= {"DEC": [-1.25, 2, 3], "PETRO_THETA": [6.7, 7, 8], "RERUN": ["b'301'"] * 3}
    rows |= {"montage_angle": [1.6, 0.1, 0], "original_angle": [-3.1, 0.1, 0]}
    pd.DataFrame(rows).to_csv(folder / "gal-metadata.csv", index=False)
    return folder / "gal-metadata.csv"


def sane_metadata(table: pd.DataFrame) -> None:
    within(table["RA"], 0, 360)
    within(table["DEC"], -90, 90)
    assert (table["PETRO_THETA"] > 0).all(), "a radius that is not positive"


def upstream(folder: Path) -> Path:
    empty = {"disk": None, "bulge": None, "bar": None, "spiral": {"n_arms": 0}}
    models = [empty | {"disk": DISK, "spiral": ARMS}, empty | {"bar": DISK}]
    tree = {"subject": 101, "index": [11, 12], "models": models}
    tree |= {"tuning": {"shape": [100, 110]}, "image_size": [100, 110]}
    text = json.dumps(tree).encode()
    (folder / "101.json.gz").write_bytes(gzip.compress(text, mtime=0))
    return folder / "101.json.gz"


def volunteers(path: Path) -> dict:
    return volunteers_tree(read_upstream(path), 1)


def sane_volunteers(tree: dict) -> None:
    for one in tree["volunteers"]:
        assert one["model"], "a volunteer without a model"
        json.dumps(one["model"], allow_nan=False)


def crowd(folder: Path) -> Path:
    names = ("factors", "rates", "shapes", "sliders", "strokes")
    write_json(folder / "crowd.json", {name: {"a": [1.0, 2.0]} for name in names})
    return folder / "crowd.json"


def catalogue(folder: Path) -> Path:
    table = Table({"subject_id": [1, 2, 3], "RA": [1.0, 2.0, np.nan]})
    table["name"], table["reason"] = ["a", "b", "c"], ["", "dark", ""]
    write_catalogue(folder / "catalogue.fits", table)
    return folder / "catalogue.fits"


def published(folder: Path) -> Path:
    rows = pd.DataFrame({"galaxy_builder_id": [20902000, 20902001, 20902002]})
    rows.assign(**dict.fromkeys(PUBLISHED, 0.5)).to_csv(folder / "a.csv", index=False)
    return folder / "a.csv"


def by_subject(path: Path) -> dict:
    return read_by_subject(path, [20902000, 20902001], 5366)


FORMATS = [
    Format(
        "difference",
        "json",
        difference,
        cutouts.from_difference_json,
        lambda p: cutouts.from_difference_json(p, 7, Noise()),
        sane=sane_cutout,
        weight=1.5,
    ),
    Format(
        "fitting metadata",
        "json",
        fitting,
        cutouts.from_metadata_json,
        lambda p: cutouts.from_metadata_json(p, 7),
        sane=sane_cutout,
    ),
    Format(
        "published image",
        "npz",
        published_image,
        cutouts.from_upstream_npz,
        lambda p: cutouts.from_upstream_npz(p, 7, 1, Noise()),
        sane=sane_cutout,
    ),
    Format(
        "cutout", "npz", own_cutout, cutouts.read_cutout, sane=sane_cutout, sealed=True
    ),
    Format(
        "usable cutout",
        "npz",
        own_cutout,
        cutouts.usable_cutout,
        sane=sane_cutout,
        sealed=True,
        weight=0.3,
    ),
    Format(
        "metadata",
        "csv",
        metadata,
        read_metadata,
        objects=by("subject_id"),
        sane=sane_metadata,
    ),
    Format(
        "upstream",
        "json",
        upstream,
        read_upstream,
        volunteers,
        sane=sane_volunteers,
        weight=1.5,
    ),
    Format("crowd", "json", crowd, read_crowd, weight=0.5),
    Format(
        "catalogue",
        "fits",
        catalogue,
        read_catalogue,
        objects=by("subject_id"),
        sealed=True,
    ),
    Format(
        "published catalogue",
        "csv",
        published,
        read_published,
        objects=by("galaxy_builder_id"),
    ),
    Format("drawings", "csv", export, read_by_subject, by_subject),
]
