"""The file of marks: what is written is read, and what is damaged is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest
from skyloom.io.documents import read_json
from skyloom.io.errors import InputError
from skyloom.spirals.geometry import Canvas
from skyloom.spirals.segmaps.marks import Marks, read_marks, write_marks

STROKE = np.array([[10.5, 20.25], [-2.0, 400.0], [530.0, 7.0]])
CLICK = np.array([[281.3, 264.5]])


def galaxy():
    spiral = ((STROKE, CLICK), (), (STROKE[::-1],))
    return Marks(Canvas(359.99, 80.0), spiral, None, (11, 12, 13), ())


def test_what_is_written_is_read(tmp_path):
    """Vertices to the last digit; blank, and not asked, stay apart."""
    write_marks(tmp_path / "a.json", galaxy(), {"code": "1"})
    found = read_marks(tmp_path / "a.json")
    assert found.frame == galaxy().frame
    assert [len(one) for one in found.spiral] == [2, 0, 1]
    assert (found.spiral[0][0] == STROKE).all()
    assert (found.spiral[0][1] == CLICK).all()
    assert found.bar is None
    assert (found.asked("spiral"), found.asked("bar")) == (3, 0)
    assert (found.spiral_ids, found.bar_ids) == ((11, 12, 13), ())


def test_keys_are_the_seeds(tmp_path):
    """A list of components of [x, y] by volunteer, null where nobody was asked."""
    write_marks(tmp_path / "a.json", galaxy())
    tree = json.loads((tmp_path / "a.json").read_text())
    assert tree["spiral_mask"][0][0] == STROKE.tolist()
    assert tree["spiral_mask"][1] == []
    assert tree["bar_mask"] is None
    assert tree["frame"] == {"ra": 359.99, "dec": 80.0, "scale": 0.099, "size": 525}


BAD = {
    "no frame": ({"frame": None}, "frame: got 'None'"),
    "frame of text": ({"frame": {**vars(Canvas(1, 2)), "ra": "1"}}, "frame: got"),
    "frame of a size 0": ({"frame": {**vars(Canvas(1, 2)), "size": 0}}, "frame: got"),
    "frame below the pole": ({"frame": {**vars(Canvas(1, -91))}}, "frame: got"),
    "frame without scale": ({"frame": {"ra": 1, "dec": 2}}, "frame: got"),
    "a number": ({"spiral_mask": 3}, "spiral_mask: got '3'"),
    "no volunteer": ({"bar_mask": []}, r"bar_mask: got '\[\]'; expected a list of vol"),
    "a volunteer of null": (
        {"spiral_mask": [[], None]},
        "spiral_mask, volunteer 2: got 'None'; expected a list of components",
    ),
    "too flat": ({"spiral_mask": [[[1, 2], [3, 4]]]}, r"component 1: got '\[1, 2\]'"),
    "too deep": ({"spiral_mask": [[[[[1, 2]]]]]}, r"component 1: got '\[\[\[1, 2\]"),
    "three numbers": ({"spiral_mask": [[[[1, 2, 3]]]]}, "component 1: got"),
    "text": ({"spiral_mask": [[[["1", 2]]]]}, "component 1: got '1'; expected a num"),
    "null": ({"spiral_mask": [[[[None, 2]]]]}, "component 1: got 'None'; expected a n"),
    "true": ({"spiral_mask": [[[[True, 2]]]]}, "component 1: got 'True'; expected"),
    "far off": ({"spiral_mask": [[[], [[1e5, 2]]]]}, "component 2: got '100000.0'"),
    "too large": ({"spiral_mask": [[[[10**400, 2]]]]}, "component 1: got .1000"),
    "ids of text": ({"spiral_ids": ["1", "2", "3"]}, "spiral_ids: got"),
    "too few ids": ({"spiral_ids": [1]}, "spiral_ids: got '.1.'; expected 3 whole"),
    "ids of nobody": ({"bar_ids": [1]}, "bar_ids: got '.1.'; expected 0 whole"),
}


@pytest.mark.parametrize("case", BAD)
def test_damage_is_refused(tmp_path, case):
    """With file, key, volunteer and component."""
    path = tmp_path / "a.json"
    write_marks(path, galaxy())
    change, message = BAD[case]
    path.write_text(json.dumps(read_json(path) | change))
    with pytest.raises(InputError, match=message) as caught:
        read_marks(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("key", ["frame", "spiral_mask", "bar_mask", "bar_ids"])
def test_a_missing_key_is_named(tmp_path, key):
    path = tmp_path / "a.json"
    write_marks(path, galaxy())
    tree = read_json(path)
    del tree[key]
    path.write_text(json.dumps(tree))
    with pytest.raises(InputError, match=f"no key '{key}'"):
        read_marks(path)


def test_nan_is_no_vertex(tmp_path):
    """Python writes NaN, which JSON has not."""
    path = tmp_path / "a.json"
    write_marks(path, galaxy())
    path.write_text(path.read_text().replace("20.25", "NaN"))
    with pytest.raises(InputError, match="NaN"):
        read_marks(path)
