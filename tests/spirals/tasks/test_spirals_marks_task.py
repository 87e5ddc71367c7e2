"""Marks from the files of GZ3D and of Galaxy Builder."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pytest
from skyloom.io.documents import write_json
from skyloom.io.errors import DatumError
from skyloom.spirals.geometry import Canvas
from skyloom.spirals.gz3d.galaxy import Gz3d, Strokes
from skyloom.spirals.gz3d.writing import write_gz3d
from skyloom.spirals.segmaps.marks import read_marks
from skyloom.spirals.tasks.marks import Reader, by_name, rescue, subjects
from skyloom.spirals.tasks.tables import sheet_of

NAME = "gz3d_1-2_19_7"
ABOUT = {"MANGAID": "1-2", "IAUNAME": "J1", "IFUDESIGNSIZE": 19.0, "sample": ""}
ABOUT |= {"MANGA_TILEID": 1.0, "nsa_id": 5, "explorer_link": ""}
ABOUT |= dict.fromkeys(("GZ_total_classifications", "GZ_bar_votes"), 3)
BOX = np.array([[20.0, 20], [40, 20], [40, 30], [20, 30]])


@pytest.fixture
def drawn(tmp_path):
    """Return the file of a galaxy: three asked for the bar, nobody for arms."""
    canvas = Canvas(150.0, 2.0, 0.7, 75)
    about = ABOUT | {"GZ_spiral_votes": 0, "ra": canvas.ra, "dec": canvas.dec}
    bars = Strokes((1, 2, 3), ("2017-03-12 10:11:12 UTC",) * 3, ((BOX,), (), (BOX,)))
    image = np.zeros((75, 75, 3), np.uint8)
    return write_gz3d(tmp_path, Gz3d(NAME, canvas, about, bar=bars, image=image))


@pytest.fixture
def builder(tmp_path):
    """Return the subjects of a folder of Galaxy Builder, and one without a row."""
    model = {"bar": {"mux": 40.0, "muy": 40.0, "roll": 0.7, "Re": 8.0, "q": 0.25}}
    model |= {"disk": None, "bulge": None, "spiral": {"n_arms": 0}}
    image = np.random.default_rng(1).normal(0, 0.01, (80, 80)).astype(np.float32)
    place = json.dumps({"ra": "150.0", "dec": "20.0", "redshift": "0.05"})
    paths = {"models": [], "images": []}
    for number in (11, 12):
        paths["models"].append(str(tmp_path / f"{number}.json.gz"))
        paths["images"].append(str(tmp_path / f"{number}.npz"))
        with gzip.open(paths["models"][-1], "wt") as file:
            json.dump({"subject": number, "index": [0], "models": [model]}, file)
        mask = np.zeros((80, 80), bool)
        arrays = {"image": image, "mask": mask, "multiplier": 2.0, "metadata": place}
        np.savez(paths["images"][-1], **arrays)
    sheet = tmp_path / "gal-metadata.csv"
    sheet.write_text(
        "subject_id,montage_angle,original_angle,PETRO_PHI90\n11,0.1,0.1,10\n"
    )
    return paths, [str(sheet)]


def test_files_of_gz3d(tmp_path, drawn, recipe):
    """Marks as they were drawn, who was asked, and the row of the sheet."""
    target = tmp_path / "marks.json"
    reader = Reader({NAME: str(drawn)}, subjects([], [], []), recipe)
    row = reader.write(NAME, {"marks": target})
    assert (row["spiral_asked"], row["bar_asked"]) == (0, 3)
    found = read_marks(target)
    assert found.spiral is None
    assert [len(one) for one in found.bar] == [1, 0, 1]
    assert np.array_equal(found.bar[0][0], BOX)
    write_json(tmp_path / "c0.json", {"galaxies": {NAME: row, "11": {"bar_asked": 2}}})
    table = sheet_of([tmp_path / "c0.json"])
    assert table["name"].tolist() == [NAME]
    assert table["relative_gz3d_fits_loc"].tolist() == [drawn.name]
    assert table["bar_asked"].tolist() == [3]


def test_files_of_galaxy_builder(tmp_path, builder, recipe):
    """Each subject by its number; one that the table does not know is told."""
    paths, sheet = builder
    known = subjects(paths["models"], paths["images"], sheet)
    files = dict(zip(("11", "12"), paths["models"], strict=True))
    reader = Reader(files, known, recipe)
    assert reader.write("11", {"marks": tmp_path / "m.json"}) == {
        "spiral_asked": 1,
        "bar_asked": 1,
    }
    assert len(read_marks(tmp_path / "m.json").bar[0]) == 1
    with pytest.raises(DatumError, match=r"no row in gal-metadata\.csv"):
        reader.write("12", {"marks": tmp_path / "n.json"})


def test_a_damaged_file_is_told_and_written_as_not_asked(tmp_path, drawn, recipe):
    """The others go on; whoever reads the marks sees that nobody was asked."""
    drawn.write_bytes(drawn.read_bytes()[:900])
    reader = Reader({NAME: str(drawn)}, subjects([], [], []), recipe)
    paths = {"marks": tmp_path / "marks.json"}
    with pytest.raises(DatumError, match=drawn.name) as caught:
        reader.write(NAME, paths)
    row = rescue(NAME, str(caught.value), paths)
    assert (row["spiral_asked"], row["bar_asked"]) == (0, 0)
    assert drawn.name in row["reason"]
    found = read_marks(paths["marks"])
    assert found.spiral is found.bar is None


def test_files_by_galaxy():
    """A name may have dots."""
    assert by_name(["a/J00.1+02.0.png", "b/11.json"]) == {
        "J00.1+02.0": "a/J00.1+02.0.png",
        "11": "b/11.json",
    }
