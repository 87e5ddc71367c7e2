"""The map of galaxies places raw fingerprints; the catalogue tells it."""

from dataclasses import replace

import numpy as np
import pytest
import small_fingerprints as small
from astropy.table import Table
from skyloom.io.catalogues import write_catalogue
from skyloom.io.errors import InputError
from skyloom.io.npz import read_npz, write_npz
from skyloom.spectra.galaxies.files import (
    Layout,
    read_fingerprints,
    write_fingerprints,
)
from skyloom.spectra.galaxy_map.catalogue import COLUMNS, catalogue
from skyloom.spectra.galaxy_map.model import placed
from skyloom.spectra.rest.files import table_of
from skyloom.spectra.tasks.galaxy_map import ARRAYS, read_placed, write_placed


@pytest.fixture(scope="module")
def prints():
    """Return fingerprints of invented galaxies."""
    return small.fingerprints()[0]


@pytest.fixture(scope="module")
def made(prints):
    """Return a map of them."""
    return small.galaxy_map(prints)


def test_prototypes_fall_on_themselves(made):
    """The scaler belongs to the map: what comes in are raw fingerprints."""
    unit, distance, latent = made.place(made.layout and np.eye(20, dtype="f4"))
    scaled = made.codec.encode(made.scaler(np.eye(20)))
    np.testing.assert_array_equal(latent, scaled)
    apart = np.linalg.norm(made.som.prototypes[None] - scaled[:, None], axis=2)
    np.testing.assert_array_equal(unit, apart.argmin(axis=1))
    np.testing.assert_allclose(distance, apart.min(axis=1), rtol=1e-4)
    assert made.prototypes().shape == (12, 20)


def test_fingerprint_of_another_length_is_refused(made):
    """It is of another map of spectra."""
    with pytest.raises(ValueError, match=r"\(n, 20\)"):
        made.place(np.ones((2, 21), np.float32))
    assert [len(x) for x in made.place(np.zeros((0, 20), np.float32))] == [0, 0, 0]


def test_galaxies_of_other_fingerprints_are_refused(made, prints, tmp_path):
    """Another map of spectra, or galaxies more or less."""
    path = tmp_path / "placed.npz"
    write_placed(path, placed(made, prints.shares), {})
    assert read_placed(path, prints).layout == prints.layout
    turned = replace(prints, layout=Layout(5, 4, "sheet", "rectangular"))
    fewer = replace(prints, info=prints.info[:-1], shares=prints.shares[:-1])
    for other in (turned, fewer):
        with pytest.raises(InputError, match="those of the fingerprints"):
            read_placed(path, other)
    arrays = read_npz(path)
    write_npz(path, **arrays | {"unit": arrays["unit"] + 12})
    with pytest.raises(InputError, match=r"placed\.npz: .*units of -1 to 11"):
        read_placed(path)
    write_npz(path, **arrays | {"facts": np.array("{}")})
    with pytest.raises(InputError, match=r"placed\.npz: no map"):
        read_placed(path)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(InputError, match="not a readable npz"):
        read_placed(path)


def test_placed_galaxies_are_read_as_written(made, prints, tmp_path):
    """All that later rules need, without the networks."""
    path, one = tmp_path / "placed.npz", placed(made, prints.shares)
    write_placed(path, one, {})
    two = read_placed(path)
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    np.testing.assert_array_equal(two.som.weights, made.som.weights)
    assert two.unit[-1] == -1
    assert np.isnan(two.distance[-1])


def test_catalogue_has_a_row_a_galaxy(made, prints):
    """Rows and columns of units, and percentiles of training galaxies."""
    table = catalogue(prints, placed(made, prints.shares))
    some = np.array(table["split"] != "empty")
    assert len(table) == len(prints.info)
    assert table["bmu2"][~some].tolist() == table["row"][~some].tolist() == [-1]
    assert np.isnan(table["novelty"][~some]).all()
    unit = made.place(prints.shares[some])[0]
    np.testing.assert_array_equal(
        4 * table["row"] + table["col"], np.where(some, table["bmu2"], -5)
    )
    np.testing.assert_array_equal(table["bmu2"][some], unit)
    train = np.sort(table["novelty"][table["split"] == "train"])
    n = len(train)
    np.testing.assert_allclose(train, 100 * np.arange(n) / n)


def test_catalogue_keeps_units_and_ucds_in_both_files(made, prints, tmp_path):
    """What a column means stands in the file."""
    table = catalogue(prints, placed(made, prints.shares))
    for suffix in ("fits", "ecsv"):
        write_catalogue(tmp_path / f"catalogue.{suffix}", table)
    again = Table.read(tmp_path / "catalogue.ecsv")
    assert again.colnames == [column.name for column in COLUMNS]
    assert all(again[c.name].info.description == c.description for c in COLUMNS)
    assert again["novelty"].unit == "%"
    assert again["plateifu"].info.meta["ucd"] == "meta.id;meta.main"
    assert len(Table.read(tmp_path / "catalogue.fits")) == len(table)


def test_galaxy_that_is_like_no_other_is_new(made, prints):
    """Far from all prototypes: above nearly all training galaxies."""
    odd = np.zeros((1, 20), np.float32)
    odd[0, 18:] = 0.5  # units that no class has
    distance = made.place(odd)[1]
    assert made.percentile(distance)[0] > 95
    assert made.percentile(np.zeros(1, "f4"))[0] == 0


def test_catalogue_of_files_is_that_of_memory(made, prints, tmp_path):
    """Nothing is lost on the way through the disk."""
    path = tmp_path / "fingerprints.npy"
    write_fingerprints(path, prints.shares, table_of(prints.info), prints.layout)
    both = placed(made, prints.shares)
    one, two = (catalogue(known, both) for known in (prints, read_fingerprints(path)))
    for name in one.colnames:
        np.testing.assert_array_equal(one[name], two[name])
