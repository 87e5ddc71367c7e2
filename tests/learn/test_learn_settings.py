"""What values of a network's shape may be."""

import pytest
from skyloom.learn.settings import demand, natural


@pytest.mark.parametrize(
    ("value", "is_natural"), [(1, True), (0, False), (True, False), (2.0, False)]
)
def test_natural_numbers_are_whole_and_from_one_on(value, is_natural):
    assert natural(value) == is_natural


def test_what_does_not_hold_is_told():
    demand([1], "nothing")
    with pytest.raises(ValueError, match="why not"):
        demand([], "why not")
