"""Objects are dealt by their names."""

from __future__ import annotations

from itertools import chain

import pytest
from skyloom.learn.splits import split

SHARES = {"test": 0.1, "validate": 0.25}


def test_each_object_goes_to_one_part():
    found = split(range(100), SHARES, seed=1)
    assert {name: len(part) for name, part in found.items()} == {
        "train": 65,
        "test": 10,
        "validate": 25,
    }
    assert sorted(chain(*found.values())) == list(range(100))
    assert all(part == sorted(part) for part in found.values())


def test_order_does_not_matter_and_the_seed_does():
    found = split(range(100), SHARES, seed=1)
    assert split(reversed(range(100)), SHARES, seed=1) == found
    assert split(range(100), SHARES, seed=2) != found


@pytest.mark.parametrize(("total", "sizes"), [(0, [0, 0, 0]), (3, [1, 1, 1])])
def test_no_part_is_empty_where_it_need_not_be(total, sizes):
    assert [*map(len, split(range(total), SHARES, seed=1).values())] == sizes
