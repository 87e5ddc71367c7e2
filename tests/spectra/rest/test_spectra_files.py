"""Files of spectra at rest: written and read they are the same, or refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from skyloom.io.errors import InputError
from skyloom.spectra.rest.files import (
    RestSpectra,
    paths,
    read_spectra,
    taken,
    write_spectra,
    writing,
)
from skyloom.spectra.rest.grid import RestGrid

GRID = RestGrid(3600.0, 1e-3 / 3, 64)


def spectra(n=7):
    """Return spectra whose tables have columns of all kinds, and gaps."""
    lot = np.random.default_rng(n)
    info = pd.DataFrame(
        {
            "plateifu": [f"{8000 + i}-{19 * i}" for i in range(n)],
            "redshift": lot.random(n),
            "ngoodpixels": np.arange(n),
            "bpt": [None, "star forming"] * (n // 2) + [None] * (n % 2),
            "z_h": np.where(np.arange(n) % 3, 0.1, np.nan),
            "missing": [None] * n,
        }
    )
    flux, ivar = lot.random((2, n, 64)).astype("f4")
    return RestSpectra(flux, ivar, info, GRID, "median")


def contents(path):
    """Return the bytes of the three files of a set."""
    return [one.read_bytes() for one in paths(path).values()]


@pytest.fixture
def written(tmp_path):
    """Return the path and the content of a set of seven spectra."""
    path, content = tmp_path / "spec7.npy", spectra()
    write_spectra(path, content)
    return path, content


def test_what_is_written_is_read(written):
    path, content = written
    found = read_spectra(path)
    assert found.grid == GRID
    assert found.scaled == "median"
    np.testing.assert_array_equal(found.flux, content.flux)
    np.testing.assert_array_equal(found.ivar, content.ivar)
    assert list(found.info) == list(content.info)
    expected = content.info.assign(
        bpt=content.info["bpt"].fillna("").astype(str), missing=""
    )
    pd.testing.assert_frame_equal(found.info, expected, check_dtype=False)


def test_same_spectra_same_bytes(written, tmp_path):
    path, content = written
    write_spectra(tmp_path / "again.npy", content)
    pairs = zip(
        paths(path).values(), paths(tmp_path / "again.npy").values(), strict=True
    )
    assert all(one.read_bytes() == other.read_bytes() for one, other in pairs)


def test_pieces_make_the_bytes_of_the_whole(written, tmp_path):
    path, content = written
    with writing(tmp_path / "parts.npy", 7, GRID, "median") as add:
        for some in ([0, 1], [], [2, 3, 4, 5, 6]):
            add(content.rows(some))
    pairs = zip(
        paths(path).values(), paths(tmp_path / "parts.npy").values(), strict=True
    )
    assert all(one.read_bytes() == other.read_bytes() for one, other in pairs)
    assert np.load(path).flags.c_contiguous


def test_a_set_that_is_not_whole_leaves_no_file(tmp_path):
    with (
        pytest.raises(ValueError, match="3 spectra were added, not 7"),
        writing(tmp_path / "parts.npy", 7, GRID, "median") as add,
    ):
        add(spectra().rows([0, 1, 2]))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("n", [0, 1])
def test_a_set_may_be_small(n, tmp_path):
    write_spectra(tmp_path / "few.npy", spectra(2).rows(np.arange(n)))
    found = read_spectra(tmp_path / "few.npy")
    assert len(found) == n
    assert found.rows(np.arange(n)).flux.shape == (n, 64)


def test_chosen_rows_are_those_of_the_file_by_number_and_by_mask(written):
    path, content = written
    found = read_spectra(path)
    for index in (np.array([5, 0, 5]), np.arange(7) % 2 == 0, slice(2, 4)):
        some = found.rows(index)
        np.testing.assert_array_equal(some.flux, content.flux[index])
        assert list(some.info["plateifu"]) == list(content.info["plateifu"][index])
        assert not isinstance(some.flux, np.memmap)


def test_some_spectra_are_spread_over_all():
    """The first and the last among them; all where there are no more."""
    assert spectra(7).evenly(3).info["ngoodpixels"].tolist() == [0, 3, 6]
    assert len(spectra(7).evenly(9)) == 7


def test_names_of_tables_may_be_given(tmp_path):
    write_spectra(tmp_path / "X_train.npy", spectra(), info=tmp_path / "Y_train.fits")
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"X_train.npy", "X_train_ivar.npy", "Y_train.fits"}
    assert len(read_spectra(tmp_path / "X_train.npy", tmp_path / "Y_train.fits")) == 7


def _card(name, value=None):
    def harm(where):
        with fits.open(where["info"], mode="update") as file:
            if value is None:
                del file[0].header[name]
            else:
                file[0].header[name] = value
            for hdu in file:
                hdu.add_checksum()

    return harm


def _array(change):
    def harm(where):
        np.save(where["ivar"], change(np.load(where["ivar"])))

    return harm


def _bytes(name, change):
    def harm(where):
        where[name].write_bytes(change(where[name].read_bytes()))

    return harm


def _archive(where):
    np.savez(where["flux"].with_suffix(""), a=np.zeros(3))
    where["flux"].with_suffix(".npz").rename(where["flux"])


def _pickled(where):
    np.save(where["flux"], np.array([{}, 1], object), allow_pickle=True)


def _unparsable(where) -> None:
    """Spoil a card of a table without checksums."""
    with fits.open(where["info"]) as hdus:
        hdus.writeto(where["info"], overwrite=True, checksum="remove")
    content = where["info"].read_bytes()
    spoiled = content.replace(b"RESTNPIX=   ", b"RESTNPIX= 'a")
    assert spoiled != content
    where["info"].write_bytes(spoiled)


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (_card("RESTWAVE"), "no card RESTWAVE"),
        (_card("SCALED"), "no card SCALED"),
        (_card("SCALED", "minmax"), "SCALED is 'minmax'; expected none, zscore"),
        (_card("RESTSTEP", -1.0), "no grid"),
        (_card("RESTWAVE", "blue"), "HDU 0"),
        (_card("RESTNPIX", 65), r"float32 of shape \(7, 64\); expected .*\(7, 65\)"),
        (_array(lambda a: a[:-1]), r"shape \(6, 64\); expected .*\(7, 64\)"),
        (_array(lambda a: a.astype(float)), "float64"),
        (_array(np.ravel), r"shape \(448,\)"),
        (_bytes("flux", lambda b: b[:100]), "not a readable npy file"),
        (_bytes("flux", lambda b: b[:-4]), "not a readable npy file"),
        (_bytes("flux", lambda b: b"x" * 500), "not a readable npy file"),
        (_bytes("flux", lambda b: b""), r"empty \(0 bytes\)"),
        (_bytes("info", lambda b: b[:3000]), "not a readable FITS file"),
        (_unparsable, r"HDU 0: the card RESTNPIX cannot be parsed"),
        (_archive, "not a readable npy file"),
        (_pickled, "not a readable npy file"),
        (lambda where: where["ivar"].unlink(), "no such file"),
    ],
)
def test_a_damaged_set_is_refused_and_the_file_named(written, harm, says):
    where = paths(written[0])
    harm(where)
    with pytest.raises(InputError, match=says) as error:
        read_spectra(written[0])
    assert str(error.value).startswith(str(written[0].parent))


def test_rows_of_a_table_are_those_of_the_arrays():
    one = spectra()
    with pytest.raises(ValueError, match="not \\(6, 64\\)"):
        RestSpectra(one.flux, one.ivar, one.info.iloc[:6], GRID)


def test_rows_of_a_part_of_a_map_are_those_of_the_part(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(60, dtype="f4").reshape(20, 3))
    whole = np.load(tmp_path / "x.npy", mmap_mode="r")
    part = whole[5:15]
    np.testing.assert_array_equal(taken(whole, [2, 7]), whole[[2, 7]])
    np.testing.assert_array_equal(taken(part, [0, 3]), whole[[5, 8]])
