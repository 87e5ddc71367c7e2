"""``ensemble_results.csv``: all exposures in one table that only ever grows."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from skyloom.io.atomic import write_text
from skyloom.io.documents import read_json, write_json
from skyloom.io.errors import InputError
from skyloom.run.provenance import checksum

KEY = ("TARGETID", "TILEID", "EXPID")  # how every row begins
REMEDY = "delete the table: it is made again from the exposures"
Exposure = tuple[int, int]


@dataclass
class _Seen:
    """What a table holds.

    Attributes
    ----------
    rows : dict of (int, int) to int
        Rows of each exposure (TILEID, EXPID), in the table's order.
    last, whole : int
        Bytes at which the last exposure begins, and the last whole row ends.
    ragged : bool
        Whether a row that was cut short follows.
    """

    rows: dict[Exposure, int]
    last: int
    whole: int
    ragged: bool


def update(path: str | Path, index: str | Path, exposures: Iterable[str | Path]) -> int:
    """Bring a table up to date: add what is new, start over if a part of it is old.

    Parameters
    ----------
    path, index : str or Path
        The table, and the JSON file that says which version of which exposure it
        holds. It is written first: after a kill, it promises more than there is, and
        `append` adds the rest.
    exposures : iterable of str or Path
        See `append`; all that the table is to hold.

    Returns
    -------
    int
        Exposures added.
    """
    path, index, files = Path(path), Path(index), [Path(one) for one in exposures]
    now = {"/".join(one.parts[-2:]): checksum(one) for one in files}
    before = read_json(index) if index.exists() and path.exists() else {}
    if not before or any(now.get(name) != digest for name, digest in before.items()):
        path.unlink(missing_ok=True)
    write_json(index, now)
    return append(path, files)


def append(path: str | Path, exposures: Iterable[str | Path]) -> int:
    """Add exposures that are not in the table yet, in the order given.

    A table that a killed process left half-written is cut back to its last whole
    exposure first. One exposure is in memory at a time.

    Parameters
    ----------
    path : str or Path
        The CSV file; made if it does not exist.
    exposures : iterable of str or Path
        Parquet files of `skyloom.quasars.survey.exposures.run_exposure`.

    Returns
    -------
    int
        Exposures added.

    Raises
    ------
    InputError
        The table has other columns, is damaged elsewhere than at its end, or an
        exposure is no file of one exposure.
    """
    path, files = Path(path), [Path(one) for one in exposures]
    if not files:
        return 0
    names = pq.read_schema(files[0]).names
    if not path.exists():
        write_text(path, ",".join(names) + "\n")
    keys = {key: one for one in files if (key := _key(one)) is not None}
    seen = _scan(path, names)
    _mend(path, seen, keys)
    added = 0
    with path.open("ab") as file:
        for key, one in keys.items():
            if key in seen.rows:
                continue
            rows = pd.read_parquet(one)
            if list(rows) != names:
                raise InputError(one, "other columns", expected=", ".join(names))
            file.write(rows.to_csv(index=False, header=False).encode())
            file.flush()
            os.fsync(file.fileno())
            added += 1
    return added


def exposures_of(path: str | Path) -> dict[Exposure, int]:
    """Return the rows of each exposure (TILEID, EXPID) in a table.

    Raises
    ------
    InputError
        The table is no such table, or was cut short.
    """
    path = Path(path)
    with path.open(encoding="utf-8") as file:
        names = file.readline().rstrip("\n").split(",")
    seen = _scan(path, names)
    if seen.ragged:
        raise InputError(path, "the last row was cut short", remedy=REMEDY)
    return seen.rows


def _key(path: Path) -> Exposure | None:
    """Return (TILEID, EXPID) of an exposure's file, None if it has no rows."""
    columns = pq.read_table(path, columns=list(KEY[1:])).to_pandas()
    pairs = columns.drop_duplicates()
    if len(pairs) > 1:
        problem = f"rows of {len(pairs)} exposures"
        raise InputError(path, problem, expected="one exposure a file")
    return tuple(int(v) for v in pairs.iloc[0]) if len(pairs) else None


def _scan(path: Path, names: list[str]) -> _Seen:
    seen = _Seen({}, 0, 0, ragged=False)
    with path.open("rb") as file:
        header = file.readline().decode().rstrip("\n").split(",")
        if header != list(names) or tuple(header[:3]) != KEY:
            raise InputError(path, "other columns", where="row 1", remedy=REMEDY)
        seen.whole, before = file.tell(), None
        for row, line in enumerate(file, start=2):
            if seen.ragged:
                raise InputError(path, "damaged", where=f"row {row - 1}", remedy=REMEDY)
            cells = line.split(b",")
            seen.ragged = not line.endswith(b"\n") or len(cells) != len(names)
            if seen.ragged:  # its key may be cut too: whose it is cannot be said
                continue
            key = _cells_key(path, row, cells)
            if key != before:
                if key in seen.rows:
                    problem = f"exposure {key} stands in two places"
                    raise InputError(path, problem, where=f"row {row}", remedy=REMEDY)
                seen.last, before = seen.whole, key
            seen.rows[key] = seen.rows.get(key, 0) + 1
            seen.whole += len(line)
    return seen


def _cells_key(path: Path, row: int, cells: list[bytes]) -> Exposure:
    try:
        return int(cells[1]), int(cells[2])
    except ValueError:
        where = f"row {row}"
        raise InputError(path, "damaged", where=where, remedy=REMEDY) from None


def _mend(path: Path, seen: _Seen, keys: dict[Exposure, Path]) -> None:
    """Cut off a row that is not whole, and the last exposure if it is not."""
    if seen.ragged:
        os.truncate(path, seen.whole)
    if not seen.rows:
        return
    key, rows = list(seen.rows.items())[-1]
    wanted = pq.read_metadata(keys[key]).num_rows if key in keys else None
    if wanted == rows or (wanted is None and not seen.ragged):
        return
    os.truncate(path, seen.last)
    del seen.rows[key]
