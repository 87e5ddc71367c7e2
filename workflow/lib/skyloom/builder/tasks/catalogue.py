"""Files of all subjects gathered into tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from skyloom.builder.images.cutout_files import cutout_or_none
from skyloom.builder.products.image_quality import fwhm, has_seam
from skyloom.builder.products.subject import Subject
from skyloom.builder.tasks.files import by_subject, subject_of
from skyloom.io.documents import read_json
from skyloom.io.errors import InputError
from skyloom.io.tables import Column, read_csv

SKY = {"subject_id": Column("int", unique=True)} | {
    name: Column("str" if name == "IAUNAME" else "float", empty=True, required=False)
    for name in ("NSAID", "IAUNAME", "RA", "DEC", "Z", "ZDIST", "EXTINCTION")
}
BEST = {"classification_id": "Int64", "chisq": float, "n_volunteers": "int64"}


def trees(paths: Iterable[str | Path]) -> dict[int, dict]:
    """Read one JSON file ``<id>.json`` a subject; sorted by subject.

    Raises
    ------
    InputError
        For a file that cannot be read or names another subject within.
    """
    found = {}
    for path in paths:
        tree, subject = read_json(path), subject_of(path)
        if tree.get("subject_id") != subject:
            problem = f"is of subject {tree.get('subject_id')!r}"
            raise InputError(path, problem, expected=f"subject {subject}, as named")
        found[subject] = tree
    return dict(sorted(found.items()))


def aggregation_table(aggregates: Mapping[int, Mapping]) -> pd.DataFrame:
    """Return the seed's aggregation results, one row a subject.

    Model, Errors, Masks and Arms are JSON text in place of the seed's pickles.
    """
    return _table(aggregates, {}, ("Model", "Errors", "Masks", "Arms"))


def best_table(best: Mapping[int, Mapping]) -> pd.DataFrame:
    """Return the best individual models, one row a subject, Model as JSON text."""
    return _table(best, BEST, ("Model",))


def subjects(
    metadata: str | Path,
    cutouts: Iterable[str | Path],
    aggregates: Iterable[str | Path],
    models: Iterable[str | Path],
    **tuned: Iterable[str | Path],
) -> list[Subject]:
    """Gather what the catalogue needs of every subject from its files, one a subject.

    `tuned` are the files of the single fits by start: ``agg``, ``bi``.
    """
    rows = read_csv(metadata, SKY).to_dict("records")
    known = {int(row["subject_id"]): row for row in rows}
    pixels = by_subject(cutouts)
    fits, chosen = {k: trees(paths) for k, paths in tuned.items()}, trees(models)
    return [
        _subject(
            cutout_or_none(pixels[subject]),
            subject_id=subject,
            metadata=known.get(subject, {}),
            aggregate=tree,
            tuned={start: found[subject] for start, found in fits.items()},
            fit=chosen[subject],
        )
        for subject, tree in trees(aggregates).items()
    ]


def _subject(cutout, **known) -> Subject:
    if cutout is None:
        return Subject(**known, has_image=False)
    ny, nx = cutout.image.shape
    return Subject(
        **known,
        wcs=cutout.wcs,
        rotation_known=cutout.rotation is not None,
        middle=((nx - 1) / 2, (ny - 1) / 2),
        fwhm=fwhm(cutout.psf),
        has_seam=has_seam(cutout.image, cutout.sigma, cutout.mask),
    )


def _table(trees: Mapping[int, Mapping], types: Mapping, parts) -> pd.DataFrame:
    """Return columns of some types, of parts as JSON text, and of the status."""
    types = {"subject_id": "int64"} | types
    types |= dict.fromkeys((*parts, "status", "reason"), "string")
    rows = [
        {name: tree.get(name) for name in types}
        | {name: _json(tree.get(name.lower())) for name in parts}
        | {"subject_id": subject}
        for subject, tree in trees.items()
    ]
    # Through object: beside a None, integers would become floats and lose digits.
    return pd.DataFrame(rows, columns=list(types), dtype=object).astype(types)


def _json(part) -> str | None:
    return None if part is None else json.dumps(part, sort_keys=True)
