"""Pictures and numbers of volunteers per pixel, of a chunk."""

from __future__ import annotations

import math

import numpy as np
import pytest
from skyloom.io.documents import write_json
from skyloom.io.errors import InputError
from skyloom.spirals.cutouts.pictures import read_picture
from skyloom.spirals.dataset.images import Pictures, mapped
from skyloom.spirals.segmaps.counts import segmap
from skyloom.spirals.segmaps.marks import read_marks
from skyloom.spirals.tasks.dataset import pack, read_record, stamp_of, write_npy
from skyloom.spirals.tasks.looking import read_packs


def test_a_pack_has_all_galaxies_in_order(survey):
    """Pictures as they are, counts as the rasteriser has them."""
    names = list(survey.record)[:3]
    record = {name: survey.record[name] for name in names}
    shown, counts = pack(record, survey.pictures, survey.files["marks"], 40, "all")
    assert shown.shape == (3, 40, 40, 3)
    for i, name in enumerate(names):
        assert np.array_equal(shown[i], read_picture(survey.folder / f"{name}.png"))
        marks = read_marks(survey.folder / f"{name}.json")
        for k, kind in enumerate(("spiral", "bar")):
            wanted, _ = segmap(marks, kind, stamp_of(record[name], 40))
            assert np.array_equal(counts[i, k], wanted.astype(np.float16))
    assert counts[0, 1].max() == 5  # of six, one drew nothing


def test_a_galaxy_without_a_picture_or_a_scale(survey):
    """The first is black and without marks; the second has those of its own frame."""
    record = {"galaxy00": survey.record["galaxy00"] | {"reason": "dead"}}
    record["galaxy01"] = survey.record["galaxy01"] | {"pixscale": math.nan}
    shown, counts = pack(record, survey.pictures, survey.files["marks"], 40, "all")
    assert not shown[0].any()
    assert not counts[0].any()
    whole, _ = segmap(
        read_marks(survey.folder / "galaxy01.json"),
        "bar",
        stamp_of(survey.record["galaxy01"], 40),
    )
    assert np.abs(counts[1, 1] - whole).max() <= 1  # the canvas is as large
    assert stamp_of({"ra": 1.0, "dec": 2.0, "pixscale": None}, 40) is None


def test_packs_are_read_as_they_were_written(survey):
    """By the names of the table."""
    packs = read_packs(survey.files)
    found = Pictures(survey.table, packs)
    assert found.size == 40
    image = read_picture(survey.folder / "galaxy07.png")
    assert np.array_equal(found.image(7), image)


def test_records_are_sorted(tmp_path):
    """Whatever their order in the file."""
    write_json(tmp_path / "r.json", {"galaxies": {"b": {"x": 1}, "a": {}}})
    assert list(read_record(tmp_path / "r.json")) == ["a", "b"]


@pytest.mark.parametrize("tree", [{}, {"galaxies": [1]}, {"galaxies": {"a": 3}}])
def test_what_is_no_record_is_refused(tmp_path, tree):
    """The file is named, and that the workflow makes it again."""
    write_json(tmp_path / "r.json", tree)
    with pytest.raises(InputError, match=r"r\.json: key 'galaxies'.*delete it"):
        read_record(tmp_path / "r.json")


def test_damaged_packs_are_refused(tmp_path):
    """Cut short, or of another number of galaxies."""
    path = tmp_path / "c0_images.npy"
    write_npy(path, np.zeros((4, 8, 8, 3), np.uint8))
    assert mapped(path, 4).shape == (4, 8, 8, 3)
    with pytest.raises(InputError, match=r"expected 5 galaxies.*delete it"):
        mapped(path, 5)
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(InputError, match="not a readable npy file"):
        mapped(path, 4)
