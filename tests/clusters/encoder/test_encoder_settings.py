"""What an encoder and a training may be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyloom.clusters.encoder.settings import EncoderSettings, TrainSettings


@given(pool=st.sampled_from([1, 2, 4, 8]), halvings=st.integers(1, 8))
def test_a_tile_is_any_power_of_two_of_pooled_pixels(pool, halvings):
    """As many stages as halvings, the last width repeated."""
    made = EncoderSettings(
        tile=pool * 2**halvings, pool=pool, widths=(16,), blocks=(1,)
    )
    assert made.reduction == 2**halvings
    assert made.plan == ((16, 1),) + ((16, 0),) * (halvings - 1)


@pytest.mark.parametrize(
    "odd",
    [
        {"tile": 48},
        {"tile": 66},
        {"tile": 4},
        {"pool": 3},
        {"pool": 0},
        {"widths": ()},
        {"widths": (8, 8, 8, 8, 8)},
        {"blocks": (1, -1)},
        {"dilations": (0,)},
        {"bands": ("g", "g")},
        {"bands": ()},
        {"scales": ()},
        {"ridge_widths": ()},
        {"ridge_widths": (0.0,)},
        {"scales": (1.0, -1.0)},
        {"groups": True},
        {"center_above": -1.0},
    ],
)
def test_refuses_encoders_that_cannot_be(odd):
    with pytest.raises(ValueError, match=r"expected|whole numbers|none|more than"):
        EncoderSettings(**odd)


@pytest.mark.parametrize(
    "odd",
    [
        {"precision": "16-mixed"},
        {"schedule": "steps"},
        {"epochs": 0},
        {"batch": 1.5},
        {"rate": 0.0},
        {"rate": float("nan")},
        {"warmup": 1.0},
        {"clip": -1.0},
        {"jitter": -0.1},
        {"workers": -1},
        {"weights": {"mass": 1.0}},
        {"weights": {"center": -1.0}},
        {"weights": {}},
    ],
)
def test_refuses_trainings_that_cannot_be(odd):
    with pytest.raises(ValueError, match=r"expected|whole"):
        TrainSettings(**odd)


@pytest.mark.parametrize("made", [EncoderSettings(tile=128), TrainSettings(epochs=3)])
def test_json_and_back(made):
    """Lists become tuples again; a key too many or too few is named."""
    tree = made.to_json()
    assert type(made).from_json(tree) == made
    with pytest.raises(ValueError, match="colour"):
        type(made).from_json(tree | {"colour": 1})
    tree.popitem()
    with pytest.raises(ValueError, match="missing or unknown"):
        type(made).from_json(tree)


@given(steps=st.integers(1, 500), warmup=st.floats(0, 0.9))
def test_one_cycle_rises_then_falls_to_nothing(steps, warmup):
    made = TrainSettings(warmup=warmup)
    rates = [made.rate_at(step, steps) for step in range(steps + 1)]
    top = rates.index(max(rates))
    assert all(0 <= rate <= 1 for rate in rates)
    assert rates[:top] == sorted(rates[:top])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert rates[0] > 0
    assert rates[-1] == pytest.approx(0, abs=1e-9)


def test_a_constant_rate_stays():
    made = TrainSettings(schedule="constant", warmup=0.1)
    assert made.rate_at(0, 100) < 0.1
    assert made.rate_at(50, 100) == made.rate_at(99, 100) == 1.0
