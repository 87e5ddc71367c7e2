"""Parquet files, and the damage of our own."""

import json

import damaged
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from skyloom.io.errors import InputError
from skyloom.io.parquet import (
    parquet_columns,
    read_parquet,
    write_parquet,
    writing_parquet,
)
from skyloom.run.provenance import Recipe

TABLE = pd.DataFrame(
    {
        "id": np.arange(20) + 2**60,
        "x": [np.nan, *np.linspace(0, 1, 19)],
        "name": [None, *"abcdabcdabcdabcdabc"],
        "good": np.arange(20) % 3 == 0,
        "count": pd.array([None, *range(19)], "Int64"),
    }
)


def test_round_trip_and_bytes(tmp_path):
    """Same table, same bytes; what is empty stays empty."""
    for name in "ab":
        write_parquet(tmp_path / name, TABLE)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    again = read_parquet(tmp_path / "a")
    assert again["id"].tolist() == TABLE["id"].tolist()
    assert again["name"].isna().tolist() == TABLE["name"].isna().tolist()
    assert read_parquet(tmp_path / "a", ["x"]).columns.tolist() == ["x"]
    assert parquet_columns(tmp_path / "a") == list(TABLE)


def test_a_file_holds_its_provenance(tmp_path):
    """The record is the file's own metadata; the table is the same without it."""
    made = Recipe({"a": 1}, "c0de").record()
    write_parquet(tmp_path / "a", TABLE, made)
    write_parquet(tmp_path / "b", TABLE)
    assert json.loads(pq.read_schema(tmp_path / "a").metadata[b"skyloom"]) == made
    pd.testing.assert_frame_equal(*(read_parquet(tmp_path / name) for name in "ab"))


def test_pieces_have_the_checksums_of_the_whole(tmp_path):
    """However the rows came, they are read and compared."""
    arrow = pa.Table.from_pandas(TABLE, preserve_index=False)
    with writing_parquet(tmp_path / "a", arrow.schema) as add:
        for start in range(0, 20, 7):
            add(arrow.slice(start, 7))
    write_parquet(tmp_path / "b", TABLE)
    pd.testing.assert_frame_equal(*(read_parquet(tmp_path / name) for name in "ab"))


def test_damage_is_noticed(tmp_path):
    """A flipped bit changes no value: the file is refused, with what to do."""
    path = tmp_path / "a.parquet"
    write_parquet(path, TABLE, {"code": "c0de"})
    assert damaged.unnoticed(path, read_parquet, pd.DataFrame.equals, 3) == []
    path.write_bytes(b"<html>")
    with pytest.raises(InputError, match=r"a\.parquet: .*delete it and run the workf"):
        read_parquet(path)


def test_files_of_others_need_no_checksums(tmp_path):
    """Nor those that somebody changed with pandas."""
    TABLE.to_parquet(tmp_path / "a")
    assert len(read_parquet(tmp_path / "a")) == 20
    with pytest.raises(InputError, match="no column z; expected it among id, x"):
        read_parquet(tmp_path / "a", ["x", "z"])


def test_whole_numbers_beside_a_gap_are_exact(tmp_path):
    """Where it is asked for; pandas' own way makes them floats."""
    table = pa.table({"id": pa.array([2**60 + 1, None])})
    pq.write_table(table, tmp_path / "a")
    assert read_parquet(tmp_path / "a", exact=True)["id"].tolist() == [2**60 + 1, None]


def test_a_file_does_not_fill_the_memory(tmp_path):
    """A constant column packs well beyond what any table needs."""
    column = pa.array(np.zeros(60_000_000, np.int64))
    pq.write_table(pa.table({"x": column}), tmp_path / "a")
    assert (tmp_path / "a").stat().st_size < 300_000
    with pytest.raises(InputError, match="unpacks to 480,000,000 bytes"):
        read_parquet(tmp_path / "a")
