"""What the page of the atlas shows, from the products of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from skyloom.io.errors import InputError
from skyloom.io.fits import opened
from skyloom.spectra.galaxies.files import Fingerprints, read_fingerprints
from skyloom.spectra.mapping.model import SpectralMap
from skyloom.spectra.page import galaxies, placed, units
from skyloom.spectra.place.sources import PARTS
from skyloom.spectra.rest.files import read_spectra
from skyloom.spectra.tasks.galaxy_map import read_placed, truth_of
from skyloom.spectra.tasks.reading import read_map

LISTED = 3  # of them, where all are shown together
NOTHING = "This run has no map of spectra, and nothing was placed."
Files = Mapping[str, str | Sequence[str]]


def page(files: Files, *, own: bool) -> tuple[dict, list[np.ndarray]]:
    """Return the data of the page and its pictures; parts that a run lacks are absent.

    Parameters
    ----------
    files : mapping
        The input of the rule: ``map``, where there is one; ``nodes``, ``found``,
        ``flux``, ``spectra``, ``shares``, ``galaxies`` and ``catalogue`` of a run that
        trains; ``truth`` and, of placed files, ``placed_found``, ``placed_report`` and
        ``placed_picture``, lists that may be empty.
    own : bool
        Spectra were placed on the run's own map, not on that of ``place.model``.

    Raises
    ------
    InputError
        Products that are not of one run.
    """
    trained = "nodes" in files
    apart = _placed(files)
    data: dict = {"notes": []}
    pictures: list[np.ndarray] = []
    if "map" in files:
        made = read_map(files["map"])
        if trained:
            prints = read_fingerprints(files["shares"])
            data["map"] = _trained(made, files, prints)
            data["galaxies"], pictures = _galaxies(files, prints)
            data["notes"] += _left_out(data["galaxies"])
        else:
            data["map"] = units.prototypes(made, 0)
            # The map itself came with the run: no rule makes it.
            shown = list(files["placed_found"][:LISTED])
            data["map"] |= {"given": files["map"], "files": shown}
        if apart and (own or not trained):
            _add_placed(data["map"], apart, made)
    if apart:
        on_map = own or not trained
        del apart["tables"]
        data["placed"] = apart | {"on_map": on_map}
    if not trained and not apart:
        data["notes"].append(NOTHING)
    return data, pictures


def _trained(made: SpectralMap, files: Files, prints: Fingerprints) -> dict:
    """Return the map of spectra of a run, with its labels, spectra and galaxies."""
    spectra, found = read_spectra(files["flux"], files["info"]), _table(files["found"])
    if len(spectra) != len(found) or spectra.grid != made.grid:
        problem = f"{len(found)} spectra, or other pixels than the map has"
        expected = f"the {len(spectra)} of {files['flux']}, on {made.grid}"
        raise InputError(files["found"], problem, expected=expected)
    if prints.layout.n_units != made.som.n_units:
        problem, n = f"fingerprints of {prints.layout.n_units} units", made.som.n_units
        raise InputError(files["shares"], problem, expected=f"{n}, those of the map")
    rows = units.examples(found, made.som.n_units)
    every = units.pixels_together(made, sum(map(len, rows)))
    tree = units.prototypes(made, sum(map(len, rows)))
    with opened(files["nodes"]) as file:
        planes, labels = units.node_planes(file.table(1))
    tree["planes"] = (
        planes + units.unseen_planes(found, made.som.shape) + tree["planes"]
    )
    tree["labels"] = labels
    tree["spectra"] = [
        [units.example(spectra, found, row, every) for row in some] for some in rows
    ]
    names = prints.info["plateifu"].astype(str).tolist()
    tree |= units.members(prints.shares, names)
    return tree | {"files": [files[k] for k in ("nodes", "found", "map")]}


def _galaxies(files: Files, prints: Fingerprints) -> tuple[dict, list[np.ndarray]]:
    made = read_placed(files["galaxies"], prints)
    with opened(files["catalogue"]) as file:
        catalogue = file.table(1)
    if len(catalogue) != len(prints.info):
        problem = f"{len(catalogue)} galaxies"
        expected = f"the {len(prints.info)} of {files['shares']}"
        raise InputError(files["catalogue"], problem, expected=expected)
    truth = truth_of(files["truth"])
    objects, pictures = galaxies.galaxies(catalogue, prints, truth)
    known = galaxies.galaxy_map(made)
    known["planes"] += galaxies.label_planes(prints, made)
    tree = {"map": known, "objects": objects}
    tree["fields"] = _fields(galaxies.fields(prints.info))
    return tree | {"files": [files[k] for k in ("catalogue", "galaxies")]}, pictures


def _placed(files: Files) -> dict:
    """Return the placed files and some of their spectra; nothing if there are none."""
    each = [
        dict(zip(PARTS, some, strict=True))
        for some in zip(*(files[f"placed_{kind}"] for kind in PARTS), strict=True)
    ]
    if not each:
        return {}
    told, objects, tables = [], [], [placed.table(one["found"]) for one in each]
    for k, (paths, found) in enumerate(zip(each, tables, strict=True)):
        rows = placed.shown(len(found), len(each))
        left, seen = len(found) - len(rows), k < placed.PICTURES
        told.append(placed.file_of(paths, left, pictured=seen))
        maps = placed.cube(paths["found"], placed.label_names(found))
        told[-1]["cube"] = maps if seen else None
        objects += placed.spectra(told[-1]["name"], k, found, rows)
    labels = placed.label_names(tables[0])
    fields = _fields(placed.fields(labels))
    tree = {"files": told, "objects": objects, "fields": fields, "labels": labels}
    return tree | {"tables": tables}


def _add_placed(tree: dict, apart: dict, made: SpectralMap) -> None:
    found = pd.concat(apart["tables"], ignore_index=True)
    more = units.placed_planes(found, made.som.shape, apart["labels"])
    tree["planes"] = (
        tree["planes"] + more if "spectra" in tree else more + tree["planes"]
    )
    tree["placed"] = more[0]["values"]


def _left_out(tree: dict) -> list[str]:
    total = len(tree["objects"])
    some = sum(one["print"] is not None for one in tree["objects"])
    if some == total:
        return []
    return [f"{some:,} of {total:,} galaxies are shown with their fingerprints."]


def _fields(found: Mapping[str, tuple[str, str]]) -> dict:
    return {name: {"label": one[0], "unit": one[1]} for name, one in found.items()}


def _table(path: str) -> pd.DataFrame:
    with opened(path) as file:
        return file.table(1).to_pandas()
