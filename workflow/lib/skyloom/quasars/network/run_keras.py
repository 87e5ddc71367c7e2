"""Networks run in Keras, on whichever backend it was started with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skyloom.quasars.network.contract import Ensemble
from skyloom.quasars.network.model import model_of
from skyloom.quasars.network.parameters import Parameters

BATCH = 512


class Runner(Ensemble):
    """An ensemble as Keras models, `batch` spectra at a time."""

    def __init__(self, parameters: Sequence[Parameters], batch: int = BATCH):
        super().__init__(parameters)
        self.batch = batch
        self._models = [model_of(member) for member in parameters]

    def _fill(self, out: np.ndarray, x: np.ndarray) -> None:
        if not len(x):  # Keras refuses to predict nothing
            return
        for model, held in zip(self._models, out, strict=True):
            held[:] = model.predict(x[:, :, None], batch_size=self.batch, verbose=0)
