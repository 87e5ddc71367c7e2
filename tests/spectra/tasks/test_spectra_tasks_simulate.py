"""The files of a simulated survey."""

import numpy as np
import pytest
from skyloom.io.errors import InputError
from skyloom.io.fits import opened
from skyloom.run.provenance import Recipe
from skyloom.spectra.config_simulation import Simulate
from skyloom.spectra.simulation.plan import planned, resources, templates
from skyloom.spectra.tasks.simulate import write_chunk

SMALL = {"fibres": [19], "spectra": 5, "redshift": [0.02, 0.1], "sn": [6.0, 40.0]}
KINDS = ("spec", "ivar", "wave")


def settings(**changes):
    return Simulate.stated(SMALL | {"templates": None} | changes)


def written(folder, galaxies, seed=1, **changes):
    names = planned({"galaxies": galaxies, "fibres": (19,)}, 1)
    paths = {k: folder / f"{k}0.npy" for k in KINDS}
    paths |= {"table": folder / "datatab0.fits", "truth": folder / "truth0.fits"}
    record = Recipe({}, "code").record([])
    write_chunk(paths, names, settings(**changes), seed, record)
    return paths


@pytest.fixture(scope="module")
def chunk(tmp_path_factory):
    return written(tmp_path_factory.mktemp("chunk"), 3)


def test_a_chunk_has_the_seeds_files(chunk):
    flux, ivar, wave = (np.load(chunk[k], allow_pickle=False) for k in KINDS)
    with opened(chunk["table"]) as file:
        table = file.table(1)
    with opened(chunk["truth"]) as file:
        truth = file.table(1)
    assert flux.shape == ivar.shape == (15, 4563)
    assert wave.shape == (4563,)
    assert (len(table), len(truth)) == (15, 3)
    assert set(truth["plateifu"]) == set(table["plateifu"])
    assert not {"galaxy_class", "gradient", "history", "nucleus"} & set(table.colnames)


def test_the_same_seed_gives_the_same_bytes(chunk, tmp_path):
    again = written(tmp_path, 3)
    for kind, path in chunk.items():
        assert again[kind].read_bytes() == path.read_bytes(), kind


def test_another_galaxy_changes_no_other(chunk, tmp_path):
    more = written(tmp_path, 4)
    few, many = (np.load(paths["spec"]) for paths in (chunk, more))
    assert many.shape == (20, 4563)
    assert many[:15].tobytes() == few.tobytes()


def test_another_seed_gives_other_galaxies(chunk, tmp_path):
    other = written(tmp_path, 3, seed=2)
    assert not np.array_equal(np.load(other["spec"]), np.load(chunk["spec"]))


def test_a_folder_without_populations_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(InputError, match=r"spectra\.simulate\.templates"):
        written(tmp_path / "out", 2, templates=str(tmp_path))
    assert not (tmp_path / "out").exists()


def test_rules_name_the_files_that_jobs_read(tmp_path, monkeypatch):
    monkeypatch.setenv("SKYLOOM_DATA", str(tmp_path))
    (tmp_path / "mastar").mkdir()
    for name in ("MaStar-SSP-A01.000-Z+0.00.fits.gz", "README"):
        (tmp_path / "mastar" / name).touch()
    [found] = templates({"templates": "mastar"})
    assert found.endswith("A01.000-Z+0.00.fits.gz")
    assert templates({"templates": None}) == []
    assert len(resources()) == 64
