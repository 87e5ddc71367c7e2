"""The energy distance of fingerprints, beside the exact earth mover's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import energy_distance, spearmanr, wasserstein_distance_nd
from skyloom.som.grid import ROW_HEIGHT
from skyloom.spectra.galaxies.files import Layout
from skyloom.spectra.galaxy_map.distance import embedding, positions
from small_fingerprints import energy

SHEET = Layout(4, 5, "sheet", "rectangular")
LINE = Layout(1, 12, "sheet", "rectangular")
LAYOUTS = [
    SHEET,
    Layout(5, 4, "sheet", "hexagonal"),
    Layout(4, 6, "torus", "rectangular"),
    Layout(4, 6, "torus", "hexagonal"),
]


def lots(n, layout, seed, concentration=0.3):
    """Return fingerprints by lot."""
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.full(layout.n_units, concentration), n)


def at(layout, *units):
    """Return fingerprints that are all on one unit each."""
    return np.eye(layout.n_units)[list(units)]


def test_it_is_scipys_on_a_line():
    """Scipy has the root of E / 2... of two samples in one dimension."""
    p, q = lots(2, LINE, 1)
    place = np.arange(12)
    known = energy_distance(place, place, p, q)
    assert energy(p, q, LINE) == pytest.approx(known**2)


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_it_is_a_distance(layout):
    """0 of itself alone, symmetric, and its root obeys the triangle."""
    p, q, r = lots(3, layout, 2)
    assert energy(p, p, layout) == 0
    assert energy(p, q, layout) == pytest.approx(energy(q, p, layout))
    assert energy(p, q, layout) > 1e-3
    ways = [np.sqrt(energy(*pair, layout)) for pair in ((p, q), (q, r), (p, r))]
    assert 2 * max(ways) < sum(ways)
    assert embedding(layout).shape == (layout.n_units, layout.n_units)


def test_it_goes_with_the_earth_movers():
    """Same order of pairs (rank correlation), and never more than twice as far."""
    pairs = lots(60, SHEET, 3, 0.2).reshape(30, 2, -1)
    pairs = np.concatenate([pairs, lots(60, SHEET, 4, 5.0).reshape(30, 2, -1)])
    place = positions(SHEET)
    exact = [wasserstein_distance_nd(place, place, p, q) for p, q in pairs]
    ours = energy(pairs[:, 0], pairs[:, 1], SHEET)
    assert (ours <= 2 * np.array(exact) + 1e-9).all()
    pixels = ((pairs[:, 0] - pairs[:, 1]) ** 2).mean(axis=1)
    assert spearmanr(ours, exact).statistic > 0.95
    apart = slice(0, 30)  # among fingerprints of one kind pixels say little
    told = spearmanr(ours[apart], exact[apart]).statistic
    assert told > 0.9
    assert spearmanr(pixels[apart], exact[apart]).statistic < told - 0.2


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_a_near_unit_costs_less_than_a_far_one(layout):
    """Pixel by pixel both differ as much."""
    here, near, far = at(layout, 0, 1, 2 * layout.columns + 2)
    assert energy(here, near, layout) < 0.6 * energy(here, far, layout)
    assert ((here - near) ** 2).sum() == ((here - far) ** 2).sum()


def test_one_unit_to_another_costs_twice_the_way():
    """E of two points is 2 |x - y|."""
    here, there = at(SHEET, 0, 3 * 5 + 4)
    assert energy(here, there, SHEET) == pytest.approx(2 * 5)


def test_edges_touch_on_a_torus():
    """The last column is as near to the first as the second is."""
    layout = Layout(4, 6, "torus", "rectangular")
    first, second, last = at(layout, 0, 1, 5)
    near = energy(first, second, layout)
    assert energy(first, last, layout) == pytest.approx(near)
    assert near == pytest.approx(2, rel=0.06)  # a chord for an arc of a sixth


def test_six_units_touch_in_a_hexagonal_lattice():
    """Rows are moved by half a unit, and nearer."""
    layout = Layout(10, 9, "torus", "hexagonal")
    apart = np.linalg.norm(positions(layout) - positions(layout)[8], axis=1)
    assert (apart[np.argsort(apart)[1:7]] < 1.05).all()
    assert np.sort(apart)[7] > 1.3
    assert ROW_HEIGHT < 1


@given(st.integers(0, 10_000), st.floats(0.1, 3))
def test_totals_that_differ_cost_their_difference(seed, extra):
    """A reconstruction need not add up to 1: a unit of total costs 1."""
    p = lots(1, SHEET, seed)[0]
    more = p + extra / SHEET.n_units
    assert energy(p, more, SHEET) == pytest.approx(extra**2)
