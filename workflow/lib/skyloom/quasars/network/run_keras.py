"""Networks run in Keras, on whichever backend it was started with."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np

from skyloom.quasars.network.model import build, set_parameters
from skyloom.quasars.network.parameters import Parameters
from skyloom.quasars.network.run_numpy import (
    checked,
    common_architecture,
    empty_outputs,
)

BATCH = 512


class Runner:
    """An ensemble as Keras models.

    Parameters
    ----------
    parameters : sequence of Parameters
        The members, all of one architecture.
    batch : int
        Spectra at a time.

    Raises
    ------
    ValueError
        No members, or members of several architectures.
    """

    def __init__(self, parameters: Sequence[Parameters], batch: int = BATCH):
        self.arch = common_architecture(parameters)
        self.batch = batch
        self._models = [_model(member) for member in parameters]

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return the outputs of all members.

        Parameters
        ----------
        x : ndarray, shape (n, pixels)
            Normalised spectra.

        Returns
        -------
        ndarray, float32, shape (members, n, heads, 2 * boxes)
            Boxes' probabilities, then rescaled offsets.

        Raises
        ------
        ValueError
            Another number of pixels, or a spectrum that is not finite.
        """
        x = checked(x, self.arch)[:, :, None]
        out = empty_outputs(len(self._models), len(x), self.arch)
        for model, held in zip(self._models, out, strict=True):
            if len(x):
                held[:] = model.predict(x, batch_size=self.batch, verbose=0)
        return out


def _model(parameters: Parameters) -> keras.Model:
    model = build(parameters.arch)
    set_parameters(model, parameters)
    return model
