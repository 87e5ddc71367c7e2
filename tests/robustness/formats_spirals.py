"""The formats of the area `spirals`."""

from __future__ import annotations

import gzip
import io
import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from astropy.io import fits
from astropy.table import Table
from PIL import Image
from rows import Format, finite, within
from skyloom.io.documents import write_json
from skyloom.io.fits import write_hdus
from skyloom.learn.tensors import read_tensors
from skyloom.spirals.cutouts.files import read_cutout, write_cutout
from skyloom.spirals.cutouts.pictures import read_picture, write_picture
from skyloom.spirals.drawings.subjects import Turn, read_subject
from skyloom.spirals.geometry import Canvas, Stamp
from skyloom.spirals.gz3d.files import read_gz3d
from skyloom.spirals.gz3d.galaxy import Clicks, Gz3d, Strokes
from skyloom.spirals.gz3d.writing import write_gz3d
from skyloom.spirals.network.files import Model, load_model, save_model
from skyloom.spirals.network.settings import Settings
from skyloom.spirals.network.unet import SpiralNet
from skyloom.spirals.questions import columns
from skyloom.spirals.segmaps.marks import Marks, read_marks, write_marks
from skyloom.spirals.tasks.dataset import read_record
from skyloom.spirals.tasks.looking import read_packs
from skyloom.spirals.tasks.predicting import read_maps

SMALL = Settings(
    size=32, crop=0.8, width=4, multiples=(1, 2), dropout=(0.0, 0.0), blocks=1
)


NAMES = ["1000_1", "1000_2", "1000_3"]


ARM = [[190.0, 160], [250, 160], [250, 260], [190, 260]]


def record(folder: Path) -> Path:
    known = {"ra": 150.0, "dec": 2.0, "pixscale": 0.12, "redshift": 0.03}
    write_json(folder / "c0.json", {"galaxies": dict.fromkeys(NAMES, known)})
    return folder / "c0.json"


def packs(path: Path) -> list:
    files = {"records": [path], "images": ["a.npy"], "counts": ["b.npy"]}
    return [found for found, _, _ in read_packs(files)]


def sane_record(found: dict) -> None:
    for name, known in found.items():
        assert isinstance(name, str), "no name"
        assert isinstance(known, dict), f"a record that is a {type(known).__name__}"


def maps(folder: Path) -> Path:
    mean = np.full((8, 8), 0.5, np.float32)
    votes = Table({"answer": columns()})
    for name in ("concentration", "mean", "std"):
        votes[name] = np.linspace(0.1, 0.9, len(votes))
    told = Table({"measure": ["bar_length", "bar_reason"], "value": [9.0, np.nan]})
    told["words"] = ["", "no pixel"]
    primary = fits.PrimaryHDU()
    primary.header["CROP"] = 0.8
    hdus = [primary]
    for part in ("", "_STD"):
        hdus += [
            fits.ImageHDU(mean, name=f"{kind}{part}") for kind in ("SPIRAL", "BAR")
        ]
    hdus += [
        fits.BinTableHDU(votes, name="VOTES"),
        fits.BinTableHDU(told, name="MEASURES"),
    ]
    write_hdus(folder / "a.fits", hdus)
    return folder / "a.fits"


def picture(kind: str):
    def make(folder: Path) -> Path:
        rgb = np.random.default_rng(1).integers(0, 255, (24, 20, 3)).astype(np.uint8)
        path = folder / f"a.{kind}"
        if kind == "png":
            write_picture(path, rgb, "note")
        else:
            held = io.BytesIO()
            Image.fromarray(rgb).save(held, "JPEG")
            path.write_bytes(held.getvalue())
        return path

    return make


def sane_picture(rgb: np.ndarray) -> None:
    assert rgb.dtype == np.uint8, "other numbers"
    assert rgb.ndim == 3, "no picture"
    assert rgb.shape[2] == 3, "no colours"
    assert max(rgb.shape) <= 20000, "too large"


def cutout(folder: Path) -> Path:
    flux = np.random.default_rng(1).normal(size=(3, 24, 24)) + 0.1
    write_cutout(folder / "a.fits", flux, Stamp(150.0, 2.0, 0.262, 24), "grz", {})
    path = folder / "a.fits"
    with fits.open(path) as file:
        hdus = [hdu.copy() for hdu in file]
    for key in ("CHECKSUM", "DATASUM"):
        hdus[0].header.remove(key, ignore_missing=True)
    fits.HDUList(hdus).writeto(path, overwrite=True)
    return path


def sane_cutout(found) -> None:
    assert not np.isinf(found.flux).any(), "an infinite flux"
    assert len(found.bands) == len(found.flux), "bands without planes"
    assert min(found.flux.shape[1:]) >= 16, "too small"
    if found.wcs is not None:
        finite(found.wcs.wcs_pix2world([[0.0, 0.0], [9.0, 9.0]], 0))


def model(folder: Path) -> Path:
    torch.manual_seed(3)
    net = SpiralNet(SMALL).eval()
    save_model(
        folder / "model.pt", Model(net, {"own": {"spiral": 1.5}}, {"heads": "joint"})
    )
    return folder / "model.pt"


def sane_model(found: Model) -> None:
    for name, value in found.net.state_dict().items():
        assert value.isfinite().all(), f"{name} is not finite"


def tensors(path: Path):
    return read_tensors(path, "make it again")


def marks(folder: Path) -> Path:
    drawn = (np.array(ARM),)
    made = Marks(
        Canvas(150.0, 2.0), (drawn, ()), (drawn,), (31_000_001, 31_000_002), (5,)
    )
    write_marks(folder / "a.json", made)
    return folder / "a.json"


def sane_marks(found: Marks) -> None:
    finite(found.frame.ra, found.frame.dec, found.frame.scale, found.frame.size)
    within(found.frame.dec, -90, 90)
    for kind in ("spiral", "bar"):
        for one in found.drawings(kind) or ():
            finite(*one)
    assert all(type(one) is int for one in (*found.spiral_ids, *found.bar_ids)), (
        "no ids"
    )


def subject(which: str):
    def make(folder: Path) -> Path:
        image = np.random.default_rng(1).normal(0, 0.01, (24, 24)).astype(np.float32)
        sky = json.dumps({"ra": "150.0", "dec": "20.0", "redshift": "0.05"})
        values = {"image": image, "mask": np.zeros((24, 24), bool), "multiplier": 2.0}
        np.savez(folder / "1.npz", **values, metadata=sky)
        bar = {"mux": 12.0, "muy": 9.0, "roll": 0.7, "Re": 4.0, "q": 0.25}
        arms = {"n_arms": 1, "points.0": [[5.0, 5.0], [9.0, 6.0], [12.0, 9.0]]}
        models = [{"bar": bar, "spiral": {"n_arms": 0}}, {"bar": None, "spiral": arms}]
        tree = {"subject": 1, "index": [11, 12], "models": models}
        text = json.dumps(tree).encode()
        (folder / "1.json.gz").write_bytes(gzip.compress(text, mtime=0))
        return folder / f"1.{which}"

    return make


def subject_of(path: Path):
    folder = path.parent
    return read_subject(folder / "1.json.gz", folder / "1.npz", Turn(1, 0.3))


def sane_subject(found) -> None:
    sane_marks(found.marks)
    sane_cutout(found.cutout)
    within(found.redshift, 0, 10)


def written(table: pd.DataFrame, path: Path) -> Path:
    if path.suffix == ".parquet":
        table.to_parquet(path)
    elif path.suffix == ".fits":
        Table.from_pandas(table).write(path, overwrite=True)
    else:
        table.to_csv(path, index=False)
    return path


@cache
def vote_rows() -> pd.DataFrame:
    counts = np.random.default_rng(5).integers(0, 40, (3, len(columns())))
    return pd.concat(
        [pd.DataFrame({"dr8_id": NAMES}), pd.DataFrame(counts, columns=columns())],
        axis=1,
    )


def votes(suffix: str):
    return lambda folder: written(vote_rows(), folder / f"votes.{suffix}")


def gz3d(folder: Path) -> Path:
    canvas, size = Canvas(123.118, 50.24861, 51.975 / 75, 75), 75
    about = {"MANGAID": "1-304336", "IAUNAME": "J0812", "IFUDESIGNSIZE": 127.0}
    about |= {"MANGA_TILEID": 2001.0, "nsa_id": 155975, "explorer_link": "http"}
    about |= {"GZ_total_classifications": 46, "GZ_bar_votes": 12, "GZ_spiral_votes": 21}
    about |= {"sample": "Primary", "ra": canvas.ra, "dec": canvas.dec}
    ids, time = (31_000_001, 31_000_002, 31_000_003), ("2017-03-12 10:11:12 UTC",) * 3
    arm = np.array([[20.0, 21], [26, 21], [26, 27.5], [20, 27.5]])
    centres = tuple(37.5 + np.array([[i, -i]]) for i in range(3))
    made = Gz3d(
        "gz3d_1-304336_127_14724446",
        canvas,
        about,
        spiral=Strokes(ids, time, ((arm, arm + 3), (), (arm + 5,))),
        clicks=Clicks(ids, time, centres, centres),
        image=np.zeros((size, size, 3), np.uint8),
    )
    packed = write_gz3d(folder, made)
    path = packed.with_suffix("")
    with fits.open(packed) as file:
        hdus = [hdu.copy() for hdu in file]
    for hdu in hdus:
        for key in ("CHECKSUM", "DATASUM"):
            hdu.header.remove(key, ignore_missing=True)
    fits.HDUList(hdus).writeto(path, overwrite=True)
    return path


def whole_gz3d(path: Path):
    return read_gz3d(path, whole=True)


def sane_gz3d(found: Gz3d) -> None:
    finite(found.canvas.ra, found.canvas.dec, found.canvas.scale)
    within(found.canvas.dec, -90, 90)
    for strokes in (found.spiral, found.bar):
        for paths in strokes.paths if strokes else ():
            finite(*paths)


FORMATS = [
    Format("record", "json", record, read_record, objects=dict, sane=sane_record),
    Format("packs", "json", record, read_packs, packs, weight=0.3),
    Format("spiral maps", "fits", maps, read_maps, sealed=True),
    Format("png", "bytes", picture("png"), read_picture, sane=sane_picture),
    Format("jpeg", "bytes", picture("jpg"), read_picture, sane=sane_picture),
    Format("image", "fits", cutout, read_cutout, sane=sane_cutout, weight=1.5),
    Format("spiral model", "tensors", model, load_model, sane=sane_model, sealed=True),
    Format("tensors", "tensors", model, read_tensors, tensors, sealed=True),
    Format("marks", "json", marks, read_marks, sane=sane_marks, weight=1.5),
    Format(
        "subject drawings",
        "json",
        subject("json.gz"),
        read_subject,
        subject_of,
        sane=sane_subject,
    ),
    Format(
        "subject image",
        "npz",
        subject("npz"),
        read_subject,
        subject_of,
        sane=sane_subject,
    ),
    Format("gz3d", "fits", gz3d, read_gz3d, whole_gz3d, sane=sane_gz3d, weight=0.5),
]
