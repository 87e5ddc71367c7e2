"""A world for simulated fields."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import Table
from skyloom.clusters.catalogue.colours import read_red_sequence, read_templates
from skyloom.clusters.catalogue.sample import World


@pytest.fixture(scope="session")
def red_sequence(checkout):
    """Return the red sequence that ships."""
    return read_red_sequence(checkout / "resources/clusters/red_sequence.csv")


@pytest.fixture(scope="session")
def templates(checkout):
    """Return the galaxies that ship."""
    return read_templates(checkout / "resources/clusters/galaxies.csv")


@pytest.fixture(scope="session")
def world(red_sequence, templates):
    """Return a world with a list of 2000 clusters of richness 20 to 150."""
    rng = np.random.default_rng(0)
    richness = 20 * (1 - rng.random(2000) * (1 - 7.5**-2.5)) ** (-1 / 2.5)
    z = rng.uniform(0.2, 0.8, 2000)
    listed = Table({"LAMBDA": richness, "Z_LAMBDA": z})
    return World(listed, red_sequence, templates)
