"""Subject tables: gal-metadata.csv, subject_id_list.csv, repeats, project selection."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from pathlib import Path

import pandas as pd

from skyloom.builder.images.astrometry import quarter_turns
from skyloom.io.errors import InputError
from skyloom.io.tables import Column, header, read_csv, read_lines, write_csv

# Upstream's rule of which subject sets are the survey's; 80112 was a test.
FIRST_SET, TEST_SET = 20561, 80112

FREE = Column("float", empty=True, required=False)
TEXT = Column("str", empty=True, required=False)
ANGLE = Column("float", empty=True, required=False, low=-6.2832, high=6.2832)
METADATA = {
    "subject_id": Column("int", low=1, unique=True),
    "NSAID": Column("int", empty=True, required=False),
    "IAUNAME": TEXT,
    "RA": Column("float", low=0, high=360),
    "DEC": Column("float", low=-90, high=90),
    "Z": FREE,
    "ZDIST": FREE,
    "SERSIC_BA": FREE,
    "SERSIC_PHI": FREE,
    "PETRO_THETA": Column("float", low=0.1, high=3600),
    "PETRO_BA90": FREE,
    "PETRO_PHI90": FREE,
    "PETRO_BA50": FREE,
    "PETRO_PHI50": FREE,
    "RUN": Column("int", empty=True, required=False, low=0),
    "CAMCOL": Column("int", empty=True, required=False, low=1, high=6),
    "FIELD": Column("int", empty=True, required=False, low=0),
    "RERUN": TEXT,
    "ELPETRO_MASS": FREE,
    "SERSIC_MASS": FREE,
    "montage_angle": ANGLE,
    "original_angle": ANGLE,
}
UNNAMED = ("Unnamed: 0", "", "index")


def read_metadata(path: str | Path) -> pd.DataFrame:
    """Read gal-metadata.csv.

    The identifier's column may be unnamed, as pandas writes an index. Names that
    stand as ``b'...'`` are freed of that. `PETRO_THETA` is in arcsec.

    Returns
    -------
    DataFrame
        One row a subject, in the order of the file.

    Raises
    ------
    InputError
        See `read_csv`: among others a missing RA, DEC or PETRO_THETA, an
        identifier that stands twice, a value out of its range.
    """
    names = header(path)
    first = next((n for n in UNNAMED if n in names), None)
    if "subject_id" in names or first is None:
        table = read_csv(path, METADATA)
    else:
        schema = {first if k == "subject_id" else k: v for k, v in METADATA.items()}
        table = read_csv(path, schema).rename(columns={first: "subject_id"})
    for name in ("IAUNAME", "RERUN"):
        if name in table:
            table[name] = [_unquoted(cell) for cell in table[name]]
    return table


def write_metadata(path: str | Path, table: pd.DataFrame) -> None:
    """Write gal-metadata.csv."""
    write_csv(path, table)


def metadata_from_subjects(subjects: pd.DataFrame) -> tuple[pd.DataFrame, list[dict]]:
    """Make the metadata table from a Zooniverse subject export alone.

    Parameters
    ----------
    subjects : DataFrame
        From `zooniverse.read_subjects`.

    Returns
    -------
    table : DataFrame
        The columns of gal-metadata.csv that the export has; the angles are missing.
    rejected : list of dict
        ``subject_id`` and ``reason`` of subjects without a position or radius.
    """
    rows, rejected = [], []
    pairs = zip(subjects["subject_id"], subjects["metadata"], strict=True)
    for subject, tree in pairs:
        try:
            rows.append(_metadata_row(int(subject), tree))
        except (KeyError, TypeError, ValueError) as bad:
            reason = f"metadata: missing or not a number: {bad}"
            rejected.append({"subject_id": int(subject), "reason": reason})
    columns = ["subject_id", *METADATA_KEYS]
    return pd.DataFrame(rows, columns=columns), rejected


def survey_subjects(subjects: pd.DataFrame, sets: Collection[int] | None = None):
    """Return the subjects of the survey's sets.

    Parameters
    ----------
    subjects : DataFrame
        From `zooniverse.read_subjects`.
    sets : collection of int, optional
        Subject sets; by default upstream's: 20561 and later, but for 80112.
    """
    number = subjects["subject_set_id"].fillna(0).astype(int)
    if sets is None:
        return subjects[(number >= FIRST_SET) & (number != TEST_SET)]
    return subjects[number.isin(list(sets))]


def turns(table: pd.DataFrame) -> dict[int, int]:
    """Return the quarter turns of each subject (`astrometry.quarter_turns`).

    Subjects without both angles are left out.
    """
    names = ["subject_id", "montage_angle", "original_angle"]
    if not set(names) <= set(table):
        return {}
    known = table[names].dropna()
    return {
        int(subject): quarter_turns(montage, original)
        for subject, montage, original in known.itertuples(index=False)
    }


def read_subject_ids(path: str | Path) -> list[int]:
    """Read subject_id_list.csv: one identifier a line, with or without a header.

    Raises
    ------
    InputError
        Empty, a line that is no positive integer, or an identifier given twice.
    """
    ids: dict[int, int] = {}
    for row, text in read_lines(path):
        if row == 1 and not text.isdigit() and re.fullmatch(r"[A-Za-z_ ]+", text):
            continue
        if not (text.isascii() and text.isdigit()) or int(text) == 0:
            problem = f"got {text[:40]!r}"
            where = f"row {row}"
            raise InputError(path, problem, where=where, expected="a subject id")
        if int(text) in ids:
            problem = f"subject {text} already stands in row {ids[int(text)]}"
            raise InputError(path, problem, where=f"row {row}", expected="unique ids")
        ids[int(text)] = row
    if not ids:
        raise InputError(path, "no subject in the list", expected="one id a line")
    return list(ids)


def write_subject_ids(path: str | Path, ids: Iterable[int]) -> None:
    """Write subject_id_list.csv, with a header."""
    write_csv(path, pd.DataFrame({"subject_id": sorted(set(ids))}))


def read_repeats(path: str | Path) -> dict[int, int]:
    """Read duplicate_galaxies.csv: galaxies that were classified under two ids.

    Returns
    -------
    dict of int to int
        From the repeat (column ``1``) to the first subject (column ``0``).

    Raises
    ------
    InputError
        See `read_csv`; also when a subject is its own repeat.
    """
    table = read_csv(path, {"0": "int", "1": Column("int", unique=True)})
    for row, (first, repeat) in enumerate(table.itertuples(index=False), start=2):
        if first == repeat:
            problem = f"subject {first} is its own repeat"
            raise InputError(path, problem, where=f"row {row}")
    return {int(repeat): int(first) for first, repeat in table.itertuples(index=False)}


# The key says degrees; the value is in arcsec.
METADATA_KEYS = {
    "NSAID": ("NSA id", int),
    "RA": ("ra", float),
    "DEC": ("dec", float),
    "Z": ("redshift", float),
    "SERSIC_BA": ("Sersic axis ratio", float),
    "PETRO_THETA": ("Petrosian radius (degrees)", float),
    "RUN": ("Run", int),
    "CAMCOL": ("Camcol", int),
    "FIELD": ("Field", int),
    "RERUN": ("Rerun", str),
}
NEEDED = ("RA", "DEC", "PETRO_THETA")


def _metadata_row(subject: int, tree: dict) -> dict:
    row = {"subject_id": subject}
    for name, (key, kind) in METADATA_KEYS.items():
        if name in NEEDED or tree.get(key) not in (None, ""):
            row[name] = kind(tree[key])
    return row


def _unquoted(cell: str | None) -> str | None:
    found = re.fullmatch(r"b'(.*)'", cell or "")
    return found.group(1) if found else cell
