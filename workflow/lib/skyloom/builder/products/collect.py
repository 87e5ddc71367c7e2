"""Files of many subjects gathered into tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS

from skyloom.builder.images.cutout import Cutout, read_cutout
from skyloom.builder.products.catalogue import Subject
from skyloom.io.documents import read_json
from skyloom.io.errors import InputError
from skyloom.io.npz import read_npz
from skyloom.io.tables import Column, read_csv

AGGREGATE_PARTS = {
    "Model": "model",
    "Errors": "errors",
    "Masks": "masks",
    "Arms": "arms",
}
SKY = {"subject_id": Column("int", unique=True)} | {
    name: Column("str" if name == "IAUNAME" else "float", empty=True, required=False)
    for name in ("NSAID", "IAUNAME", "RA", "DEC", "Z", "ZDIST")
}
STATUS = ("status", "reason")
BEST = ("subject_id", "classification_id", "chisq", "n_volunteers")


def trees(paths: Iterable[str | Path]) -> dict[int, dict]:
    """Read one JSON file a subject.

    Parameters
    ----------
    paths : iterable of path
        Files named ``<id>.json``.

    Returns
    -------
    dict of int to dict
        Sorted by subject.

    Raises
    ------
    InputError
        For a file that cannot be read or names another subject within.
    """
    found = {}
    for path in map(Path, paths):
        tree, number = read_json(path), subject_of(path)
        if tree.get("subject_id") != number:
            problem = f"is of subject {tree.get('subject_id')!r}"
            raise InputError(path, problem, expected=f"subject {number}, as named")
        found[number] = tree
    return dict(sorted(found.items()))


def subject_of(path: str | Path) -> int:
    """Return the subject of a file named ``<id>.<suffixes>``."""
    return int(Path(path).name.split(".", 1)[0])


def aggregation_table(aggregates: Mapping[int, Mapping]) -> pd.DataFrame:
    """Return the seed's aggregation results, one row a subject.

    Parameters
    ----------
    aggregates : mapping of int to mapping
        Trees of ``aggregates/<id>.json``.

    Returns
    -------
    DataFrame
        ``subject_id``; Model, Errors, Masks and Arms as JSON text in place of the
        seed's pickles; ``status``, ``reason``.
    """
    rows = [
        {"subject_id": number}
        | {name: _json(tree.get(key)) for name, key in AGGREGATE_PARTS.items()}
        | {key: tree.get(key) for key in STATUS}
        for number, tree in aggregates.items()
    ]
    return _text(pd.DataFrame(rows, columns=["subject_id", *AGGREGATE_PARTS, *STATUS]))


def best_table(best: Mapping[int, Mapping]) -> pd.DataFrame:
    """Return the best individual models, one row a subject, Model as JSON text."""
    rows = [
        {key: tree.get(key) for key in (*BEST, *STATUS)}
        | {"Model": _json(tree.get("model"))}
        for tree in best.values()
    ]
    table = pd.DataFrame(rows, columns=[*BEST, "Model", *STATUS], dtype=object)
    # Through object: beside a None, integers would become floats and lose digits.
    whole = dict.fromkeys(("subject_id", "n_volunteers"), "int64")
    table = table.astype(whole | {"classification_id": "Int64"})
    table["chisq"] = table["chisq"].astype(float)
    return _text(table)


def subjects(
    metadata: str | Path,
    cutouts: Iterable[str | Path],
    aggregates: Iterable[str | Path],
    **tuned: Iterable[str | Path],
) -> list[Subject]:
    """Gather what the catalogue needs of every subject.

    Parameters
    ----------
    metadata : path
        gal-metadata.csv.
    cutouts, aggregates : iterable of path
        One file a subject.
    **tuned : iterable of path
        The same by start: ``agg``, ``bi``.
    """
    known = _metadata(metadata)
    pixels = {subject_of(p): p for p in cutouts}
    fitted = {start: trees(paths) for start, paths in tuned.items()}
    return [
        _subject(number, tree, known.get(number, {}), pixels[number], fitted)
        for number, tree in trees(aggregates).items()
    ]


def read_catalogue(path: str | Path) -> pd.DataFrame:
    """Read a ``.fits`` or ``.ecsv`` catalogue; unknown is NaN, in text empty."""
    table = Table.read(path)
    table.convert_bytestring_to_unicode()
    for name in table.colnames:
        if table[name].dtype.kind == "U" and hasattr(table[name], "filled"):
            # Readers mask empty text, and would fill it with "N/A".
            table[name] = table[name].filled("")
    return table.filled(np.nan).to_pandas()


def cutout_or_none(path: str | Path) -> Cutout | None:
    """Read a cutout; None where its file records why there is none."""
    if "reason" in read_npz(path, {}, {"reason": ("U", 0)}):
        return None
    return read_cutout(path)


def sky_of(cutout: Cutout | None) -> WCS | None:
    """Return the WCS of a cutout, None where its place on the sky is unknown."""
    if cutout is None or "CTYPE1" not in cutout.header:
        return None
    header = fits.Header()
    header.update(cutout.header)
    return WCS(header)


def _subject(number, aggregate, row, pixels, fitted) -> Subject:
    cutout = cutout_or_none(pixels)
    return Subject(
        subject_id=number,
        metadata=row,
        aggregate=aggregate,
        tuned={k: found[number] for k, found in fitted.items() if number in found},
        has_image=cutout is not None,
        wcs=sky_of(cutout),
    )


def _metadata(path: str | Path) -> dict[int, dict]:
    rows = read_csv(path, SKY).to_dict("records")
    return {int(row["subject_id"]): row for row in rows}


def _json(part) -> str | None:
    return None if part is None else json.dumps(part, sort_keys=True)


def _text(table: pd.DataFrame) -> pd.DataFrame:
    """Give text columns one type, also where every cell is empty."""
    texts = [c for c in (*AGGREGATE_PARTS, *STATUS) if c in table]
    return table.astype(dict.fromkeys(texts, "string"))
