"""Baselines of the map, and the judgement of all maps side by side."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from skyloom.io.errors import InputError
from skyloom.learn.devices import require_gpu
from skyloom.run.log import progress
from skyloom.run.seeds import rng
from skyloom.spectra.baselines.train import BASELINES, map_of
from skyloom.spectra.config_map import Desom
from skyloom.spectra.figures import quality as figures
from skyloom.spectra.mapping.fill import mean_spectrum
from skyloom.spectra.mapping.model import SpectralMap
from skyloom.spectra.mapping.plain import templates
from skyloom.spectra.quality.judge import judge, summary
from skyloom.spectra.quality.stability import compare
from skyloom.spectra.rest.files import RestSpectra, read_spectra
from skyloom.spectra.tasks.reading import read_map

JUDGED = 5000  # test spectra that maps are judged on, at most
VIEWED = 20_000  # training spectra that are looked at, at most


def train_baseline(
    kind: str, flux: str, info: str, settings: Desom, seed: int
) -> SpectralMap:
    """Train a baseline that needs no network on the training spectra."""
    spectra = read_spectra(flux, info)
    return BASELINES[kind](spectra, settings.units, settings.latent, seed)


def train_apart(
    flux: str,
    info: str,
    target: str,
    settings: Desom,
    seed: int,
    threads: int,
    gpu: int,
    record: Mapping,
) -> None:
    """Train an autoencoder alone, then a map on what it encodes, and write it.

    Network, latent width and steps are those of DESOM's map; threads and GPU are those
    of `skyloom.spectra.tasks.desom.train_map`; `record` is kept.
    """
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", str(threads))
    # Imported here: TensorFlow reads its threads when it is loaded.
    from skyloom.spectra.desom import autoencoders, samples  # noqa: PLC0415
    from skyloom.spectra.desom.files import write_desom  # noqa: PLC0415
    from skyloom.spectra.desom.networks import Network  # noqa: PLC0415
    from skyloom.spectra.desom.train import train  # noqa: PLC0415

    require_gpu("tensorflow", "spectra.desom.gpu", "cuda" if gpu else "cpu")
    spectra = read_spectra(flux, info)
    by = templates(spectra, seed)
    mean = mean_spectrum(spectra.flux, spectra.ivar)
    data = samples.Samples(spectra.flux, spectra.ivar, by, settings.weighted, mean)
    autoencoders.seeded(seed, "ae_som")
    shape = spectra.grid.pixels, settings.latent
    pair = autoencoders.build(settings.network, *shape)
    alone = settings.training.model_copy(update={"gamma": 0.0, "start": "random"})
    history = train(pair, data, settings.units, alone, seed).history
    codes = np.concatenate([autoencoders.applied(pair[0], x) for x in data.pieces()])
    som = map_of(codes, settings.units, rng(seed, "baseline", "ae_som"))
    about = {"network": settings.network, "history": history, "provenance": record}
    where = spectra.grid, spectra.scaled
    made = SpectralMap("ae_som", Network(*pair, mean), som, *where, mean, about)
    write_desom(target, made)


def evaluate_maps(
    models: Mapping[str, Sequence[str]],
    test: Sequence[str],
    training: Sequence[str],
    columns: Iterable[str],
    seed: int,
) -> tuple[dict, dict[str, Figure]]:
    """Judge maps on the same test spectra.

    Parameters
    ----------
    models : mapping of str to sequence of path
        Files of each kind of map: the map, and further trainings of it with other
        seeds.
    test, training : sequence of 2 path
        Files of flux and of the table.
    columns : iterable of str
        Physical quantities of the tables.
    seed : int
        Of the run.

    Returns
    -------
    report : dict
        By kind, `skyloom.spectra.quality.judge.judge` and ``stability``: each pair of
        trainings of a kind, see `skyloom.spectra.quality.stability.compare`; and
        ``adjacency`` in words.
    drawn : dict of str to Figure
        ``comparison`` and ``bias``.

    Raises
    ------
    InputError
        A map on another grid, or of spectra scaled otherwise, than the test spectra.
    """
    spectra = read_spectra(*test).evenly(JUDGED)
    seen = read_spectra(*training).evenly(VIEWED)
    reports = {}
    for kind, paths in progress(models.items(), "maps", len(models)):
        made = [fitting(path, spectra) for path in paths]
        trained = made[0].place(seen.flux, seen.ivar)[0]
        reports[kind] = judge(made[0], spectra, trained, columns, seed)
        reports[kind]["stability"] = stability(made, spectra)
    drawn = {
        "comparison": figures.comparison(summary(reports)),
        "bias": figures.bias(reports),
    }
    return {"maps": reports, "training": len(seen)}, drawn


def stability(made: Sequence[SpectralMap], spectra: RestSpectra) -> list[dict]:
    """Return how alike each pair of trainings is, with their numbers."""
    if len(made) < 2:
        return []
    units = [one.place(spectra.flux, spectra.ivar)[0] for one in made]
    laid = made[0].som
    how = (laid.shape, laid.topology, laid.lattice)
    return [
        {"one": i, "other": j} | compare(units[i], units[j], *how)
        for i, j in combinations(range(len(made)), 2)
    ]


def fitting(path: str | Path, spectra: RestSpectra) -> SpectralMap:
    """Read a map; InputError if it is not one of such spectra."""
    made = read_map(path)
    for name in ("grid", "scaled"):
        here, there = getattr(made, name), getattr(spectra, name)
        if here != there:
            problem, expected = f"its {name} is {here}", f"{there}, as the spectra's"
            remedy = "train the map again, on spectra of this run"
            raise InputError(path, problem, expected=expected, remedy=remedy)
    return made
