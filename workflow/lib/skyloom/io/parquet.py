"""Parquet files; in our own, damage shows.

Pages have the checksums of the format. What lies around them has none: so the file's
metadata holds one of the values of each column, which files of others lack.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from zlib import crc32

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from skyloom.io.atomic import replacing
from skyloom.io.errors import AGAIN, InputError, existing_file, raise_passing
from skyloom.io.packed import bounded
from skyloom.io.record import text

META = "skyloom"  # key of the record of what a file was made from
SUMS = "skyloom.sums"  # key of the checksums: type, gaps and values by column
WIDTH = 8  # bytes of a value in memory, or of a reference to it
Sum = tuple[str, int, int]


def write_parquet(
    path: str | Path, table: pd.DataFrame, provenance: Mapping | None = None
) -> None:
    """Write a Parquet file without the index: whole, same table same bytes.

    `provenance` is kept as JSON in the file's metadata, under the key ``skyloom``.
    """
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    with writing_parquet(path, arrow.schema, provenance) as add:
        add(arrow)


@contextmanager
def writing_parquet(
    path: str | Path, schema: pa.Schema, provenance: Mapping | None = None
) -> Iterator[Callable[[pa.Table], None]]:
    """Give a function that adds rows to a file, which is as of `write_parquet`."""
    for field in schema:
        if pa.types.is_nested(field.type) or pa.types.is_dictionary(field.type):
            msg = f"{path}: column {field.name!r}: expected one plain value a row"
            raise TypeError(msg)
    own = None if provenance is None else {META: text(provenance)}
    schema = schema.with_metadata(own)
    sums: dict[str, Sum] = {}
    with (
        replacing(path) as temporary,
        pq.ParquetWriter(temporary, schema, write_page_checksum=True) as writer,
    ):

        def add(table: pa.Table) -> None:
            writer.write_table(table.replace_schema_metadata(own))
            sums.update(_sums(table, sums))

        yield add
        writer.add_key_value_metadata({SUMS: json.dumps(sums, sort_keys=True)})


def read_parquet(
    path: str | Path, columns: Sequence[str] | None = None, *, exact: bool = False
) -> pd.DataFrame:
    """Return the rows of a Parquet file, of all columns or of some.

    `exact` keeps whole numbers in columns with gaps, as Python's: as floats they would
    lose digits. What pandas noted about types is then left alone.

    Raises
    ------
    InputError
        See `read_rows`.
    """
    how = {"integer_object_nulls": exact, "ignore_metadata": exact}
    table = read_rows(path, columns)
    try:
        return table.to_pandas(**how)
    except UnicodeDecodeError as bad:
        raise _unreadable(Path(path), bad) from None


def read_rows(path: str | Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Return the rows of a Parquet file as Arrow has them.

    Raises
    ------
    InputError
        No file, no Parquet, damaged, without one of the columns, or it unpacks to more
        than is `bounded`.
    """
    path = existing_file(path)
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            names, about = file.schema_arrow.names, file.metadata
            known = names if columns is None else list(columns)
            bounded(path, about.num_rows * len(known) * WIDTH)
            table = None if set(known) - set(names) else file.read(columns)
            told = json.loads((about.metadata or {}).get(SUMS.encode(), b"null"))
    except InputError:
        raise
    except Exception as bad:  # pyarrow's have no class in common
        raise_passing(path, bad)
        raise _unreadable(path, bad) from None
    if table is None:
        absent = ", ".join(sorted(set(known) - set(names)))
        expected = f"it among {', '.join(names)}"
        raise InputError(path, f"no column {absent}", expected=expected, remedy=AGAIN)
    if told is not None:
        _compare(path, _sums(table, {}), told)
    return table


def parquet_columns(path: str | Path) -> list[str]:
    """Return the names of the columns; InputError if the file is no Parquet."""
    path = existing_file(path)
    try:
        return pq.read_schema(path).names
    except Exception as bad:  # pyarrow's have no class in common
        raise_passing(path, bad)
        raise _unreadable(path, bad) from None


def _unreadable(path: Path, bad: Exception) -> InputError:
    problem = f"not a readable Parquet file ({bad})"
    return InputError(path, problem, expected="a Parquet file", remedy=AGAIN)


def _sums(table: pa.Table, before: Mapping[str, Sum]) -> dict[str, Sum]:
    """Return the checksums of columns, continued from those of the rows before."""
    found = {}
    for name in table.column_names:
        kind = table.schema.field(name).type
        _, gaps, values = before.get(name, (str(kind), 0, 0))
        for chunk in table[name].chunks:
            filled = chunk.drop_null()
            known = chunk.is_valid().to_numpy(zero_copy_only=False)
            gaps = crc32(known.tobytes(), gaps)
            values = crc32(_bytes(filled), values)
        found[name] = (str(kind), gaps, values)
    return found


def _bytes(values: pa.Array) -> bytes:
    if pa.types.is_primitive(values.type):
        return values.to_numpy(zero_copy_only=False).tobytes()
    return "".join(f"{value!r}\n" for value in values.to_pylist()).encode()


def _compare(path: Path, found: Mapping, told: object) -> None:
    for name, one in found.items():
        wanted = told.get(name) if isinstance(told, dict) else None
        if list(one) != wanted:
            problem, where = "damaged: not its checksum", f"column {name!r}"
            raise InputError(path, problem, where=where, remedy=AGAIN)
