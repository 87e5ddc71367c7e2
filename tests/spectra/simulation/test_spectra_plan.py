"""Names of simulated galaxies."""

from collections import Counter

import pytest
from skyloom.spectra.simulation.plan import UNITS, fibres_of, planned, smallest

ALL = (19, 37, 61, 91, 127)


def test_a_plate_has_the_units_of_manga():
    names = planned({"galaxies": 34, "fibres": ALL}, 1)
    plates = Counter(name.split("-")[0] for name in names)
    assert plates == {"9001": 17, "9002": 17}
    assert Counter(map(fibres_of, names)) == {k: 2 * n for k, n in UNITS.items()}


def test_names_and_numbers_are_unique():
    names = planned({"galaxies": 500, "fibres": ALL}, 1)
    assert len(names) == len(set(names.values())) == 500
    assert all(manga.startswith("1-") for manga in names.values())


def test_more_galaxies_rename_none():
    few = planned({"galaxies": 20, "fibres": ALL}, 3)
    many = planned({"galaxies": 90, "fibres": ALL}, 3)
    assert few.items() <= many.items()
    assert list(few) == list(many)[:20]


def test_another_seed_deals_units_otherwise():
    one, other = (planned({"galaxies": 10, "fibres": ALL}, s) for s in (1, 2))
    assert set(one) != set(other)


@pytest.mark.parametrize("fibres", [(19,), (127, 19)])
def test_only_the_units_asked_for(fibres):
    names = planned({"galaxies": 30, "fibres": fibres}, 1)
    assert set(map(fibres_of, names)) == set(fibres)


def test_smallest_units_come_first_and_in_order():
    names = ["9001-12701", "9001-1902", "9001-3701", "9001-1901"]
    assert smallest(names, 3) == ["9001-1902", "9001-1901", "9001-3701"]
    assert smallest(names, 0) == []
