"""The sets of components that crowd and image allow."""

import pytest
from skyloom.builder.fitting import sets
from skyloom.builder.fitting.arm_candidates import Backing
from skyloom.builder.fitting.settle import settle
from skyloom.builder.model import replace
from synthetic import SCATTER, TRUTH, crowd_start, observed


def test_a_search_that_was_cut_short_goes_on_to_its_end():
    """One that ended stays what it is."""
    pixels = observed()
    short = settle(crowd_start(), SCATTER, pixels, 2, patient=False)
    assert short.found.status == "max_evaluations"
    found = sets._finished(short, pixels, 60)
    assert found.found.status == "converged"
    assert found.objective < short.objective
    assert found.arms == short.arms
    assert sets._finished(found, pixels, 60) is found


@pytest.mark.parametrize(("agreed", "n_arms"), [(0, 0), (1, 1)])
def test_a_faint_arm_stays_if_volunteers_agree_on_it(agreed, n_arms):
    """One that few drew must show more."""
    faint = replace(TRUTH, spiral=(replace(TRUTH.spiral[0], I=0.06),))
    pixels = observed(faint, noise=0.004)
    start = replace(crowd_start(), bar=None)
    full = settle(start, SCATTER, pixels, 60, patient=False)
    assert full.arms == (0,)
    left = sets._with_clear_arms(full, Backing(agreed, 1), pixels, 60)
    assert len(left.arms) == n_arms


@pytest.mark.parametrize(("drawn", "n_arms"), [(0, 0), (1, 1)])
def test_an_arm_that_nobody_drew_is_no_ring(drawn, n_arms):
    """A ring that takes much light stays if somebody drew it as an arm."""
    ring = replace(TRUTH, spiral=(replace(TRUTH.spiral[0], phi=1.0, A=9.0),))
    pixels = observed(ring, noise=0.004)
    full = settle(replace(crowd_start(), spiral=ring.spiral), SCATTER, pixels, 60,
                  patient=False)  # fmt: skip
    assert abs(full.shape.spiral[0].phi) < 3
    left = sets._with_clear_arms(full, Backing(0, drawn), pixels, 60)
    assert len(left.arms) == n_arms
