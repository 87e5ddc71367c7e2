"""The formats of the area `spirals`."""

from __future__ import annotations

import gzip
import io
import json
import shutil
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from astropy.table import Table
from PIL import Image
from rows import Format, by, finite, within
from skyloom.io.documents import write_json
from skyloom.learn.tensors import read_tensors
from skyloom.spirals.catalogue.answers import read_answers
from skyloom.spirals.catalogue.base import read_base, read_sami
from skyloom.spirals.catalogue.galaxies import (
    ASKED,
    NUMBERS,
    read_galaxies,
    write_galaxies,
)
from skyloom.spirals.catalogue.tables import read_columns
from skyloom.spirals.catalogue.votes import read_votes
from skyloom.spirals.cutouts.files import read_cutout, write_cutout
from skyloom.spirals.cutouts.pictures import read_picture, write_picture
from skyloom.spirals.drawings.subjects import Turn, read_subject, read_turns
from skyloom.spirals.geometry import Canvas, Stamp
from skyloom.spirals.gz3d.files import read_gz3d
from skyloom.spirals.gz3d.galaxy import Clicks, Gz3d, Strokes
from skyloom.spirals.gz3d.vertices import read_clicks, read_paths
from skyloom.spirals.gz3d.writing import write_gz3d
from skyloom.spirals.network.files import Model, load_model, save_model
from skyloom.spirals.network.settings import Settings
from skyloom.spirals.network.unet import SpiralNet
from skyloom.spirals.questions import PATH, columns, read_questions
from skyloom.spirals.segmaps.marks import Marks, read_marks, write_marks
from skyloom.spirals.tasks.bars import read_bars
from skyloom.spirals.tasks.dataset import read_record
from skyloom.spirals.tasks.looking import read_packs
from skyloom.spirals.tasks.predicting import read_maps
from skyloom.io.fits import write_hdus
from astropy.io import fits

SMALL = Settings(
    size=32, crop=0.8, width=4, multiples=(1, 2), dropout=(0.0, 0.0), blocks=1
)
NAMES = ["1000_1", "1000_2", "1000_3"]
ARM = [[190.0, 160], [250, 160], [250, 260], [190, 260]]


def questions(folder: Path) -> Path:
    return Path(shutil.copy(PATH, folder / "questions.csv"))


def sane_questions(found: tuple) -> None:
    assert found, "no question"
    for one in found:
        assert one.answers, "a question without answers"
        assert one.after is None or one.after < one.first, "asked after itself"


def record(folder: Path) -> Path:
    known = {"ra": 150.0, "dec": 2.0, "pixscale": 0.12, "redshift": 0.03}
    write_json(folder / "c0.json", {"galaxies": {name: known for name in NAMES}})
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


def bars(folder: Path) -> Path:
    text = (
        "name,RA,DEC,PA,PA_bar,R_bar\na,10.0005,1,7,2,5\nb,20,2,7,48,5\nc,30,3,7,9,5\n"
    )
    (folder / "bars.csv").write_text(text)
    return folder / "bars.csv"


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


def turns(folder: Path) -> Path:
    rows = {"subject_id": [20902000, 20902001], "montage_angle": [1.6, 0.1]}
    rows |= {"original_angle": [-3.1, 0.1], "PETRO_PHI90": [10.0, 20.0]}
    pd.DataFrame(rows).to_csv(folder / "gal-metadata.csv", index=False)
    return folder / "gal-metadata.csv"


def sane_turns(found: dict) -> None:
    for one in found.values():
        finite(one.north, one.quarters)


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


def base_rows() -> pd.DataFrame:
    rows = {"dr8_id": NAMES, "ra": [0.0, 100, 359], "dec": [-60.0, 0, 30]}
    return pd.DataFrame(
        rows | {"est_dr5_pixscale": [0.1, 0.2, 0.5], "redshift": [0.1, 0.2, 0.3]}
    )


def written(table: pd.DataFrame, path: Path) -> Path:
    if path.suffix == ".parquet":
        table.to_parquet(path)
    elif path.suffix == ".fits":
        Table.from_pandas(table).write(path, overwrite=True)
    else:
        table.to_csv(path, index=False)
    return path


def base(suffix: str):
    return lambda folder: written(base_rows(), folder / f"base.{suffix}")


def sane_base(table: pd.DataFrame) -> None:
    within(table["ra"], 0, 360)
    within(table["dec"], -90, 90)
    finite(table["ra"], table["dec"])
    within(table.get("redshift", np.nan), -0.1, 20)
    within(table.get("est_dr5_pixscale", np.nan), 0, 60)


def sami(folder: Path) -> Path:
    rows = base_rows().rename(
        columns={"dr8_id": "CATID", "ra": "ra_obj", "dec": "dec_obj"}
    )
    rows["CATID"] = [9_008_500_001, 9_008_500_002, 9_008_500_003]
    return written(rows.rename(columns={"redshift": "z_spec"}), folder / "sami.fits")


@cache
def vote_rows() -> pd.DataFrame:
    counts = np.random.default_rng(5).integers(0, 40, (3, len(columns())))
    return pd.concat(
        [pd.DataFrame({"dr8_id": NAMES}), pd.DataFrame(counts, columns=columns())],
        axis=1,
    )


def votes(suffix: str):
    return lambda folder: written(vote_rows(), folder / f"votes.{suffix}")


def by_index(found: tuple) -> dict:
    return {key: row.to_dict() for key, row in found[0].iterrows()}


def sane_votes(found: tuple) -> None:
    assert (found[0].to_numpy() >= 0).all(), "negative votes"
    within(found[0].to_numpy(), 0, 1e6)


def answers(folder: Path) -> Path:
    rows = {"file": ["a.png", "b.png", "a.png"], "question": ["bar"] * 3}
    return written(
        pd.DataFrame(rows | {"answer": ["strong", "weak", "no"]}), folder / "a.csv"
    )


def columns_of(path: Path) -> pd.DataFrame:
    return read_columns(path, {"dr8_id": "str", "ra": "float"}, {"redshift": "float"})


def galaxies(folder: Path) -> Path:
    rows = pd.DataFrame({"name": NAMES}).assign(
        **dict.fromkeys(NUMBERS, 0.5), marks=True
    )
    rows = rows.assign(**dict.fromkeys(ASKED, 6), **dict.fromkeys(columns(), 3))
    rows = rows.assign(source="simulated", part=["train", "validate", "test"])
    write_galaxies(folder / "galaxies.parquet", rows, {})
    return folder / "galaxies.parquet"


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
    Format("questions", "csv", questions, read_questions, sane=sane_questions),
    Format("record", "json", record, read_record, objects=dict, sane=sane_record),
    Format("packs", "json", record, read_packs, packs, weight=0.3),
    Format("spiral maps", "fits", maps, read_maps, sealed=True),
    Format("bars", "csv", bars, read_bars),
    Format("png", "bytes", picture("png"), read_picture, sane=sane_picture),
    Format("jpeg", "bytes", picture("jpg"), read_picture, sane=sane_picture),
    Format("image", "fits", cutout, read_cutout, sane=sane_cutout, weight=1.5),
    Format("spiral model", "tensors", model, load_model, sane=sane_model, sealed=True),
    Format("tensors", "tensors", model, read_tensors, tensors, sealed=True),
    Format("marks", "json", marks, read_marks, sane=sane_marks, weight=1.5),
    Format("turns", "csv", turns, read_turns, objects=dict, sane=sane_turns),
    Format("subject drawings", "json", subject("json.gz"), read_subject, subject_of,
           sane=sane_subject),
    Format("subject image", "npz", subject("npz"), read_subject, subject_of, sane=sane_subject),
    *(Format(f"base {s}", k, base(s), read_base, objects=by("dr8_id"), sane=sane_base)
      for s, k in (("csv", "csv"), ("fits", "fits"), ("parquet", "parquet"))),
    Format("sami", "fits", sami, read_sami, objects=by("name"), sane=sane_base),
    Format("columns", "csv", base("csv"), read_columns, columns_of, by("dr8_id"), weight=0.5),
    *(Format(f"votes {s}", s, votes(s), read_votes, lambda p: read_votes([p]), by_index, sane_votes)
      for s in ("csv", "fits", "parquet")),
    Format("single answers", "csv", answers, read_answers, sane=sane_votes),
    Format("galaxies", "parquet", galaxies, read_galaxies, objects=by("name"), sealed=True),
    Format("gz3d", "fits", gz3d, read_gz3d, whole_gz3d, sane=sane_gz3d, weight=0.5),
]  # fmt: skip
