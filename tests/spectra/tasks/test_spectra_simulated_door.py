"""Simulated files enter through the readers of real ones."""

import numpy as np
import pytest
from skyloom.run.provenance import Recipe
from skyloom.spectra.config_simulation import Simulate
from skyloom.spectra.readers.chunks import names_of, read_chunk
from skyloom.spectra.readers.manga import read_galaxy
from skyloom.spectra.readers.observed import at_rest
from skyloom.spectra.rest.grid import RestGrid
from skyloom.spectra.tasks.simulate import write_chunk, write_cube

SETTINGS = Simulate.stated(
    {
        **{"fibres": [19], "spectra": 12, "redshift": [0.02, 0.1], "sn": [8.0, 40.0]},
        "templates": None,
    }
)
NAMES = {"9001-1901": "1-500001", "9001-1902": "1-500002"}
GRID = RestGrid(3700.0, 4e-4, 1024)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("raw")
    paths = {k: folder / f"{k}0.npy" for k in ("spec", "ivar", "wave")}
    paths |= {k: folder / f"{k}0.fits" for k in ("table", "truth")}
    write_chunk(paths, NAMES, SETTINGS, 1, Recipe({}, "code").record([]))
    cubes = {k: folder / f"{k}.fits.gz" for k in ("cube", "maps")}
    write_cube(cubes, "9001-1901", "1-500001", SETTINGS, 1)
    return paths | cubes


@pytest.fixture(scope="module")
def chunk(files):
    [observed] = read_chunk(*(files[k] for k in ("spec", "wave", "table", "ivar")))
    return observed


@pytest.fixture(scope="module")
def cube(files):
    [observed] = read_galaxy(files["cube"], files["maps"])
    return observed


def test_a_chunk_is_read_as_it_was_made(files, chunk):
    assert names_of(files["table"]) == NAMES
    np.testing.assert_array_equal(chunk.ivar, np.load(files["ivar"]))
    assert {"log_age", "z_h", "ebv_stars", "log_ssfr", "bpt"} <= set(chunk.info)
    assert chunk.info["v_star"].abs().max() > 1


def test_the_4000_break_is_at_4000_when_at_rest(chunk):
    """At rest, the flux of old galaxies rises from 3850-3950 to 4000-4100 Å."""
    rest = at_rest(chunk, GRID)
    below, above = ((GRID.wave > low) & (GRID.wave < low + 100) for low in (3850, 4000))
    ratio = rest.flux[:, above].mean(axis=1) / rest.flux[:, below].mean(axis=1)
    age = chunk.info["log_age"].to_numpy()
    assert (ratio > 1).all()
    assert np.corrcoef(ratio, age)[0, 1] > 0.5


def test_a_cube_gives_the_spectra_of_its_maps(cube, files):
    info = cube.info
    assert set(info["plateifu"]) == {"9001-1901"}
    assert info["redshift"].nunique() == 1
    assert info["area"].sum() == pytest.approx(0.25 * 340, abs=25)
    assert (info["sigma_star"] > 15).all()
    inner = info.loc[info["r_re_light"].idxmin()]
    assert np.hypot(inner["x"], inner["y"]) < 2


def test_the_cube_and_the_chunk_show_one_galaxy(chunk, cube):
    """Mean colour and redshift agree: they differ in noise and in bins alone."""
    mine = (chunk.info["plateifu"] == "9001-1901").to_numpy()
    assert chunk.info["redshift"][mine].iloc[0] == pytest.approx(
        cube.info["redshift"].iloc[0], rel=1e-6
    )
    colours = []
    for flux, ivar, info in (
        (chunk.flux[mine], chunk.ivar[mine], chunk.info[mine]),
        (cube.flux, cube.ivar, cube.info),
    ):
        weight = info["area"].to_numpy()[:, None] * (ivar > 0)
        total = (flux * weight).sum(axis=0) / np.maximum(weight.sum(axis=0), 1e-9)
        colours.append(total[1500:1700].mean() / total[3300:3500].mean())
    assert colours[0] == pytest.approx(colours[1], rel=0.03)


def test_the_errors_of_bins_are_what_they_claim(cube):
    """Stacked spaxels with their correlated noise: residuals of about one σ."""
    pixels = slice(1900, 3400)
    flux, ivar = cube.flux[:, pixels], cube.ivar[:, pixels]
    rough = flux[:, 2:-2] - (flux[:, :-4] + flux[:, 4:]) / 2
    claimed = np.sqrt(1.5 / ivar[:, 2:-2])
    ratio = 1.4826 * np.median(np.abs(rough / claimed), axis=1)
    assert 0.75 < np.median(ratio) < 1.35
