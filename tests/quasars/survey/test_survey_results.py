"""The growing table and the index of what it is made of."""

from __future__ import annotations

import os

import pandas as pd
import pytest
from skyloom.io.documents import read_json, write_json
from skyloom.io.errors import InputError
from skyloom.quasars.survey.results import exposures_of, update
from skyloom.run.provenance import checksum


def exposure(folder, tile, number, rows=3, score=0.5):
    """Write the rows of an exposure; return its path."""
    path = folder / str(tile) / f"{number}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    keys = {"TARGETID": [*range(rows)], "TILEID": tile, "EXPID": number}
    pd.DataFrame(keys).astype("int64").assign(C_BEST=score).to_parquet(path)
    return path


@pytest.fixture
def exposures(tmp_path):
    """Return three exposures' files, two of one tile."""
    return [exposure(tmp_path, t, e) for t, e in ((1, 1), (1, 2), (2, 80001))]


@pytest.fixture
def places(tmp_path):
    """Return where the table and its index lie."""
    return tmp_path / "ensemble_results.csv", tmp_path / "exposures.json"


def table_of(exposures):
    """Return the bytes of a table that was made at once."""
    parts = pd.concat([pd.read_parquet(path) for path in exposures])
    return parts.to_csv(index=False).encode()


def test_what_is_new_is_added(places, exposures):
    """Older rows keep their bytes; the index has what the table is made of."""
    assert update(*places, exposures[:2]) == 2
    before = places[0].read_bytes()
    assert update(*places, exposures) == 1
    assert places[0].read_bytes() == before + places[0].read_bytes()[len(before) :]
    assert places[0].read_bytes() == table_of(exposures)
    names = ["1/1.parquet", "1/2.parquet", "2/80001.parquet"]
    made_from = dict(zip(names, map(checksum, exposures), strict=True))
    assert read_json(places[1]) == made_from


def test_an_exposure_of_the_middle_is_added_at_the_end(places, exposures):
    """The table only grows."""
    update(*places, [exposures[0], exposures[2]])
    assert update(*places, exposures) == 1
    assert list(exposures_of(places[0])) == [(1, 1), (2, 80001), (1, 2)]


def test_up_to_date_is_left_alone(places, exposures):
    """Not a byte is written to the table."""
    update(*places, exposures)
    before = places[0].stat().st_ino, places[0].stat().st_mtime_ns
    assert update(*places, exposures) == 0
    assert (places[0].stat().st_ino, places[0].stat().st_mtime_ns) == before


def test_a_remade_exposure_starts_over(places, exposures, tmp_path):
    """Same rows, other numbers: the old ones do not stay."""
    update(*places, exposures)
    exposure(tmp_path, 1, 2, score=0.9)
    assert update(*places, exposures) == 3
    assert places[0].read_bytes() == table_of(exposures)
    assert b"0.9" in places[0].read_bytes()


def test_an_exposure_no_longer_wanted_starts_over(places, exposures):
    """Its rows are gone."""
    update(*places, exposures)
    assert update(*places, exposures[1:]) == 2
    assert places[0].read_bytes() == table_of(exposures[1:])
    assert len(read_json(places[1])) == 2


@pytest.mark.parametrize("lost", [0, 1])
def test_without_table_or_index_it_starts_over(places, exposures, lost):
    """One of the two says nothing without the other."""
    update(*places, exposures)
    places[lost].unlink()
    assert update(*places, exposures) == 3
    assert places[0].read_bytes() == table_of(exposures)


def test_killed_after_the_index_was_written(places, exposures):
    """The index promises all; the table, cut at any byte, becomes whole."""
    update(*places, exposures)
    whole = table_of(exposures)
    head = len(whole.splitlines(keepends=True)[0])
    for size in range(head, len(whole)):
        os.truncate(places[0], size)
        assert update(*places, exposures) > 0
        assert places[0].read_bytes() == whole


def test_killed_before_the_first_row(places, exposures):
    """The index alone, or the table's first line alone."""
    update(*places, exposures)
    whole = places[0].read_bytes()
    os.truncate(places[0], len(whole.splitlines(keepends=True)[0]))
    assert update(*places, exposures) == 3
    assert places[0].read_bytes() == whole


def test_killed_between_two_updates_of_one_exposure(places, exposures, tmp_path):
    """An exposure that was half in the table, and then remade, is the new one."""
    update(*places, exposures)
    os.truncate(places[0], places[0].stat().st_size - 10)
    exposure(tmp_path, 2, 80001, score=0.1)
    assert update(*places, exposures) == 3
    assert places[0].read_bytes() == table_of(exposures)


def test_an_exposure_without_rows(places, exposures, tmp_path):
    """It is in the index, not in the table, and makes nothing start over."""
    dead = exposure(tmp_path, 9, 9, rows=0)
    assert update(*places, [*exposures, dead]) == 3
    assert update(*places, [*exposures, dead]) == 0
    assert "9/9.parquet" in read_json(places[1])


def test_a_damaged_index_is_named(places, exposures):
    """With what to do."""
    update(*places, exposures)
    places[1].write_text('{"1/1.parq')
    with pytest.raises(InputError, match=r"exposures\.json: .*make it again"):
        update(*places, exposures)


def test_an_empty_index_starts_over(places, exposures):
    """As if there were none."""
    update(*places, exposures)
    write_json(places[1], {})
    assert update(*places, exposures) == 3
