"""``ensemble_results.csv``: the rows of all exposures in one table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd
from pyarrow import csv

from skyloom.io.atomic import replacing
from skyloom.io.errors import InputError
from skyloom.io.parquet import read_rows


def need(table: pd.DataFrame, names: Iterable[str], what: str = "results") -> None:
    """Refuse a table of results that lacks some columns, with ValueError."""
    missing = [name for name in names if name not in table]
    if missing:
        msg = f"{what} have no column {missing}"
        raise ValueError(msg)


def write_results(path: str | Path, exposures: Sequence[str | Path]) -> int:
    """Write the rows of exposures as CSV, in the order given; return their number.

    `exposures` are Parquet files of `skyloom.quasars.survey.exposures.run_exposure`,
    one or more; one is in memory at a time.

    Raises
    ------
    InputError
        An exposure without these columns, or that is no Parquet file.
    """
    names = read_rows(exposures[0]).column_names
    rows = 0
    with replacing(path) as temporary, temporary.open("wb") as file:
        file.write((",".join(names) + "\n").encode())
        for one in exposures:
            table = read_rows(one)
            if table.column_names != names:
                raise InputError(one, "other columns", expected=", ".join(names))
            csv.write_csv(table, file, csv.WriteOptions(include_header=False))
            rows += table.num_rows
    return rows
