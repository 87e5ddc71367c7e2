"""A small survey: pictures, marks and votes of galaxies, and a network for them."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from skyloom.io.documents import write_json
from skyloom.run.provenance import Recipe
from skyloom.spirals.catalogue.galaxies import write_galaxies
from skyloom.spirals.cutouts.pictures import write_picture
from skyloom.spirals.geometry import Canvas
from skyloom.spirals.network.files import Model, save_model
from skyloom.spirals.network.settings import Settings
from skyloom.spirals.network.unet import SpiralNet
from skyloom.spirals.questions import columns, question
from skyloom.spirals.segmaps.marks import Marks, write_marks
from skyloom.spirals.tasks.dataset import pack, write_npy
from spirals.catalogue.galaxy_rows import galaxies

SIZE, NUMBER, ASKED = 40, 20, 6
PIXSCALE = 525 * 0.099 / 424  # the picture is as large as the canvas
SMALL = Settings(
    size=32, crop=0.8, width=4, multiples=(1, 2), dropout=(0.0, 0.0), blocks=1
)
PARTS = ("train", "train", "train", "validate", "test")


@pytest.fixture(autouse=True, scope="package")
def one_thread():
    """Keep small tensors on one thread: more only wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def recipe() -> Recipe:
    """Return what tasks write into their files."""
    return Recipe({}, "code")


def untrained(**training) -> Model:
    """Return a network with its first weights, the same ones each time."""
    torch.manual_seed(3)
    return Model(SpiralNet(SMALL).eval(), training={"heads": "joint", **training})


@pytest.fixture(scope="session")
def model() -> Model:
    """Return a network that was not trained."""
    return untrained()


@pytest.fixture(scope="session")
def survey(tmp_path_factory):
    """Return the files of a chunk of galaxies, and those of a model."""
    folder, draw = tmp_path_factory.mktemp("survey"), np.random.default_rng(5)
    names = [f"galaxy{i:02d}" for i in range(NUMBER)]
    record, images, marks, counts = {}, [], [], []
    for i, name in enumerate(names):
        ra = 150 + 0.1 * i
        bar = np.array([[-70, -20], [70, -20], [70, 20], [-70, 20]])
        arm = np.array([[90, 60], [150, 60], [150, 160], [90, 160]])
        people = [(262.5 + bar + draw.normal(0, 6, 2),) for _ in range(ASKED - 1)]
        made = Marks(
            Canvas(ra, 2.0),
            tuple((262.5 + arm + draw.normal(0, 9, 2),) for _ in range(ASKED)),
            None if i % 10 == 9 else ((), *people),
        )
        y, x = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2
        light = 200 * np.exp(-np.hypot(x, y) / 6)[..., None] + draw.normal(30, 5, 3)
        images.append(folder / f"{name}.png")
        write_picture(images[-1], light.clip(0, 255).astype(np.uint8))
        marks.append(folder / f"{name}.json")
        write_marks(marks[-1], made)
        place = {"ra": ra, "dec": 2.0, "pixscale": PIXSCALE, "redshift": 0.03}
        record[name] = place | {"source": "simulated", "pixels": name}
        row = dict.fromkeys(columns(), 0)
        one = question("bar")
        row |= dict(zip(one.names, (8, 3, 1) if i % 2 else (1, 3, 8), strict=True))
        counts.append(row)
    paths = {k: folder / f"c0_{k}.npy" for k in ("images", "counts")}
    for path, array in zip(
        paths.values(), pack(record, images, marks, SIZE, "all"), strict=True
    ):
        write_npy(path, array)
    write_json(folder / "c0.json", {"galaxies": record})
    table = galaxies(
        names,
        **{k: [record[n][k] for n in names] for k in ("ra", "dec", "pixscale")},
        redshift=0.03,
        marks=True,
        spiral_asked=ASKED,
        bar_asked=[0 if i % 10 == 9 else ASKED for i in range(NUMBER)],
    )
    for column in columns():
        table[column] = np.array([row[column] for row in counts], np.int32)
    table["source"] = "simulated"
    table["part"] = [PARTS[i % 5] for i in range(NUMBER)]
    write_galaxies(folder / "galaxies.parquet", table, {})
    trained = table["name"][table["part"] == "train"].tolist()
    save_model(folder / "model.pt", untrained(galaxies=trained))
    files = {"records": [str(folder / "c0.json")], "marks": [str(p) for p in marks]}
    files |= {kind: [str(path)] for kind, path in paths.items()}
    files |= {k: str(folder / name) for k, name in FILES.items()}
    return SimpleNamespace(
        folder=folder, files=files, table=table, record=record, pictures=images
    )


FILES = {"galaxies": "galaxies.parquet", "model": "model.pt"}
