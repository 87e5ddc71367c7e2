"""Zooniverse (Panoptes) data exports: classifications and subjects.

Exports have 10 columns (no user names) or 14, and JSON inside cells. A file that is
broken as a table raises `InputError`; a row that is broken by itself becomes a recorded
`Rejection` and leaves the others unharmed.

Source: https://help.zooniverse.org/next-steps/data-exports.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from skyloom.io.errors import InputError
from skyloom.io.rows import header, read_rows
from skyloom.io.tables import write_csv
from skyloom.io.zooniverse_cells import identifier, moment, tree

NEEDED = ("classification_id", "workflow_id", "created_at")
NEEDED += ("annotations", "subject_ids")
COLUMNS = (
    *("classification_id", "user_name", "user_id", "user_ip", "workflow_id"),
    *("workflow_name", "workflow_version", "created_at", "gold_standard", "expert"),
    *("metadata", "annotations", "subject_data", "subject_ids"),
)
SUBJECT_COLUMNS = ("subject_id", "subject_set_id", "workflow_id")
SUBJECT_COLUMNS += ("metadata", "locations", "created_at")
WORKFLOW = "Main modelling workflow"


@dataclass(frozen=True, slots=True)
class Classification:
    """One volunteer's answer on one subject.

    Attributes
    ----------
    classification_id, workflow_id, subject_id : int
        Panoptes identifiers.
    user : str or None
        None in exports without user columns.
    created_at : str
        ``YYYY-MM-DD HH:MM:SS UTC``.
    workflow_version : str
        Major and minor version, e.g. ``"61.107"``.
    annotations : list of dict
        The decoded answers, one dict a task, otherwise unchecked.
    metadata : dict
        The session's; empty in short exports.
    """

    classification_id: int
    user: str | None
    created_at: str
    workflow_id: int
    workflow_version: str
    subject_id: int
    annotations: list
    metadata: dict = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row (the header is row 1) that could not be used, and why."""

    classification_id: int | None
    subject_id: int | None
    reason: str
    row: int | None = None


def read_classifications(
    path: str | Path,
    workflow_id: int | None = None,
    subjects: Collection[int] | None = None,
    known: Collection[int] | None = None,
) -> tuple[list[Classification], list[Rejection]]:
    """Read a classification export.

    Parameters
    ----------
    workflow_id : int, optional
        Keep this workflow only; all its versions are kept.
    subjects : collection of int, optional
        Keep these subjects only; others are passed over before their JSON is decoded.
    known : collection of int, optional
        Every subject of the survey: a row of another subject is rejected.

    Returns
    -------
    classifications : list of Classification
        Sorted by subject, date and identifier. Of one user's several classifications
        of a subject the first is kept.
    rejections : list of Rejection
        Rows that could not be used, in the order of the file, then repeats.

    Raises
    ------
    InputError
        When the file is broken as a table, or a needed column is missing.
    """
    _need(path, NEEDED, "classification export of 10 or 14 columns")
    wanted = None if subjects is None else {str(s) for s in subjects}
    workflow = None if workflow_id is None else str(workflow_id)
    known = None if known is None else set(known)
    good, bad, ids = [], [], set()
    for row, cells in read_rows(path, COLUMNS):
        if wanted is not None and _bare(cells["subject_ids"]) not in wanted:
            continue
        if workflow not in (None, _bare(cells["workflow_id"])):
            continue
        try:
            good.append(_classification(cells, ids, known))
        except ValueError as why:
            bad.append(_rejection(cells, str(why), row))
    good.sort(key=lambda c: (c.subject_id, c.created_at, c.classification_id))
    kept, repeats = _first_of_each_user(good)
    return kept, bad + repeats


def read_subjects(path: str | Path) -> pd.DataFrame:
    """Read a subject export: the `SUBJECT_COLUMNS`, one row a subject, sorted.

    Of several rows of a subject, one a set or workflow, the last is kept, as upstream
    did. ``metadata`` and ``locations`` are dicts. Rows that could not be used (no
    identifier, metadata that is no JSON object, a position that contradicts an earlier
    row) are in ``attrs["rejected"]``, a list of Rejection.

    Raises
    ------
    InputError
        When the file is broken as a table, has no row, or a needed column is missing.
    """
    _need(path, ("subject_id", "metadata"), "subject export")
    rows, rejected, places = {}, [], {}
    for row, cells in read_rows(path, SUBJECT_COLUMNS):
        try:
            made = _subject(cells)
            _refuse_another_place(made, places)
            rows[made["subject_id"]] = made
        except ValueError as why:
            rejected.append(_rejection(cells, str(why), row))
    if not rows and not rejected:
        raise InputError(path, "no rows", expected="a row a subject")
    table = pd.DataFrame([rows[k] for k in sorted(rows)], columns=list(SUBJECT_COLUMNS))
    table.attrs["rejected"] = rejected
    return table


def write_classifications(path: str | Path, rows: Iterable[Classification]) -> None:
    """Write a classification export of 14 columns."""
    write_csv(path, pd.DataFrame(map(_export_row, rows), columns=list(COLUMNS)))


def write_subjects(path: str | Path, subjects: pd.DataFrame) -> None:
    """Write a subject export; dict cells become JSON."""
    table = subjects.copy()
    for name in {"metadata", "locations"} & set(table):
        table[name] = [_dumps(cell) for cell in table[name]]
    write_csv(path, table)


def _need(path, names: Iterable[str], what: str) -> None:
    present = header(path, names)
    for name in names:
        if name not in present:
            expected = f"a Zooniverse {what}"
            raise InputError(path, f"missing column {name!r}", expected=expected)


def _classification(cells: Mapping, ids: set, known: set | None) -> Classification:
    subject = identifier(cells, "subject_ids")
    if known is not None and subject not in known:
        msg = f"subject {subject} is not in the subject table"
        raise ValueError(msg)
    own = identifier(cells, "classification_id")
    if own in ids:
        msg = f"classification_id {own} appears twice; the first is kept"
        raise ValueError(msg)
    made = Classification(
        classification_id=own,
        user=(cells.get("user_name") or "").strip() or None,
        created_at=moment(cells["created_at"]),
        workflow_id=identifier(cells, "workflow_id"),
        workflow_version=cells.get("workflow_version") or "",
        subject_id=subject,
        annotations=tree(cells["annotations"], "annotations", list),
        metadata=tree(cells.get("metadata") or "{}", "metadata", dict),
    )
    ids.add(own)
    return made


def _bare(text: str) -> str:
    # "5366.0": tables that went through a float column on their way here.
    return text.strip().removesuffix(".0")


def _rejection(cells: Mapping, reason: str, row: int) -> Rejection:
    def number(*names: str) -> int | None:
        name = next((name for name in names if name in cells), "")
        try:
            return identifier(cells, name)
        except ValueError:
            return None

    subject = number("subject_ids", "subject_id")
    return Rejection(number("classification_id"), subject, reason=reason, row=row)


def _first_of_each_user(ordered: list[Classification]):
    kept, repeats, seen = [], [], set()
    for c in ordered:
        key = (c.subject_id, c.user)
        if c.user is not None and key in seen:
            reason = f"user {c.user!r} classified this subject before; the first counts"
            repeats.append(Rejection(c.classification_id, c.subject_id, reason))
        else:
            kept.append(c)
            seen.add(key)
    return kept, repeats


def _subject(cells: Mapping) -> dict:
    def optional(name: str) -> int | None:
        return identifier(cells, name) if (cells.get(name) or "").strip() else None

    return {
        "subject_id": identifier(cells, "subject_id"),
        "subject_set_id": optional("subject_set_id"),
        "workflow_id": optional("workflow_id"),
        "metadata": tree(cells["metadata"], "metadata", dict),
        "locations": tree(cells.get("locations") or "{}", "locations", dict),
        "created_at": cells.get("created_at") or None,
    }


class Twice(str):
    """Two values of one key."""

    __slots__ = ()


def bare_keys(metadata: Mapping) -> dict:
    """Return metadata by keys without the marks that hide some from volunteers.

    ``#ra``, ``!ra`` and ``//ra`` are ra; where two of them disagree, `Twice`.
    """
    made: dict = {}
    for key, value in metadata.items():
        bare = key.lstrip("#!/").strip()
        first = made.setdefault(bare, value)
        if first != value and str(first) != str(value):
            made[bare] = Twice(f"{made[bare]!r} and, as {key!r}, {value!r}")
    return made


def _refuse_another_place(made: dict, places: dict) -> None:
    known = bare_keys(made["metadata"])
    place = tuple(known.get(k) for k in ("ra", "dec"))
    before = places.setdefault(made["subject_id"], place)
    if place != before:
        msg = f"ra, dec are {place}, in an earlier row {before}; that one is kept"
        raise ValueError(msg)


def _export_row(c: Classification) -> dict:
    return {
        "classification_id": c.classification_id,
        "user_name": c.user,
        "workflow_id": c.workflow_id,
        "workflow_name": WORKFLOW,
        "workflow_version": c.workflow_version,
        "created_at": c.created_at,
        "metadata": _dumps(c.metadata),
        "annotations": _dumps(c.annotations),
        "subject_data": _dumps({str(c.subject_id): {"retired": None}}),
        "subject_ids": c.subject_id,
    }


def _dumps(tree) -> str:
    if isinstance(tree, str):
        return tree
    return json.dumps(tree, separators=(",", ":"), allow_nan=False)
