"""What is wrong with files of networks."""

import pytest
import torch
from skyloom.io.errors import InputError
from skyloom.learn.models import (
    whole_file,
    whole_weights,
    wrong_sections,
    wrong_weights,
)
from skyloom.learn.tensors import write_tensors
from torch import nn


@pytest.fixture
def net():
    """Return a small network."""
    return nn.Linear(2, 3)


def first(found):
    """Return the first problem, as readers look no further."""
    return next(iter(found), None)


def test_weights_of_a_whole_network(net):
    state = whole_weights(net)
    assert list(state) == ["bias", "weight"]
    assert first(wrong_weights(state, net.state_dict())) is None


def test_a_weight_that_is_not_finite_is_not_written(net):
    with torch.no_grad():
        net.bias[1] = torch.nan
    with pytest.raises(ValueError, match="not finite: bias"):
        whole_weights(net)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"other": torch.zeros(1)}, "missing or unknown weights: other"),
        ({"bias": torch.zeros(4)}, "shape (4,)"),
        ({"bias": torch.zeros(3, dtype=torch.float64)}, "a torch.float64"),
        ({"bias": [0, 0, 0]}, "a list"),
        ({"bias": torch.full((3,), torch.inf)}, "not finite"),
    ],
)
def test_weights_that_do_not_fit(net, change, said):
    state = whole_weights(net)
    _, problem, expected = first(wrong_weights(state | change, state))
    assert said in problem
    assert expected


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ([1], "holds a list"),
        ({"format": 1}, "missing a"),
        ({"format": 1, "a": {}, "b": 1}, "unknown b"),
        (
            {"a": {}, "pytorch-lightning_version": "2"},
            "a Lightning checkpoint",
        ),
        ({"format": 2, "a": {}}, "format 2"),
        ({"format": 1, "a": 3}, "a int"),
    ],
)
def test_sections_that_do_not_fit(tree, said):
    assert said in first(wrong_sections(tree, 1, ["a"]))[1]
    assert first(wrong_sections({"format": 1, "a": {}}, 1, ["a"])) is None


def test_a_file_is_refused_for_the_first_that_is_wrong(tmp_path):
    """The key is named, and nothing behind it is looked at."""
    path = tmp_path / "model.pt"
    write_tensors(path, {"format": 2})

    def wrong(tree):
        yield from wrong_sections(tree, 1, ())
        raise AssertionError

    with pytest.raises(
        InputError, match=r"key 'format'(?s:.)*expected 1(?s:.)*take another"
    ):
        whole_file(path, wrong, "take another")
    assert whole_file(path, lambda _: (), "") == {"format": 2}
