"""Samples from files to files: size, order, scaling, split; and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from skyloom.io.errors import InputError
from skyloom.spectra.rest import files
from skyloom.spectra.rest.files import RestSpectra, paths, read_spectra, write_spectra
from skyloom.spectra.rest.galaxy import galaxy_of
from skyloom.spectra.rest.grid import RestGrid
from skyloom.spectra.rest.scale import scale
from skyloom.spectra.tasks.sample import make_sample, split_sample

GRID = RestGrid(3600.0, 2e-3, 64)
SETTINGS = {
    "seed": 4,
    "sample": {"scale": "median", "test": 0.2},
    "cuts": {"outliers": [1.0, 99.0]},
}
COUNTS = {"0": 60, "1": 25, "2": 60}


def a_chunk(name, count, grid=GRID):
    """Return spectra of five galaxies a chunk, one of them repeated in all chunks."""
    lot = np.random.default_rng(int(name))
    flux = lot.uniform(1, 2, (count, grid.pixels)).astype("f4")
    flux[3] *= -1
    flux[4, 5] = 1e3
    ivar = (lot.random(flux.shape) > 0.1) * np.float32(4)
    scaled, _, usable = scale(flux, ivar, grid, "median")
    galaxy = np.arange(count) % 5
    info = pd.DataFrame(
        {
            "fname": f"chunk {name}",
            "plateifu": [f"{8000 + int(name)}-{g}" for g in galaxy],
            "mangaID": [f"1-{g if g == 0 else 10 * int(name) + g}" for g in galaxy],
            "row": np.arange(count),
            "flux_min": np.where(usable, scaled.min(axis=1), np.nan),
            "flux_max": np.where(usable, scaled.max(axis=1), np.nan),
        }
    )
    return RestSpectra(flux, ivar, info, grid)


@pytest.fixture
def chunks(tmp_path):
    """Return the files of three chunks."""
    found = {name: tmp_path / "rest" / f"spec{name}.npy" for name in COUNTS}
    for name, path in found.items():
        write_spectra(path, a_chunk(name, COUNTS[name]))
    return found


@pytest.fixture
def sample(chunks, tmp_path):
    """Return a sample of 100, and its report."""
    report = make_sample(chunks, tmp_path / "spec100.npy", "100", SETTINGS, None)
    return tmp_path / "spec100.npy", report


def test_a_sample_is_as_large_as_its_name_says_and_from_all_chunks(sample):
    found, report = read_spectra(sample[0]), sample[1]
    assert len(found) == 100
    from_ = found.info["fname"].value_counts()
    usable = report["chunks"]["1"]["available"]
    assert usable < 25
    assert from_["chunk 1"] == usable
    assert abs(from_["chunk 0"] - from_["chunk 2"]) <= 1
    assert report["left_out"]["cannot be scaled"] == 3
    assert report["left_out"]["flux above the threshold"] >= 1
    all_out = sum(report["left_out"].values())
    assert report["available"] + all_out == sum(COUNTS.values())


def test_spectra_are_those_of_the_chunks_scaled_in_their_order(sample, chunks):
    found = read_spectra(sample[0])
    assert found.scaled == "median"
    order = [(name[-1], row) for name, row in found.info[["fname", "row"]].to_numpy()]
    assert order == sorted(order)
    for i, (name, row) in enumerate(order):
        flux, ivar, _ = scale(*_pixels(chunks[name], row), GRID, "median")
        np.testing.assert_array_equal(found.flux[i], flux[0])
        np.testing.assert_array_equal(found.ivar[i], ivar[0])
        good = (found.ivar[i] > 0) & (GRID.wave >= 4400) & (GRID.wave <= 5500)
        assert np.median(found.flux[i][good]) == pytest.approx(1)


def _pixels(path, row):
    one = read_spectra(path)
    return one.flux[row : row + 1], one.ivar[row : row + 1]


def test_pieces_and_repetition_give_the_same_bytes(
    sample, chunks, tmp_path, monkeypatch
):
    monkeypatch.setattr(files, "CHUNK", 7)
    again = tmp_path / "again.npy"
    assert make_sample(chunks, again, "100", SETTINGS, None) == sample[1]
    for one, other in zip(
        paths(sample[0]).values(), paths(again).values(), strict=True
    ):
        assert one.read_bytes() == other.read_bytes()


def test_thresholds_know_training_galaxies_only(chunks, sample):
    test = set(galaxy_of(read_spectra(sample[0]).info.query("part == 'test'")))
    for path in chunks.values():
        one = read_spectra(path)
        info = one.info.copy()
        info.loc[np.isin(galaxy_of(info), list(test)), "flux_max"] *= 0.5
        write_spectra(path, RestSpectra(one.flux, one.ivar, info, GRID))
    report = make_sample(chunks, sample[0], "100", SETTINGS, None)
    assert report["thresholds"] == sample[1]["thresholds"]


def test_a_split_is_whole_and_by_galaxy(sample, tmp_path):
    targets = {
        name: (tmp_path / f"X_{name}.npy", tmp_path / f"Y_{name}.fits")
        for name in ("train", "test")
    }
    split_sample(sample[0], targets, None)
    whole = read_spectra(sample[0])
    train, test = (read_spectra(*targets[name]) for name in ("train", "test"))
    assert set(galaxy_of(train.info)).isdisjoint(galaxy_of(test.info))
    # Repeats under three plate-IFUs are one galaxy: all are on one side.
    sides = [one.info["plateifu"].str.endswith("-0").any() for one in (train, test)]
    assert sum(sides) == 1
    for part in (train, test):
        name = part.info["part"].iloc[0]
        mine = (whole.info["part"] == name).to_numpy()
        np.testing.assert_array_equal(part.flux, whole.flux[mine])
        np.testing.assert_array_equal(part.ivar, whole.ivar[mine])
        assert list(part.info["row"]) == list(whole.info["row"][mine])
        assert (part.scaled, part.grid) == ("median", GRID)
    assert len(train) + len(test) == 100
    share = sample[1]["galaxies"]
    assert (share["all"], share["test"]) == (13, 3)


def test_a_smaller_sample_is_a_part_with_the_same_split(sample, chunks, tmp_path):
    make_sample(chunks, tmp_path / "spec30.npy", "30", SETTINGS, None)
    some, all_ = (read_spectra(p).info for p in (tmp_path / "spec30.npy", sample[0]))
    key = ["fname", "row", "part"]
    joined = some[key].merge(all_[key])
    assert len(joined) == len(some) == 30


def _other_grid(one):
    return a_chunk("1", 25, RestGrid(3600.0, 1e-3, 64))


def _no_extremes(one):
    return RestSpectra(one.flux, one.ivar, one.info.drop(columns="flux_min"), GRID)


def _scaled(one):
    return RestSpectra(one.flux, one.ivar, one.info, GRID, "zscore")


def _no_galaxy(one):
    info = one.info.drop(columns="mangaID")
    info.loc[3, "plateifu"] = ""
    return RestSpectra(one.flux, one.ivar, info, GRID)


def _false_table(one):
    flux = one.flux.copy()
    flux[5:] = -1
    return RestSpectra(flux, one.ivar, one.info, GRID)


def _nan(one):
    flux = one.flux.copy()
    flux[5:] = np.nan
    return RestSpectra(flux, np.maximum(one.ivar, 1), one.info, GRID)


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (_other_grid, "step=0.001.*expected that of .*spec0.npy"),
        (_no_extremes, "no column flux_min"),
        (_scaled, "scaled by zscore; expected physical units"),
        (_no_galaxy, "row 3 has neither mangaID nor plateifu"),
        (_false_table, "cannot be scaled, and its table says it can"),
        (_nan, "cannot be scaled, and its table says it can"),
    ],
)
def test_a_bad_chunk_is_refused_and_nothing_written(harm, says, chunks, tmp_path):
    write_spectra(chunks["1"], harm(read_spectra(chunks["1"]).rows(np.arange(25))))
    with pytest.raises(InputError, match=says) as error:
        make_sample(chunks, tmp_path / "spec100.npy", "100", SETTINGS, None)
    assert "spec1.npy" in str(error.value)
    assert not list(tmp_path.glob("*spec100*"))


def test_more_than_there_are_is_refused_with_both_numbers(chunks, tmp_path):
    with pytest.raises(InputError, match=r"250000 spectra .*, and 1\d\d can be used"):
        make_sample(chunks, tmp_path / "spec250k.npy", "250k", SETTINGS, None)
    assert not list(tmp_path.glob("*spec250k*"))


def test_a_sample_of_one_side_cannot_be_split(chunks, tmp_path):
    make_sample(chunks, tmp_path / "spec1.npy", "1", SETTINGS, None)
    targets = {name: (tmp_path / f"{name}.npy",) * 2 for name in ("train", "test")}
    with pytest.raises(InputError, match=r"no spectra of galaxies for (train|test)"):
        split_sample(tmp_path / "spec1.npy", targets, None)
