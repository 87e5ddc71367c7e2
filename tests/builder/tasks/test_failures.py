"""A subject that fails has its files all the same, with the reason."""

from __future__ import annotations

import json

import numpy as np
import pytest
from astropy.io import fits
from PIL import Image
from skyloom.builder.config import (
    AggregateSettings,
    Morphology,
    Noise,
    PitchSettings,
    Winding,
)
from skyloom.builder.images.cutout_files import cutout_or_none, usable_cutout
from skyloom.builder.pitch.winding import winding_tree
from skyloom.builder.tasks.aggregates import aggregate, failed_aggregate
from skyloom.builder.tasks.cutouts import cut_subject, failed_cutout
from skyloom.builder.tasks.drawings import failed_drawings, parse_upstream
from skyloom.builder.tasks.exports import export_subject, failed_export
from skyloom.builder.tasks.fits import (
    failed_best,
    failed_tune,
    find_best,
    model_subject,
    no_subject_model,
    tune_subject,
)
from skyloom.builder.tasks.morphology import morphology_tree
from skyloom.builder.tasks.pages import failed_plot
from skyloom.builder.tasks.pitch import sample_pitch
from skyloom.io.documents import read_json
from skyloom.io.errors import DatumError, InputError
from skyloom.io.npz import read_npz, write_npz
from skyloom.run.provenance import Recipe

WHY = "no image"
RULE = {"recipe": Recipe({}, "c0de")}
TUNE = {"start": "agg", "tune": {"max_evaluations": 60}}


@pytest.fixture
def no_image(tmp_path) -> dict:
    """Return the cutout's files of a subject without an image."""
    paths = {kind: tmp_path / f"7.{kind}" for kind in ("npz", "fits")}
    failed_cutout(7, WHY, paths, **RULE)
    return paths


@pytest.fixture
def nobody(tmp_path) -> str:
    """Return the volunteers tree of a subject that cannot be read."""
    path = tmp_path / "7.json"
    failed_drawings(7, WHY, {"tree": path}, recipe=Recipe({}, "c"))
    return str(path)


def decoded(folder, changed) -> dict:
    """Return the arguments of `parse_upstream` for a decoded file of subject 7."""
    keys = {"subject": 7, "models": [], "index": [], "arms": [], "image_size": [50, 50]}
    keys |= {k: {} for k in ("aggregate", "errors", "clusters", "tuning")}
    path = folder / "7.json"
    path.write_text(json.dumps(keys | changed))
    files = {"models": {7: str(path)}}
    return {"files": files, "turns": {}, "tables": (), **RULE}


def test_cutout_without_image_says_so(no_image):
    """Both files exist; reading them gives the reason back."""
    with pytest.raises(DatumError, match=WHY):
        usable_cutout(no_image["npz"])
    assert cutout_or_none(no_image["npz"]) is None
    with fits.open(no_image["fits"]) as file:
        assert file[0].header["REASON"] == WHY
        assert file[0].header["CODESHA"] == "c0de"
    assert json.loads(read_npz(no_image["npz"])["provenance"].item())["code"] == "c0de"


def test_subject_without_files_has_no_image(tmp_path):
    """What no source has is refused in words, for `failed_cutout` to record."""
    given = {"metadata": {}, "tables": (), "first": {7: 5}, **RULE}
    with pytest.raises(DatumError, match=WHY):
        cut_subject(7, {}, files={"images": {3: "3.npz"}}, **given)


def test_unread_drawings_fail_the_aggregate_with_their_reason(nobody, tmp_path):
    """The reason of the first failure is the reason of all that follow."""
    given = {"recipe": Recipe({"aggregate": AggregateSettings().model_dump()}, "c")}
    with pytest.raises(DatumError, match=WHY):
        aggregate(7, {}, files={"volunteers": {7: nobody}}, **given)
    path = tmp_path / "aggregate.json"
    failed_aggregate(7, WHY, {"tree": path}, **given)
    tree = read_json(path)
    assert (tree["status"], tree["reason"], tree["arms"]) == ("failed", WHY, [])
    assert tree["provenance"]["code"] == "c"


def test_no_image_no_best_individual(nobody, no_image, tmp_path):
    """The row exists, with the cutout's reason."""
    given = {"recipe": Recipe({}, "c")}
    files = {"volunteers": {7: nobody}, "cutouts": {7: no_image["npz"]}}
    with pytest.raises(DatumError, match=WHY):
        find_best(7, {}, files=files, **given)
    path = tmp_path / "row.json"
    failed_best(7, WHY, {"row": path}, **given)
    assert read_json(path)["model"] is None


def test_failed_start_fails_the_fit(no_image, tmp_path):
    """A fit without a start says why there is none."""
    start = tmp_path / "start.json"
    failed_best(7, WHY, {"row": start}, recipe=Recipe({}, "c"))
    files = {"starts": {7: start}, "cutouts": {7: no_image["npz"]}}
    given = {"recipe": Recipe(TUNE, "c")}
    with pytest.raises(DatumError, match=WHY):
        tune_subject(7, {}, files=files, **given)
    paths = {"tuned": tmp_path / "t.json"}
    failed_tune(7, "naïve " * 20, paths, **given)
    tree = read_json(paths["tuned"])
    assert (tree["status"], tree["start"], tree["model"]) == ("failed", "agg", None)
    assert tree["reason"] == "naïve " * 20


def test_no_fit_no_model(no_image, tmp_path):
    """A galaxy without a model says why, in its record and its residual file."""
    paths = {"model": tmp_path / "m.json", "residuals": tmp_path / "r.fits"}
    given = {"recipe": Recipe({"tune": TUNE["tune"]}, "c")}
    files = {key: {7: tmp_path / "absent"} for key in ("aggregates", "agg", "bi")}
    files |= {"cutouts": {7: no_image["npz"]}}
    with pytest.raises(DatumError, match=WHY):
        model_subject(7, {}, files=files, **given)
    no_subject_model(7, "naïve " * 20, paths, **given)
    tree = read_json(paths["model"])
    assert (tree["status"], tree["model"], tree["mean"]) == ("failed", None, None)
    assert (tree["subject_id"], tree["sets"], tree["arms"]) == (7, [], [])
    with fits.open(paths["residuals"]) as file:
        assert len(file) == 1
        assert file[0].header["STATUS"] == "failed"
        assert file[0].header["REASON"].startswith("na?ve")


def test_exports_of_a_failure_say_why(no_image, tmp_path):
    """Region and GALFIT files hold a comment where there is no model."""
    tree = tmp_path / "tuned.json"
    failed_best(7, WHY, {"row": tree}, recipe=Recipe({}, "c"))
    files = {"cutouts": no_image["npz"], "models": tree, "aggregates": tree}
    paths = {"regions": tmp_path / "7.reg", "galfit": tmp_path / "7.feedme"}
    given = {kind: {7: path} for kind, path in files.items()}
    with pytest.raises(DatumError, match=f"{WHY}; {WHY}") as said:
        export_subject(7, {}, files=given, **RULE)
    failed_export(7, str(said.value), paths, **RULE)
    for path in paths.values():
        first, second, *_ = path.read_text().splitlines()
        assert first == f"# subject 7: no model: {WHY}; {WHY}"
        assert second == "# code c0de"


def test_figure_of_a_failure_says_why(tmp_path):
    """The page exists."""
    paths = {"pdf": tmp_path / "7.pdf", "png": tmp_path / "7.png"}
    failed_plot(7, WHY, paths, **RULE)
    assert all(path.stat().st_size > 500 for path in paths.values())
    with Image.open(paths["png"]) as page:
        assert json.loads(page.info["Description"])["code"] == "c0de"


def test_missing_upstream_file_is_refused(tmp_path):
    """A subject that upstream did not publish fails alone."""
    given = {"files": {"models": {}}, "turns": {}, "tables": (), **RULE}
    with pytest.raises(DatumError, match="no upstream file"):
        parse_upstream(7, {}, **given)


def test_upstream_file_of_another_subject_is_refused(tmp_path):
    """A file under a wrong name would give one galaxy another one's drawings."""
    with pytest.raises(DatumError, match=r"7\.json: is of subject 8"):
        parse_upstream(7, {}, **decoded(tmp_path, {"subject": 8}))


def test_no_arm_no_pitch_angle(tmp_path):
    """A sample without arms has its two products, and the tests refuse in words."""
    nobody = [{"subject_id": 7, "arms": []}]
    tree, draws = sample_pitch(nobody, [], PitchSettings(), 1)
    assert tree["status"] == "failed"
    assert "no subject has an arm" in tree["reason"]
    write_npz(tmp_path / "draws.npz", **draws)
    draws = read_npz(tmp_path / "draws.npz")
    with pytest.raises(DatumError, match="no galaxy has a pitch angle"):
        winding_tree(draws["galaxy"], Winding(), None)
    with pytest.raises(DatumError, match="no galaxy has a pitch angle"):
        morphology_tree(draws, {}, Morphology(), 1)


def test_damaged_raw_file_fails_its_subject(tmp_path):
    """What the survey sent and cannot be read is that subject's failure."""
    path = tmp_path / "7.npz"
    path.write_bytes(b"no archive")
    given = {"metadata": {}, "tables": (), "first": {}}
    given["recipe"] = Recipe({"noise": Noise().model_dump()}, "c")
    with pytest.raises(DatumError, match=r"7\.npz"):
        cut_subject(7, {}, files={"images": {7: str(path)}}, **given)
    given = {"files": {"models": {7: str(path)}}, "turns": {}, "tables": (), **RULE}
    with pytest.raises(DatumError, match=r"7\.npz"):
        parse_upstream(7, {}, **given)


@pytest.mark.parametrize("kind", ["images", "subject_data", "fitting_data"])
def test_a_file_that_is_missing_for_a_moment_is_no_failure(kind, tmp_path):
    """It was there when the job was planned: the job stops, and is run again."""
    gone = {7: str(tmp_path / "7.json")}
    given = {"metadata": {}, "tables": (), "first": {}}
    given["recipe"] = Recipe({"noise": Noise().model_dump()}, "c")
    with pytest.raises(InputError, match=r"no such file.*run the workflow again"):
        cut_subject(7, {}, files={kind: gone}, **given)
    given = {"files": {"models": gone}, "turns": {}, "tables": (), **RULE}
    with pytest.raises(InputError, match=r"no such file.*run the workflow again"):
        parse_upstream(7, {}, **given)


def test_a_damaged_simulated_file_is_no_failure_of_its_subject(tmp_path):
    """It is our own, and made again."""
    path = tmp_path / "7.json"
    path.write_text("{")
    given = {"metadata": {}, "tables": (), "first": {}}
    settings = {"noise": Noise().model_dump(), "source": "simulated"}
    with pytest.raises(InputError, match="cut short"):
        cut_subject(
            7, {}, files={"subject_data": {7: str(path)}}, **given,
            recipe=Recipe(settings, "c"),
        )  # fmt: skip


UPLOAD = {
    "imageData": (np.arange(81.0).reshape(9, 9) % 7 / 50).tolist(),
    "mask": np.zeros((9, 9), int).tolist(),
    "psf": [[1.0]],
    "multiplier": 1.0,
}
ANGLES = {"original_angle": 0.3, "montage_angle": 0.3, "PETRO_PHI90": 25.0}


@pytest.mark.parametrize(
    ("place", "row", "said"),
    [
        ({"ra": "south"}, {}, "ra: got 'south'"),
        ({"ra": float("nan")}, {}, "ra: got nan"),
        ({"ra": [1]}, {}, r"ra: got \[1\]"),
        ({"ra": 361}, {}, "ra: got 361"),
        ({"dec": 95}, {}, "dec: got 95; expected a number from -90 to 90"),
        ({}, {"original_angle": float("nan")}, "original_angle: got nan"),
        ({}, {"PETRO_PHI90": float("inf")}, "PETRO_PHI90: got inf"),
    ],
)
def test_impossible_place_fails_its_subject(place, row, said, tmp_path):
    """A position or an angle that cannot be is a failure of its subject alone."""
    path = tmp_path / "7.json"
    metadata = {"ra": 150.0, "dec": 20.0} | place
    path.write_text(json.dumps(UPLOAD | {"metadata": metadata}))
    given = {"metadata": {7: ANGLES | row}, "tables": (), "first": {}}
    given["recipe"] = Recipe({"noise": Noise().model_dump()}, "c")
    with pytest.raises(DatumError, match=said):
        cut_subject(7, {}, files={"subject_data": {7: str(path)}}, **given)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"image_size": [50]}, "image_size"),
        ({"image_size": [0, 50]}, "image_size"),
        ({"image_size": ["a", "b"]}, "image_size"),
        ({"tuning": {"shape": 5}}, r"tuning\.shape"),
        ({"index": ["abc"], "models": [{}]}, "index.*'abc'"),
        ({"index": [None], "models": [{}]}, "index.*empty cell"),
    ],
)
def test_upstream_file_with_wrong_values_fails_its_subject(wrong, said, tmp_path):
    """A frame without a shape, or a classification without a number."""
    with pytest.raises(DatumError, match=rf"7\.json: key.*{said}"):
        parse_upstream(7, {}, **decoded(tmp_path, wrong))


@pytest.mark.parametrize(("falloff", "kept"), [("steep", 0), (None, 1), (2.0, 1)])
def test_falloff_of_a_published_arm(falloff, kept, tmp_path):
    """Absent it is 1, and text is no number: the volunteer is rejected."""
    spiral = {"n_arms": 1, "points.0": [[1, 2], [3, 4]], "I.0": 0.1, "spread.0": 2}
    spiral |= {} if falloff is None else {"falloff.0": falloff}
    paths = {"tree": tmp_path / "tree.json"}
    models = {"index": [1], "models": [{"spiral": spiral}]}
    parse_upstream(7, paths, **decoded(tmp_path, models))
    tree = read_json(paths["tree"])
    arms = [arm for one in tree["volunteers"] for arm in one["model"]["spiral"]]
    assert [arm["falloff"] for arm in arms] == [falloff or 1.0] * kept
    assert len(tree["rejected"]) == 1 - kept


@pytest.mark.parametrize("damaged", ["cutout", "start"])
def test_damaged_product_is_no_failure_of_its_subject(damaged, no_image, tmp_path):
    """A product cut short would quietly change the catalogue: it stops the job."""
    start, cutout = tmp_path / "start.json", tmp_path / "7.npz"
    failed_best(7, WHY, {"row": start}, recipe=Recipe({}, "c"))
    path = {"cutout": cutout, "start": start}[damaged]
    path.write_bytes(path.read_bytes()[:-20])
    files = {"starts": {7: start}, "cutouts": {7: cutout}}
    with pytest.raises(InputError, match=path.name):
        tune_subject(7, {}, files=files, recipe=Recipe(TUNE, "c"))
