"""Data in pieces."""

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyloom.som.rows import Batches, chunks, repeatable

TABLE = np.arange(60.0).reshape(20, 3)


def joined(data, **settings):
    firsts, parts = zip(*chunks(data, **settings), strict=True)
    return list(firsts), np.concatenate(parts)


@given(st.lists(st.integers(0, 20), max_size=5), st.integers(1, 25))
def test_no_row_is_lost(cuts, chunk):
    """Whatever the batches and chunks, rows return in order as float32."""
    batches = np.split(TABLE, sorted(cuts))
    firsts, rows = joined(batches, chunk=chunk)
    assert rows.dtype == np.float32
    assert (rows == TABLE).all()
    sizes = [len(part) for _, part in chunks(batches, chunk)]
    assert firsts == [0, *np.cumsum(sizes)[:-1]]
    assert max(sizes) <= chunk


def test_hdf5_dataset_is_read_by_slices(tmp_path):
    """It is a table, not an iterable of its rows."""
    with h5py.File(tmp_path / "t.h5", "w") as file:
        dataset = file.create_dataset("x", data=TABLE)
        assert (joined(dataset, chunk=7)[1] == TABLE).all()


def test_batches_can_be_read_again():
    """A generator is empty the second time; what makes it is not."""
    data = Batches(lambda: (part for part in np.split(TABLE, 4)))
    assert repeatable(data) is data
    assert (joined(data)[1] == joined(data)[1]).all()


def test_generator_is_refused():
    """Training would see no rows from the second epoch on."""
    with pytest.raises(TypeError, match=r"generator can be read only once.*Batches"):
        repeatable(part for part in [TABLE])


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ([], "no rows"),
        (TABLE[:0], "no rows"),
        (TABLE[0], r"expected shape \(n, d\), not shape \(3,\)"),
        ([TABLE, TABLE[:, :2]], r"number 20: expected shape \(n, 3\).*\(20, 2\)"),
        ([[1.0, 2.0]], "expected shape .* not list"),
        (TABLE.astype(str), "expected real numbers, not <U"),
        (TABLE.astype(complex), "expected real numbers, not complex128"),
        ([TABLE.astype(object)], "expected real numbers, not object"),
    ],
)
def test_what_is_no_table_is_refused(data, problem):
    """The message names the first row that is wrong."""
    with pytest.raises(ValueError, match=problem):
        joined(data)
