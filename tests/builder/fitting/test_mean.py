"""Means of quantities over the sets of components."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skyloom.builder.fitting import mean as means
from skyloom.builder.fitting.fit import Problem
from skyloom.builder.fitting.mean import Quantities, mean, quantities
from skyloom.builder.fitting.posterior import free_fluxes, free_values, posterior
from skyloom.builder.fitting.search import search
from skyloom.builder.model import replace
from synthetic import SCATTER, crowd_start, observed


def one(**values):
    """Return independent quantities, each as (value, error)."""
    numbers, errors = np.array([*values.values()], float).T
    return Quantities(tuple(values), numbers, np.diag(errors**2), np.zeros(len(values)))


def error(found, name):
    i = found.names.index(name)
    return np.sqrt(found.covariance[i, i])


def test_the_mean_of_one_set_is_that_set():
    """Whatever its weight."""
    given = one(Re=(12.0, 0.5), q=(0.6, 0.02))
    found = mean([given], [1.0])
    assert found.names == given.names
    np.testing.assert_allclose(found.values, given.values)
    np.testing.assert_allclose(found.covariance, given.covariance)


def test_variance_is_that_within_sets_and_between_them():
    """The law of total variance, by hand: 0.25 x 0.09 + 0.75 x 0.01 + 0.75."""
    found = mean([one(Re=(10.0, 0.1)), one(Re=(12.0, 0.3))], [0.75, 0.25])
    assert found.values[0] == pytest.approx(10.5)
    assert error(found, "Re") ** 2 == pytest.approx(0.0225 + 0.0075 + 0.75)


def test_covariance_holds_what_differs_together():
    """Two quantities that grow from one set to the other grow together."""
    sets = [one(a=(1.0, 0.1), b=(5.0, 0.1)), one(a=(3.0, 0.1), b=(9.0, 0.1))]
    found = mean(sets, [0.5, 0.5])
    assert found.covariance[0, 1] == pytest.approx(0.5 * (1 * 2 + 1 * 2))
    np.testing.assert_array_equal(found.covariance, found.covariance.T)


@pytest.mark.parametrize("turns", [-1, 0, 1, 3])
def test_rolls_on_both_sides_of_pi_are_neighbours(turns):
    """0.1 and pi - 0.1 are 0.2 apart, on whichever turn of the first."""
    first = 0.1 + turns * np.pi
    sets = [one(**{"disk.roll": (first, 0.01)}), one(**{"disk.roll": (3.0416, 0.01)})]
    found = mean(sets, [0.5, 0.5])
    assert (found.values[0] + 1) % np.pi == pytest.approx(1.0, abs=1e-3)
    assert error(found, "disk.roll") == pytest.approx(np.hypot(0.1, 0.01), rel=1e-2)


def test_only_sets_that_have_a_quantity_count():
    """Names are those of the first set; a bar's mean is over the sets with a bar."""
    sets = [one(Re=(10.0, 0.1), bar=(5.0, 0.2)), one(Re=(12.0, 0.1)),
            one(bulge=(1.0, 0.1), bar=(7.0, 0.2), Re=(10.0, 0.1))]  # fmt: skip
    found = mean(sets, [0.4, 0.2, 0.4])
    assert found.names == ("Re", "bar")
    np.testing.assert_allclose(found.values, [10.4, 6.0])
    assert error(found, "bar") == pytest.approx(np.sqrt(0.04 + 1.0))
    # Both sets that have the bar have the same Re, half an error from the mean.
    assert found.covariance[0, 1] == pytest.approx(0.0, abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(
    values=st.lists(st.floats(-10, 10), min_size=2, max_size=5), seed=st.integers(0, 99)
)
def test_the_mean_lies_between_and_its_error_is_no_less_than_the_least(values, seed):
    """As of any mixture."""
    rng = np.random.default_rng(seed)
    errors = rng.uniform(0.1, 2.0, len(values))
    sets = [one(a=pair) for pair in zip(values, errors, strict=True)]
    weights = rng.dirichlet(np.ones(len(values)))
    found = mean(sets, weights)
    assert min(values) - 1e-9 <= found.values[0] <= max(values) + 1e-9
    assert error(found, "a") >= errors.min() - 1e-9
    scaled = mean(sets, 7 * weights)
    np.testing.assert_allclose(scaled.covariance, found.covariance)


@pytest.fixture(scope="module")
def post():
    problem = Problem(crowd_start(), observed(), SCATTER)
    return posterior(problem, search(problem, 60).vector)


def test_quantities_are_the_fit_s_parameters_fluxes_and_parts(post):
    """With the errors that the fit itself has for them."""
    found = quantities(post, [0])
    names, values, covariance = free_values(post)
    parts, fluxes, light = free_fluxes(post)
    in_the_disk_s_axes = {f"spiral.0.{key}" for key in ("A", "t_min", "t_max")}
    assert set(found.names) | in_the_disk_s_axes == {
        *names, "flux.total", *(f"flux.{p}" for p in parts),
        *(f"fraction.{p}" for p in parts),
    }  # fmt: skip
    assert not in_the_disk_s_axes & set(found.names)
    known = dict(zip(found.names, found.values, strict=True))
    for name, value, variance in zip(names, values, np.diag(covariance), strict=True):
        if name in in_the_disk_s_axes:
            continue
        assert known[name] == pytest.approx(value)
        assert error(found, name) == pytest.approx(np.sqrt(variance), rel=1e-5)
    for part, flux, variance in zip(parts, fluxes, np.diag(light), strict=True):
        assert known[f"flux.{part}"] == pytest.approx(flux)
        assert error(found, f"flux.{part}") == pytest.approx(np.sqrt(variance))
    assert known["flux.total"] == pytest.approx(fluxes.sum())
    assert sum(known[f"fraction.{p}"] for p in parts) == pytest.approx(1.0)


def test_arms_have_the_galaxy_s_numbers(post):
    """The only arm of a fit may be the third of the crowd's."""
    assert "spiral.2.phi" in quantities(post, [2]).names
    assert not any(n.startswith("spiral.0") for n in quantities(post, [2]).names)


def test_tree_is_plain_json(post):
    """Without NaN, also where rounding left a variance below zero."""
    found = replace_variance(quantities(post, [0]))
    tree = found.tree()
    assert json.loads(json.dumps(tree, allow_nan=False)) == tree
    assert tree["errors"][0] == 0.0
    size = len(tree["names"])
    assert np.shape(tree["covariance"]) == (size, size)


def replace_variance(found):
    covariance = found.covariance.copy()
    covariance[0, 0] = -1e-20
    return replace(found, covariance=covariance)


def test_a_systematic_part_is_added(monkeypatch):
    """In quadrature, by the logarithm of the inflation, and to nothing else."""
    monkeypatch.setattr(means, "SYSTEMATIC", {"disk.Re": 0.1})
    monkeypatch.setattr(means, "SYSTEMATIC_LIGHT", {"bar": 0.2})
    given = one(**{
        "disk.Re": (10.0, 0.1), "disk.q": (1, 1), "flux.total": (5.0, 0.1),
        "flux.bar": (1.0, 0.1), "fraction.bar": (0.2, 0.01),
        "flux.disk": (4.0, 0.1), "fraction.disk": (0.8, 0.01),
    })  # fmt: skip
    found = mean([given], [1.0], math.e)
    assert error(found, "disk.Re") == pytest.approx(np.hypot(0.1, 1.0))
    assert error(found, "flux.bar") == pytest.approx(np.hypot(0.1, 0.2))
    assert error(found, "fraction.bar") == pytest.approx(np.hypot(0.01, 0.04))
    assert error(found, "fraction.disk") == pytest.approx(np.hypot(0.01, 0.04))
    assert error(found, "disk.q") == pytest.approx(1.0)
    assert error(mean([given], [1.0]), "disk.Re") == pytest.approx(0.1)
