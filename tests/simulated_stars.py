"""Stars and gas of the simulated galaxies, for tests."""

from functools import cache

import numpy as np
from skyloom.spectra.simulation.history import History
from skyloom.spectra.simulation.populations import Library, read_library
from skyloom.spectra.simulation.render import Component


@cache
def library() -> Library:
    """Return the populations of sdss-mangadap."""
    return read_library()


def single(age, z_h, ssfr=0.0) -> History:
    """Return populations of one node of age and one of metallicity each."""
    age, z_h = np.broadcast_arrays(np.atleast_1d(age), np.atleast_1d(z_h))
    weights = np.zeros((len(age), *library().flux.shape[:2]))
    weights[np.arange(len(age)), age, z_h] = 1
    return History(weights, np.full(len(age), ssfr))


def stars(history, mass=1e9, velocity=0.0, sigma=80.0, ebv=0.0) -> Component:
    """Return a component whose regions have these values, or one value."""
    n = len(history.ssfr)
    given = (mass, velocity, sigma, ebv)
    mass, *rest = (np.broadcast_to(np.float64(x), n) for x in given)
    return Component(mass, history, *rest)
