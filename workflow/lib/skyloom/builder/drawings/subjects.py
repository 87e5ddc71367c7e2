"""Subject tables: gal-metadata.csv and subject_id_list.csv."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd

from skyloom.builder.images.astrometry import quarter_turns
from skyloom.io.cells import CellError
from skyloom.io.rows import header
from skyloom.io.tables import REDSHIFT, Column, checked_cell, read_csv
from skyloom.io.zooniverse import Rejection, Twice, bare_keys

FREE = Column("float", empty=True, required=False)
TEXT = Column("str", empty=True, required=False)
ANGLE = Column("float", empty=True, required=False, low=-6.2832, high=6.2832)
METADATA = {
    "subject_id": Column("int", low=1, unique=True),
    "NSAID": Column("int", empty=True, required=False),
    "IAUNAME": TEXT,
    "RA": Column("float", low=0, high=360),
    "DEC": Column("float", low=-90, high=90),
    **dict.fromkeys(("Z", "ZDIST"), replace(REDSHIFT, required=False)),
    **dict.fromkeys(("SERSIC_BA", "SERSIC_PHI"), FREE),
    "PETRO_THETA": Column("float", low=0.1, high=3600),
    **dict.fromkeys(("PETRO_BA90", "PETRO_PHI90", "PETRO_BA50", "PETRO_PHI50"), FREE),
    "RUN": Column("int", empty=True, required=False, low=0),
    "CAMCOL": Column("int", empty=True, required=False, low=1, high=6),
    "FIELD": Column("int", empty=True, required=False, low=0),
    "RERUN": TEXT,
    **dict.fromkeys(("ELPETRO_MASS", "SERSIC_MASS", "EXTINCTION"), FREE),
    **dict.fromkeys(("montage_angle", "original_angle"), ANGLE),
}
TYPES = {"int": "Int64", "float": "float64", "str": object}
UNNAMED = ("Unnamed: 0", "", "index")


def read_metadata(path: str | Path) -> pd.DataFrame:
    """Read gal-metadata.csv, one row a subject, in the order of the file.

    The identifier's column may be unnamed, as pandas writes an index. Names that
    stand as ``b'...'`` are freed of that. `PETRO_THETA` is in arcsec.

    Raises
    ------
    InputError
        See `read_csv`.
    """
    names = header(path, METADATA)
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


def metadata_from_subjects(
    subjects: pd.DataFrame,
) -> tuple[pd.DataFrame, list[Rejection]]:
    """Return the metadata table that `zooniverse.read_subjects` alone gives.

    The columns of gal-metadata.csv that an export has, without the angles; and, with
    their reasons, rejections of the subjects without a possible position or radius, and
    of single values that cannot be, which are left empty.
    """
    rows, rejected = [], []
    pairs = zip(subjects["subject_id"], subjects["metadata"], strict=True)
    for subject, tree in pairs:
        row, problem = _metadata_row(int(subject), tree)
        rows += [] if row is None else [row]
        rejected += [Rejection(None, int(subject), problem)] if problem else []
    columns = {
        name: pd.Series(
            [row.get(name) for row in rows], dtype=TYPES[METADATA[name].kind]
        )
        for name in ("subject_id", *METADATA_KEYS)
    }
    return pd.DataFrame(columns), rejected


def turns(table: pd.DataFrame) -> dict[int, int]:
    """Return the quarter turns of each subject that has both angles."""
    names = ["subject_id", "montage_angle", "original_angle"]
    if not set(names) <= set(table):
        return {}
    known = table[names].dropna()
    return {
        int(subject): quarter_turns(montage, original)
        for subject, montage, original in known.itertuples(index=False)
    }


# The key says degrees; the value is in arcsec.
METADATA_KEYS = {
    "NSAID": "NSA id",
    "RA": "ra",
    "DEC": "dec",
    "Z": "redshift",
    "SERSIC_BA": "Sersic axis ratio",
    "PETRO_THETA": "Petrosian radius (degrees)",
    "RUN": "Run",
    "CAMCOL": "Camcol",
    "FIELD": "Field",
    "RERUN": "Rerun",
}


def _metadata_row(subject: int, tree: dict) -> tuple[dict | None, str]:
    """Return a row, or None, and what is wrong with the metadata, if anything."""
    row, left, tree = {"subject_id": subject}, [], bare_keys(tree)
    for name, key in METADATA_KEYS.items():
        column, told = METADATA[name], tree.get(key)
        known = told is not None and str(told).strip()
        try:
            if isinstance(told, Twice):
                raise CellError(told)
            if known or not column.empty:
                row[name] = checked_cell(told if known else "", column)
        except CellError as bad:
            said = f"{key!r}: {bad}" if known else f"no {key!r}"
            if not column.empty:
                return None, f"metadata: {said}"
            left.append(f"{said}; it is left empty")
    return row, f"metadata: {', '.join(left)}" if left else ""


def _unquoted(cell: str | None) -> str | None:
    found = re.fullmatch(r"b'(.*)'", cell or "")
    return found.group(1) if found else cell
