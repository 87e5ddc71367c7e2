"""The map of spectra: trained on the training galaxies, logged, and drawn."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from skyloom.io.errors import InputError
from skyloom.learn.devices import require_gpu
from skyloom.run.log import NAME
from skyloom.run.seeds import rng
from skyloom.som.quality import occupancy
from skyloom.spectra.config_map import Desom
from skyloom.spectra.mapping.fill import mean_spectrum
from skyloom.spectra.mapping.model import SpectralMap
from skyloom.spectra.mapping.plain import templates
from skyloom.spectra.rest.files import RestSpectra, read_spectra
from skyloom.spectra.tasks.reading import read_map

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PLACED = 2000  # unseen spectra that the pictures are made from
SHOWN = 5


def train_map(
    files: Mapping[str, str],
    settings: Mapping,
    record: Mapping,
    *,
    folder: Path,
    threads: int,
    gpu: int,
) -> SpectralMap:
    """Train the map of spectra; ``about["history"]`` of it has the rows of its log.

    Parameters
    ----------
    files : mapping
        ``x_train``, ``y_train``, ``x_test`` and ``y_test``.
    settings : mapping
        The section ``desom``, ``seed``, and ``repeat``: 0, or which further training,
        with a seed of its own.
    record : mapping
        Kept in the map.
    folder : Path
        Keeps checkpoints.
    threads : int
        Cores for the network; the last digits depend on it.
    gpu : int
        Whether the job was given a GPU.

    Raises
    ------
    InputError
        Sets of spectra on different grids, without spectra, or with one that has no
        good pixel.
    RuntimeError
        A GPU that TensorFlow's build, or this job, does not have.
    """
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", str(threads))
    # Imported here: TensorFlow reads its threads when it is loaded.
    from skyloom.spectra.desom import autoencoders, samples  # noqa: PLC0415
    from skyloom.spectra.desom.networks import Network  # noqa: PLC0415
    from skyloom.spectra.desom.train import train  # noqa: PLC0415

    require_gpu("tensorflow", "spectra.desom.gpu", "cuda" if gpu else "cpu")
    how, seed = Desom.stated(settings["desom"]), settings["seed"]
    repeat = settings["repeat"]
    seen = _read(files["x_train"], files["y_train"])
    unseen = _read(files["x_test"], files["y_test"])
    if (seen.grid, seen.scaled) != (unseen.grid, unseen.scaled):
        problem = "other pixels or scaling than the training spectra"
        raise InputError(files["x_test"], problem, remedy="make both again")
    by = templates(seen, seed)
    mean = mean_spectrum(seen.flux, seen.ivar)
    data, held = (
        samples.Samples(each.flux, each.ivar, by, how.weighted, mean)
        for each in (seen, unseen)
    )
    autoencoders.seeded(seed, "desom", repeat)
    pair = autoencoders.build(how.network, seen.grid.pixels, how.latent)
    own = int(rng(seed, "desom training", repeat).integers(2**63))
    made = train(pair, data, how.units, how.training, own, held=held, folder=folder)
    about = {"network": how.network, "settings": settings, "repeat": repeat}
    about |= {"history": made.history, "provenance": record}
    codec, scaled = Network(*pair, mean), seen.scaled
    return SpectralMap("desom", codec, made.som, seen.grid, scaled, mean, about)


def save(made: SpectralMap, model: str | Path, log: str | Path) -> None:
    """Write the map and the log of its training."""
    from skyloom.spectra.desom.files import write_desom  # noqa: PLC0415
    from skyloom.spectra.desom.history import write_log  # noqa: PLC0415

    write_desom(model, made)
    write_log(log, made.about["history"])


def draw_map(
    model: str, log: str, flux: str, info: str, gamma: float, seed: int
) -> dict[str, Figure]:
    """Draw ``loss``, ``prototypes``, ``hits`` and ``reconstructions``.

    Parameters
    ----------
    model, log : str
        The map, and the log of its training.
    flux, info : str
        Unseen spectra.
    gamma : float
        Weight of the map's loss.
    seed : int
        Of the choice among many spectra.
    """
    # Imported here: the training draws nothing.
    from skyloom.som.figures import overview  # noqa: PLC0415
    from skyloom.spectra.desom import figures  # noqa: PLC0415
    from skyloom.spectra.desom.history import read_log  # noqa: PLC0415

    spectral, unseen = read_map(model), read_spectra(flux, info)
    some = rng(seed, "shown").permutation(len(unseen))[:PLACED]
    unseen = unseen.rows(np.sort(some))
    unit, _, latent = spectral.place(unseen.flux, unseen.ivar)
    counts = occupancy(unit, spectral.som.shape)
    decoded = spectral.prototypes()
    # Spectra all along the map, one of each part of its units.
    chosen = np.argsort(unit, kind="stable")
    chosen = chosen[np.linspace(0, len(unit) - 1, min(SHOWN, len(unit))).astype(int)]
    some = unseen.rows(chosen)
    made_of = spectral.reconstruct(latent[chosen])
    shown = (some.flux, some.ivar, made_of, decoded[unit[chosen]])
    return {
        "loss": figures.losses(read_log(log), gamma),
        "prototypes": figures.prototypes(spectral.som, decoded, counts),
        "hits": overview(spectral.som, counts),
        "reconstructions": figures.reconstructions(spectral.grid.wave, *shown),
    }


def _read(flux: str, info: str) -> RestSpectra:
    """Return a set of spectra that can be learned from."""
    spectra = read_spectra(flux, info)
    if not len(spectra):
        problem = "no spectra"
        remedy = "take a larger sample, or more galaxies"
        raise InputError(flux, problem, remedy=remedy)
    for first in range(0, len(spectra), 1024):
        empty = ~(np.asarray(spectra.ivar[first : first + 1024]) > 0).any(axis=1)
        if empty.any():
            row = first + int(np.argmax(empty))
            remedy = "make the sample again: its cuts leave such spectra out"
            raise InputError(flux, "no good pixel", where=f"row {row}", remedy=remedy)
    logging.getLogger(NAME).info("%s: %d spectra", Path(flux).name, len(spectra))
    return spectra
