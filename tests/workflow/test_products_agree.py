"""The same quantity has one name and one value in all products of a run."""

import agreement
import pytest

AREAS = ("builder", "quasars", "clusters", "spectra", "spirals")


@pytest.mark.parametrize("area", AREAS)
def test_products_of_an_area_agree(built, area):
    """Catalogues, files of objects, reports and headline numbers say the same."""
    found = getattr(agreement, area)(built.folder / "results" / "tiny" / area)
    assert found.broken == []
    assert found.compared > 50


def test_another_value_is_found():
    """Numbers, text, lengths and what is missing are told apart."""
    found = agreement.Agreement()
    pairs = [([1.0, 2.0], [1.0, 2.1]), ("a", "b"), ([1.0], [1.0, 1.0])]
    pairs += [(float("nan"), 1.0), ("", 0.0)]
    for one, other in pairs:
        found.same("x", one, other)
    assert len(found.broken) == len(pairs)
    same = agreement.Agreement()
    nothing = float("nan")
    for one, other in (([1.0, nothing], [1, nothing]), ("a", "a"), (True, True)):
        same.same("x", one, other)
    assert same.broken == []
