"""Which subjects a run has and which raw files hold them."""

from __future__ import annotations

import pytest
from skyloom.builder import sources
from skyloom.io.errors import InputError
from skyloom.run.config import ConfigError

PATHS = dict.fromkeys(
    (
        "classifications",
        "subjects",
        "subject_data",
        "fitting_data",
        "images",
        "models",
        "gal_metadata",
        "repeats",
        "catalogue",
    )
)
SAMPLE = {"subject_ids": [], "sheet": None, "column": "subject_id"}


@pytest.fixture
def data(tmp_path, monkeypatch):
    """Return an empty folder that config paths are relative to."""
    monkeypatch.setenv("SKYLOOM_DATA", str(tmp_path))
    return tmp_path


def simulated(n_subjects=3, n_repeats=1) -> dict:
    counts = {"n_subjects": n_subjects, "n_repeats": n_repeats}
    return {"source": "simulated", "simulate": counts, "paths": PATHS}


def upstream(data, ids=(7, 9), **paths) -> dict:
    for name in ("models/7.json.gz", "images/7.npz", "gal.csv"):
        (data / name).parent.mkdir(exist_ok=True)
        (data / name).touch()
    named = {
        "models": "models/{subject}.json.gz",
        "images": "images/{subject}.npz",
        "gal_metadata": "gal.csv",
    }
    sample = SAMPLE | {"subject_ids": list(ids)}
    return {"source": "upstream", "sample": sample, "paths": PATHS | named | paths}


def test_simulated_ids_do_not_depend_on_their_number():
    """One galaxy more changes no other's id, repeats included."""
    few, many = sources.subjects(simulated(3)), sources.subjects(simulated(4))
    assert few == [100001, 100002, 100003, 200001]
    assert set(many) - set(few) == {100004}


def test_simulated_repeats_pair_galaxies():
    """A repeat shows the galaxy of the same number."""
    config = simulated(3, 2)
    pairs = [[100001, 200001], [100002, 200002]]
    assert sources.repeats(config, sources.subjects(config)) == pairs
    assert sources.repeats(config, [200002]) == pairs[1:]


def test_sheet_gives_sorted_ids(data):
    """Ids come from the named column of the sheet."""
    (data / "sample.csv").write_text("name,id\na,9\nb,7\n")
    config = upstream(data)
    config["sample"] = SAMPLE | {"sheet": "sample.csv", "column": "id"}
    assert sources.subjects(config) == [7, 9]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id\n7\n7\n", "row 2.*stands in row 1"),
        ("id\nx\n", "row 1.*'x'.*integer"),
        ("other\n7\n", "row 1.*missing id"),
        ("id\n-7\n", "row 1.*at least 1"),
    ],
)
def test_bad_sheet_names_its_row(data, text, said):
    """A repeated, wrong or missing id is refused with its row."""
    (data / "sample.csv").write_text(text)
    config = upstream(data)
    config["sample"] = SAMPLE | {"sheet": "sample.csv", "column": "id"}
    with pytest.raises(InputError, match=f"(?s){said}"):
        sources.subjects(config)


def test_missing_paths_are_named(data):
    """A source without what it needs is refused, key by key."""
    config = upstream(data, models=None)
    config["sample"] = SAMPLE
    with pytest.raises(ConfigError, match=r"paths\.models, builder\.sample\.sheet"):
        sources.subjects(config)


def test_pattern_without_any_file_is_refused(data):
    """Where no subject has a file, the path is wrong rather than the subjects."""
    with pytest.raises(ConfigError, match=r"builder\.paths\.images: no file"):
        sources.subjects(upstream(data, images="nowhere/{subject}.npz"))


def test_absent_files_are_left_out(data):
    """A subject without files is no error while rules are read."""
    config = upstream(data)
    found = sources.cutouts(config, "c0", [7, 9])
    assert found["images"] == [str(data / "images/7.npz")]
    assert found["gal_metadata"] == [str(data / "gal.csv")]
    models = sources.drawings(config, "c0", [7, 9])["models"]
    assert models == [str(data / "models/7.json.gz")]


def test_repeat_shows_the_first_ones_image(data):
    """The image of a repeated galaxy is among the inputs of its repeat's chunk."""
    (data / "pairs.csv").write_text("dr7,0,1\n1,7.0,9.0\n")
    config = upstream(data, repeats="pairs.csv")
    assert sources.repeats(config, [9]) == [[7, 9]]
    assert sources.cutouts(config, "c0", [9])["images"] == [str(data / "images/7.npz")]


def test_exports_of_a_simulation_are_its_chunks():
    """A simulated survey has one export a chunk."""
    config = simulated()
    found = sources.exports(config, {"c0": [1], "c1": [2]}, "gal_metadata")
    assert found == [f"<results>/raw/{c}/gal-metadata.csv" for c in ("c0", "c1")]
    assert sources.drawings(config, "c1", [2]) == {
        "classifications": ["<results>/raw/c1/classifications.csv"],
        "cutouts": ["<results>/fitting_metadata/2.npz"],
    }
