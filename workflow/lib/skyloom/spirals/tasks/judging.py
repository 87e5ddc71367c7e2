"""How well networks and baselines do on each test galaxy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from skyloom.spirals.baselines.arcfire import find_arcs
from skyloom.spirals.baselines.disk_ellipse import fit_disk_ellipse
from skyloom.spirals.baselines.mean_mask import fit_mean_mask
from skyloom.spirals.catalogue.galaxies import read_galaxies
from skyloom.spirals.dataset.images import Pictures
from skyloom.spirals.evaluation.overlap import galaxy_overlaps
from skyloom.spirals.evaluation.votes import log_likelihood
from skyloom.spirals.measure.ellipse import Ellipse, disk
from skyloom.spirals.network.files import load_model
from skyloom.spirals.segmaps.marks import KINDS
from skyloom.spirals.tasks.looking import Looked, drawn, look, middle, read_packs

TRAIN, TEST = "train", "test"


def judge(
    files: Mapping[str, Sequence[str]],
    which: Mapping[str, str],
    thresholds: Sequence[float],
) -> pd.DataFrame:
    """Return a row a test galaxy of a network: overlaps, and likelihood of the votes.

    Columns are ``heads, masks`` (training galaxies that had some), ``repeat, galaxy``,
    and those of `scores`.
    """
    table = read_galaxies(files["galaxies"])
    marked = int((table["marks"] & (table["part"] == TRAIN)).sum())
    rows = np.flatnonzero(table["part"] == TEST)
    seen = look(load_model(files["model"]), Pictures(table, read_packs(files)), rows)
    about = {"heads": which["heads"], "repeat": int(which["repeat"])}
    about["masks"] = marked if which["masks"] == "all" else int(which["masks"])
    found = scores(seen.mean, seen, thresholds)
    found["votes"] = vote_scores(seen)
    found.insert(0, "galaxy", table["name"].to_numpy()[rows])
    return found.assign(**about)


def scores(maps: np.ndarray, seen: Looked, thresholds: Sequence[float]) -> pd.DataFrame:
    """Return the overlaps of maps (n, 2, size, size) with the volunteers'.

    ``spiral`` and ``bar`` are soft IoU, ``spiral_at_3`` IoU where 3 of 15 volunteers
    mark a pixel, ``spiral_most`` the largest share of volunteers on one pixel.
    """
    parts = {}
    for i, kind in enumerate(KINDS):
        counts = np.nan_to_num(seen.shares[:, i]) * seen.asked[:, i, None, None]
        known = np.isfinite(maps[:, i]).all((1, 2)) & (seen.asked[:, i] > 0)
        asked = np.where(known, seen.asked[:, i], 0)
        own = galaxy_overlaps(np.nan_to_num(maps[:, i]), counts, asked, thresholds)
        own = own.rename(columns=lambda name: f"{kind}_{name}")  # noqa: B023
        parts |= dict(own.rename(columns={f"{kind}_soft": kind}))
    return pd.DataFrame(parts)


def vote_scores(seen: Looked) -> np.ndarray:
    """Return the log-likelihood per vote [nat] of each galaxy; NaN without votes."""
    total = log_likelihood(seen.concentrations, seen.votes).sum(axis=1)
    number = seen.votes.sum(axis=1)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)


def baselines(
    files: Mapping[str, Sequence[str]],
    which: Sequence[str],
    size: int,
    crop: float,
    thresholds: Sequence[float],
) -> pd.DataFrame:
    """Return a row a test galaxy and baseline, with the columns of `scores`.

    Baselines are fitted on the training galaxies that have marks, on maps of `size`
    px; ``arcfire`` looks for arms only and is fitted to nothing.
    """
    table = read_galaxies(files["galaxies"])
    pictures = Pictures(table, read_packs(files))
    train = np.flatnonzero((table["part"] == TRAIN) & table["marks"])
    test = np.flatnonzero((table["part"] == TEST) & table["marks"])
    shares, asked = drawn(pictures, train, crop, size), pictures.asked[train].numpy()
    learned = (np.nan_to_num(shares), asked, _disks(pictures, train, crop, size))
    disks = _disks(pictures, test, crop, size)
    made = {
        "mean_mask": lambda: _told(fit_mean_mask(*learned), disks),
        "disk_ellipse": lambda: _told(fit_disk_ellipse(*learned), disks, (size, size)),
        "arcfire": lambda: _arcs(pictures, test, crop, size),
    }
    truth = drawn(pictures, test, crop, size)
    seen = Looked(*[np.empty(0)] * 4, truth, pictures.asked[test].numpy(), np.empty(0))
    found = []
    for name in which:
        own = scores(made[name](), seen, thresholds)
        own.insert(0, "galaxy", table["name"].to_numpy()[test])
        found.append(own.assign(method=name))
    return pd.concat(found, ignore_index=True)


def _disks(pictures: Pictures, rows, crop: float, size: int) -> list[Ellipse | None]:
    return [disk(middle(pictures.image(row), crop, size)) for row in rows]


def _told(model, disks: Sequence[Ellipse | None], *shape) -> np.ndarray:
    return np.stack([model.maps(one, *shape) for one in disks])


def _arcs(pictures, rows, crop, size) -> np.ndarray:
    found = np.full((len(rows), len(KINDS), size, size), np.nan, np.float32)
    for i, row in enumerate(rows):
        side = int(pictures.size * crop)
        found[i, 0] = find_arcs(middle(pictures.image(row), crop, side), size)
    return found
