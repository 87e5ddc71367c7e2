"""The survey's tables, cut down to the subjects of the run; and its catalogue."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from skyloom.builder.drawings.subjects import metadata_from_subjects, read_metadata
from skyloom.builder.drawings.upstream import read_upstream
from skyloom.io.errors import InputError
from skyloom.io.fits import opened
from skyloom.io.tables import Column, read_csv
from skyloom.io.zooniverse import Rejection, read_classifications, read_subjects

REJECTED = ["file", *(field.name for field in dataclasses.fields(Rejection))]
PUBLISHED = ("chisq", "pogson_magnitude", "flux", "disk_Re", "disk_q", "n_spirals")
PUBLISHED += ("bulge_Re_err", "bulge_q", "bulge_n", "bar_Re_err", "bar_q", "bar_c")
PUBLISHED += ("bulge_fraction", "bar_fraction", "spiral_fraction")
SUBJECT_FILES = ("difference.json", "image.png", "model.json")


def subject_table(paths: Iterable[str | Path], subjects: Iterable[int]) -> pd.DataFrame:
    """Merge subject exports: one row for every subject of the run, sorted by id.

    One that no export has gets a row without metadata.
    """
    tables = [_nullable(read_subjects(path)) for path in paths]
    bare = pd.DataFrame({"subject_id": list(subjects)})
    for name in ("metadata", "locations"):
        bare[name] = [{} for _ in range(len(bare))]
    return _of_run(pd.concat([*tables, bare]), bare["subject_id"])


def rejected_subjects(
    paths: Iterable[str | Path], tables: Iterable[str | Path], subjects: Iterable[int]
) -> pd.DataFrame:
    """List the rows of subject exports that cannot be used, and why.

    Of subjects that no gal-metadata.csv among the `tables` has, the metadata must be
    readable.
    """
    placed = set().union(*(read_metadata(path)["subject_id"] for path in tables))
    wanted, found = set(subjects) - placed, []
    for path in paths:
        table = read_subjects(path)
        mine = table[table["subject_id"].isin(wanted)]
        bad = metadata_from_subjects(mine)[1]
        found.append((path, [*table.attrs["rejected"], *bad]))
    return _rejections(found)


def subject_files(
    paths: Iterable[str | Path], subjects: Iterable[int]
) -> dict[tuple[int, str], str]:
    """Return the addresses of `SUBJECT_FILES` in exports, by subject and name."""
    table = subject_table(paths, subjects)
    return {
        (int(subject), name): places[str(i)]
        for subject, places in zip(table["subject_id"], table["locations"], strict=True)
        for i, name in enumerate(SUBJECT_FILES)
        if str(i) in places
    }


def known_subjects(paths: Iterable[str | Path], subjects: Iterable[int]) -> set[int]:
    """Return the subjects that a classification may be of: exported ones and ours."""
    exported = [set(read_subjects(path)["subject_id"]) for path in paths]
    return set().union(subjects, *exported)


def merged_classifications(
    paths: Iterable[str | Path],
    subjects: Iterable[int],
    known: Iterable[int],
    workflow_id: int | None,
):
    """Merge classification exports: those of the subjects, of one workflow if given.

    Those of subjects that are not `known` are rejected.

    Returns
    -------
    classifications : list of Classification
        Sorted by subject, date and identifier.
    rejections : DataFrame
        Columns `REJECTED`.

    Raises
    ------
    InputError
        As of `read_classifications`, and where the exports have none at all.
    """
    kept, rejected, mine, found = [], [], set(subjects), 0
    for path in paths:
        good, bad = read_classifications(path, workflow_id, known=set(known))
        kept += [one for one in good if one.subject_id in mine]
        rejected.append((path, bad))
        found += len(good) + len(bad)
    if rejected and not found:
        of = "" if workflow_id is None else f" of workflow {workflow_id}"
        problem, expected = f"no classification{of}", "one or more in the exports"
        raise InputError(rejected[-1][0], problem, expected=expected)
    kept.sort(key=lambda c: (c.subject_id, c.created_at, c.classification_id))
    return kept, _rejections(rejected)


def upstream_classifications(paths: Iterable[str | Path]) -> pd.DataFrame:
    """List the classifications behind decoded upstream files, which hold no more."""
    rows = []
    for path in paths:
        tree = read_upstream(path)
        rows += [(number, tree["subject"]) for number in tree["index"]]
    table = pd.DataFrame(rows, columns=["classification_id", "subject_ids"])
    return table.sort_values(["subject_ids", "classification_id"], ignore_index=True)


def galaxy_table(paths: Iterable[str | Path], exported: pd.DataFrame) -> pd.DataFrame:
    """Merge gal-metadata.csv files: one row for every subject of the run.

    Subjects that no file has take what the export (from `subject_table`) says.
    """
    tables = [_nullable(read_metadata(path)) for path in paths]
    bare = exported[["subject_id"]].assign(RA=np.nan, DEC=np.nan)
    tables += [metadata_from_subjects(exported)[0], bare]
    filled = [table.dropna(axis="columns", how="all") for table in tables if len(table)]
    return _of_run(pd.concat(filled), exported["subject_id"])


def read_catalogue(path: str | Path) -> pd.DataFrame:
    """Read a catalogue of ours, ``.fits``; unknown is NaN, in text empty."""
    with opened(path) as file:
        table = file.table("CATALOGUE")
    table.convert_bytestring_to_unicode()
    for name in table.colnames:
        if table[name].dtype.kind == "U" and hasattr(table[name], "filled"):
            # Readers mask empty text, and would fill it with "N/A".
            table[name] = table[name].filled("")
    return table.filled(np.nan).to_pandas()


def read_published(path: str | Path) -> pd.DataFrame:
    """Read galaxy-builder-catalogue.csv, the columns that are compared; InputError."""
    unknown = Column("float", empty=True)
    schema = {"galaxy_builder_id": Column("int", unique=True)}
    return read_csv(path, schema | dict.fromkeys(PUBLISHED, unknown))


def _of_run(merged: pd.DataFrame, subjects: Iterable[int]) -> pd.DataFrame:
    """Return the first row of each subject of the run, sorted."""
    first = merged.drop_duplicates("subject_id")
    mine = first[first["subject_id"].isin(set(subjects))]
    return mine.sort_values("subject_id", ignore_index=True)


def _rejections(found: Iterable[tuple[str | Path, list[Rejection]]]) -> pd.DataFrame:
    rows = [
        {**dataclasses.asdict(one), "file": Path(path).name}
        for path, rejected in found
        for one in rejected
    ]
    return pd.DataFrame(rows, columns=REJECTED)


def _nullable(table: pd.DataFrame) -> pd.DataFrame:
    """Let integers stay integers where a merge leaves cells empty."""
    whole = table.select_dtypes("integer").columns
    return table.astype(dict.fromkeys(whole, "Int64"))
