"""Confidences, redshifts and labels from outputs."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.decode import (
    Z_SPLIT,
    best,
    decode,
    labels,
    n_lines,
    nth_confidence,
    wave_at,
)
from skyloom.quasars.network.lines import LINES, box_position
from skyloom.quasars.spectra.grid import LINEAR, LOG

ARCH = Architecture()


def outputs(**heads):
    """Return one spectrum's outputs: confidence, box and offset by head."""
    y = np.zeros((1, 7, 26), np.float32)
    for name, (confidence, box, offset) in heads.items():
        head = (*LINES, "BAL_CIV").index(name)
        y[0, head, box] = confidence
        y[0, head, 13 + box] = offset
    return y


def test_best_is_the_most_confident_line():
    """The BAL head, however sure, gives no redshift."""
    y = outputs(CIV=(0.7, 5, 0.25), LYA=(0.9, 2, 0.5), BAL_CIV=(0.99, 9, 0.1))
    lines = decode(y, ARCH)
    z, confidence = best(lines)
    expected = wave_at(np.array([2.5]), LOG, 13) / LINES["LYA"] - 1
    assert z == pytest.approx(expected)
    assert confidence == pytest.approx(0.9)
    assert lines.box[0, [0, 1]].tolist() == [2, 5]
    assert lines.confidence[0, -1] == pytest.approx(0.99)


@given(position=st.floats(0, 442), grid=st.sampled_from([LOG, LINEAR]))
def test_wave_at_is_the_inverse_of_box_position(position, grid):
    """Box position to wavelength and back."""
    wave = wave_at(np.array([position * 13 / grid.size]), grid, 13)
    back = box_position(wave - 1, 1.0, grid)
    assert back == pytest.approx(position * 13 / grid.size, abs=1e-6)


def test_beyond_the_ends_it_goes_on_straight():
    """An offset below 0 in the first box is bluer than the grid."""
    step = LOG.wave[1] - LOG.wave[0]
    wave = wave_at(np.array([-13 / 443]), LOG, 13)
    assert wave == pytest.approx(LOG.wave[0] - step)
    assert wave_at(np.array([13.0]), LOG, 13) > LOG.wave[-1]


@pytest.mark.parametrize(
    ("line", "box", "threshold", "label"),
    [("LYA", 2, 0.9, 2), ("MGII", 5, 0.9, 1), ("LYA", 2, 0.97, 0), ("LYA", 2, 1.0, 0)],
)
def test_labels(line, box, threshold, label):
    """0 below the threshold; else 1 or 2 by the redshift."""
    lines = decode(outputs(**{line: (0.96, box, 0.5)}), ARCH)
    assert labels(lines, threshold, 1) == label


def test_n_detect():
    """Two lines are asked for, two must be there."""
    y = outputs(LYA=(0.9, 2, 0.5), CIV=(0.8, 5, 0.5))
    confidence = decode(y, ARCH).emission.confidence
    assert n_lines(confidence, 0.5) == 2
    assert n_lines(confidence, 0.85) == 1
    lines = decode(y, ARCH)
    assert labels(lines, 0.5, 2) == 2
    assert labels(lines, 0.85, 2) == 0


def test_any_leading_axes():
    """Members and spectra stay in their order."""
    y = np.random.default_rng(0).random((3, 4, 7, 26))
    z, confidence = best(decode(y, ARCH))
    one, _ = best(decode(y[1, 2], ARCH))
    assert z.shape == confidence.shape == (3, 4)
    assert z[1, 2] == one


def test_outputs_of_another_network():
    """Other boxes or heads are refused."""
    with pytest.raises(ValueError, match=r"expected \(\.\.\., 7, 26\)"):
        decode(np.zeros((2, 7, 20)), ARCH)


def test_thresholds_themselves():
    """A line counts above the threshold, not at it; from `Z_SPLIT` on z is high."""
    half = np.float32([0.5, np.nextafter(np.float32(0.5), np.float32(1))])
    assert n_lines(half[:, None], 0.5).tolist() == [0, 1]
    lines = decode(outputs(LYA=(0.96, 2, 0.5)), ARCH)
    found = [
        labels(replace(lines, z=np.full_like(lines.z, z)), 0.95, 1)[0]
        for z in (Z_SPLIT, np.nextafter(Z_SPLIT, 0), Z_SPLIT + 1e-6)
    ]
    assert found == [2, 1, 2]


def test_the_first_box_wins_a_tie():
    """Of boxes alike, the bluest; of lines alike, the first of the heads."""
    y = outputs(LYA=(0.9, 5, 0.2), CIV=(0.9, 6, 0.3))
    y[0, 0, 3], y[0, 0, 16] = 0.9, 0.4
    lines = decode(y, ARCH)
    assert lines.box[0, 0] == 3
    assert best(lines)[0] == pytest.approx(lines.z[0, 0])


@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.floats(0.01, 0.99))
def test_nth_confidence_is_the_rule_of_n_detect(seed, n_detect, c_th):
    """Above the threshold exactly where that many lines are."""
    confidence = np.random.default_rng(seed).random((20, 6))
    score = nth_confidence(confidence, n_detect)
    assert np.array_equal(score > c_th, n_lines(confidence, c_th) >= n_detect)


def test_nth_confidence_of_nothing():
    """NaN stays NaN; more lines than there are is refused."""
    assert np.isnan(nth_confidence(np.array([[0.5, np.nan]]), 1)).all()
    with pytest.raises(ValueError, match="n_detect 3: there are 2"):
        nth_confidence(np.zeros((1, 2)), 3)
