"""What scores of clusters are worth: told by other fields than a candidate's own."""

from __future__ import annotations

import numpy as np
import pytest
from skyloom.clusters.tasks.calibrate import _by_others
from skyloom.stats.calibration import expected_error, fit_platt


def test_a_field_does_not_judge_itself():
    """A field of another kind is told wrongly by the others, and counts so."""
    rng = np.random.default_rng(5)
    field = np.repeat(np.arange(8), 50)
    score = rng.uniform(0.05, 0.95, len(field))
    true = rng.uniform(size=len(field)) < score
    odd = field == 3
    true[odd] = rng.uniform(size=odd.sum()) > score[odd]
    own = fit_platt(score[~odd], true[~odd])(score[odd])
    others = _by_others(score, true, field)
    np.testing.assert_allclose(others[odd], own)
    fitted = fit_platt(score[odd], true[odd])(score[odd])
    assert expected_error(others[odd], true[odd]) > expected_error(fitted, true[odd])


@pytest.mark.parametrize("kind", [True, False])
def test_others_of_one_kind_tell_nothing(kind):
    """Without true and false ones elsewhere there is no line."""
    true = np.array([kind] * 6 + [not kind])
    field = np.array([0, 0, 0, 1, 1, 1, 2])
    assert _by_others(np.linspace(0.1, 0.9, 7), true, field) is None
