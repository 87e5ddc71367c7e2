"""Spectra that were placed on a map: units, how unusual, labels with intervals."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from skyloom.atlas.numbers import evenly, short
from skyloom.io.documents import read_json
from skyloom.io.fits import opened
from skyloom.spectra.labels.tables import meaning
from skyloom.spectra.page.packing import curve
from skyloom.spectra.page.units import plane

SPECTRA = 1500  # of a page, of all files together
LEAST = 5  # of a file
PICTURES = 20  # of a page, of some 0.1 MB each
CUBE = 20_000  # spaxels of a cube whose maps are on the page: 0.5 MB
MAPS = ("sn", "novelty", "excess")  # and the labels
WIDTH = 1100  # of a picture [px], at most
QUALITY = 85  # of JPEG
FIELDS = {  # column: what it is called, its unit
    "sn": ("S/N a pixel", ""),
    "good": ("good pixels, of the map's", ""),
    "bmu": ("unit", ""),
    "distance": ("distance to the unit", ""),
    "novelty": ("novelty: training spectra that are nearer to the map", "%"),
    "excess": ("excess: distance or residual, by that of 99 % of the training", ""),
    "residual": ("residual of the reconstruction", ""),
    "chi2": ("χ² a pixel of the reconstruction", ""),
}
UNUSUAL = (
    "unusual: its distance or its residual is above that of 99 % of the training "
    "spectra of as much noise"
)


def table(path: str | Path) -> pd.DataFrame:
    """Return the table of a placed file."""
    with opened(path) as file:
        return file.table("SPECTRA").to_pandas()


def label_names(found: pd.DataFrame) -> list[str]:
    """Return the labels that a table has with their intervals."""
    return [name for name in found if f"{name}_lower" in found]


def shown(n: int, files: int, most: int = SPECTRA) -> np.ndarray:
    """Return which of the `n` spectra of a file are shown, evenly chosen."""
    return evenly(n, max(LEAST, most // max(files, 1)))


def file_of(paths: Mapping[str, str], left_out: int, *, pictured: bool) -> dict:
    """Return what is told of a whole file: counts, reasons, coherence, a picture."""
    report = read_json(paths["report"])
    tree = {key: report[key] for key in ("file", "kind", "spectra", "rejected")}
    found = report.get("coherence", {}).items()
    tree["coherence"] = {k.lower(): [short(v["i"]), short(v["p"])] for k, v in found}
    tree |= {"left_out": left_out, "name": Path(paths["found"]).stem}
    return tree | {"picture": uri(paths["picture"]) if pictured else None}


def cube(path: str | Path, labels) -> dict | None:
    """Return the maps of a cube that can be pointed at; None of other files.

    They are what was placed, shape (ny, nx), row by row; a gap elsewhere.
    """
    with opened(path) as file:
        if "MASK" not in file or np.prod(file["MASK"].shape) > CUBE:
            return None
        there = file.pixels("MASK") == 0
        known = fields(labels)
        images = {name: file.pixels(name.upper()) for name in (*MAPS, *labels, "bmu")}
    images = {k: np.where(there, v, np.nan).ravel() for k, v in images.items()}
    tree = {"shape": there.shape, "bmu": curve(images["bmu"]), "planes": []}
    for name in (*MAPS, *labels):
        words, unit = known[name]
        limits = plane(words, images[name])["limits"]
        shown = {"label": words, "unit": unit, "limits": limits}
        tree["planes"].append(shown | {"curve": curve(images[name])})
    return tree


def uri(path: str | Path) -> str:
    """Return a picture, no wider than is seen, as a page holds it."""
    with Image.open(path) as image:
        small = image.convert("RGB")
    small.thumbnail((WIDTH, 4 * WIDTH), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()


def spectra(name: str, number_of: int, found: pd.DataFrame, rows) -> Iterator[dict]:
    """Yield the chosen spectra of a file, `number_of` of them all."""
    labels = label_names(found)
    for row in rows:
        one = found.iloc[row]
        kept = [*FIELDS, *labels]
        ends = {
            k: [short(one[f"{k}_{end}"]) for end in ("lower", "upper")] for k in labels
        }
        yield {
            "id": f"{name}:{row}",
            "words": _where(one),
            "file": number_of,
            "at": _place(one),
            "values": {k: short(one[k]) for k in kept} | _unit(one),
            "ends": ends,
            "flags": _flags(one),
        }


def fields(labels) -> dict[str, tuple[str, str]]:
    """Return the numbers of a placed spectrum in words with units, by column."""
    return FIELDS | {name: meaning(name)[:2] for name in labels}


def _unit(one: pd.Series) -> dict:
    return {"bmu": int(one["bmu"]) if one["bmu"] >= 0 else None}


def _where(one: pd.Series) -> str:
    """Return which spectrum of its file it is: a name, or a place in a cube."""
    if place := _place(one):
        return f"spaxel in column {place[0]}, row {place[1]}"
    if "bin" in one.index:
        return f"bin {one['bin']}"
    return str(one.get("plateifu", one.get("fname", "")))


def _place(one: pd.Series) -> list[int] | None:
    """Return column and row of a spaxel; None of a bin, and of what is in no cube."""
    place = one.get("column", np.nan), one.get("row", np.nan)
    return [int(k) for k in place] if np.isfinite(place).all() else None


def _flags(one: pd.Series) -> list[str]:
    if one["reason"]:
        return [f"rejected: {one['reason']}"]
    return [UNUSUAL] if one["excess"] > 1 else []
