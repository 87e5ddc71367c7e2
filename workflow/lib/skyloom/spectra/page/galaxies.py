"""The map of galaxies: its units, and galaxies with their fingerprints."""

from __future__ import annotations

import numpy as np
import pandas as pd
from astropy.table import Table
from matplotlib import colormaps

from skyloom.atlas.numbers import evenly, short
from skyloom.atlas.similar import similar
from skyloom.atlas.sprites import as_bytes
from skyloom.plots.style import SEQUENTIAL_MAP
from skyloom.som.quality import occupancy
from skyloom.spectra.figures.units import by_unit
from skyloom.spectra.galaxies.files import Fingerprints, Layout
from skyloom.spectra.galaxy_map.catalogue import COLUMNS
from skyloom.spectra.galaxy_map.distance import embedding
from skyloom.spectra.galaxy_map.evaluation import CLASSES, OUTLIER
from skyloom.spectra.galaxy_map.model import Placed
from skyloom.spectra.labels.tables import meaning
from skyloom.spectra.page.packing import shades
from skyloom.spectra.page.units import layout, plane

FINGERPRINTS = 1000  # of a page
AXES = 24  # along which fingerprints are compared: the coarsest, which tell most
TEXTS = ("plateifu", "mangaID", "suffix", "split")
SPLITS = {"train": "training galaxy", "test": "test galaxy"}
THUMB = 48  # least side of a picture [px]
NO_SPECTRA = "it has no spectra, and no unit"
UNUSUAL = (
    f"outlier: further from its unit than {OUTLIER:g} % of the training galaxies are"
)


def galaxy_map(made: Placed) -> dict:
    """Return layout, prototypes and occupancy of the map of galaxies."""
    known = made.unit >= 0
    unit, n_units = made.unit[known], made.som.n_units
    hits = plane("galaxies", occupancy(unit, made.som.shape), counts=True)
    odd = by_unit(made.novelty[known], unit, n_units, np.median)
    planes = [hits, plane("novelty, median", odd, "%")]
    tree = {"prototypes": [shades(row) for row in made.decoded], "planes": planes}
    return layout(made.som) | tree | {"prints": _lie(made.layout)}


def _lie(of: Layout) -> dict:
    hexagonal = of.lattice == "hexagonal"
    return {"rows": of.rows, "columns": of.columns, "hexagonal": hexagonal}


def label_planes(prints: Fingerprints, made: Placed) -> list[dict]:
    """Return the median of the galaxies' mean labels in each unit."""
    known, planes = made.unit >= 0, []
    for column, (words, of) in fields(prints.info).items():
        if column.startswith("mean_") or column in {"entropy", "redshift", "meansn2"}:
            values = prints.info[column].to_numpy(float)[known]
            middle = by_unit(values, made.unit[known], made.som.n_units, np.median)
            planes.append(plane(words, middle, of))
    return planes


def fields(info: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """Return the numbers of a galaxy in words with units, by column."""
    found = {c.name: (c.description, c.unit or "") for c in COLUMNS}
    found = {name: of for name, of in found.items() if name not in TEXTS}
    for column in info:
        if column.startswith("mean_") and info[column].notna().any():
            words, unit = meaning(column.removeprefix("mean_"))[:2]
            found[column] = (f"mean of its spectra: {words}", unit)
    return found


def galaxies(
    catalogue: Table, prints: Fingerprints, truth: pd.DataFrame | None
) -> tuple[list[dict], list[np.ndarray]]:
    """Return all galaxies, and pictures of the fingerprints of `some`.

    Parameters
    ----------
    catalogue : Table
        ``catalogue.fits``, a row a galaxy in the order of the fingerprints.
    prints : Fingerprints
        All of them.
    truth : DataFrame or None
        Classes of simulated galaxies.
    """
    some = evenly(len(catalogue), FINGERPRINTS)
    with_prints = {int(row): k for k, row in enumerate(some)}
    known = fields(prints.info)
    classes = {} if truth is None else truth.set_index("plateifu").to_dict("index")
    near, objects = alike(prints), []
    rows = zip(catalogue, prints.info.to_dict("records"), strict=True)
    for i, (row, info) in enumerate(rows):
        values = {n: row[n] if n in catalogue.colnames else info[n] for n in known}
        name = str(row["plateifu"])
        objects.append(
            {
                "id": name,
                "words": _words(row),
                "file": str(row["suffix"]),
                "values": {k: short(v) for k, v in values.items()},
                "kinds": _classes(classes.get(name, {})),
                "flags": _flags(row),
                "thumb": with_prints.get(i),
                "print": shades(prints.shares[i]) if i in with_prints else None,
                "similar": near[i],
            }
        )
    return objects, [picture(prints.shares[i], prints.layout) for i in with_prints]


def alike(prints: Fingerprints) -> list[list[int]]:
    """Return the galaxies of the nearest fingerprints of each, by energy distance."""
    axes = embedding(prints.layout)[:, :-1][:, -AXES:]
    features = prints.shares @ axes
    features[~prints.shares.any(axis=1)] = np.nan
    return similar(features, one_scale=True)


def picture(share: np.ndarray, of: Layout) -> np.ndarray:
    """Return a fingerprint from 0 to its largest value as a picture, row 0 below."""
    image = share.reshape(of.rows, of.columns)[::-1] / (share.max() or 1.0)
    shown = as_bytes(colormaps[SEQUENTIAL_MAP](image)[..., :3])
    times = -(-THUMB // min(of.rows, of.columns))
    return shown.repeat(times, axis=0).repeat(times, axis=1)


def _words(row: Table.Row) -> str:
    manga, split = str(row["mangaID"]), str(row["split"])
    named = f"mangaID {manga}" if manga else ""
    return ", ".join(filter(None, [named, SPLITS.get(split, "")]))


def _classes(truth: dict) -> list[list[str]]:
    return [[name.replace("_", " "), str(truth[name])] for name in CLASSES if truth]


def _flags(row: Table.Row) -> list[str]:
    if row["bmu2"] < 0:
        return [NO_SPECTRA]
    return [UNUSUAL] if row["novelty"] > OUTLIER else []
