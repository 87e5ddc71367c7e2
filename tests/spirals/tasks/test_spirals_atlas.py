"""What the page of galaxies with maps of arms and bars shows."""

from __future__ import annotations

import base64

import looked_at_galaxies as looked
import numpy as np
import pytest
from astropy.table import Table
from skyloom.spirals.atlas_page import some
from skyloom.spirals.questions import columns, questions
from skyloom.spirals.tasks.atlas import FIELDS, galaxies


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """Return what the page shows, its pictures, and the files that it read."""
    files = looked.galaxies(tmp_path_factory.mktemp("spirals"))
    return *galaxies(files, looked.NAMES), files


def test_measures_are_those_of_the_catalogue(shown):
    """With errors and units; words where there is no number."""
    data, _, files = shown
    table = Table.read(files["catalogue"])
    for one, row in zip(data["objects"][:3], table[:3], strict=True):
        assert one["id"] == row["name"]
        for name in ("bar_length_px", "bar_pa", "spiral_votes"):
            assert one["values"][name] == pytest.approx(row[name], rel=1e-3)
        assert one["errors"]["bar_pa"] == pytest.approx(row["bar_pa_err"], rel=1e-2)
        assert one["said"]["arm_reason"] == row["arm_reason"] != ""
    assert data["fields"]["bar_pa"]["unit"] == "deg"
    assert data["fields"].keys() == FIELDS.keys()
    assert data["objects"][2]["place"] is None
    assert data["objects"][2]["values"]["bar_length"] is None


def test_a_galaxy_without_a_picture_is_flagged(shown):
    """It says why, and has neither picture nor maps."""
    one = shown[0]["objects"][3]
    assert one["flags"] == [f"no maps: {looked.REASON}"]
    assert (one["image"], one["maps"], one["similar"]) == (None, None, [])
    assert len(shown[1]) == 3


def test_maps_begin_in_the_north(shown):
    """The only marked pixel of the arms is the last of the map's first row."""
    maps = shown[0]["objects"][0]["maps"]
    steps = np.frombuffer(base64.b64decode(maps["spiral"]), np.uint8)
    steps = steps.reshape(maps["side"], maps["side"])
    assert np.argwhere(steps > 10).tolist() == [[0, looked.SIZE - 1]]
    assert steps.max() == round(0.6 * 255)
    assert maps["covers"] == looked.SIZE


def test_strokes_lie_on_the_map(shown):
    """The square of 20 by 40 px of the canvas, 10 px below its middle."""
    drawn = shown[0]["objects"][0]["drawn"]
    assert drawn["asked"] == {"spiral": 3, "bar": 0}
    assert drawn["bar"] == []
    (square,) = drawn["spiral"]
    step = looked.SIZE / (looked.CROP * looked.CANVAS.size)  # map px a canvas px
    x, y = np.array(square).T
    middle = (looked.SIZE - 1) / 2
    assert np.ptp(x) == pytest.approx(20 * step, abs=0.11)
    assert np.ptp(y) == pytest.approx(40 * step, abs=0.11)
    assert x.mean() == pytest.approx(middle, abs=0.1)
    assert y.mean() == pytest.approx(middle - 10 * step, abs=0.1)
    assert shown[0]["objects"][1]["drawn"] is None


def test_votes_add_up(shown):
    """To 1 a question, which is asked as often as the answer before it is given."""
    one, tree = shown[0]["objects"][0]["votes"], shown[0]["questions"]
    assert len(one["share"]) == len(one["error"]) == len(columns())
    for asked, known in zip(one["asked"], questions(), strict=True):
        assert sum(one["share"][known.columns]) == pytest.approx(1, abs=0.01)
        wanted = 1 if known.after is None else one["share"][known.after]
        assert asked <= wanted + 0.01
    assert [question["first"] for question in tree] == [q.first for q in questions()]


def test_truth_is_beside_what_was_measured(shown):
    """By the same names; of a galaxy that was not simulated there is none."""
    first, second = (one["true"] for one in shown[0]["objects"][:2])
    assert first["bar_length"] == 15
    assert first["pitch_angle"] is None
    assert first["winding"] == ""
    assert second is None


def test_a_sample_of_names():
    """Evenly among all; all where there are few; none of none."""
    assert some(list("abcdefgh"), 3) == ["a", "c", "f"]
    assert some(["a", "b"], 3) == ["a", "b"]
    assert some([], 3) == []
