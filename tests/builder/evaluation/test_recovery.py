"""Models of simulated galaxies against a truth that is worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from skyloom.builder.evaluation.recovery import recovery_tree

DISK = {"mux": 50.0, "muy": 50.0, "roll": 0.1, "q": 0.5, "Re": 10.0, "I": 1.0}
BULGE = DISK | {"Re": 2.0, "n": 2.0}
ARM = {"I": 0.5, "spread": 1.0, "A": 5.0, "phi": 20.0, "t_min": 0.0, "t_max": 3.0}


def model(bulge=None, arms=()) -> dict:
    return {"disk": DISK, "bulge": bulge, "bar": None, "spiral": list(arms)}


def truth(bulge=None, arms=(), beyond=None) -> dict:
    """Return a true galaxy of 100 units of light, 20 of them in a bulge."""
    flux = {"disk": 80.0, "total": 100.0} | ({"bulge": 20.0} if bulge else {})
    tree = {"model": model(bulge, arms), "flux": flux, "half_light": 10.0}
    return tree | {"beyond": beyond or {}}


def fit(subject, changes=(), bulge=None, arms=(), **more) -> dict:
    """Return the model of a subject, `changes` of which are {name: (value, error)}."""
    mean = {"disk.Re": (10.0, 1.0), "disk.q": (0.5, 0.1), "flux.total": (100.0, 1.0)}
    if bulge:
        mean["fraction.bulge"] = (0.2, 0.01)
    mean |= dict(changes)
    values, errors = zip(*mean.values(), strict=True)
    tree = {"subject_id": subject, "model": model(bulge, [a for a, _ in arms])}
    tree["probability"] = {"bulge": float(bool(bulge)), "bar": 0.0, "spiral": 0.0}
    tree["mean"] = {"names": list(mean), "values": values, "errors": errors}
    return tree | {"arms": [estimate for _, estimate in arms]} | more


def test_sizes_have_bias_pulls_and_coverage():
    """Of -2, 0 and 3 errors one in three is inside; the bias is the median's."""
    fits = [fit(i, {"disk.Re": (10 + d, 1.0)}) for i, d in enumerate((-2, 0.5, 3))]
    tree = recovery_tree(dict.fromkeys(range(3), truth()), fits, 1)
    found = tree["all"]["quantities"]["disk.Re"]
    assert (found["n"], found["bias"]["value"]) == (3, 0.5)
    assert found["bias"]["low"] <= 0.5 <= found["bias"]["high"]
    assert found["pull_median"] == 0.5
    assert found["pull_scatter"] == pytest.approx(2.5 * 1.4826, rel=1e-4)
    assert (found["coverage"]["k"], found["coverage"]["n"]) == (1, 3)
    assert tree["all"]["quantities"]["disk.q"]["coverage"]["k"] == 3
    assert tree["n_galaxies"] == tree["n_fitted"] == tree["same_components"] == 3


def test_magnitudes_are_of_all_light():
    """One per cent too bright is 0.0108 mag too bright, one error of one per cent."""
    fits = [fit(i, {"flux.total": (101.0, 1.01)}) for i in range(2)]
    found = recovery_tree(dict.fromkeys(range(2), truth()), fits, 1)["all"]
    magnitude = found["quantities"]["mag"]
    assert magnitude["bias"]["value"] == pytest.approx(-0.0108, abs=1e-4)
    assert magnitude["pull_median"] == pytest.approx(-0.995, abs=1e-3)


def test_sizes_are_held_against_the_half_light_radius():
    """A broken disk's, not that of the exponential beneath."""
    broken = truth(beyond={"break": -10.0}) | {"half_light": 9.0}
    found = recovery_tree({0: broken}, [fit(0)], 1)["beyond"]["quantities"]
    assert found["disk.Re"]["bias"]["value"] == 1.0


def test_galaxies_beyond_the_model_are_told_apart():
    truths = {0: truth(), 1: truth(beyond={"ring": 1.0}), 2: truth(beyond={"ring": 1})}
    tree = recovery_tree(truths, [fit(i) for i in range(3)], 1)
    counts = [tree[k]["n_galaxies"] for k in ("all", "inside", "beyond")]
    assert counts == [3, 1, 2]
    assert tree["beyond"]["quantities"]["disk.Re"]["n"] == 2


def test_fractions_count_where_the_component_is_true_and_chosen():
    """The others are verdicts on presence; a failed model is neither."""
    truths = {0: truth(BULGE), 1: truth(BULGE), 2: truth(), 3: truth(), 4: truth()}
    fits = [fit(0, bulge=BULGE), fit(1), fit(2, bulge=BULGE), fit(3)]
    failed = {"subject_id": 4, "model": None}
    tree = recovery_tree(truths, [*fits, failed], 1)
    assert tree["all"]["quantities"]["fraction.bulge"]["n"] == 1
    found = tree["all"]["presence"]["bulge"]
    cases = [found[k] for k in ("both", "first_only", "second_only", "neither")]
    assert cases == [1, 1, 1, 1]
    assert found["brier"]["value"] == pytest.approx(0.5)
    assert found["brier"]["constant"] == pytest.approx(0.25)
    assert (tree["n_galaxies"], tree["n_fitted"], tree["same_components"]) == (5, 4, 2)


def estimates(**pitch) -> dict:
    """Return the entry of one arm; what is not given is not known."""
    names = ["", "_crowd", "_fit"]
    known = {f"pitch_angle{n}": pitch.get(n.strip("_") or "one") for n in names}
    return known | {f"pitch_angle{n}_err": 2.0 for n in names}


def test_pitch_angles_are_those_of_the_arm_nearby():
    """Two arms in the other order; the crowd drew only one of them."""
    other = ARM | {"t_min": np.pi, "t_max": np.pi + 2, "A": 3.0, "phi": 15.0}
    found = [
        (other, estimates(one=16.0, fit=14.0)),
        (ARM, estimates(one=21.0, crowd=25.0)),
    ]
    tree = recovery_tree({0: truth(arms=[ARM, other])}, [fit(0, arms=found)], 1)["all"]
    quantities = tree["quantities"]
    assert (quantities["pitch"]["n"], quantities["pitch"]["bias"]["value"]) == (2, 1.0)
    assert quantities["pitch.crowd"]["bias"]["value"] == 5.0
    assert quantities["pitch.fit"]["bias"]["value"] == -1.0
    assert (tree["arms"]["found"]["k"], tree["arms"]["found"]["n"]) == (2, 2)
    assert tree["arms"]["equal_number"]["value"] == 1.0


def test_arms_elsewhere_are_no_match():
    """An arm on the other side is not found and not true; nor has it a pitch angle."""
    away = ARM | {"t_min": np.pi, "t_max": np.pi + 2, "A": 2.0}
    fits = [fit(0, arms=[(away, estimates(one=20.0))])]
    tree = recovery_tree({0: truth(arms=[ARM])}, fits, 1)["all"]
    assert "pitch" not in tree["quantities"]
    assert (tree["arms"]["found"]["k"], tree["arms"]["true"]["k"]) == (0, 0)


def test_handedness_is_judged_where_arms_lie_on_one_another():
    """An arm nearly a circle, wound the other way."""
    flat = [ARM | {"phi": phi, "t_max": 1.0} for phi in (1.0, -1.0)]
    fits = [fit(0, arms=[(flat[1], estimates(one=1.0))])]
    arms = recovery_tree({0: truth(arms=flat[:1])}, fits, 1)["all"]["arms"]
    assert (arms["handedness"]["k"], arms["handedness"]["n"]) == (0, 1)


def test_nothing_fitted_is_no_crash():
    tree = recovery_tree({0: truth()}, [{"subject_id": 0, "model": None}], 1)
    assert (tree["n_fitted"], tree["all"]["quantities"]) == (0, {})
    assert tree["all"]["presence"]["bar"] == {"n": 0}
    assert tree["all"]["arms"]["found"]["value"] is None
