"""Which subjects a run has and which raw files hold them."""

from __future__ import annotations

import pytest
from skyloom.builder.config import Config
from skyloom.builder.inputs import Inputs
from skyloom.io.errors import InputError
from skyloom.run.config import ConfigError


@pytest.fixture
def data(tmp_path, monkeypatch):
    """Return an empty folder that config paths are relative to."""
    monkeypatch.setenv("SKYLOOM_DATA", str(tmp_path))
    return tmp_path


def inputs_of(**config) -> Inputs:
    return Inputs(Config(**config).model_dump(mode="json"))


def simulated(n_subjects=3, n_repeats=1) -> Inputs:
    counts = {"n_subjects": n_subjects, "n_repeats": n_repeats}
    return inputs_of(simulate=counts, chunks=1)


def upstream(data, sample=None, **paths) -> Inputs:
    for name in ("models/7.json.gz", "images/7.npz", "gal.csv"):
        (data / name).parent.mkdir(exist_ok=True)
        (data / name).touch()
    named = {
        "models": "models/{subject}.json.gz",
        "images": "images/{subject}.npz",
        "gal_metadata": "gal.csv",
    }
    sample = sample or {"subject_ids": (7, 9)}
    one = {"source": "upstream", "chunks": 1}
    return inputs_of(**one, sample=sample, paths=named | paths)


def test_simulated_ids_do_not_depend_on_their_number():
    """One galaxy more changes no other's id, repeats included."""
    few, many = simulated(3).subjects, simulated(4).subjects
    assert few == [100001, 100002, 100003, 200001]
    assert set(many) - set(few) == {100004}


def test_simulated_repeats_pair_galaxies():
    """A repeat shows the galaxy of the same number."""
    inputs = simulated(3, 2)
    pairs = [[100001, 200001], [100002, 200002]]
    assert inputs.repeats == inputs.repeats_of("c0") == pairs


def test_a_chunk_has_the_repeats_whose_second_subject_it_has():
    """The first may be of another chunk."""
    counts = {"n_subjects": 9, "n_repeats": 9}
    inputs = inputs_of(simulate=counts, chunks=3)
    for chunk, ids in inputs.chunks.items():
        assert [b for _, b in inputs.repeats_of(chunk)] == [i for i in ids if i > 2e5]


def test_sheet_gives_sorted_ids(data):
    """Ids come from the named column of the sheet."""
    (data / "sample.csv").write_text("name,id\na,9\nb,7\n")
    inputs = upstream(data, {"sheet": "sample.csv", "column": "id"})
    assert inputs.subjects == [7, 9]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id\n7\n7\n", "row 3.*stands in row 2"),
        ("id\nx\n", "row 2.*'x'.*whole number"),
        ("other\n7\n", "no column id; expected it among other"),
        ("id\n-7\n", "row 2.*or equal to 1"),
    ],
)
def test_bad_sheet_names_its_row(data, text, said):
    """A repeated, wrong or missing id is refused with its row."""
    (data / "sample.csv").write_text(text)
    with pytest.raises(InputError, match=f"(?s){said}"):
        upstream(data, {"sheet": "sample.csv", "column": "id"})


def test_pattern_without_any_file_is_refused(data):
    """Where no subject has a file, the path is wrong rather than the subjects."""
    inputs = upstream(data, images="nowhere/{subject}.npz", models="no/{subject}.gz")
    with pytest.raises(ConfigError, match=r"builder\.paths\.images: no file"):
        inputs.cutouts("c0")(None)
    with pytest.raises(ConfigError, match=r"builder\.paths\.models: no file"):
        inputs.drawings("c0")(None)


def test_absent_files_are_left_out(data):
    """A subject without files is no error."""
    inputs = upstream(data)
    found = inputs.cutouts("c0")(None)
    assert found["images"] == [str(data / "images/7.npz")]
    assert found["gal_metadata"] == [str(data / "gal.csv")]
    models = [str(data / "models/7.json.gz")]
    assert inputs.drawings("c0")(None)["models"] == models
    assert inputs.exports("classifications")(None) == models


def test_repeat_shows_the_first_ones_image(data):
    """The image of a repeated galaxy is among the inputs of its repeat's chunk."""
    (data / "pairs.csv").write_text("dr7,0,1\n1,7.0,9.0\n2,3,4\n")
    inputs = upstream(data, {"subject_ids": [9]}, repeats="pairs.csv")
    assert inputs.repeats == [[7, 9]]
    assert inputs.cutouts("c0")(None)["images"] == [str(data / "images/7.npz")]


@pytest.mark.parametrize("text", ["5.5", "inf", "0"])
def test_repeat_without_an_integer_id_is_refused(data, text):
    """A fraction would name another subject."""
    (data / "pairs.csv").write_text(f"0,1\n{text},9.0\n")
    with pytest.raises(InputError, match=f"row 2: 0: got '{text}'"):
        upstream(data, {"subject_ids": [9]}, repeats="pairs.csv")


def test_exports_of_a_simulation_are_its_chunks():
    """A simulated survey has one export a chunk."""
    inputs = inputs_of(simulate={"n_subjects": 9}, chunks=2)
    found = inputs.exports("gal_metadata")
    assert found == [f"<results>/raw/{c}/gal-metadata.csv" for c in ("c0", "c1")]
    assert inputs.drawings("c1")(None) == {
        "classifications": ["<results>/raw/c1/classifications.csv"],
        "cutouts": [f"<results>/fitting_metadata/{i}.npz" for i in inputs.chunks["c1"]],
    }
    assert inputs.optional("votes") == []
