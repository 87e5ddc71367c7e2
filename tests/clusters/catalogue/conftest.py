"""Small tables such as upstream's priors draw from."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import Table
from skyloom.clusters.catalogue.upstream_resampled import MAGNITUDES


@pytest.fixture(scope="session")
def members():
    """Return members of a near, wide cluster (1) and of a far one (2)."""
    rng = np.random.default_rng(0)
    table = Table({"CLUSTER": np.repeat([1, 2], [80, 30])})
    table["R"] = np.concatenate([np.linspace(0, 0.95, 80), np.linspace(0, 0.6, 30)])
    table["Z"] = np.repeat([0.25, 0.7], [80, 30])
    for k, name in enumerate(MAGNITUDES):
        table[name] = 22.5 - 0.5 * k + rng.normal(0, 0.1, 110)
    return table


@pytest.fixture(scope="session")
def gold():
    """Return a thousand objects, a tenth of them stars, some not measured."""
    rng = np.random.default_rng(1)
    table = Table({name: rng.uniform(20, 24, 1000) for name in MAGNITUDES})
    table["MAG_AUTO_G"][:50] = 99.0
    table["FLUX_RADIUS_R"] = rng.uniform(1.5, 6.0, 1000)
    table["FLUX_RADIUS_R"][:20] = -1.0
    table["CLASS_STAR_R"] = np.where(np.arange(1000) < 100, 0.98, 0.02)
    return table
