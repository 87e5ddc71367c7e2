"""Four galaxies that a network has looked at, with all files that their page reads."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
from skyloom.io.catalogues import write_catalogue
from skyloom.io.parquet import write_parquet
from skyloom.run.provenance import Recipe
from skyloom.spirals.cutouts.pictures import write_picture
from skyloom.spirals.geometry import Canvas
from skyloom.spirals.network.predict import Predictions
from skyloom.spirals.questions import columns
from skyloom.spirals.segmaps.marks import Marks, write_marks
from skyloom.spirals.tasks.cataloguing import catalogue
from skyloom.spirals.tasks.predicting import Writer

SIZE, SIDE, CROP = 32, 40, 0.8
CANVAS = Canvas(150.0, 2.0, scale=0.12 * 424 / 400, size=400)
PLACE = {"ra": 150.0, "dec": 2.0, "pixscale": 0.12, "redshift": 0.03}
REASON = "there is <no> picture"
# Two known places, one without, and one that there is no picture of.
RECORD = {
    "1-39089837596371002_12_1": PLACE,
    "1-39089837596371003_12_2": PLACE | {"redshift": None},
    "nowhere": dict.fromkeys(PLACE),
    "spoilt": {"reason": REASON},
}
NAMES = list(RECORD)


def galaxies(folder: Path) -> dict:
    """Write the files of the galaxies, and return them by kind."""
    draw = np.random.default_rng(1)
    pictures = draw.integers(0, 90, (len(RECORD), SIDE, SIDE, 3)).astype(np.uint8)
    votes = draw.gamma(2, 3, (len(RECORD), len(columns()))).astype(np.float32)
    mean = np.stack([_map()] * len(RECORD))
    settings = SimpleNamespace(crop=CROP, size=SIZE)
    model = SimpleNamespace(settings=settings, calibration={})
    found = Predictions(mean, np.full_like(mean, 0.02), votes)
    record = Recipe({}, "code").record()
    writer = Writer(RECORD, pictures, found, model, 1, None, record)
    files: dict = {"images": [], "maps": [], "marks": []}
    rows = []
    for name, picture in zip(RECORD, pictures, strict=True):
        files["images"].append(str(folder / "images" / f"{name}.png"))
        files["maps"].append(str(folder / "maps" / f"{name}.fits"))
        write_picture(files["images"][-1], picture, "")
        paths = {"maps": files["maps"][-1]}
        spoilt = "reason" in RECORD[name]
        rows.append(
            writer.rescue(name, REASON, paths) if spoilt else writer.write(name, paths)
        )
    for name in NAMES[:1]:
        files["marks"].append(str(folder / "marks" / f"{name}.json"))
        write_marks(files["marks"][-1], marks())
    files["catalogue"] = str(folder / "catalogue.fits")
    write_catalogue(files["catalogue"], catalogue(pd.DataFrame(rows)))
    files["truth"] = [str(folder / "truth.parquet")]
    write_parquet(files["truth"][0], truth(), {})
    return files


def truth() -> pd.DataFrame:
    """Return what was put into the first galaxy: a bar, no arms."""
    row = {"name": NAMES[0], "bar_length_true": 15.0, "bar_pa_true": 90.0}
    row |= {"pitch_angle_true": None, "winding_true": "", "arm_number_true": 0}
    return pd.DataFrame([row])


def marks() -> Marks:
    """Return a square of one volunteer, and two who saw no arms; no bar was asked."""
    square = np.array([[190.0, 190.0], [210.0, 190.0], [210.0, 230.0], [190.0, 230.0]])
    return Marks(CANVAS, ((square,), (), ()), None, (1, 2, 3), ())


def _map() -> np.ndarray:
    """Return a bar from east to west, and blank arms but for one pixel, north-west."""
    mean = np.full((2, SIZE, SIZE), 0.001, np.float32)
    y, x = np.mgrid[:SIZE, :SIZE]
    mean[1] = 0.9 * np.exp(-(((x - 15.5) / 6) ** 4) - ((y - 15.5) / 2) ** 4)
    mean[0, -1, -1] = 0.6
    return mean
