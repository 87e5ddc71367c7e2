"""A small map with labels, made once."""

from __future__ import annotations

import numpy as np
import pytest
from placed_spectra import population, trained


@pytest.fixture(scope="session")
def small_model():
    """Return a PCA + SOM map of invented spectra, with labels and novelty."""
    return trained(population(600, np.random.default_rng(0)))
