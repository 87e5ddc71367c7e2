"""Small pictures of bars and arms with noise, drawn on and voted on by volunteers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from skyloom.spirals.config_learning import Augment, Train
from skyloom.spirals.dataset.images import Pictures
from skyloom.spirals.geometry import Canvas, picture_stamp
from skyloom.spirals.network.settings import Settings
from skyloom.spirals.questions import columns, question
from skyloom.spirals.segmaps.counts import segmap
from skyloom.spirals.segmaps.marks import KINDS, Marks

SIDE, ASKED = 40, 6  # px, volunteers
PIXSCALE = 525 * 0.099 / 424  # arcsec: the picture is as large as the canvas
SMALL = Settings(
    size=32,
    width=8,
    multiples=(1, 2, 4),
    dropout=(0.0, 0.1, 0.1),
    blocks=1,
    vote_dropout=0.1,
)
QUICK = Train(epochs=2, batch=16, rate=4e-3, augment=Augment(zoom=(0.75, 0.85)))


@pytest.fixture(autouse=True, scope="package")
def one_thread():
    """Keep small tensors on one thread: more only wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def small() -> Settings:
    """Return settings of a network that trains in seconds."""
    return SMALL


@pytest.fixture(scope="session")
def quick() -> Train:
    """Return settings of a short training."""
    return QUICK


@pytest.fixture(scope="session")
def survey(tmp_path_factory):
    """Return the folder and the table of 160 galaxies: 96 train, 32, 32."""
    return drawn_survey(tmp_path_factory.mktemp("survey"), 160)


@pytest.fixture(scope="session")
def few(tmp_path_factory):
    """Return the folder and the table of 32 galaxies."""
    return drawn_survey(tmp_path_factory.mktemp("few"), 32)


@pytest.fixture(scope="session")
def pictures():
    """Return the function that opens the pictures of a table."""

    def of(survey, table=None) -> Pictures:
        folder, whole = survey
        return opened(whole if table is None else table, folder, whole["name"])

    return of


def opened(table: pd.DataFrame, folder, names) -> Pictures:
    """Return the pictures of a table, of the arrays in a folder."""
    return Pictures(table, [(names, folder / "images.npy", folder / "counts.npy")])


def drawn_survey(folder, number: int, side: int = SIDE):
    """Write pictures and counts of volunteers; return the folder and the table."""
    draw, rows, images, counts = np.random.default_rng(5), [], [], []
    parts = ["train", "train", "train", "validate", "test"]
    for i in range(number):
        name, ra = f"galaxy{i:03d}", 150 + 0.1 * i
        barred, armed = (int(value < 0.6) for value in draw.random(2))
        angle, winding = draw.uniform(0, np.pi), draw.choice([-1, 1])
        bar, arms = bar_of(angle), arms_of(angle, winding)
        images.append(picture(barred * [bar], armed * arms, draw, side))
        marks = Marks(
            Canvas(ra, 2.0),
            tuple(jittered(armed * arms, draw) for _ in range(ASKED)),
            tuple(jittered(barred * [bar], draw) for _ in range(ASKED)),
        )
        stamp = picture_stamp(ra, 2.0, PIXSCALE, side)
        counts.append([segmap(marks, kind, stamp)[0] for kind in KINDS])
        row = {"name": name, "ra": ra, "dec": 2.0, "pixscale": PIXSCALE}
        row |= {"redshift": 0.03, "marks": True, "part": parts[i % 5]}
        row |= {"spiral_asked": ASKED, "bar_asked": ASKED}
        rows.append(row | votes(barred, armed, draw))
    np.save(folder / "images.npy", np.array(images))
    np.save(folder / "counts.npy", np.array(counts, np.float16))
    return folder, pd.DataFrame(rows)


def votes(barred, armed, draw) -> dict[str, int]:
    """Return votes of two questions; the others were not asked."""
    counts = dict.fromkeys(columns(), 0)
    for name, yes in (("bar", barred), ("has-spiral-arms", armed)):
        one = question(name)
        share = 0.8 if yes else 0.1
        shares = [share, *[0.0] * (len(one.answers) - 2), 1 - share]
        drawn = draw.multinomial(12, shares)
        counts |= dict(zip(one.names, map(int, drawn), strict=True))
    return counts


def bar_of(angle) -> np.ndarray:
    """Return the corners of a bar on the canvas, middle at 262.5."""
    box = np.array([[-90, -25], [90, -25], [90, 25], [-90, 25]])
    return 262.5 + box @ turn(angle)


def arms_of(angle, winding) -> list[np.ndarray]:
    """Return two bands along arcs."""
    t = np.linspace(0, 2.2, 12)
    arc = 80 + 50 * t
    band = np.concatenate([arc - 22, (arc + 22)[::-1]])
    theta = winding * np.concatenate([t, t[::-1]])
    points = np.stack([band * np.cos(theta), band * np.sin(theta)], axis=1)
    return [262.5 + points @ turn(angle + half) for half in (0, np.pi)]


def turn(angle) -> np.ndarray:
    """Return a rotation."""
    return np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])


def jittered(polygons, draw):
    """Return what a volunteer draws: now and then nothing."""
    if draw.random() < 0.15:
        return ()
    return tuple(p + draw.normal(0, 8, 2) for p in polygons)


def picture(bars, arms, draw, side) -> np.ndarray:
    """Return a noisy picture, row 0 south: a disk, bars red, arms blue."""
    from skyloom.spirals.segmaps.fill import covered

    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    disk = 60 * np.exp(-np.hypot(x, y) / (side / 5))
    image = np.stack([disk] * 3, axis=-1) + draw.normal(0, 12, (side, side, 3))
    for polygons, colour in ((bars, (90, 50, 20)), (arms, (20, 50, 90))):
        scaled = [place(p, side) for p in polygons]
        image[covered(scaled, (side, side))] += colour
    return image.clip(0, 255).astype(np.uint8)


def place(polygon, side) -> np.ndarray:
    """Return canvas coordinates as those of the array."""
    x, y = polygon.T * side / 525
    return np.stack([x - 0.5, side - y - 0.5], axis=1)
