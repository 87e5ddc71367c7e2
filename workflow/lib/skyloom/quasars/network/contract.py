"""What all runners promise: which spectra they take, and what they give.

The NumPy, torch and Keras runners agree to 1e-5 in their outputs and to 1e-6 (1+z) in
their redshifts.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from skyloom.quasars.network.parameters import Parameters


class Ensemble(ABC):
    """Networks of one architecture, run together.

    Raises
    ------
    ValueError
        No members, or members of several architectures.
    """

    def __init__(self, parameters: Sequence[Parameters]):
        if not parameters:
            msg = "an ensemble of no members"
            raise ValueError(msg)
        self.arch, self.n_members = parameters[0].arch, len(parameters)
        for number, member in enumerate(parameters):
            # Outputs depend on everything but the share dropped in training.
            if replace(member.arch, dropout=self.arch.dropout) != self.arch:
                msg = f"member {number} is {member.arch}; member 0 is {self.arch}"
                raise ValueError(msg)

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return the outputs of all members for normalised spectra (n, pixels).

        Returns
        -------
        ndarray, float32, shape (members, n, heads, 2 * boxes)
            Boxes' probabilities, then rescaled offsets.

        Raises
        ------
        ValueError
            Another number of pixels, or a spectrum that is not finite.
        """
        x, size = np.asarray(x, np.float32), self.arch.grid.size
        if x.ndim != 2 or x.shape[1] != size:
            msg = f"spectra of shape {x.shape}; the network wants (n, {size})"
            raise ValueError(msg)
        bad = np.flatnonzero(~np.isfinite(x).all(axis=1))
        if len(bad):
            msg = f"{len(bad)} spectra are not finite, first: row {bad[0]}; drop them"
            raise ValueError(msg)
        shape = (self.n_members, len(x), len(self.arch.heads), 2 * self.arch.boxes)
        out = np.empty(shape, np.float32)
        self._fill(out, x)
        return out

    @abstractmethod
    def _fill(self, out: np.ndarray, x: np.ndarray) -> None:
        """Write the outputs of checked spectra to `out`."""
