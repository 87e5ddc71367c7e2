"""Fingerprints of a job's galaxies, and all of them in one array."""

import re
from dataclasses import replace

import numpy as np
import pytest
import small_galaxies as small
from astropy.io import fits
from astropy.table import Table
from skyloom.io.errors import InputError
from skyloom.run.batch import BatchError, each
from skyloom.run.provenance import Recipe
from skyloom.spectra.config_galaxies import Fingerprints as Settings
from skyloom.spectra.galaxies.files import (
    info_path,
    read_fingerprints,
    read_galaxy,
    write_fingerprints,
)
from skyloom.spectra.mapping.files import write_map
from skyloom.spectra.rest.files import RestSpectra, read_spectra, write_spectra
from skyloom.spectra.rest.grid import RestGrid
from skyloom.spectra.tasks import galaxies as tasks

UNITS = {"21": [0, 0, 0, 5], "22": [11, 3], "23": []}
GALAXIES = {"21": "8001-1901", "22": "8001-6101", "23": "8001-9101"}
COUNTS = Settings(weight="counts", radius=None)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Write a map of spectra and three galaxies, one of them empty."""
    folder, rng = tmp_path_factory.mktemp("galaxies"), np.random.default_rng(5)
    write_map(folder / "map.npz", small.spectral_map())
    for name, units in UNITS.items():
        known = small.galaxy(GALAXIES[name], f"1-{name}", units, rng)
        write_spectra(folder / f"{name}.npy", known)
    return folder


def run(made, out, settings=COUNTS, names=tuple(UNITS), map_file=None, **change):
    """Run the rule's job on galaxies, and return the files of fingerprints."""
    files = {name: str(made / f"{name}.npy") for name in names} | change
    wanted = [str(out / f"{name}.npy") for name in files]
    products = tasks.products(wanted, ("flux", "info"))
    map_file = str(map_file or made / "map.npz")
    making = tasks.Fingerprinting(map_file, files, GALAXIES, settings, Recipe({}, "c"))
    how = {"store": out / "store", "key": "k" * 16, "files": products}
    each(files, making.make, rescue=making.without, **how)
    return wanted


def test_spectra_fall_on_the_units_that_they_were_made_from(made, tmp_path):
    """Shares are in the order of units, row by row; an empty galaxy has none."""
    first, second, empty = (read_galaxy(path) for path in run(made, tmp_path))
    assert first[0][[0, 5]].tolist() == [0.75, 0.25]
    assert second[0][[3, 11]].tolist() == [0.5, 0.5]
    assert first[1]["bmu"].tolist() == UNITS["21"]
    assert (first[1]["distance"] < 0.3).all()
    assert not empty[0].any()
    assert len(empty[1]) == 0
    assert first[3] == "8001-1901"
    assert (first[2].rows, first[2].columns) == small.SHAPE


def test_stack_has_all_galaxies_in_the_order_of_their_numbers(made, tmp_path):
    """Rows of array and table are those of one galaxy; nothing is lost on the disk."""
    shares, table, layout = tasks.stack(run(made, tmp_path)[::-1], ["8001-1901"])
    write_fingerprints(tmp_path / "fingerprints.npy", shares, table, layout)
    found = read_fingerprints(tmp_path / "fingerprints.npy")
    assert found.info["plateifu"].tolist() == list(GALAXIES.values())
    assert found.info["split"].tolist() == ["train", "test", "empty"]
    assert found.info["n_spectra"].tolist() == [4, 2, 0]
    assert found.part("train")[0, 0] == 0.75
    assert found.layout == layout
    counts = Table.read(info_path(tmp_path / "fingerprints.npy"))["counts"]
    assert counts[0].tolist() == [3, 0, 0, 0, 0, 1] + [0] * 6


def test_radius_limits_the_spectra_that_count(made, tmp_path):
    """Spectra beyond it are in the table, with weight 0."""
    radii = read_spectra(made / "21.npy").info["r_re_light"].to_numpy()
    limit = float(np.sort(radii)[1])
    settings = Settings(weight="light", radius=limit)
    share, placed, *_ = read_galaxy(run(made, tmp_path, settings, ["21"])[0])
    assert (placed["weight"] > 0).sum() == 2
    assert len(placed) == 4
    assert share.sum() == pytest.approx(1)
    with fits.open(tmp_path / "21_info.fits") as file:
        header = file[0].header
        assert (header["WEIGHT"], header["RADIUS"]) == ("light", limit)


def test_killed_job_gives_the_same_files_as_one_that_was_not(made, tmp_path):
    """Results depend on the galaxy alone, not on which others a job still has."""
    whole = run(made, tmp_path / "one")
    alone = run(made, tmp_path / "two", names=["22"])
    for name in ("22.npy", "22_info.fits"):
        one, two = (tmp_path / k / name for k in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()
    assert len(whole) == 3
    assert len(alone) == 1


def change(made, out, **columns):
    """Write a changed copy of a galaxy."""
    spectra = read_spectra(made / "21.npy")
    parts = {"flux": np.array(spectra.flux), "ivar": np.array(spectra.ivar)}
    out.mkdir(exist_ok=True)
    write_spectra(out / "21.npy", replace(spectra, **(parts | columns)))
    return str(out / "21.npy")


def without(column, made, out):
    """Write a copy of a galaxy that lacks a column."""
    info = read_spectra(made / "21.npy").info.drop(columns=column)
    return change(made, out, info=info)


def damaged(made, out):
    """Write a galaxy whose flux is cut short."""
    path = change(made, out)
    with open(path, "r+b") as file:
        file.truncate(300)
    return path


def other_length(made, out):
    """Write a galaxy whose table has a row too few."""
    path = change(made, out)
    spectra = read_spectra(path)
    fewer = RestSpectra(
        *(np.array(x[:3]) for x in (spectra.flux, spectra.ivar)),
        spectra.info[:3],
        spectra.grid,
    )
    write_spectra(out / "fewer" / "21.npy", fewer)
    (out / "fewer" / "21_info.fits").replace(out / "21_info.fits")
    return path


GRID = RestGrid(3500.0, 1e-3, 64)
LIGHT, AREA = Settings(weight="light"), Settings(weight="area", radius=1.0)
BAD_GALAXIES = {
    "grid": (COUNTS, lambda *x: change(*x, grid=GRID), "that of the map"),
    "scaled": (COUNTS, lambda *x: change(*x, scaled="median"), "its flux is scaled"),
    "light": (LIGHT, lambda *x: without("light", *x), "no column light"),
    "area": (AREA, lambda *x: without("area", *x), "no column area"),
    "radius": (AREA, lambda *x: without("r_re_light", *x), "no column r_re_light"),
    "cut": (COUNTS, damaged, "21.npy: not a readable npy file"),
    "rows": (COUNTS, other_length, "as its table says"),
    "missing": (COUNTS, lambda *x: "/nowhere/21.npy", "no such file"),
}


@pytest.mark.parametrize("case", BAD_GALAXIES)
def test_galaxy_that_cannot_be_placed_stops_the_job(made, tmp_path, case):
    """The error names the file, and nothing is written."""
    settings, spoil, message = BAD_GALAXIES[case]
    bad = {"21": spoil(made, tmp_path / "bad")}
    with pytest.raises(BatchError, match=re.escape(message)):
        run(made, tmp_path / "out", settings, ["22"], **bad)
    assert not (tmp_path / "out" / "21.npy").exists()


def test_spectra_that_cannot_be_scaled_do_not_count(made, tmp_path):
    """A spectrum without a positive median is no spectrum of any unit."""
    flux = np.array(read_spectra(made / "21.npy").flux)
    flux[0] *= -1
    path = change(made, tmp_path / "bad", flux=flux)
    share, placed, *_ = read_galaxy(
        run(made, tmp_path / "out", names=[], **{"21": path})[0]
    )
    assert share[[0, 5]].tolist() == pytest.approx([2 / 3, 1 / 3])
    assert placed["weight"].tolist() == [0, 1, 1, 1]
    assert np.isnan(placed["distance"].iloc[0])


def length(path):
    """Make a fingerprint one unit too long."""
    np.save(path, np.full(13, 1 / 13, np.float32))


def unfair(path):
    """Make the shares add up to two."""
    np.save(path, 2 * np.load(path))


def nameless(path):
    """Take the plate-IFU from the header."""
    with fits.open(info_path(path), "update") as file:
        del file[0].header["PLATEIFU"]
        file[0].header.pop("CHECKSUM", None)


def mapless(path):
    """Take the map's number of rows from the header."""
    with fits.open(info_path(path), "update") as file:
        del file[0].header["MAPROWS"]


def other_map(path):
    """Say that the map was a torus."""
    with fits.open(info_path(path), "update") as file:
        file[0].header["MAPTOPO"] = "torus"


def pickled(path):
    """Write a pickled object in the place of the shares."""
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)


def empty(path):
    """Leave nothing of the file."""
    open(path, "w").close()


BAD_PRINTS = {
    length: "(13,)",
    unfair: "shares add up to 2",
    nameless: "no card PLATEIFU",
    mapless: "no card MAPROWS",
    other_map: "that of",
    pickled: "not a readable npy file",
    empty: "the file is empty",
}


@pytest.mark.parametrize("spoil", BAD_PRINTS, ids=lambda f: f.__name__)
def test_bad_fingerprint_is_named(made, tmp_path, spoil):
    """Stacking refuses what is no fingerprint of this map."""
    paths = run(made, tmp_path)
    spoil(paths[1])
    with pytest.raises(InputError, match=re.escape(BAD_PRINTS[spoil])) as caught:
        tasks.stack(paths, [])
    assert "22" in caught.value.path


def test_one_galaxy_under_two_names_is_refused(made, tmp_path, monkeypatch):
    """Two suffixes of one plate-IFU would count a galaxy twice."""
    monkeypatch.setitem(GALAXIES, "22", "8001-1901")
    with pytest.raises(InputError, match=r"8001-1901, which .*21\.npy holds, too"):
        tasks.stack(run(made, tmp_path), [])


def test_no_galaxies_no_stack():
    """There is nothing to train on."""
    with pytest.raises(InputError, match="no galaxies"):
        tasks.stack([], [])


def test_table_with_a_galaxy_twice_is_refused(made, tmp_path):
    """Galaxies are the rows of the array."""
    shares, table, layout = tasks.stack(run(made, tmp_path), [])
    table["plateifu"][1] = table["plateifu"][0]
    write_fingerprints(tmp_path / "fingerprints.npy", shares, table, layout)
    with pytest.raises(InputError, match="stands in two rows"):
        read_fingerprints(tmp_path / "fingerprints.npy")


def test_training_galaxies_are_those_of_the_sample(made, tmp_path):
    """The split is that of the spectra: a table of them, galaxy by galaxy."""
    table = Table({"plateifu": ["8001-1901", "8001-1901", "8001-6101"]})
    table.write(tmp_path / "Y_train.fits")
    assert tasks.galaxies_of(tmp_path / "Y_train.fits") == {"8001-1901", "8001-6101"}
    table["mangaID"] = ["1-21", "1-21", ""]
    table.write(tmp_path / "Y_train.fits", overwrite=True)
    training = tasks.galaxies_of(tmp_path / "Y_train.fits")
    assert training == {"1-21", "8001-6101"}
    found = tasks.stack(run(made, tmp_path), training)[1]
    assert found["split"].tolist() == ["train", "train", "empty"]
    Table({"name": ["a"]}).write(tmp_path / "other.fits")
    with pytest.raises(InputError, match="no column plateifu"):
        tasks.galaxies_of(tmp_path / "other.fits")
