"""Mutations of archives of parts, of tensors, and of Parquet tables."""

from __future__ import annotations

import io
import pickle
import zipfile

import mutations_text as text
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq


def one(items, rng):
    return items[rng.integers(len(items))]


def named(name: str, change, **how):
    change.__name__ = name
    return change


class Trap:
    """What is run where somebody unpickles it."""

    def __reduce__(self):
        return (exec, ("raise SystemExit('a file was executed')",))


def _on_zip(change):
    def made(content: bytes, rng: np.random.Generator) -> bytes:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = [(name, archive.read(name)) for name in archive.namelist()]
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for name, held in change(parts, rng):
                archive.writestr(zipfile.ZipInfo(name), held)
        return out.getvalue()

    return named(change.__name__.strip("_"), made)


def _part_gone(parts, rng):
    del parts[rng.integers(len(parts))]
    return parts


def _part_damaged(parts, rng):
    i = rng.integers(len(parts))
    name, held = parts[i]
    changed = bytearray(held)
    for _ in range(rng.integers(1, 9) if changed else 0):
        changed[rng.integers(len(changed))] ^= 1 << int(rng.integers(8))
    parts[i] = name, bytes(changed)
    return parts


def _part_cut(parts, rng):
    i = rng.integers(len(parts))
    name, held = parts[i]
    parts[i] = name, held[: rng.integers(len(held) + 1)]
    return parts


def _part_empty(parts, rng):
    i = rng.integers(len(parts))
    parts[i] = parts[i][0], one((b"", b"{}", b"[]", b"null", b"1"), rng)
    return parts


def _part_renamed(parts, rng):
    i = rng.integers(len(parts))
    parts[i] = one(("../../evil", "x", f"a/{parts[i][0]}"), rng), parts[i][1]
    return parts


def _part_text(parts, rng):
    """Change a number or a word of a part that is JSON."""
    texts = [i for i, (name, _) in enumerate(parts) if name.endswith(".json")]
    if not texts:
        return _part_damaged(parts, rng)
    i = one(texts, rng)
    change = one(list(text.JSON), rng)
    parts[i] = parts[i][0], change(parts[i][1], rng)
    return parts


def _part_pickle(parts, rng):
    i = rng.integers(len(parts))
    parts[i] = parts[i][0], pickle.dumps(Trap())
    return parts


def _parquet(change):
    def made(content: bytes, rng: np.random.Generator) -> bytes:
        out = io.BytesIO()
        pq.write_table(change(pq.read_table(io.BytesIO(content)), rng), out)
        return out.getvalue()

    return named(change.__name__.strip("_"), made)


def _parquet_kind(table, rng):
    i = int(rng.integers(table.num_columns))
    values = table.column(i).to_pylist()
    kinds = (str, float, lambda v: None, lambda v: [v], lambda v: {"a": v}, bool)
    kind = one(kinds, rng)
    try:
        values = [kind(v) for v in values]
    except (ValueError, TypeError):
        values = [None] * len(values)
    return table.set_column(i, table.column_names[i], pa.array(values))


def _parquet_gone(table, rng):
    return table.remove_column(int(rng.integers(table.num_columns)))


def _parquet_twice(table, rng):
    i = int(rng.integers(table.num_columns))
    return table.append_column(table.column_names[i], table.column(i))


def _parquet_case(table, rng):
    return table.rename_columns([name.upper() for name in table.column_names])


def _parquet_rows(table, rng):
    return one((table[:0], table[1:], table.take([0, 0, *range(table.num_rows)])), rng)


def _parquet_value(table, rng):
    i = int(rng.integers(table.num_columns))
    column = table.column(i)
    values = column.to_pylist()
    row = int(rng.integers(len(values)))
    if pa.types.is_integer(column.type):
        values[row] = one((-1, 0, 99, None), rng)
    elif pa.types.is_floating(column.type):
        values[row] = one((-1.0, float("nan"), float("inf"), 1e300, None), rng)
    else:
        values[row] = None
    return table.set_column(i, table.column_names[i], pa.array(values, column.type))


ZIP = dict.fromkeys(
    map(
        _on_zip,
        (_part_gone, _part_damaged, _part_cut, _part_empty, _part_renamed, _part_text),
    ),
    "any",
)
TENSORS = ZIP | {_on_zip(_part_pickle): "any"}
PARQUET = dict.fromkeys(
    map(_parquet, (_parquet_kind, _parquet_gone, _parquet_twice, _parquet_rows)), "any"
)
PARQUET |= {_parquet(_parquet_case): "any", _parquet(_parquet_value): "one"}
