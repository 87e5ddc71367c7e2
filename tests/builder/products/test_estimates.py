"""Numbers of a fit and what is made of them."""

import math

import invented_galaxy
import numpy as np
import pytest
from skyloom.builder.products.estimates import Estimates, estimates


def made(covariance=((4.0, 1.0), (1.0, 9.0))):
    values = {"a": 10.0, "b": 20.0, "c": 3.0}
    return Estimates(values, ("a", "b"), np.array(covariance))


def test_error_of_a_ratio_matches_a_simulation():
    """The delta method agrees with many draws of correlated numbers."""
    small = np.array([[0.04, 0.01], [0.01, 0.09]])
    draws = np.random.default_rng(0).multivariate_normal([10, 20], small, 100_000)
    value, error = made(small).of(lambda a, b: a / b, "a", "b")
    assert value == 0.5
    assert error == pytest.approx((draws[:, 0] / draws[:, 1]).std(), rel=0.02)


def test_fixed_numbers_have_no_error():
    """They are known, or nobody knows how well; zero would claim too much."""
    assert made().value("c")[0] == 3.0
    assert math.isnan(made().value("c")[1])
    assert made().of(lambda a, c: a * c, "a", "c") == pytest.approx((30.0, 6.0))
    assert math.isnan(made(np.zeros((2, 2))).value("a")[1])


def test_joint_covariance_of_functions():
    """Of a sum and a difference, by hand."""
    found = made().joint([(lambda a, b: a + b, "ab"), (lambda a, b: a - b, "ab")])
    assert found == pytest.approx(np.array([[15.0, -5.0], [-5.0, 11.0]]))


def test_the_mean_comes_before_the_best_fit():
    """What the mean has is its own; the rest is the chosen fit's."""
    fit = invented_galaxy.chosen()
    names = fit["mean"]["names"]
    fit["mean"]["values"][names.index("disk.q")] = 0.5
    found = estimates(fit)
    assert found.values["disk.q"] == 0.5
    assert found.values["spiral.0.spread"] == 2.0
    place = invented_galaxy.PARAMETERS.index("spiral.0.spread")
    assert found.value("spiral.0.spread")[1] == pytest.approx((place + 1) / 100)
    assert len(set(found.names)) == len(found.names) == len(found.covariance)


def test_a_fit_without_a_mean_has_fluxes_and_fractions():
    """So have the single fits; the total counts how fluxes go together."""
    tree = invented_galaxy.tuned(
        flux={"bulge": 20.0, "disk": 50.0}, flux_covariance=[[4.0, -3.9], [-3.9, 4.0]]
    )
    tree["model"] |= {"bar": None, "spiral": []}
    found = estimates(tree)
    total = (70.0, math.sqrt(0.2))
    assert found.value("flux.total") == pytest.approx(total)
    assert found.value("fraction.bulge")[0] == pytest.approx(2 / 7)
    sides = (found.value("fraction.bulge")[1], found.value("fraction.disk")[1])
    assert sides[0] == pytest.approx(sides[1])


def test_fraction_errors_match_a_simulation():
    """The delta method agrees with many draws of correlated fluxes."""
    flux = np.array([50.0, 20.0, 10.0])
    covariance = np.array([[4.0, -1.5, 0.2], [-1.5, 2.0, 0.0], [0.2, 0.0, 0.5]])
    draws = np.random.default_rng(3).multivariate_normal(flux, covariance, 200_000)
    expected = (draws / draws.sum(1, keepdims=True)).std(0)
    names = ("disk", "bulge", "bar")
    tree = invented_galaxy.tuned(
        flux=dict(zip(names, flux, strict=True)), flux_covariance=covariance.tolist()
    )
    tree["model"] |= {"spiral": []}
    found = estimates(tree)
    errors = [found.value(f"fraction.{name}")[1] for name in names]
    assert np.allclose(errors, expected, rtol=0.01)


def test_one_component_has_all_light_for_certain():
    """The fraction of a single component has no error."""
    tree = invented_galaxy.tuned(flux={"disk": 7.0}, flux_covariance=[[1.0]])
    tree["model"] |= {"bulge": None, "bar": None, "spiral": []}
    found = estimates(tree)
    assert found.values["fraction.disk"] == 1.0
    assert math.isnan(found.value("fraction.disk")[1])


def test_an_error_that_is_not_known_is_none():
    """JSON has no NaN."""
    fit = invented_galaxy.chosen()
    i = fit["mean"]["names"].index("disk.q")
    fit["mean"]["covariance"][i][i] = None
    assert math.isnan(estimates(fit).value("disk.q")[1])
