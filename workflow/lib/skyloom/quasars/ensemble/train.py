"""Training in Keras, as the seed does it; on any of its backends."""

from __future__ import annotations

import keras
import numpy as np
from keras import ops

from skyloom.quasars.config import Train
from skyloom.quasars.ensemble.data import TrainingData, added_noise, epoch_rows, noisy
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.loss import quasarnet_loss
from skyloom.quasars.network.model import build
from skyloom.run.seeds import rng


def train_member(
    data: TrainingData,
    rows: np.ndarray,
    arch: Architecture,
    settings: Train,
    seed: int,
    *,
    validation: TrainingData | None = None,
) -> tuple[keras.Model, list[dict]]:
    """Train one member.

    Parameters
    ----------
    data : TrainingData
        The spectra that all members draw from.
    rows : ndarray of int
        The member's bootstrap sample.
    arch : Architecture
        Its shape.
    settings : Train
        How; `precision` is left to Keras' own ``keras.config.set_dtype_policy``.
    seed : int
        Of its first weights, batches, dropout and noise. Sets Keras' global seed.
    validation : TrainingData, optional
        Held-out targets.

    Returns
    -------
    model : keras.Model
        For `skyloom.quasars.network.files.save_member`.
    history : list of dict
        An entry an epoch: ``epoch``, ``loss``, ``rate`` and, with validation data,
        ``val_loss`` and ``best``.

    Raises
    ------
    ValueError
        Spectra of another size than the architecture's, or the best epoch to be kept
        without validation data.
    """
    if data.x.shape[1] != arch.grid.size:
        msg = f"spectra of {data.x.shape[1]} pixels: expected {arch.grid.size}"
        raise ValueError(msg)
    if settings.keep_best and validation is None:
        msg = "keep_best needs validation data: hold targets out, or set it to False"
        raise ValueError(msg)
    keras.utils.set_random_seed(seed % 2**32)
    model = build(arch)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = settings.momentum
    steps = settings.steps(len(rows))
    rate = _Rate(settings, steps * settings.epochs)
    model.compile(
        keras.optimizers.Adam(rate, amsgrad=settings.amsgrad), loss=_packed_loss
    )
    history: list[dict] = []
    best: list[np.ndarray] = []
    for epoch in range(settings.epochs):
        # One call an epoch: Keras would look ahead at the batches of a data set, and
        # their order would depend on its version.
        index = epoch_rows(rows, steps, settings, seed, epoch).ravel()
        x, packed = _epoch(data, index, settings, rng(seed, "noise", epoch))
        run = model.fit(x, packed, batch_size=settings.batch, shuffle=False, verbose=0)
        entry = {"epoch": epoch, "loss": float(run.history["loss"][0])}
        entry["rate"] = float(rate.rates[(epoch + 1) * steps - 1])
        history.append(entry | _judged(model, validation, history))
        if settings.keep_best and history[-1]["best"]:
            best = model.get_weights()
    if settings.keep_best:
        model.set_weights(best)
    return model, history


def _epoch(data: TrainingData, index: np.ndarray, settings, draw):
    """Return the spectra of an epoch, with noise, and their answers and weights.

    Keras' sample weights are one number a spectrum; ours are one a head, and travel as
    the last column of the answers.
    """
    x = data.x[index]
    if settings.noise > 0:
        added = added_noise(len(index), settings, draw)
        x = noisy(x, data.sigma[index], added, draw.standard_normal(x.shape, "f4"))
    weight = data.weight[index][..., None]
    return x[..., None], np.concatenate([data.y[index], weight], axis=-1)


def _judged(model, held: TrainingData | None, history: list[dict]) -> dict:
    if held is None:
        return {}
    outputs = model.predict(held.x[..., None], batch_size=1024, verbose=0)
    value = float(quasarnet_loss(held.y, outputs, held.weight))
    lowest = min((entry["val_loss"] for entry in history), default=np.inf)
    return {"val_loss": value, "best": value < lowest}


def _packed_loss(packed, predicted):
    return quasarnet_loss(packed[..., :-1], predicted, packed[..., -1])


class _Rate(keras.optimizers.schedules.LearningRateSchedule):
    """`Train.rate_at` for Keras: looked up, so that it is the same number."""

    def __init__(self, settings: Train, total: int):
        self.rates = np.array(
            [settings.rate_at(step, total) for step in range(total)], np.float32
        )

    def __call__(self, step):
        step = ops.minimum(ops.cast(step, "int32"), len(self.rates) - 1)
        return ops.take(ops.convert_to_tensor(self.rates), step)

    def get_config(self) -> dict:
        """Return nothing: the optimiser is never stored."""
        return {}
