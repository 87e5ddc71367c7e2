"""The training of an autoencoder and its map, resumed after a kill to the same bytes.

Steps are counted from the first one of pretraining on. All that a step depends on is
its number, the data and the state of the network, which a checkpoint keeps.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from skyloom.io.npz import read_npz, write_npz
from skyloom.run.log import ANYWHERE, progress
from skyloom.run.seeds import rng
from skyloom.som.grid import grid_distances
from skyloom.som.model import Som
from skyloom.som.training import train as train_som
from skyloom.spectra.config_map import Training, Units
from skyloom.spectra.desom.autoencoders import Pair, applied, encoded
from skyloom.spectra.desom.backend import keras, values
from skyloom.spectra.desom.history import quality
from skyloom.spectra.desom.model import Desom, Loss, squared_residual
from skyloom.spectra.desom.samples import Samples, batch_rows
from skyloom.spectra.desom.schedule import pace, temperature

WATCHED = 512  # samples that the log is made from
START_EPOCHS = 10  # of the map that prototypes start from
CHECKPOINT = "training.npz"
LOGGER = logging.getLogger("skyloom")


@dataclass(frozen=True, eq=False)
class Trained:
    """A trained map in the latent space of its networks, and the rows of its log."""

    som: Som
    history: list[dict]


def train(
    pair: Pair,
    samples: Samples,
    units: Units,
    training: Training,
    seed: int,
    *,
    held: Samples | None = None,
    folder: Path | None = None,
    loss: Loss | None = None,
) -> Trained:
    """Train an encoder and a decoder in place, with a map between them.

    Parameters
    ----------
    pair : tuple of 2 keras.Model
        Untrained; see `skyloom.spectra.desom.autoencoders`.
    samples : Samples
        What to learn from.
    units : Units
        The grid of the map.
    training : Training
        How to learn.
    seed : int
        Of the order of the samples and of the start of the map.
    held : Samples, optional
        Of other objects, for the columns ``val_`` of the log.
    folder : Path, optional
        Keeps the checkpoint: a training of the same arguments goes on from it.
    loss : callable, optional
        Of the reconstruction, in place of `squared_residual`.

    Raises
    ------
    FloatingPointError
        The loss is no longer a number.
    """
    run = _Run(pair, samples, units, training, seed, loss or squared_residual)
    run.watch(samples, held)
    last = None if folder is None else folder / CHECKPOINT
    first = run.restored(last) if last is not None and last.is_file() else 0
    total = run.pretraining + training.iterations
    for step in progress(range(first, total), "training the map", total - first):
        run.step(step)
        if last is not None and (step + 1) % training.save_every == 0:
            run.save(last, step + 1)
    return Trained(run.som, run.history)


class _Run:
    """A training under way: the network, its data, and the rows of the log."""

    def __init__(self, pair, samples, units, training, seed, loss):
        self.pair, self.samples, self.seed = pair, samples, seed
        self.units, self.training = units, training
        shape, how = (units.rows, units.columns), (units.topology, units.metric)
        self.apart = grid_distances(shape, *how, units.lattice)
        self.model = Desom(*pair, self.apart, loss)
        self.model.compile(keras.optimizers.Adam(training.rate), jit_compile=False)
        self.model.optimizer.build(self.model.trainable_variables)
        per_pass = len(samples) // min(training.batch, len(samples))
        self.pretraining = training.pretrain * per_pass
        self.history: list[dict] = []
        self.watched: dict[str, Samples] = {}

    def step(self, step: int) -> None:
        """Learn from the batch of a step; start the map, and log, when it is time."""
        iteration = step - self.pretraining
        if iteration == 0:
            self._start()
        how = self.training
        x, weight = self.samples.batch(
            batch_rows(len(self.samples), how.batch, self.seed, step)
        )
        column = np.ones((len(x), 1), np.float32)
        heat = temperature(max(iteration, 0), how)
        gamma = how.gamma if iteration >= 0 else 0.0
        aims = {"gamma": column * gamma, "temperature": column * heat}
        if weight is not None:
            aims["weight"] = weight
        self.model.hasten(pace(heat))
        value = self.model.train_on_batch(x, aims)
        if not np.isfinite(value):
            msg = f"the loss became {value} in step {step + 1}: lower the rate"
            raise FloatingPointError(msg)
        last = iteration + 1 == how.iterations
        if iteration >= 0 and ((iteration + 1) % how.log_every == 0 or last):
            self._log(iteration + 1, heat)

    def watch(self, samples: Samples, held: Samples | None) -> None:
        """Choose the samples that the log is made from."""
        for prefix, among in (("", samples), ("val_", held)):
            if among is not None:
                lot = rng(self.seed, "watched", prefix)
                self.watched[prefix] = among.some(WATCHED, lot)

    @property
    def som(self) -> Som:
        """The map as it is."""
        weights = values(self.model.prototypes)
        shape = (self.units.rows, self.units.columns, -1)
        how = (self.units.topology, self.units.lattice)
        return Som(weights.reshape(shape), *how)

    def save(self, path: Path, step: int) -> None:
        """Keep all that the following steps depend on."""
        arrays = {f"v{i}": values(v) for i, v in enumerate(self._variables)}
        text = np.array(json.dumps(self.history))
        write_npz(path, step=np.array(step), history=text, **arrays)

    def restored(self, path: Path) -> int:
        """Take up what `save` kept; return the next step."""
        arrays = read_npz(path)
        for i, variable in enumerate(self._variables):
            variable.assign(arrays[f"v{i}"])
        self.history = json.loads(str(arrays["history"]))
        LOGGER.info("going on after step %d", arrays["step"])
        return int(arrays["step"])

    @cached_property
    def _variables(self) -> list:
        return [*self.model.variables, *self.model.optimizer.variables]

    def _start(self) -> None:
        """Lay prototypes among the encoded samples."""
        lot, encoder = rng(self.seed, "start"), self.pair[0]
        shape = (self.units.rows, self.units.columns)
        count, n_samples = shape[0] * shape[1], len(self.samples)
        if self.training.start == "random":
            index = lot.choice(n_samples, count, replace=n_samples < count)
            found = applied(encoder, self.samples.batch(index)[0])
        else:
            latent = encoded(encoder, self.samples.pieces())
            how = {"lattice": self.units.lattice}
            topology = self.units.topology
            som = train_som(latent, shape, topology, START_EPOCHS, lot, **how)
            found = som.prototypes
        self.model.lay(found)

    def _log(self, iteration: int, heat: float) -> None:
        encoder, decoder = self.pair
        som, row = self.som, {"iter": iteration, "T": heat}
        decoded = applied(decoder, som.prototypes)
        for prefix, among in self.watched.items():
            x, weight = among.batch(slice(None))
            latent = applied(encoder, x)
            made = applied(decoder, latent)
            residual = values(self.model.loss_of(x, made, weight))
            state = (self.apart, heat, self.training.gamma)
            found = quality(som, decoded, (x, latent, residual), state)
            row |= {prefix + name: value for name, value in found.items()}
        self.history.append(row)
        shown = "iteration %d: T %.2f, loss %.4g, latent topographic error %.3f"
        errors = (row["L"], row["latent_topographic_err"])
        LOGGER.info(shown, iteration, heat, *errors, extra=ANYWHERE)
