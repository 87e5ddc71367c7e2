"""Training in Keras, as the seed does it; on any of its backends."""

from __future__ import annotations

import logging
import os

# Read by TensorFlow when it is loaded: one order of sums, and no chatter.
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_DETERMINISTIC_OPS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import ops

from skyloom.learn.devices import require_gpu
from skyloom.quasars.config_training import Train
from skyloom.quasars.ensemble.data import TrainingData, added_noise, epoch_rows, noisy
from skyloom.quasars.ensemble.odds import with_true_odds
from skyloom.quasars.network.architecture import Architecture
from skyloom.quasars.network.model import build, parameters_of
from skyloom.quasars.network.parameters import Parameters
from skyloom.run.log import ANYWHERE
from skyloom.run.seeds import rng

logger = logging.getLogger(__name__)
CLIP = EPSILON = 1e-7


class Trainer:
    """Trains members of one ensemble, one after another.

    A member's weights depend on its seed, its rows, the data and the settings, and not
    on the members before it: all are trained by one compiled model, started anew.

    Parameters
    ----------
    data : TrainingData
        The spectra that all members draw from.
    arch, settings
        The shape of all members, and how they are trained.
    device : str
        ``"cpu"``, ``"cuda"``, ``"cuda:1"``...

    Raises
    ------
    ValueError
        Spectra of another size than the architecture's.
    RuntimeError
        A GPU that TensorFlow's build, or this job, does not have.
    """

    def __init__(
        self,
        data: TrainingData,
        arch: Architecture,
        settings: Train,
        device: str = "cpu",
    ):
        if data.x.shape[1] != arch.grid.size:
            msg = f"spectra of {data.x.shape[1]} pixels: expected {arch.grid.size}"
            raise ValueError(msg)
        self.data, self.settings, self.device = data, settings, device_of(device)
        with keras.device(self.device):
            self.model = build(arch, momentum=settings.momentum)
            self.first = list(self.model.variables)
            optimiser = keras.optimizers.Adam(settings.rate, amsgrad=settings.amsgrad)
            optimiser.build(self.model.trainable_variables)
            self.model.compile(optimiser, loss=_packed_loss)

    def __call__(self, seed: int, rows: np.ndarray) -> tuple[Parameters, list[dict]]:
        """Train one member; sets Keras' global seed.

        Parameters
        ----------
        seed : int
            Of its first weights, batches, dropout and noise.
        rows : ndarray of int
            Its bootstrap sample, see `skyloom.quasars.ensemble.bootstrap.draw`.

        Returns
        -------
        network : Parameters
        history : list of dict
            An entry an epoch: ``epoch``, ``loss`` and ``rate``.
        """
        with keras.device(self.device):
            keras.utils.set_random_seed(seed % 2**32)
            start = build(self.model.architecture).variables
            for variable, value in zip(self.first, start, strict=True):
                variable.assign(value)
            for variable in self.model.optimizer.variables:
                variable.assign(keras.ops.zeros_like(variable))
            epochs = range(self.settings.epochs)
            history = [self._epoch(seed, rows, epoch) for epoch in epochs]
            return with_true_odds(parameters_of(self.model), self.data), history

    def _epoch(self, seed: int, rows: np.ndarray, epoch: int) -> dict:
        how, steps = self.settings, self.settings.steps(len(rows))
        # One call an epoch: Keras would look ahead at the batches of a data set, and
        # their order would depend on its version.
        index = epoch_rows(rows, steps, how, seed, epoch).ravel()
        x, packed = _drawn(self.data, index, how, rng(seed, "noise", epoch))
        rates = [
            how.rate_at(epoch * steps + step, how.epochs * steps)
            for step in range(steps)
        ]
        fit = {"batch_size": how.batch, "shuffle": False, "verbose": 0}
        run = self.model.fit(x, packed, callbacks=[_Rates(rates)], **fit)
        loss = float(run.history["loss"][0])
        if not np.isfinite(loss):
            msg = f"the loss became {loss} in epoch {epoch + 1}: lower the rate"
            raise FloatingPointError(msg)
        place = (epoch + 1, how.epochs, loss)
        logger.info("epoch %d of %d: loss %.4f", *place, extra=ANYWHERE)
        return {"epoch": epoch, "loss": loss, "rate": rates[-1]}


def device_of(name: str) -> str:
    """Return the name that Keras' backend has for ``cpu``, ``cuda`` or ``cuda:1``.

    RuntimeError if TensorFlow's build, or this job, does not have it.
    """
    kind, _, number = name.partition(":")
    if keras.backend.backend() == "tensorflow":
        require_gpu("tensorflow", "quasars.ensemble.device", name)
        kind = kind.replace("cuda", "gpu")
    return f"{kind}:{number or 0}"


def _drawn(data: TrainingData, index: np.ndarray, settings, draw):
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


def _packed_loss(packed, predicted):
    return quasarnet_loss(packed[..., :-1], predicted, packed[..., -1])


class _Rates(keras.callbacks.Callback):
    """Sets the learning rate of each step of an epoch."""

    def __init__(self, rates: list[float]):
        super().__init__()
        self.rates = rates

    def on_train_batch_begin(self, batch: int, logs=None) -> None:
        """Set the rate of a step."""
        self.model.optimizer.learning_rate.assign(self.rates[batch])


def quasarnet_loss(y, predicted, weight=None):
    r"""Return the loss of a batch, one number.

    For one head, with boxes :math:`Y, P` and offsets :math:`x, \hat x`,

    .. math::

        L = -\frac{\sum w\, Y \ln P}{N_1} - \frac{\sum w\,(1-Y) \ln(1-P)}{N_2}
            + \frac{\sum w\, Y (x - \hat x)^2}{N_1},

    where :math:`N_1 = \sum w Y` and :math:`N_2 = \sum w (1-Y)` count over the batch,
    so that the few boxes with a line weigh as much as the many without; the heads
    are summed (Busca & Balland 2018, eq. 3-4). The published code counts in
    :math:`N_1, N_2` objects of weight zero too; for weights of 1 the two agree.

    `y` and `predicted` are (n, heads, 2 * boxes), boxes, then offsets; `weight`
    (n, heads) is of every answer, None is 1.
    """
    boxes = y.shape[-1] // 2
    truth, offset = y[..., :boxes], y[..., boxes:]
    chance = ops.clip(predicted[..., :boxes], CLIP, 1.0 - CLIP)
    counted = ops.ones_like(truth)
    if weight is not None:
        counted = counted * ops.expand_dims(ops.cast(weight, truth.dtype), -1)
    there, absent = counted * truth, counted * (1.0 - truth)
    found = there * ops.log(chance)
    error = there * ops.square(offset - predicted[..., boxes:])
    empty = absent * ops.log(1.0 - chance)
    n_there = ops.sum(there, axis=(0, 2)) + EPSILON
    n_absent = ops.sum(absent, axis=(0, 2)) + EPSILON
    per_head = ops.sum(error - found, axis=(0, 2)) / n_there
    return ops.sum(per_head - ops.sum(empty, axis=(0, 2)) / n_absent)
