"""The table of spectra: what is written is read, in pieces and in any order."""

import damaged
import h5py
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skyloom.io.errors import InputError
from skyloom.io.hdf5 import write_tree
from skyloom.io.spectra import Arm, Spectra
from skyloom.quasars.spectra.grid import LOG, Grid
from skyloom.quasars.spectra.store import CHUNK, Store, batch, write_store

SMALL = Grid("linear", 4000.0, 10.0, 5)


def made(n, first=0, seed=0):
    rng = np.random.default_rng([seed, first])
    meta = {
        "targetid": 2**60 + np.arange(first, first + n),
        "tileid": 1,
        "expid": 2,
        "ra": rng.random(n),
        "dec": np.nan,
        "dead_arms": 0,
        "sn": 1.5,
    }
    flux, ivar = rng.normal(size=(2, n, 5)).astype("f4")
    return pd.DataFrame(meta), flux, np.abs(ivar)


def pieces(*sizes):
    starts = np.cumsum([0, *sizes[:-1]])
    return [made(n, int(start)) for n, start in zip(sizes, starts, strict=True)]


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """Return a file of several chunks and what is in it."""
    path = tmp_path_factory.mktemp("store") / "spectra.h5"
    parts = pieces(1, 1, 300, CHUNK, 7)
    write_store(path, iter(parts), SMALL)
    meta, flux, ivar = zip(*parts, strict=True)
    table = pd.concat(meta, ignore_index=True)
    return path, table, np.concatenate(flux), np.concatenate(ivar)


def test_what_is_written_is_read(stored):
    """Grid, facts in their order and type, pixels."""
    path, meta, flux, ivar = stored
    with Store(path) as store:
        assert store.grid == SMALL
        assert len(store) == len(meta)
        pd.testing.assert_frame_equal(store.meta, meta)
        got = store.rows(slice(None))
    np.testing.assert_array_equal(got[0], flux)
    np.testing.assert_array_equal(got[1], ivar)


@pytest.mark.parametrize("size", [1, 100, CHUNK, 10**6])
def test_batches_make_the_whole(stored, size):
    """Every row once, in order."""
    path, meta, flux, ivar = stored
    seen = 0
    with Store(path) as store:
        for some, f, w in store.batches(size):
            rows = slice(seen, seen + len(some))
            assert some["targetid"].tolist() == meta["targetid"][rows].tolist()
            np.testing.assert_array_equal(f, flux[rows])
            np.testing.assert_array_equal(w, ivar[rows])
            seen = rows.stop
    assert seen == len(meta)


@given(st.lists(st.integers(-565, 564), max_size=40))
@settings(max_examples=25)
def test_rows_come_in_the_order_asked(stored, index):
    """Any order, repeated, counted from the end, or none."""
    path, _, flux, ivar = stored
    with Store(path) as store:
        f, w = store.rows(index)
    chosen = np.array(index, dtype=int)
    np.testing.assert_array_equal(f, flux[chosen])
    np.testing.assert_array_equal(w, ivar[chosen])


def test_rows_by_mask_and_beyond(stored):
    """A mask of all rows; a row that is not there."""
    path, meta, flux, _ = stored
    mask = np.arange(len(meta)) % 3 == 0
    with Store(path) as store:
        np.testing.assert_array_equal(store.rows(mask)[0], flux[mask])
        with pytest.raises(IndexError):
            store.rows([len(meta)])


def test_same_spectra_same_bytes_however_they_come(tmp_path):
    """Neither the time nor the sizes of batches of single spectra are in the file."""
    meta, flux, ivar = made(300)
    ones = [(meta[i : i + 1], flux[i : i + 1], ivar[i : i + 1]) for i in range(300)]
    write_store(tmp_path / "a.h5", ones, SMALL)
    write_store(tmp_path / "b.h5", [(meta, flux, ivar)], SMALL)
    write_store(tmp_path / "c.h5", [(meta, flux, ivar)], SMALL)
    assert (tmp_path / "b.h5").read_bytes() == (tmp_path / "c.h5").read_bytes()
    with Store(tmp_path / "a.h5") as a, Store(tmp_path / "b.h5") as b:
        pd.testing.assert_frame_equal(a.meta, b.meta)
        np.testing.assert_array_equal(a.rows([299, 0])[0], b.rows([299, 0])[0])


def test_a_batch_has_facts_and_the_grid():
    """Dead arms and S/N are measured on the native pixels."""
    wave = 4000 + np.arange(50.0)
    ones = np.ones((2, 50), "f4")
    meta, *_ = made(2)
    spectra = Spectra((Arm("b", wave, 4 * ones, ones),), meta[meta.columns[:5]])
    table, flux, ivar = batch(spectra, SMALL)
    assert table["sn"].tolist() == [4, 4]
    assert table["dead_arms"].tolist() == [6, 6]
    assert (flux == 4).all()
    assert (ivar == 10).all()


def _renamed(meta):
    return meta.rename(columns={"sn": "snr"})


@pytest.mark.parametrize(
    ("batches", "match"),
    [
        ([], "no spectrum"),
        ([(made(2)[0], made(2)[1][:, :4], made(2)[2])], "expected"),
        ([(made(3)[0], *made(2)[1:])], "expected"),
        ([(made(2)[0].drop(columns="expid"), *made(2)[1:])], "no column"),
        ([(made(2)[0].assign(name="x"), *made(2)[1:])], "no numbers in"),
        ([(*made(2)[:2], -made(2)[2])], "below 0"),
        ([made(2), (_renamed(made(2)[0]), *made(2)[1:])], "columns change"),
        ([made(CHUNK), (_renamed(made(CHUNK)[0]), *made(CHUNK)[1:])], "change"),
    ],
)
def test_batches_that_cannot_be_leave_no_file(tmp_path, batches, match):
    """The error says what; nothing half written stays."""
    with pytest.raises(ValueError, match=match):
        write_store(tmp_path / "a.h5", batches, SMALL)
    assert list(tmp_path.iterdir()) == []


def _damage(path, change):
    write_store(path, [made(3)], SMALL)
    with h5py.File(path, "r+") as file:
        change(file)


def _lose(name):
    def change(file):
        del file[name]

    return change


def _attr(name, value):
    def change(file):
        file.attrs[name] = value

    return change


def _about(grid):
    def change(file):
        del file["about"]
        write_tree(file, "about", {"grid": grid})

    return change


def _other(name, values):
    def change(file):
        del file[name]
        file[name] = values

    return change


def _grouped(file):
    del file["flux"]
    file.create_group("flux")


def _shorten(file):
    file["ivar"].resize(2, axis=0)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (_attr("format", "other"), "format 'other'"),
        (_lose("flux"), "'flux' doesn't exist"),
        (_lose("meta"), "'meta' doesn't exist"),
        (_lose("about"), "'about' doesn't exist"),
        (_about({}), "not a readable table"),
        (_shorten, "as many rows"),
        (_other("flux", np.ones((3, 5), "S3")), "datasets of the kinds"),
        (_other("ivar", np.ones((3, 5), complex)), "datasets of the kinds"),
        (_grouped, "not a readable table"),
        (_about({"kind": "log", "size": 4, "start": 3, "step": 1}), "4 pixels"),
    ],
)
def test_a_damaged_table_is_refused(tmp_path, change, match):
    """Each message names the file."""
    _damage(tmp_path / "a.h5", change)
    with pytest.raises(InputError, match=rf"a\.h5.*{match}"):
        Store(tmp_path / "a.h5")


@pytest.mark.parametrize("content", [b"", b"not HDF5 at all", None])
def test_what_is_no_table_is_refused(tmp_path, content):
    """Empty, text, cut short."""
    path = tmp_path / "a.h5"
    if content is None:
        write_store(path, [made(300)], LOG_LIKE)
        content = path.read_bytes()[:3000]
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"a\.h5"):
        Store(path)


def test_damage_is_noticed(tmp_path):
    """A flipped bit, wherever it is, changes neither facts nor pixels."""
    path = tmp_path / "a.h5"
    write_store(path, [made(20)], SMALL, {"code": "c0de"})

    def read(path):
        with Store(path) as store:
            return [store.grid, store.meta, *store.rows(slice(None))]

    def same(one, other):
        frames = one[1].equals(other[1])
        return frames and one[0] == other[0] and np.array_equal(one[2:], other[2:])

    assert damaged.unnoticed(path, read, same, 1499) == []


@pytest.mark.parametrize("value", [-1.0, np.nan, np.inf])
def test_an_inverse_variance_that_cannot_be_is_refused(tmp_path, value):
    """Whoever wrote it."""
    path = tmp_path / "a.h5"
    _damage(path, lambda file: file["ivar"].__setitem__((1, 2), value))
    with Store(path) as store, pytest.raises(InputError, match="below 0; delete it"):
        next(store.batches(9))


LOG_LIKE = Grid(LOG.kind, LOG.start, LOG.step, 5)
