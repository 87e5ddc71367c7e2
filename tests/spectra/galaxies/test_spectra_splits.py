"""The spectra of one galaxy, out of the chunks."""

from pathlib import Path

import numpy as np
import pytest
import small_galaxies as small
from skyloom.io.errors import DatumError, InputError
from skyloom.run.batch import BatchError, each
from skyloom.run.provenance import Recipe
from skyloom.spectra.galaxies.splits import galaxy_spectra
from skyloom.spectra.rest.files import paths, read_spectra, write_spectra
from skyloom.spectra.rest.grid import RestGrid
from skyloom.spectra.tasks import galaxies as tasks

NAMES = {"11": "8001-1901", "12": "8001-1902", "9001-3701": "9001-3701"}


@pytest.fixture
def chunks(tmp_path):
    """Write two chunks; a galaxy lies in both, one named by its plate-IFU twice."""
    rng = np.random.default_rng(1)
    one = small.galaxy("8001-1901", "1-11", [0, 1, 2, 3], rng)
    two = small.galaxy("9001-3701", "1-44", [4, 4], rng)
    more = small.galaxy("8001-1901", "1-11", [5, 5, 5], rng)
    other = small.galaxy("9002-3702", "2-44", [7], rng)
    found = []
    for k, sets in enumerate([(one, two), (other, more)]):
        found.append(str(tmp_path / f"spec{k}.npy"))
        write_spectra(found[-1], small.joined(sets))
    return found


def test_spectra_of_a_galaxy_come_from_all_chunks_in_order(chunks):
    """Rows are those of the chunks, one after the other, and of no other galaxy."""
    found = galaxy_spectra("11", "8001-1901", chunks)
    first, second = map(read_spectra, chunks)
    assert len(found) == 7
    assert set(found.info["plateifu"]) == {"8001-1901"}
    np.testing.assert_array_equal(found.flux[:4], first.flux[:4])
    np.testing.assert_array_equal(found.ivar[4:], second.ivar[1:])
    assert found.scaled == "none"


def test_job_writes_each_galaxy_and_an_empty_set_for_one_without_spectra(
    chunks, tmp_path, caplog
):
    """What was all cut is recorded, with its reason; its set has no rows."""
    wanted = [str(tmp_path / "galaxies" / f"{name}.npy") for name in NAMES]
    files = tasks.products(wanted, ("flux", "ivar", "info"))
    given = {"chunks": chunks, "recipe": Recipe({}, "code")}

    def split(name, places):
        tasks.split_galaxy(name, places, galaxies=NAMES, **given)

    def without(name, reason, places):
        tasks.without_spectra(name, reason, places, **given)

    store = tmp_path / "store"
    with caplog.at_level("WARNING", "skyloom"):
        each(files, split, store=store, key="k" * 16, files=files, rescue=without)
    sizes = {
        name: len(read_spectra(path)) for name, path in zip(NAMES, wanted, strict=True)
    }
    assert sizes == {"11": 7, "12": 0, "9001-3701": 2}
    assert "12 (none of its spectra passed the cuts)" in caplog.text
    empty = read_spectra(wanted[1])
    assert list(empty.info) == list(read_spectra(chunks[0]).info)
    assert empty.grid == small.GRID


def test_without_rescue_an_empty_galaxy_stops_the_job(chunks):
    """It is the job that decides what becomes of it."""
    with pytest.raises(DatumError, match="none of its spectra"):
        galaxy_spectra("12", "8001-1902", chunks)


def _rewrite(path, change):
    spectra = read_spectra(path)
    info = change(spectra.info.copy())
    copy = type(spectra)(
        np.array(spectra.flux), np.array(spectra.ivar), info, spectra.grid
    )
    write_spectra(path, copy)


def _other_grid(path):
    spectra = read_spectra(path)
    grid = RestGrid(3700.0, 1e-3, 64)
    flux, ivar = np.array(spectra.flux), np.array(spectra.ivar)
    write_spectra(path, type(spectra)(flux, ivar, spectra.info, grid))


def _scaled(path):
    spectra = read_spectra(path)
    flux, ivar = np.array(spectra.flux), np.array(spectra.ivar)
    write_spectra(path, type(spectra)(flux, ivar, spectra.info, spectra.grid, "zscore"))


def _cut(path):
    content = Path(path).read_bytes()
    Path(path).write_bytes(content[: len(content) // 2])


BAD = {
    "no column plateifu": lambda p: _rewrite(p, lambda t: t.drop(columns="plateifu")),
    "mangaID 1-99, but its files are named 11": lambda p: _rewrite(
        p, lambda t: t.assign(mangaID="1-99")
    ),
    "on the grid": _other_grid,
    "its flux is scaled (zscore)": _scaled,
    "not a readable npy file": _cut,
    "no such file": lambda p: paths(p)["info"].unlink(),
}


@pytest.mark.parametrize("message", BAD)
def test_bad_chunk_is_named(chunks, message):
    """The error names the file and what was expected of it."""
    BAD[message](chunks[1])
    with pytest.raises(InputError) as caught:
        galaxy_spectra("11", "8001-1901", chunks)
    assert message in str(caught.value)
    assert "spec1" in str(caught.value)


def test_a_bad_chunk_stops_the_job_as_a_bug_would(chunks, tmp_path):
    """Damaged files of the run itself are not recorded as bad galaxies."""
    _cut(chunks[0])
    files = tasks.products([str(tmp_path / "g" / "11.npy")], ("flux", "ivar", "info"))

    def split(name, places):
        recipe = Recipe({}, "code")
        tasks.split_galaxy(name, places, chunks=chunks, galaxies=NAMES, recipe=recipe)

    with pytest.raises(BatchError, match="not a readable npy"):
        each(files, split, store=tmp_path / "s", key="k" * 16, files=files)
