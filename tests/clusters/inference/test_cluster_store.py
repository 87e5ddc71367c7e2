"""The folder of windows: whole or not done, of one making only."""

import json

import numpy as np
import pytest
from skyloom.clusters.inference.store import CELLS, Store
from skyloom.io.errors import InputError

MAPS = {
    name: np.full((3, 3, 2)[:dimensions], 0.25, np.float32)
    for name, (_, dimensions) in CELLS.items()
}


def test_windows_come_back_as_they_were(tmp_path):
    """Origins may be negative; what is written later comes beside it."""
    store = Store(tmp_path / "s", "key")
    store.write({(-16, 0): MAPS})
    store.write({(2480, -16): MAPS})
    again = Store(tmp_path / "s", "key")
    assert again.done() == {(-16, 0), (2480, -16)}
    for origin, maps in again.read([(2480, -16), (-16, 0)]):
        assert isinstance(origin, tuple)
        np.testing.assert_array_equal(maps["richness"], MAPS["richness"])


def test_a_window_is_done_when_index_and_file_say_so(tmp_path):
    """A kill between the two leaves it undone."""
    store = Store(tmp_path, "key")
    store.write({(0, 0): MAPS, (0, 8): MAPS})
    (tmp_path / "window_+00000_+00008.npz").unlink()
    stray = tmp_path / "window_+00000_+00016.npz"
    stray.write_bytes((tmp_path / "window_+00000_+00000.npz").read_bytes())
    assert Store(tmp_path, "key").done() == {(0, 0)}


def test_another_key_is_refused_or_starts_over(tmp_path):
    """Never two encoders in one map."""
    Store(tmp_path, "a" * 64).write({(0, 0): MAPS})
    with pytest.raises(InputError, match=r"another encoder.*aaaa.*delete the folder"):
        Store(tmp_path, "b" * 64)
    assert Store(tmp_path, "a" * 64).done() == {(0, 0)}
    assert Store(tmp_path, "b" * 64, restart=True).done() == set()
    assert not list(tmp_path.glob("window_*"))


def test_bad_folders_are_refused(tmp_path):
    """A damaged head, index or window; one that is not done."""
    store = Store(tmp_path, "key")
    store.write({(0, 0): MAPS})
    with pytest.raises(InputError, match="window is not done"):
        list(store.read([(0, 0), (0, 5)]))
    (tmp_path / "window_+00000_+00000.npz").write_bytes(b"PK half")
    with pytest.raises(InputError, match="not a readable npz"):
        list(store.read([(0, 0)]))
    (tmp_path / "index.json").write_text(json.dumps({"done": 3}))
    with pytest.raises(InputError, match="key 'done': no list"):
        store.done()
    (tmp_path / "store.json").write_text("{")
    with pytest.raises(InputError, match=r"store\.json: line 1"):
        Store(tmp_path, "key")
