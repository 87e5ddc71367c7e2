"""Lines, boxes and targets."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.decode import decode
from skyloom.quasars.network.lines import (
    LINES,
    N_BOXES,
    Heads,
    box_position,
    targets,
)
from skyloom.quasars.spectra.grid import LINEAR, LOG

GRIDS = st.sampled_from([LOG, LINEAR])


@pytest.mark.parametrize(
    ("line", "low", "high"),
    [
        ("LYA", 1.961, 7.194),
        ("CIV", 1.325, 5.434),
        ("CIII", 0.886, 4.219),
        ("MGII", 0.287, 2.562),
        ("HALPHA", -0.451, 0.518),
    ],
)
def test_reach(line, low, high):
    """Each line is on the grid between the published redshifts, and not beyond."""
    inside = box_position(np.array([low + 1e-3, high - 1e-3]), LINES[line], LOG)
    outside = box_position(np.array([low - 1e-3, high + 1e-3]), LINES[line], LOG)
    assert (inside >= 0).all()
    assert (inside < N_BOXES).all()
    assert (outside == -1).all()


def test_positions_of_edges():
    """The blue end is position 0, and a pixel is 13/443 boxes."""
    rest = 1215.67
    z = LOG.wave[[0, 1, 442]] / rest - 1
    z[0] += 1e-12  # rounding may fall off the grid
    assert box_position(z, rest, LOG) == pytest.approx(
        np.array([0, 1, 442]) * 13 / 443, abs=1e-9
    )


def test_not_finite_is_nowhere():
    """No redshift, no position."""
    assert (box_position([np.nan, np.inf], 1215.67, LOG) == -1).all()


@given(z=st.floats(0.0, 7.5), grid=GRIDS)
def test_targets_decode_to_the_redshift(z, grid):
    """Perfect outputs give the redshift back at every line on the grid."""
    arch = Architecture(n_layers=4, grid=grid)
    one = np.ones(1)
    y, weight = targets([z], one > 0, one, one > 0, arch.heads, grid)
    lines = decode(y, arch)
    there = lines.confidence[0] == 1
    assert there == pytest.approx(box_position(z, arch.heads.rest, grid) >= 0)
    assert lines.z[0][there] == pytest.approx(z, abs=1e-6 * (1 + z))
    assert (weight == 1).all()
    assert y[0].sum(axis=1)[~there] == pytest.approx(0)


def test_who_weighs_what():
    """Doubtful truth weighs nothing; the BAL head only where BAL is known."""
    heads = Heads()
    z = np.array([2.5, 2.5, 2.5, np.nan, np.nan])
    is_qso = np.array([True, True, True, False, True])
    bal = np.array([1, -1, 0, -1, 0])
    known = np.array([True, True, True, True, False])
    y, weight = targets(z, is_qso, bal, known, heads, LOG)
    assert weight[:, 0].tolist() == [1, 1, 1, 1, 0]
    assert weight[:, -1].tolist() == [1, 1, 0, 1, 0]
    boxes = y[..., :N_BOXES].sum(axis=2)
    assert boxes[0].tolist() == [1, 1, 1, 1, 0, 0, 1]
    assert boxes[1].tolist() == [1, 1, 1, 1, 0, 0, 0]
    assert (boxes[3:] == 0).all()
    assert (y.dtype, weight.dtype) == (np.float32, np.float32)


def test_a_confident_quasar_needs_a_redshift():
    """It is refused, not trained as a quasar without lines."""
    yes = np.array([True])
    with pytest.raises(ValueError, match=r"1 confident quasars .* row 0"):
        targets([np.nan], yes, [0], yes, Heads(), LOG)


@pytest.mark.parametrize(
    ("lines", "bal", "match"),
    [
        (("LYA", "OVI"), (), "no such line: OVI"),
        (("LYA",), ("NV",), "no such line: NV"),
    ],
)
def test_bad_heads(lines, bal, match):
    """Unknown lines are refused."""
    with pytest.raises(ValueError, match=match):
        Heads(lines, bal)


def test_names():
    """Heads keep the published order."""
    heads = Heads()
    assert heads.lines == tuple(LINES)
    assert heads.rest[-1] == LINES["CIV"]
    assert heads.is_bal.tolist() == [False] * 6 + [True]
