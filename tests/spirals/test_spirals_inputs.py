"""Which galaxies a run has, and the files that they are made of."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from skyloom.io.errors import InputError
from skyloom.run.config import ConfigError, checked
from skyloom.spirals import inputs
from skyloom.spirals.config import Config
from skyloom.spirals.inputs import Galaxy, Inputs, request

DRAWN = "gz3d_1-304336_127_14724446"
OLDER = "1-2_19_7"
SUM = "0" * 64


@pytest.fixture
def data(tmp_path, monkeypatch):
    """Return the folder of the data, with a catalogue and files of every source."""
    monkeypatch.setenv("SKYLOOM_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    touched = ["desi.csv", f"gz3d/deep/{DRAWN}.fits.gz", f"gz3d/{OLDER}.fits"]
    touched += ["gz3d/sheet.fits", "gz3d/notes.txt", "builder/gal-metadata.csv"]
    touched += [f"builder/models/{k}.json.gz" for k in (11, 12, "all")]
    touched += [f"builder/images/{k}.npz" for k in (11, 13, "all")]
    touched += ["sky/a.jpg", "sky/b.PNG", "sky/in/c.d.fits.gz", "sky/list.csv"]
    touched += ["sky/.hidden.png", "one.fits", "seen.pt"]
    for name in touched:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def of(*sources, paths=(), **more) -> Inputs:
    """Return the inputs of a configuration."""
    tree = {"sources": sources, "paths": dict(paths), **more}
    return Inputs({"seed": 3, **checked(Config, tree).model_dump(mode="json")})


GZ3D = {"gz3d": "gz3d", "catalogue": "desi.csv"}
BUILDER = {"drawings": "builder"}
SKY = {"pictures": ["sky", "one.fits"]}


def test_a_run_without_sources_has_nothing():
    """Nothing is planned, and nothing refused."""
    found = of()
    assert found.galaxies == found.chunks == {}
    assert found.master() == []


def test_simulated_galaxies():
    """Some with drawings, others with votes only; the seed decides."""
    found = of("simulated", simulate={"galaxies": 40})
    assert len(found.galaxies) == 40
    assert 20 < len(found.drawn()) < 40
    name, path = next(iter(found.drawn().items()))
    assert path == f"<results>/raw/gz3d/{name}.fits.gz"
    assert found.galaxies[name].picture == f"<results>/raw/cutouts/{name}.fits"
    assert found.catalogues() == {
        "base": ["<results>/raw/gz_desi.parquet"],
        "sami": ["<results>/raw/sami.csv"],
    }
    assert found.gz3d() == list(found.drawn().values())
    assert found.master() == [inputs.MASTER]
    dealt = [name for names in found.chunks.values() for name in names]
    assert sorted(dealt) == sorted(found.galaxies)


def test_files_of_gz3d_in_a_folder(data):
    """At any depth, of older names too; others are left alone; cutouts are fetched."""
    found = of("gz3d", paths=GZ3D)
    assert found.drawn() == {
        OLDER: str(data / f"gz3d/{OLDER}.fits"),
        DRAWN: str(data / f"gz3d/deep/{DRAWN}.fits.gz"),
    }
    assert found.galaxies[DRAWN].picture == f"<downloads>/cutouts/{DRAWN}.fits"
    assert found.catalogues()["base"] == [str(data / "desi.csv")]
    assert found.catalogues()["votes"] == found.catalogues()["sami"] == []


def test_linked_folders_and_companions(data, tmp_path_factory):
    """Links are entered; files of a Mac and packed twins count for nothing."""
    away = tmp_path_factory.mktemp("away")
    for name in (
        "d.png",
        "._d.png",
        "gz3d_1-9_19_7.fits.gz",
        "._gz3d_1-9_19_7.fits.gz",
    ):
        (away / name).touch()
    for place in ("gz3d", "sky"):
        (data / place / "linked").symlink_to(away)
    (data / f"gz3d/{OLDER}.fits.gz").touch()
    (data / "builder/models/._11.json.gz").touch()
    found = of("gz3d", paths=GZ3D).drawn()
    assert found["gz3d_1-9_19_7"] == str(data / "gz3d/linked/gz3d_1-9_19_7.fits.gz")
    assert found[OLDER] == str(data / f"gz3d/{OLDER}.fits")
    assert "d" in of("pictures", paths=SKY, model="seen.pt").galaxies
    assert list(of("galaxy_builder", paths=BUILDER).galaxies) == ["11"]


def test_a_named_file_that_is_no_picture(data):
    """It is not left out without a word."""
    with pytest.raises(
        ConfigError, match=r"list\.csv is none; expected files that end"
    ):
        of("pictures", paths={"pictures": ["sky", "sky/list.csv"]}, model="seen.pt")


def test_cutouts_that_are_there_are_not_fetched(data):
    """Each by its galaxy's name."""
    (data / "cut").mkdir()
    (data / f"cut/{DRAWN}.fits").touch()
    found = of("gz3d", paths=GZ3D | {"cutouts": "cut"})
    assert found.pictures([DRAWN, OLDER]) == [
        str(data / f"cut/{DRAWN}.fits"),
        f"<downloads>/cutouts/{OLDER}.fits",
    ]


def test_files_of_gz3d_to_fetch(data):
    """A list of sums names them, with or without folders."""
    lines = [f"{SUM}  v4/{DRAWN}.fits.gz", f"{SUM} *{OLDER}.fits.gz"]
    (data / "sums").write_text("\n".join(lines) + "\n")
    found = of("gz3d", paths={"gz3d_sums": "sums", "catalogue": "desi.csv"})
    assert found.drawn() == {
        name: f"<downloads>/gz3d/{name}.fits.gz" for name in (DRAWN, OLDER)
    }


@pytest.mark.parametrize(
    ("line", "error", "said"),
    [
        (f"{SUM} metadata.fits.gz", ConfigError, r"gz3d_sums: .*sums has 'metadata\."),
        (
            f"{SUM} {DRAWN}.fits",
            ConfigError,
            f"sums has '{DRAWN}.fits'; expected names",
        ),
        (DRAWN, InputError, "line 1: .*expected a checksum and a file's name"),
        ("", InputError, r"sums: the file is empty"),
    ],
)
def test_lists_of_sums_that_are_none(data, line, error, said):
    """The list, the line, and what was expected."""
    (data / "sums").write_text(line)
    with pytest.raises(error, match=said):
        of("gz3d", paths={"gz3d_sums": "sums", "catalogue": "desi.csv"})


def test_a_galaxy_twice_is_refused(data):
    """Both files are named."""
    (data / f"gz3d/{DRAWN}.fits").touch()
    with pytest.raises(ConfigError, match=rf"deep/{DRAWN}.* one galaxy; remove one"):
        of("gz3d", paths=GZ3D)


def test_subjects_of_galaxy_builder(data):
    """Those with both files; and the table that tells how their images lie."""
    found = of("galaxy_builder", paths=BUILDER)
    image, model = data / "builder/images/11.npz", data / "builder/models/11.json.gz"
    assert found.galaxies == {"11": Galaxy("galaxy_builder", str(image), str(model))}
    turns = [f"{data}/builder/gal-metadata.csv"]
    assert found.subjects(["11"]) == {
        "models": [str(model)],
        "images": [str(image)],
        "turns": turns,
    }
    assert found.subjects([]) == {"models": [], "images": [], "turns": []}


def test_pictures(data):
    """Files and folders, whatever the case of the ending; what is hidden stays so."""
    found = of("pictures", paths=SKY, model="seen.pt")
    assert {k: one.picture for k, one in found.galaxies.items()} == {
        "a": str(data / "sky/a.jpg"),
        "b": str(data / "sky/b.PNG"),
        "c.d": str(data / "sky/in/c.d.fits.gz"),
        "one": str(data / "one.fits"),
    }
    assert found.drawn() == {}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a.png", r"a\.png: the name 'a' is that of .*sky/a\.jpg; .*each name once"),
        ("my galaxy.png", "the name 'my galaxy' is odd; expected letters, digits"),
        ("-x.png", "the name '-x' is odd; .*; rename it"),
        ("{x}.fits", "the name '{x}' is odd"),
        ("é.jpg", "the name 'é' is odd"),
    ],
)
def test_names_of_pictures_that_files_of_ours_cannot_have(data, name, said):
    """The file and the rule are named."""
    (data / "sky" / name).touch()
    with pytest.raises(ConfigError, match=rf"spirals\.paths\.pictures: .*{said}"):
        of("pictures", paths=SKY, model="seen.pt")


def test_sources_together(data):
    """Each galaxy knows its own; tables are asked for those that need them."""
    found = of("galaxy_builder", "pictures", "gz3d", paths=GZ3D | BUILDER | SKY)
    assert len(found.galaxies) == 7
    assert found.of("pictures", "gz3d", names=["11", "a", OLDER]) == ["a", OLDER]
    assert set(found.drawn()) == {"11", DRAWN, OLDER}
    assert len(found.gz3d()) == 2
    assert found.given("pictures") == [str(data / "sky"), str(data / "one.fits")]
    assert found.given("sheet") == []


def test_two_sources_with_one_name_are_refused(data):
    """Files of both would overwrite each other."""
    (data / "sky/11.png").touch()
    said = "galaxy_builder and pictures both have a galaxy called '11'; rename"
    with pytest.raises(ConfigError, match=said):
        of("galaxy_builder", "pictures", paths=BUILDER | SKY)


@pytest.mark.parametrize(
    ("source", "paths", "said"),
    [
        ("gz3d", GZ3D | {"gz3d": "empty"}, r"such as gz3d_.* in spirals\.paths\.gz3d"),
        ("galaxy_builder", {"drawings": "empty"}, r"models/<number>\.json\.gz and im"),
        (
            "pictures",
            SKY | {"pictures": ["empty"]},
            r"files that end in \.jpg, .*pictures",
        ),
    ],
)
def test_sources_without_galaxies_are_refused(data, source, paths, said):
    """With what was looked for, and where."""
    (data / "empty").mkdir()
    with pytest.raises(ConfigError, match=rf"no galaxy in source {source}; .*{said}"):
        of(source, paths=paths, model="seen.pt")


def test_models(data, monkeypatch):
    """The run's own; a given one of the repository, first, or of the data."""
    own = of("galaxy_builder", paths=BUILDER)
    assert (own.trains, own.model) == (True, inputs.TRAINED)
    (data / "m.pt").touch()
    given = of("pictures", paths=SKY, model="m.pt")
    assert (given.trains, given.model) == (False, str(data / "m.pt"))
    monkeypatch.setattr(inputs, "ROOT", data / "checkout")
    (data / "checkout").mkdir()
    (data / "checkout/m.pt").touch()
    assert of("pictures", paths=SKY, model="m.pt").model == "checkout/m.pt"


def test_a_model_that_is_not_there_is_refused(data):
    """Both places are named, and what to do."""
    said = rf"spirals\.model: .*'no\.pt', neither in the repository nor in {data}"
    with pytest.raises(ConfigError, match=said + ".*correct the path, or set null"):
        of("pictures", paths=SKY, model="no.pt")


@pytest.mark.parametrize(
    ("train", "cores", "gpus"),
    [
        ({}, 1, 0),
        ({"threads": 3, "workers": 2}, 3, 0),
        ({"accelerator": "gpu", "devices": 2, "workers": 4}, 8, 2),
    ],
)
def test_training_asks_for_all_its_devices(train, cores, gpus):
    """Threads, or readers, of each."""
    asked = request(checked(Config, {"train": train}).model_dump(mode="json"))
    assert asked == {"cores": cores, "gpus": gpus}


def test_reading_the_rules_loads_nothing_heavy():
    """No table, network or file library."""
    heavy = {"pandas", "torch", "astropy", "scipy", "PIL", "pyarrow", "lightning"}
    code = "import sys, skyloom.spirals.inputs; print(*sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert heavy.isdisjoint(found.stdout.split())
