"""The galaxy model and its JSON form."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyloom.builder.model import (
    DrawnArm,
    Model,
    ModelError,
    Sersic,
    SpiralArm,
    from_dict,
    to_dict,
)

positive = st.floats(0.01, 100)
anywhere = st.floats(-1e3, 1e3)
sersics = st.builds(
    Sersic, anywhere, anywhere, st.floats(0, 3.14), positive, positive, positive,
    positive, positive,
)  # fmt: skip
arms = st.builds(SpiralArm, positive, positive, positive, anywhere, anywhere, anywhere)
models = st.builds(
    Model,
    st.none() | sersics,
    st.none() | sersics,
    st.none() | sersics,
    st.lists(arms, max_size=3).map(tuple),
)


@given(models)
def test_json_round_trip(model):
    """A model survives its JSON form, bit for bit."""
    assert from_dict(json.loads(json.dumps(to_dict(model)))) == model


def test_drawn_arms_round_trip():
    """A drawn arm keeps its vertices."""
    arm = DrawnArm(np.array([[1.0, 2.0], [3.0, 4.5]]), 0.5, 1.5, 0.7)
    back = from_dict(to_dict(Model(spiral=(arm,)))).spiral[0]
    np.testing.assert_array_equal(back.points, arm.points)
    assert (back.I, back.spread, back.falloff) == (0.5, 1.5, 0.7)


DISK = {"mux": 1, "muy": 1, "roll": 0, "q": 0.5, "Re": 3, "I": 1}


@pytest.mark.parametrize(
    ("tree", "problem"),
    [
        ({"halo": DISK}, "unknown component"),
        ({"disk": [1, 2]}, "expected an object"),
        ({"disk": {**DISK, "Re": None}}, r"disk\.Re: expected a number"),
        ({"disk": {**DISK, "q": "wide"}}, r"disk\.q: expected a number"),
        ({"disk": {**DISK, "I": float("nan")}}, r"disk\.I: expected a finite"),
        ({"disk": {**DISK, "Re": 0}}, r"disk\.Re: expected more than 0"),
        ({"disk": {**DISK, "q": -0.2}}, r"disk\.q: expected more than 0"),
        ({"disk": {**DISK, "tilt": 1}}, "unknown field"),
        ({"disk": {"mux": 1}}, "missing"),
        ({"spiral": [{"points": [[1, 2], [3]], "I": 1, "spread": 1}]}, "points"),
        ({"spiral": [{"points": [1, 2], "I": 1, "spread": 1}]}, "points"),
        ({"spiral": [{"points": [[1, 2], [3, np.inf]], "I": 1, "spread": 1}]}, "fini"),
        ({"spiral": [{"I": 1, "spread": 1, "A": 0, "phi": 9, "t_min": 0, "t_max": 1}]},
         r"spiral\[0\]\.A: expected more than 0"),
        ({"spiral": [7]}, "expected an object"),
    ],
)  # fmt: skip
def test_impossible_models_are_named(tree, problem):
    """A model that no galaxy has names the component and the field."""
    with pytest.raises(ModelError, match=problem):
        from_dict(tree)
