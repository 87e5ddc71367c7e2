"""Groups and classes: mutual information, variance between groups, rates."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_mutual_info_score
from skyloom.spectra.galaxy_map.association import (
    SHUFFLES,
    classes_apart,
    quantity_apart,
    rate_flat,
)


@pytest.fixture
def rng():
    """Return a generator."""
    return np.random.default_rng(11)


def test_groups_that_are_the_classes(rng):
    """Adjusted mutual information 1, as rare as shuffles can tell."""
    classes = np.repeat(["Sa", "Sc", "E"], 20)
    found = classes_apart(np.unique(classes, return_inverse=True)[1] + 7, classes, rng)
    assert found["ami"] == pytest.approx(1)
    assert found["p"] == pytest.approx(1 / (SHUFFLES + 1))
    assert (found["groups"], found["classes"]) == (3, 3)
    assert found["ami_null"] < 0.4


def test_it_is_scikit_learns_and_its_null_too(rng):
    """The null is of the same number, over the same shuffles."""
    classes = rng.integers(0, 3, 80)
    groups = np.where(rng.random(80) < 0.4, classes, rng.integers(0, 4, 80))
    found = classes_apart(groups, classes, rng)
    assert found["ami"] == pytest.approx(adjusted_mutual_info_score(classes, groups))
    drawn = [
        adjusted_mutual_info_score(classes, rng.permutation(groups)) for _ in range(400)
    ]
    assert np.quantile(drawn, 0.99) < found["ami_null"] < 1.6 * max(drawn)
    assert found["p"] < 0.01


def test_p_values_of_nothing_are_even():
    """Groups by lot are below p in a share p of all cases."""
    found = []
    for seed in range(120):
        rng = np.random.default_rng(seed)
        groups, classes = rng.integers(0, 4, (2, 60))
        found.append(classes_apart(groups, classes, rng)["p"])
    assert np.mean(np.array(found) < 0.1) == pytest.approx(0.1, abs=0.08)
    assert np.mean(found) == pytest.approx(0.5, abs=0.1)


def test_share_of_variance(rng):
    """eta² of two groups is the squared correlation with their number."""
    groups = np.repeat([0, 1], 40)
    values = groups * 1.0 + rng.normal(0, 0.7, 80)
    found = quantity_apart(groups, np.append(values, np.nan)[:80], rng)
    assert found["eta2"] == pytest.approx(np.corrcoef(groups, values)[0, 1] ** 2)
    assert found["p"] == pytest.approx(1 / (SHUFFLES + 1))
    assert found["eta2_null"] == pytest.approx(1 / 79, rel=0.15)
    nothing = quantity_apart(groups, rng.normal(0, 1, 80), rng)
    assert nothing["p"] > 0.01


def test_quantity_without_spread_tells_nothing(rng):
    """There is nothing to explain, and no warning."""
    assert quantity_apart([0, 0, 1], [2.0, 2.0, np.nan], rng)["eta2"] is None


def test_flat_rate_and_one_that_is_not(rng):
    """chi² finds a class with more outliers, and gives the rates."""
    classes = np.repeat([19, 61, 127], 400)
    flat = rate_flat(rng.random(1200) < 0.05, classes)
    assert flat["p"] > 0.01
    assert flat["rates"]["19"]["low"] < 0.05 < flat["rates"]["19"]["high"]
    steep = rate_flat(rng.random(1200) < np.where(classes == 127, 0.15, 0.05), classes)
    assert steep["p"] < 1e-3
    assert steep["dof"] == 2
    assert rate_flat(np.zeros(1200, bool), classes)["p"] is None
    assert rate_flat(np.zeros(0, bool), np.zeros(0))["rates"] == {}
