"""Which chunks and galaxies a run has."""

import pytest
from skyloom.io.errors import InputError
from skyloom.run.areas import validated
from skyloom.run.config import ConfigError
from skyloom.spectra.inputs import Inputs, holders
from skyloom.spectra.simulation.plan import planned


def inputs(tmp_path, monkeypatch, **section) -> Inputs:
    monkeypatch.setenv("SKYLOOM_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    tree = validated({"areas": ["spectra"], "spectra": section})
    return Inputs(tree["spectra"] | {"seed": tree["seed"]})


def test_simulated_galaxies_are_dealt_once(tmp_path, monkeypatch):
    """Each galaxy is in one chunk, by the number of its mangaID."""
    made = inputs(tmp_path, monkeypatch, chunks=3, simulate={"galaxies": 40})
    named = [p for names in made.galaxies.values() for p in names.values()]
    assert sorted(named) == sorted(
        planned({"galaxies": 40, "fibres": [19, 37, 61, 91, 127]}, 1)
    )
    assert set(made.chunks) <= {"0", "1", "2"}
    files = [name for names in made.galaxies.values() for name in names]
    assert len(set(files)) == 40
    assert all(name.isdecimal() for name in files)
    assert made.raw("0")["spec"] == ["<results>/raw/spec0.npy"]
    assert [holders(made, chunk) for chunk in made.chunks] == [[c] for c in made.chunks]


def test_more_galaxies_keep_the_names_of_the_others():
    """A galaxy's name and unit do not depend on how many there are."""
    section = {"fibres": [19, 127], "galaxies": 30}
    few, many = planned(section, 1), planned(section | {"galaxies": 60}, 1)
    assert list(many.items())[:30] == list(few.items())
    assert planned(section, 2) != few


def test_a_folder_without_chunks_is_refused(tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    with pytest.raises(ConfigError, match=r"no datatab<i>\.fits"):
        inputs(tmp_path, monkeypatch, source="chunks", paths={"chunks": "mine"})


def test_a_source_without_its_path_is_refused(tmp_path, monkeypatch):
    with pytest.raises(ConfigError, match=r"spectra\.paths\.plateifus"):
        inputs(tmp_path, monkeypatch, source="manga")


def test_cubes_are_named_by_their_sheet(tmp_path, monkeypatch):
    """Galaxies of MaNGA's cubes are files of the sheet; each is in one chunk."""
    (tmp_path / "mine.csv").write_text("plateifu\n8485-1901\n7443-12703\n")
    made = inputs(
        tmp_path, monkeypatch, source="manga", paths={"plateifus": "mine.csv"}
    )
    plates = [p for names in made.galaxies.values() for p in names.values()]
    assert sorted(plates) == ["7443-12703", "8485-1901"]
    chunk = next(c for c, held in made.chunks.items() if "8485-1901" in held)
    assert "<downloads>/manga/manga-8485-1901-MAPS.fits.gz" in made.raw(chunk)["maps"]


def test_cubes_of_ones_own_are_not_fetched(tmp_path, monkeypatch):
    """Files in the folder that is set are read there; several of a kind are refused."""
    (tmp_path / "mine.csv").write_text("plateifu\n8485-1901\n7443-12703\n")
    own = tmp_path / "own"
    own.mkdir()
    maps = own / "manga-8485-1901-MAPS-SPX-MILESHC-MASTARSSP.fits.gz"
    maps.touch()
    paths = {"plateifus": "mine.csv", "manga": "own"}
    made = inputs(tmp_path, monkeypatch, source="manga", paths=paths)
    assert made.cube("8485-1901", "MAPS") == str(maps)
    assert made.cube("8485-1901", "LOGCUBE").startswith("<downloads>/manga/")
    assert made.cube("7443-12703", "MAPS").startswith("<downloads>/manga/")
    (own / "manga-8485-1901-MAPS-VOR10.fits.gz").touch()
    made = inputs(tmp_path, monkeypatch, source="manga", paths=paths)
    with pytest.raises(ConfigError, match=r"several MAPS of 8485-1901: .*SPX.*VOR10"):
        made.cube("8485-1901", "MAPS")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("8485-1901\n8485-1901", "stands in row 2 too"),
        ("8485-1901\n1-44219", r"row 3: plateifu: got '1-44219'.*plate-IFU"),
        ("", "no rows"),
    ],
)
def test_sheets_of_galaxies_that_are_refused(tmp_path, monkeypatch, rows, words):
    """A galaxy twice, a mangaID, and none at all."""
    (tmp_path / "mine.csv").write_text(f"plateifu\n{rows}\n")
    with pytest.raises(InputError, match=words):
        inputs(tmp_path, monkeypatch, source="manga", paths={"plateifus": "mine.csv"})
