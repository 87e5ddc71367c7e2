"""What gives a training its batches, and a loss that ends it."""

import pytest
import torch
from skyloom.learn.batches import check_loss, loader


class Squares(torch.utils.data.Dataset):
    """Give the squares of a list of numbers."""

    def __getitem__(self, numbers):
        return torch.tensor(numbers) ** 2


def test_batches_are_those_of_the_order():
    found = loader(Squares(), [[1, 2], [3]], workers=0)
    assert [batch.tolist() for batch in found] == [[1, 4], [9]]


@pytest.mark.parametrize("bad", [torch.nan, torch.inf])
def test_a_loss_that_is_not_finite_ends_the_training(bad):
    check_loss(torch.tensor(3.0), 0, 0)
    with pytest.raises(FloatingPointError, match=f"batch 7: the loss is {bad}"):
        check_loss(torch.tensor(bad), 2, 7)
