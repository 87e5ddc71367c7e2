"""Subject tables: gal-metadata.csv and subject_id_list.csv."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from skyloom.builder.images.astrometry import quarter_turns
from skyloom.io.cells import CellError
from skyloom.io.rows import header
from skyloom.io.tables import Column, checked_cell, read_csv
from skyloom.io.zooniverse import Rejection, bare_keys

FREE = Column("float", empty=True, required=False)
TEXT = Column("str", empty=True, required=False)
ANGLE = Column("float", empty=True, required=False, low=-6.2832, high=6.2832)
METADATA = {
    "subject_id": Column("int", low=1, unique=True),
    "NSAID": Column("int", empty=True, required=False),
    "IAUNAME": TEXT,
    "RA": Column("float", low=0, high=360),
    "DEC": Column("float", low=-90, high=90),
    **dict.fromkeys(("Z", "ZDIST", "SERSIC_BA", "SERSIC_PHI"), FREE),
    "PETRO_THETA": Column("float", low=0.1, high=3600),
    **dict.fromkeys(("PETRO_BA90", "PETRO_PHI90", "PETRO_BA50", "PETRO_PHI50"), FREE),
    "RUN": Column("int", empty=True, required=False, low=0),
    "CAMCOL": Column("int", empty=True, required=False, low=1, high=6),
    "FIELD": Column("int", empty=True, required=False, low=0),
    "RERUN": TEXT,
    **dict.fromkeys(("ELPETRO_MASS", "SERSIC_MASS"), FREE),
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

    The columns of gal-metadata.csv that an export has, without the angles; and
    rejections of the subjects without a position or radius, or with a value that
    cannot be, with the reason.
    """
    rows, rejected = [], []
    pairs = zip(subjects["subject_id"], subjects["metadata"], strict=True)
    for subject, tree in pairs:
        try:
            rows.append(_metadata_row(int(subject), tree))
        except ValueError as bad:
            rejected.append(Rejection(None, int(subject), str(bad)))
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


def _metadata_row(subject: int, tree: dict) -> dict:
    tree = bare_keys(tree)
    row = {"subject_id": subject}
    for name, key in METADATA_KEYS.items():
        told = tree.get(key)
        if told is not None and str(told).strip():
            row[name] = _value(key, told, METADATA[name])
        elif not METADATA[name].empty:
            msg = f"metadata: no {key!r}"
            raise ValueError(msg)
    return row


def _value(key: str, told: object, column: Column) -> object:
    try:
        return checked_cell(told, column)
    except CellError as bad:
        msg = f"metadata: {key!r}: {bad}"
        raise ValueError(msg) from None


def _unquoted(cell: str | None) -> str | None:
    found = re.fullmatch(r"b'(.*)'", cell or "")
    return found.group(1) if found else cell
