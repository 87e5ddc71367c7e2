"""A generator without chance: each draw lies at one quantile of what it is drawn from.

With it the typical object of a simulator is known in closed form, and an object one
standard deviation away says how wide the simulator scatters.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

ONE_SIGMA = float(stats.norm.cdf(1.0))


class Still:
    """The methods of `numpy.random.Generator` that simulators call, at one quantile."""

    def __init__(self, quantile: float = 0.5):
        self.q = quantile

    def _filled(self, value, size):
        if size is None:
            return value
        shape = (size,) if np.isscalar(size) else tuple(size)
        return np.broadcast_to(value, shape).astype(float)

    def random(self, size=None):
        """Return the quantile itself."""
        return self._filled(self.q, size)

    def normal(self, mean=0.0, sigma=1.0, size=None):
        """Return the quantile of normals."""
        value = np.asarray(mean) + np.asarray(sigma) * stats.norm.ppf(self.q)
        return self._filled(value, size) if size is not None else value

    def standard_normal(self, size=None, dtype=float):
        """Return the quantile of the standard normal."""
        return np.asarray(self.normal(0.0, 1.0, size), dtype)

    def uniform(self, low=0.0, high=1.0, size=None):
        """Return the place between the limits."""
        return self._filled(low + (high - low) * self.q, size)

    def exponential(self, scale=1.0, size=None):
        """Return the quantile of an exponential."""
        return self._filled(-scale * np.log1p(-self.q), size)

    def beta(self, a, b, size=None):
        """Return the quantile of a beta."""
        return self._filled(stats.beta.ppf(self.q, a, b), size)

    def gamma(self, shape, scale=1.0, size=None):
        """Return the quantile of a gamma."""
        return self._filled(stats.gamma.ppf(self.q, shape, scale=scale), size)

    def integers(self, low, high, size=None):
        """Return the whole number at that place."""
        value = np.floor(low + (high - low) * self.q)
        return self._filled(value, size).astype(int)

    def poisson(self, mean, size=None):
        """Return the rounded mean."""
        return np.asarray(self._filled(np.rint(mean), size)).astype(int)


def seen_by(monkeypatch, module, name):
    """Let a function of a module note its arguments; return the notes."""
    notes, function = [], getattr(module, name)

    def noting(*arguments):
        notes.append(arguments)
        return function(*arguments)

    monkeypatch.setattr(module, name, noting)
    return notes
