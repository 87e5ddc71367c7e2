"""The survey's tables, validated and cut down to the subjects of the run."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from skyloom.builder.drawings.subjects import metadata_from_subjects, read_metadata
from skyloom.builder.drawings.upstream import read_upstream
from skyloom.builder.images.retrieve import subject_urls
from skyloom.io.zooniverse import (
    Rejection,
    read_classifications,
    read_subjects,
)

REJECTED = [field.name for field in dataclasses.fields(Rejection)]


def subject_table(paths: Iterable[str | Path], subjects: Iterable[int]) -> pd.DataFrame:
    """Merge subject exports: one row for every subject of the run, sorted by id.

    Parameters
    ----------
    paths : iterable of path
        Exports; there may be none.
    subjects : iterable of int
        Ids of the run. One that no export has gets a row without metadata.

    Returns
    -------
    DataFrame
        As `skyloom.io.zooniverse.read_subjects` returns it.
    """
    tables = [_nullable(read_subjects(path)) for path in paths]
    bare = pd.DataFrame({"subject_id": list(subjects)})
    for name in ("metadata", "locations"):
        bare[name] = [{} for _ in range(len(bare))]
    merged = pd.concat([*tables, bare]).drop_duplicates("subject_id")
    mine = merged[merged["subject_id"].isin(set(bare["subject_id"]))]
    return mine.sort_values("subject_id", ignore_index=True)


def rejected_subjects(paths: Iterable[str | Path]) -> pd.DataFrame:
    """List the rows of subject exports that cannot be used, and why.

    Returns
    -------
    DataFrame
        ``file`` and the columns of `Rejection`.
    """
    return _rejections((path, read_subjects(path).attrs["rejected"]) for path in paths)


def subject_files(paths: Iterable[str | Path], subject: int) -> dict[str, str]:
    """Return the addresses of a subject's files, by name.

    Raises
    ------
    ValueError
        If no export names the subject, or one of its files.
    """
    for path in paths:
        table = read_subjects(path).set_index("subject_id")
        if subject in table.index:
            return subject_urls(table.loc[subject, "locations"])
    msg = (
        f"subject {subject} is in no subject export: name the export that has it in "
        "builder.paths.subjects"
    )
    raise ValueError(msg)


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
    """Merge classification exports.

    Parameters
    ----------
    paths : iterable of path
        Exports.
    subjects : iterable of int
        Classifications of these are kept.
    known : iterable of int
        Those of any subject not among these are rejected.
    workflow_id : int or None
        Keep this workflow only.

    Returns
    -------
    classifications : list of Classification
        Sorted by subject, date and identifier.
    rejections : DataFrame
        Columns of `Rejection`, and ``file``.
    """
    kept, rejected, mine = [], [], set(subjects)
    for path in paths:
        good, bad = read_classifications(path, workflow_id, known=set(known))
        kept += [one for one in good if one.subject_id in mine]
        rejected.append((path, bad))
    kept.sort(key=lambda c: (c.subject_id, c.created_at, c.classification_id))
    return kept, _rejections(rejected)


def upstream_classifications(paths: Iterable[str | Path]) -> pd.DataFrame:
    """List the classifications behind decoded upstream files, which hold no more.

    Returns
    -------
    DataFrame
        ``classification_id`` and ``subject_ids``, sorted by subject.
    """
    rows = []
    for path in paths:
        tree = read_upstream(path)
        rows += [(int(number), int(tree["subject"])) for number in tree["index"]]
    table = pd.DataFrame(rows, columns=["classification_id", "subject_ids"])
    return table.sort_values(["subject_ids", "classification_id"], ignore_index=True)


def galaxy_table(paths: Iterable[str | Path], exported: pd.DataFrame) -> pd.DataFrame:
    """Merge tables of galaxy metadata: one row for every subject of the run.

    Parameters
    ----------
    paths : iterable of path
        gal-metadata.csv files; there may be none.
    exported : DataFrame
        From `subject_table`: the subjects, and what the export says of those that no
        file has.

    Returns
    -------
    DataFrame
        Columns of `skyloom.builder.drawings.subjects.read_metadata`, sorted by subject.
    """
    tables = [_nullable(read_metadata(path)) for path in paths]
    bare = exported[["subject_id"]].assign(RA=np.nan, DEC=np.nan)
    tables += [metadata_from_subjects(exported)[0], bare]
    filled = [table.dropna(axis="columns", how="all") for table in tables if len(table)]
    merged = pd.concat(filled).drop_duplicates("subject_id")
    mine = merged[merged["subject_id"].isin(set(exported["subject_id"]))]
    return mine.sort_values("subject_id", ignore_index=True)


def _rejections(found: Iterable[tuple[str | Path, list[Rejection]]]) -> pd.DataFrame:
    rows = [
        {**dataclasses.asdict(one), "file": Path(path).name}
        for path, rejected in found
        for one in rejected
    ]
    return pd.DataFrame(rows, columns=["file", *REJECTED])


def _nullable(table: pd.DataFrame) -> pd.DataFrame:
    """Let integers stay integers where a merge leaves cells empty."""
    whole = table.select_dtypes("integer").columns
    return table.astype(dict.fromkeys(whole, "Int64"))
