"""The map and its file."""

import json

import numpy as np
import pytest
from skyloom.io.errors import InputError
from skyloom.io.npz import read_npz, write_npz
from skyloom.som.model import Som, load, save

WEIGHTS = np.random.default_rng(1).normal(size=(3, 4, 5)).astype(np.float32)


def test_map_knows_its_sizes():
    """Rows, columns and values; unit k is row k of the prototypes."""
    som = Som(WEIGHTS, "torus")
    assert (som.shape, som.n_units, som.width) == ((3, 4), 12, 5)
    assert (som.prototypes[6] == WEIGHTS[1, 2]).all()


def test_map_cannot_be_changed():
    """It has its own weights, read only."""
    mine = WEIGHTS.copy()
    som = Som(mine, "sheet")
    mine[:] = 0
    assert (som.weights == WEIGHTS).all()
    with pytest.raises(ValueError, match="read-only"):
        som.prototypes[0, 0] = 1


@pytest.mark.parametrize(
    ("weights", "topology", "problem"),
    [
        (WEIGHTS.astype(float), "sheet", r"not float64 of shape \(3, 4, 5\)"),
        (WEIGHTS[0], "sheet", r"float32 of shape \(4, 5\)"),
        (WEIGHTS[:, :, :0], "sheet", r"float32 of shape \(3, 4, 0\)"),
        (WEIGHTS[:0], "sheet", "at least 1 of each"),
        (np.where(WEIGHTS > 1, np.nan, WEIGHTS), "sheet", "some are not"),
        (WEIGHTS, "sphere", "topology 'sphere'"),
    ],
)
def test_impossible_map_is_refused(weights, topology, problem):
    """The message names what it got."""
    with pytest.raises(ValueError, match=problem):
        Som(weights, topology)


def test_what_is_saved_is_loaded(tmp_path):
    """Weights to the bit, topology, and what it was told."""
    save(tmp_path / "a.npz", Som(WEIGHTS, "torus"), {"seed": np.int64(5), "µ": [1.5]})
    som = load(tmp_path / "a.npz")
    assert som.topology == "torus"
    assert som.weights.tobytes() == WEIGHTS.tobytes()
    about = str(read_npz(tmp_path / "a.npz")["about"])
    assert json.loads(about) == {"seed": 5, "µ": [1.5]}


def test_same_map_same_bytes(tmp_path):
    """No date and no order of keys shows."""
    save(tmp_path / "a.npz", Som(WEIGHTS, "sheet"), {"a": 1, "b": 2})
    save(tmp_path / "b.npz", Som(WEIGHTS, "sheet"), {"b": 2, "a": 1})
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


GOOD = {"weights": WEIGHTS, "topology": np.array("sheet"), "about": np.array("{}")}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"weights": None}, "key 'weights': missing array"),
        ({"weights": WEIGHTS[0]}, r"key 'weights': shape \(4, 5\)"),
        ({"weights": WEIGHTS.astype(int)}, "key 'weights': dtype int64"),
        ({"weights": WEIGHTS.astype(float)}, "not float64"),
        ({"weights": WEIGHTS * np.float32(np.inf)}, "some are not"),
        ({"topology": np.array("sphere")}, "topology 'sphere'"),
        ({"topology": np.array(3)}, "key 'topology': dtype int64"),
        ({"topology": None}, "key 'topology': missing array"),
    ],
)
def test_file_that_holds_no_map_is_refused(tmp_path, change, problem):
    """The message names the file and the array."""
    arrays = {k: v for k, v in (GOOD | change).items() if v is not None}
    write_npz(tmp_path / "a.npz", **arrays)
    with pytest.raises(InputError, match=problem) as error:
        load(tmp_path / "a.npz")
    assert error.value.path.endswith("a.npz")
