"""Files of tensors: whole, plain, and the same bytes for the same values."""

from __future__ import annotations

import pytest
import torch
from skyloom.io.errors import InputError
from skyloom.learn.tensors import own, read_tensors, write_tensors


def test_values_come_back_and_views_leave_no_trace(tmp_path):
    whole = torch.arange(12.0).reshape(3, 4)
    write_tensors(tmp_path / "a.pt", {"x": own(whole.T), "n": 3})
    write_tensors(tmp_path / "b.pt", {"x": own(whole.T.contiguous()), "n": 3})
    assert (tmp_path / "a.pt").read_bytes() == (tmp_path / "b.pt").read_bytes()
    tree = read_tensors(tmp_path / "a.pt", "make it again")
    assert torch.equal(tree["x"], whole.T)
    assert tree["n"] == 3


def test_a_changed_byte_is_noticed(tmp_path):
    """Which torch itself would read; the remedy is told."""
    path = tmp_path / "a.pt"
    write_tensors(path, {"x": torch.zeros(1000)})
    content = bytearray(path.read_bytes())
    content[content.index(bytes(1000)) + 500] = 1
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"not readable as tensors.*make it again"):
        read_tensors(path, "make it again")
