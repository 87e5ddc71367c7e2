"""The map of spectra unit by unit: prototypes, labels, galaxies, some spectra."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
from astropy.table import Table

from skyloom.atlas.numbers import short
from skyloom.som.model import Som
from skyloom.som.quality import occupancy, u_matrix
from skyloom.spectra.figures.units import ENDS, by_unit
from skyloom.spectra.labels.tables import meaning
from skyloom.spectra.mapping.model import SpectralMap
from skyloom.spectra.page.packing import curve, numbers
from skyloom.spectra.rest.files import RestSpectra
from skyloom.spectra.rest.grid import RestGrid

PIXELS = 1136  # of a spectrum, at most: more are not seen
LEAST_PIXELS = 200
ROOM = 3_000_000  # values of spectra: 8 MB of the page
SHOWN = 3  # spectra of a unit: the nearest, one in the middle, the furthest
ALL_SHOWN = 3000  # of all units, where that is not less than one of each
LISTED = 12  # galaxies of a unit
# Vacuum [Å], as SDSS lists them; of doublets and bands the middle.
LINES = {
    "[O II]": 3728.5,
    "Ca K": 3934.8,
    "Ca H": 3969.6,
    "Hδ": 4102.9,
    "G band": 4305.6,
    "Hβ": 4862.7,
    "[O III]": 5008.2,
    "Mg b": 5176.6,
    "Na D": 5895.6,
    "Hα": 6564.6,
    "[S II]": 6725.5,
    "Ca II": 8544.4,
    "[S III]": 9533.2,
}
SCALINGS = {
    "zscore": "scaled flux: less its mean, by its scatter",
    "window": "scaled flux: by its mean at 4050–4150 Å",
    "median": "scaled flux: by its median at 4400–5500 Å",
}
OBSERVED = {  # column of test spectra: what their median is called, its unit
    "meansn2": ("test spectra: S/N a pixel", ""),
    "redshift": ("test spectra: redshift", ""),
    "r_re_light": ("test spectra: radius", "Re"),
}


def layout(som: Som) -> dict:
    """Return how the units of a map lie."""
    rows, columns = som.shape
    tree = {"rows": rows, "columns": columns, "torus": som.topology == "torus"}
    return tree | {"hexagonal": som.lattice == "hexagonal"}


def plane(label: str, values, unit: str = "", *, counts: bool = False) -> dict:
    """Return a quantity of all units; its colours span 98 % of them, counts all."""
    values = np.ma.filled(np.ma.ravel(values).astype(float), np.nan)
    known = values[np.isfinite(values)]
    ends = (0.0, 1.0)
    if len(known):
        ends = (0.0, known.max()) if counts else np.percentile(known, ENDS)
    limits = [short(end) for end in ends]
    tree = {"label": label, "unit": unit, "values": numbers(values), "limits": limits}
    return tree | {"counts": counts}


def prototypes(made: SpectralMap, spectra: int, room: int = ROOM) -> dict:
    """Return layout, prototypes and their wavelengths.

    Parameters
    ----------
    made : SpectralMap
        The map.
    spectra : int
        How many more are to be shown on the same pixels.
    room : int
        Values of all of them together.
    """
    every = pixels_together(made, spectra, room)
    start, step, count = _binned_grid(made.grid, every)
    curves = [curve(row) for row in together(made.prototypes(), every)]
    tree = {"prototypes": curves, "flux": SCALINGS[made.scaled], "every": every}
    tree |= {"wave": [start, step, count], "lines": list(LINES.items())}
    apart = plane("mean distance to neighbours", u_matrix(made.som))
    return layout(made.som) | tree | {"planes": [apart], "labels": []}


def pixels_together(made: SpectralMap, spectra: int, room: int = ROOM) -> int:
    """Return how many pixels are shown as one, so that all spectra find room."""
    shown = min(PIXELS, room // max(1, made.som.n_units + spectra))
    return -(-made.grid.pixels // max(LEAST_PIXELS, shown))


def together(flux: np.ndarray, every: int) -> np.ndarray:
    """Return means of so many pixels each, of those that are not NaN; NaN of none."""
    count = flux.shape[1] // every
    parts = flux[:, : count * every].reshape(len(flux), count, every)
    good = np.isfinite(parts)
    total, n = np.where(good, parts, 0).sum(axis=2), good.sum(axis=2)
    return np.divide(total, n, out=np.full(total.shape, np.nan), where=n > 0)


def _binned_grid(grid: RestGrid, every: int) -> tuple[float, float, int]:
    """Return the first wavelength, the step [dex] and the number of pixels shown."""
    start = grid.start * 10 ** (grid.step * (every - 1) / 2)
    return round(start, 4), grid.step * every, grid.pixels // every


def node_planes(nodes: Table) -> tuple[list[dict], list[dict]]:
    """Return counts and labels of training spectra as planes; and labels with ends.

    `nodes` is that of `skyloom.spectra.labels.tables.node_table`.
    """
    planes = [
        plane(f"training {kind}", nodes[kind], counts=True)
        for kind in ("spectra", "galaxies")
    ]
    labels = []
    for name in nodes.colnames:
        if f"{name}_lower" not in nodes.colnames:
            continue
        words, unit, _ = meaning(name)
        planes.append(plane(words, nodes[name], unit))
        ends = {end: numbers(nodes[f"{name}_{end}"]) for end in ("lower", "upper")}
        known = [v for side in ends.values() for v in side if v is not None]
        limits = [min(known, default=0), max(known, default=1)]
        tree = {"label": words, "unit": unit, "limits": limits}
        labels.append(tree | {"median": numbers(nodes[name])} | ends)
    return planes, labels


def unseen_planes(found: pd.DataFrame, shape: tuple[int, int]) -> list[dict]:
    """Return what the test spectra of units are; units without any are empty.

    `found` is the table ``labels/test.fits``.
    """
    found = found[found["bmu"] >= 0]
    unit, n_units = found["bmu"].to_numpy(), shape[0] * shape[1]
    distance = by_unit(found["distance"].to_numpy(), unit, n_units, np.mean)
    planes = [
        plane("test spectra", occupancy(unit, shape), counts=True),
        plane("test spectra: quantisation error, mean distance", distance),
    ]
    for column, (words, of) in OBSERVED.items():
        if column in found and found[column].notna().any():
            middle = by_unit(found[column].to_numpy(float), unit, n_units, np.median)
            planes.append(plane(words, middle, of))
    return planes


def examples(found: pd.DataFrame, n_units: int) -> list[list[int]]:
    """Return rows of a few spectra of each unit, from the nearest to the furthest."""
    most = max(1, min(SHOWN, ALL_SHOWN // n_units))
    known = found["bmu"].to_numpy() >= 0
    order = np.lexsort((found["distance"].to_numpy(), found["bmu"].to_numpy()))
    order = order[known[order]]
    ends = np.searchsorted(found["bmu"].to_numpy()[order], np.arange(n_units + 1))
    rows = []
    for first, last in pairwise(ends):
        some = np.linspace(first, last - 1, min(most, last - first)).astype(int)
        rows.append([int(order[i]) for i in some])
    return rows


def example(spectra: RestSpectra, found: pd.DataFrame, row: int, every: int) -> dict:
    """Return one spectrum with its galaxy, its S/N and its distance to the unit."""
    flux = np.where(np.asarray(spectra.ivar[row]) > 0, spectra.flux[row], np.nan)
    one = found.iloc[row]
    return {
        "galaxy": str(one.get("plateifu", one.get("fname", ""))),
        "sn": short(one.get("meansn2", np.nan)),
        "distance": short(one["distance"]),
        "curve": curve(together(flux[None], every)[0]),
    }


def members(shares: np.ndarray, names: Sequence[str], most: int = LISTED) -> dict:
    """Return the galaxies of each unit, those of the largest shares first.

    Returns
    -------
    dict
        ``count`` a unit, and ``members``: so many names, each with its share.
    """
    listed = []
    for column in np.asarray(shares).T:
        some = np.argsort(-column, kind="stable")[:most]
        listed.append([[names[i], short(column[i])] for i in some if column[i] > 0])
    count = (np.asarray(shares) > 0).sum(axis=0)
    return {"count": numbers(count), "members": listed}


def placed_planes(found: pd.DataFrame, shape: tuple[int, int], labels) -> list[dict]:
    """Return what the placed spectra of units are; `labels` are names of columns."""
    found = found[found["bmu"] >= 0]
    unit, n_units = found["bmu"].to_numpy(int), shape[0] * shape[1]
    planes = [plane("placed spectra", occupancy(unit, shape), counts=True)]
    medians: Mapping[str, tuple[str, str]] = {"novelty": ("novelty", "%")}
    medians |= {name: meaning(name)[:2] for name in labels}
    for name, (words, of) in medians.items():
        middle = by_unit(found[name].to_numpy(float), unit, n_units, np.median)
        planes.append(plane(f"placed spectra: {words}", middle, of))
    return planes
