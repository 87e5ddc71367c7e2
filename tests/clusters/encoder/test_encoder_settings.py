"""What an encoder may be, and how fast it learns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyloom.clusters.encoder.module import rate_at
from skyloom.clusters.encoder.settings import FIXED, EncoderSettings


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
        {"hidden": True},
    ],
)
def test_refuses_encoders_that_cannot_be(odd):
    with pytest.raises(ValueError, match="expected"):
        EncoderSettings(**odd)


def test_json_and_back():
    """Lists become tuples again; a key too many or too few is named."""
    made = EncoderSettings(tile=128)
    tree = made.to_json()
    assert EncoderSettings.from_json(tree) == made
    with pytest.raises(ValueError, match="colour"):
        EncoderSettings.from_json(tree | {"colour": 1})
    tree.popitem()
    with pytest.raises(ValueError, match="missing or unknown"):
        EncoderSettings.from_json(tree)


@pytest.mark.parametrize("key", FIXED)
def test_what_could_be_set_once_has_its_one_value(key):
    """Files of that time are read; another value is another encoder."""
    tree = EncoderSettings().to_json()
    assert EncoderSettings.from_json(tree | FIXED) == EncoderSettings()
    with pytest.raises(ValueError, match=f"{key} 7: expected"):
        EncoderSettings.from_json(tree | FIXED | {key: 7})


@given(steps=st.integers(1, 500), warmup=st.floats(0, 0.9))
def test_one_cycle_rises_then_falls_to_nothing(steps, warmup):
    rates = [rate_at(step, steps, warmup) for step in range(steps + 1)]
    top = rates.index(max(rates))
    assert all(0 <= rate <= 1 for rate in rates)
    assert rates[:top] == sorted(rates[:top])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert rates[0] > 0
    assert rates[-1] == pytest.approx(0, abs=1e-9)
