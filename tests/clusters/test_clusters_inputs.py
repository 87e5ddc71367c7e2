"""Which fields, survey tiles and lists a run has, and the files that hold them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from skyloom.clusters import inputs, survey_tiles, training_files
from skyloom.clusters.tasks.products import by_tile
from skyloom.io.errors import InputError
from skyloom.run.config import ConfigError
from small_clusters import config

TILES = ("DES0000-2958", "DES0001-3000")


@pytest.fixture
def data(tmp_path, monkeypatch):
    """Return the folder of the data: two tiles of DES in four bands and one more."""
    monkeypatch.setenv("SKYLOOM_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for tile in TILES:
        for band in "grizY":
            touch(tmp_path / "des" / tile / f"{tile}_r4907p01_{band}_nobkg.fits.fz")
    return tmp_path


def touch(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return str(path)


def of_fields(number, size, **data) -> dict:
    return config(
        simulate={"fields": {"number": number}}, data={"n_per_file": size, **data}
    )


def test_files_hold_fields_in_their_order():
    """Each field once; the last file may be short, and its name says so."""
    whole = of_fields(11, 3)
    held = {0: [0, 1, 2], 1: [3, 4, 5], 2: [6, 7, 8], 3: [9, 10]}
    assert training_files.files(whole) == held
    assert training_files.data_files(held, [3, 0]) == [
        "<results>/file_data/file_data_3_size_2.pt",
        "<results>/file_data/file_data_0_size_3.pt",
    ]


def test_without_fields_there_are_no_files():
    """A run may only look, with a given encoder."""
    whole = of_fields(0, 4)
    assert training_files.files(whole) == {}
    assert training_files.splits(whole, []) == {k: [] for k in training_files.SPLITS}


def test_too_few_files_are_refused():
    """Training, validation, calibration and test need one each."""
    with pytest.raises(
        ConfigError, match=r"number is 8, in files of 4: 2 file\(s\), b"
    ):
        training_files.files(of_fields(8, 4))


@pytest.mark.parametrize("number", [4, 7, 50])
def test_every_file_has_one_use(number):
    """Four parts without overlap, none of them empty, near the shares asked for."""
    whole = of_fields(number, 1, held_out=0.2, test=0.1)
    parts = training_files.splits(whole, training_files.files(whole))
    assert sorted(k for part in parts.values() for k in part) == list(range(number))
    assert len(parts["test"]) == max(1, round(0.1 * number))
    for part in ("validate", "calibrate"):
        assert len(parts[part]) == max(1, round(0.1 * number))


def test_parts_follow_from_the_seed():
    """The same again; others with another seed."""
    whole = of_fields(40, 1)
    parts = training_files.splits(whole, range(40))
    assert parts == training_files.splits(of_fields(40, 1), range(40))
    assert parts != training_files.splits(whole | {"seed": 4}, range(40))


def test_files_of_fields():
    """The seed's names, four images to a field."""
    whole = training_files.files(of_fields(8, 2))
    assert training_files.field_files(whole, "catalogs", [1, 0]) == [
        f"<results>/catalogs/galsim_des_{i:03d}.dat" for i in (2, 3, 0, 1)
    ]
    assert training_files.field_files(whole, "truth", [2])[1].endswith(
        "clusters_005.fits"
    )
    images = training_files.field_files(whole, "images", [1])
    assert [path[-6] for path in images] == [*"griz"] * 2
    assert images[0] == "<results>/images/galsim_des_002_g.fits"


def test_list_of_clusters(data):
    """A given one, or one that is made."""
    path = touch(data / "desY1a1.csv.gz")
    assert inputs.cluster_list(config(paths={"list": "desY1a1.csv.gz"})) == path
    assert inputs.cluster_list(config()) == inputs.LIST


def test_psfex_models(data):
    """One a band, in the bands' order; all or none."""
    assert inputs.psfex(config()) == []
    wanted = [touch(data / "psf" / f"{band}.psf") for band in "griz"]
    whole = config(images={"psfex": "psf/{band}.psf"})
    assert inputs.psfex(whole) == wanted
    (data / "psf" / "i.psf").unlink()
    with pytest.raises(
        ConfigError, match=r"psfex: there is no file .*i\.psf; expected"
    ):
        inputs.psfex(whole)


def test_simulated_tiles():
    """As many as planned, four images each, and a truth."""
    whole = config(simulate={"survey": {"tiles": 2}})
    found = survey_tiles.tiles(whole)
    assert list(found) == ["sim0000", "sim0001"]
    assert found["sim0001"][3] == "<results>/survey/sim0001_z.fits.fz"
    assert inputs.survey_truth(whole, found)[1] == "<results>/survey/truth/sim0001.fits"


def of_survey(**paths) -> dict:
    return config(source="files", paths={"survey": "des", **paths})


def test_tiles_of_a_folder(data):
    """Of g, r, i and z in this order, whatever the depth; Y is left alone."""
    found = survey_tiles.tiles(of_survey())
    assert list(found) == list(TILES)
    place = data / "des" / TILES[0]
    assert found[TILES[0]] == [
        str(place / f"{TILES[0]}_r4907p01_{band}_nobkg.fits.fz") for band in "griz"
    ]


def test_a_job_reads_the_listing_of_its_run(data):
    """The folder is listed once; the next run lists it again."""
    found = survey_tiles.tiles(of_survey())
    for band in "griz":
        touch(data / "des" / "new" / f"DES9_r1p01_{band}_nobkg.fits.fz")
    assert survey_tiles.tiles(of_survey(), fresh=False) == found
    assert list(survey_tiles.tiles(of_survey())) == [*TILES, "DES9"]
    assert len(survey_tiles.tiles(of_survey(), fresh=False)) == 3


def test_a_tile_without_a_band_is_refused(data):
    """Tile and band are named."""
    (data / "des" / TILES[1] / f"{TILES[1]}_r4907p01_i_nobkg.fits.fz").unlink()
    with pytest.raises(ConfigError, match=rf"tile {TILES[1]} in .*des lacks i; expect"):
        survey_tiles.tiles(of_survey())


def test_companions_links_and_packed_twins(data):
    """Hidden files are no tiles, linked folders are entered, a packed twin is one."""
    whole = config(source="files", paths={"survey": "des"})
    before = survey_tiles.tiles(whole)
    for tile in TILES:
        touch(data / "des" / tile / f"._{tile}_r4907p01_g_nobkg.fits.fz")
    touch(data / "des" / ".snapshot" / "DES9_r1p01_g_nobkg.fits.fz")
    assert survey_tiles.tiles(whole) == before
    for band in "griz":
        touch(data / "elsewhere" / f"DES9_r1p01_{band}_nobkg.fits.fz")
        touch(data / "elsewhere" / f"DES9_r1p01_{band}_nobkg.fits")
    (data / "des" / "linked").symlink_to(data / "elsewhere")
    found = survey_tiles.tiles(whole)
    assert set(found) == {*TILES, "DES9"}
    assert [path[-11:] for path in found["DES9"]] == ["_nobkg.fits"] * 4


@pytest.mark.parametrize(
    "text", ["", "\n\n", "tile,g,r,i,z\n", "<!DOCTYPE html>\n<p>404, not found</p>\n"]
)
def test_a_sheet_without_tiles_is_refused(data, text):
    """An empty one, or a page that says that something went wrong."""
    (data / "sheet.csv").write_text(text)
    whole = config(source="files", paths={"survey": None, "survey_sheet": "sheet.csv"})
    with pytest.raises(
        InputError, match=r"sheet\.csv: .*(no rows|no header|is empty|a web page)"
    ):
        survey_tiles.tiles(whole)


def test_a_band_twice_is_refused(data):
    """Of two reductions of a tile, nobody knows which."""
    touch(data / "des" / "new" / f"{TILES[1]}_r5000p01_i_nobkg.fits.fz")
    with pytest.raises(
        ConfigError, match=rf"tile {TILES[1]} has band i twice, .*; kee"
    ):
        survey_tiles.tiles(of_survey())


def test_a_folder_without_tiles_is_refused(data):
    """With the pattern, the folder and what to do; so is no folder at all."""
    (data / "empty").mkdir()
    with pytest.raises(
        ConfigError, match=r"_nobkg\.fits\.fz in .*empty; set SKYLOOM_D"
    ):
        survey_tiles.tiles(of_survey(survey="empty"))
    with pytest.raises(ConfigError, match=r"needs clusters\.paths\.survey or clusters"):
        survey_tiles.tiles(config(source="files"))


def test_tiles_of_a_sheet(data):
    """Paths of the sheet, relative to the data; a row without a band is named."""
    sheet = data / "tiles.csv"
    sheet.write_text("tile,z,g,r,i\nA,a/z.fits,a/g.fits,a/r.fits,a/i.fits\n")
    found = survey_tiles.tiles(of_survey(survey=None, survey_sheet="tiles.csv"))
    assert found == {"A": [str(data / "a" / f"{band}.fits") for band in "griz"]}
    sheet.write_text("tile,g,r,i,z\nA,a/g.fits,a/r.fits,,a/z.fits\n")
    with pytest.raises(InputError, match=r"row 2: .*i: missing"):
        survey_tiles.tiles(of_survey(survey=None, survey_sheet="tiles.csv"))


NAMES = ("DES0001-0207", "A", "A+1", "field_12_Y", "g1", "-7")
CONFUSED = ("A.1", "A_g", "a_b_z", "r", "A 1", "a/b", "{x}", "A__1", "_A", "A_", "é")


@pytest.mark.parametrize("name", NAMES)
def test_names_come_back_from_files(data, name):
    """What files of a tile are called says which tile it is."""
    sheet = data / "tiles.csv"
    sheet.write_text(f"tile,g,r,i,z\n{name},g.fits,r.fits,i.fits,z.fits\n")
    assert list(
        survey_tiles.tiles(of_survey(survey=None, survey_sheet="tiles.csv"))
    ) == [name]
    found = [f"a/{name}_{band}.fits.fz" for band in "griz"]
    found += [f"b/{name}.{suffix}" for suffix in ("npz", "fits", "dat")]
    assert by_tile(found) == {name: found}


@pytest.mark.parametrize("name", CONFUSED)
def test_names_that_files_would_lose_are_refused(data, name):
    """The sheet, the row, what a name may be, and what to do; in folders the file."""
    (data / "tiles.csv").write_text(
        f"tile,g,r,i,z\nA,g,r,i,z\n{name},g.fits,r.fits,i.fits,z.fits\n"
    )
    with pytest.raises(
        InputError,
        match=r"tiles\.csv: .*row 3: tile: got '.*letters, digits.*rename the tile",
    ):
        survey_tiles.tiles(of_survey(survey=None, survey_sheet="tiles.csv"))
    if "/" in name:
        return
    touch(data / "odd" / f"{name}_r4907p01_g_nobkg.fits.fz")
    with pytest.raises(ConfigError, match=r"begins with the tile .*; rename the file"):
        survey_tiles.tiles(of_survey(survey="odd"))


def test_truth_of_a_given_survey_is_optional(data):
    """One list, or none."""
    assert inputs.survey_truth(of_survey(), ()) == []
    path = touch(data / "known.csv")
    assert inputs.survey_truth(of_survey(survey_truth="known.csv"), ()) == [path]


def test_own_encoder():
    """Null is the run's, which needs fields to be trained on."""
    found = inputs.encoder(config())
    assert found["encoder"] == "<results>/encoder/best_encoder.ckpt"
    assert found["calibration"] == "<results>/encoder/calibration.json"
    with pytest.raises(ConfigError, match=r"encoder is null, and with .* 0 none is tr"):
        inputs.encoder(of_fields(0, 4))


def test_given_encoder(data, tmp_path, monkeypatch):
    """Of the data; of the repository first, and relative, so that it can move."""
    path = touch(data / "m" / "best.ckpt")
    known = touch(data / "m" / "calibration.json")
    whole = config(encoder="m/best.ckpt")
    assert inputs.encoder(whole) == {"encoder": path, "calibration": known}
    monkeypatch.setattr(inputs, "ROOT", tmp_path / "checkout")
    monkeypatch.chdir(tmp_path)
    touch(tmp_path / "checkout" / "m" / "best.ckpt")
    touch(tmp_path / "checkout" / "m" / "calibration.json")
    assert inputs.encoder(whole) == {
        "encoder": "checkout/m/best.ckpt",
        "calibration": "checkout/m/calibration.json",
    }


def test_an_encoder_without_a_calibration_is_refused(data):
    """Its scores are no probabilities; the file that is missing is named."""
    touch(data / "m" / "best.ckpt")
    with pytest.raises(ConfigError, match=r"no file .*m/calibration\.json, without wh"):
        inputs.encoder(config(encoder="m/best.ckpt"))


def test_a_missing_encoder_is_refused(data):
    """Both places are named."""
    with pytest.raises(
        ConfigError, match=r"no file 'nowhere\.ckpt', neither in the re"
    ):
        inputs.encoder(config(encoder="nowhere.ckpt"))


def test_galaxies_of_the_real_field(data):
    """A file is itself, a folder its tables, and nothing else."""
    with pytest.raises(ConfigError, match=r"real_field\.galaxies is null: name a t"):
        inputs.galaxies(config())
    wanted = [
        touch(data / "sky" / name) for name in ("a_0000001.fit", "b_0000002.fits.gz")
    ]
    touch(data / "sky" / "another_table.fits")
    touch(data / "sky" / "notes.txt")
    assert inputs.galaxies(config(real_field={"galaxies": "sky"})) == wanted
    one = config(real_field={"galaxies": "sky/a_0000001.fit"})
    assert inputs.galaxies(one) == wanted[:1]
    (data / "empty").mkdir()
    with pytest.raises(
        ConfigError, match=r"no \*_NNNNNNN\.fit in .*empty; set SKYLOOM_DATA"
    ):
        inputs.galaxies(config(real_field={"galaxies": "empty"}))


def test_lists_to_match(data):
    """Both, or which keys to set."""
    named = {key: touch(data / f"{key}.csv") for key in "ab"}
    assert inputs.matched(config(match={"a": "a.csv", "b": "b.csv"})) == named
    named |= {"footprint": touch(data / "moc.fits")}
    both = {"a": "a.csv", "b": "b.csv", "footprint": "moc.fits"}
    assert inputs.matched(config(match=both)) == named
    with pytest.raises(ConfigError, match=r"set clusters\.match\.a and clusters\.mat"):
        inputs.matched(config())


@pytest.mark.parametrize(
    ("train", "cores", "gpus"),
    [
        ({}, 1, 0),
        ({"threads": 3}, 3, 0),
        ({"accelerator": "gpu", "devices": 2, "workers": 4}, 8, 2),
        ({"devices": 2, "threads": 2}, 4, 0),
    ],
)
def test_training_asks_for_all_its_devices(train, cores, gpus):
    """Threads, or readers, of each."""
    asked = training_files.request(config(train=train))
    assert asked == {"cores": cores, "gpus": gpus}


def test_reading_the_rules_loads_nothing_heavy():
    """No table, network or file library."""
    heavy = {"pandas", "torch", "galsim", "astropy", "scipy", "pytorch_lightning"}
    code = "import sys, skyloom.clusters.inputs, skyloom.clusters.survey_tiles; "
    found = subprocess.run(
        [sys.executable, "-c", code + "print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert heavy.isdisjoint(found.stdout.split())


def test_a_sample_of_tiles_is_spread_over_the_survey():
    """All of few; of many at most fifty, whatever their order."""
    names = [f"t{i:04d}" for i in range(1_234)]
    some = survey_tiles.sample(reversed(names))
    assert 25 < len(some) <= 50
    assert set(some) <= set(names)
    assert some[-1] > names[-50]
    assert survey_tiles.sample(names[:50]) == names[:50]
    assert survey_tiles.sample([]) == []
