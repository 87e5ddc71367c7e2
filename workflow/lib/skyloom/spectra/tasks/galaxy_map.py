"""The map of galaxies: trained on fingerprints, and kept in one file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from skyloom.io.errors import InputError
from skyloom.io.fits import opened
from skyloom.io.npz import read_npz, write_npz
from skyloom.som.model import Som
from skyloom.som.quality import occupancy
from skyloom.spectra.config_galaxies import GalaxyMap as Settings
from skyloom.spectra.galaxies.files import (
    Fingerprints,
    Layout,
    read_fingerprints,
)
from skyloom.spectra.galaxy_map import scaling
from skyloom.spectra.galaxy_map.distance import embedding
from skyloom.spectra.galaxy_map.evaluation import CLASSES
from skyloom.spectra.galaxy_map.model import GalaxyMap, Placed, placed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LEAST = 2  # training galaxies
REMEDY = "train the map of galaxies again"
ARRAYS = ("decoded", "latent", "unit", "distance", "novelty")  # of Placed, in order
KEYS = {"decoded": ("f", 2), "latent": ("f", 2), "unit": ("i", 1)}
KEYS |= {"distance": ("f", 1), "novelty": ("f", 1), "weights": ("f", 3)}
KEYS |= {"facts": ("U", 0)}


@dataclass(frozen=True, eq=False)
class Made:
    """A trained map of galaxies, the rows of its log, and all galaxies on it."""

    map: GalaxyMap
    history: list[dict]
    placed: Placed


def train_galaxy_map(
    path: str | Path, settings: Mapping, seed: int, folder: Path | None
) -> Made:
    """Train DESOM-2 on the fingerprints of the training galaxies.

    Parameters
    ----------
    path : str or Path
        Fingerprints of all galaxies, ``fingerprints.npy``.
    settings : mapping
        The section `galaxy_map`.
    seed : int
        Of the weights, the start and the order of galaxies.
    folder : Path or None
        Of the checkpoint, see `Job.resuming`.

    Raises
    ------
    InputError
        Fewer than two training galaxies with spectra.
    """
    # Imported here: what reads fingerprints alone needs no Keras.
    from skyloom.spectra.desom.autoencoders import seeded  # noqa: PLC0415
    from skyloom.spectra.desom.networks import Network  # noqa: PLC0415
    from skyloom.spectra.desom.samples import Samples  # noqa: PLC0415
    from skyloom.spectra.desom.train import train  # noqa: PLC0415
    from skyloom.spectra.galaxy_map.networks import (  # noqa: PLC0415
        autoencoder,
        earth_mover,
    )

    how, prints = Settings.stated(settings), read_fingerprints(path)
    known, held = prints.part("train"), prints.part("test")
    if len(known) < LEAST:
        problem = f"{len(known)} training galaxies with spectra"
        remedy = "simulate or list more galaxies, or lower spectra.sample.test"
        raise InputError(path, problem, remedy=remedy)
    scaler = scaling.fit(how.scaling, known)
    seeded(seed, "galaxy map")
    pair = autoencoder(how.network, prints.layout, how.latent)
    mover = how.distance == "earth_mover"
    loss = earth_mover(embedding(prints.layout)) if mover else None
    unseen = Samples(scaler(held)) if len(held) else None
    more = {"held": unseen, "folder": folder, "loss": loss}
    data = Samples(scaler(known))
    trained = train(pair, data, how.units, how.training, seed, **more)
    about, none = {"settings": dict(settings)}, np.zeros(0, np.float32)
    made = GalaxyMap(Network(*pair), trained.som, scaler, prints.layout, none, about)
    novelty = np.sort(made.place(known)[1])
    made = replace(made, novelty=novelty)
    return Made(made, trained.history, placed(made, prints.shares))


def save(made: Made, files: Mapping[str, str], record: Mapping) -> None:
    """Write the map of galaxies, ``model``, its ``log``, and galaxies, ``placed``."""
    from skyloom.spectra.desom.history import write_log  # noqa: PLC0415

    write_galaxy_map(files["model"], made.map, record)
    write_log(files["log"], made.history)
    write_placed(files["placed"], made.placed, record)


def draw_galaxy_map(path: str, log: str, gamma: float) -> dict[str, Figure]:
    """Draw ``loss``, ``prototypes`` and ``hits``, of galaxies on the map and its log.

    `gamma` is the weight of the map's loss.
    """
    # Imported here: catalogue and evaluation draw nothing.
    from skyloom.som.figures import overview  # noqa: PLC0415
    from skyloom.spectra.desom.figures import losses  # noqa: PLC0415
    from skyloom.spectra.desom.history import read_log  # noqa: PLC0415
    from skyloom.spectra.galaxy_map.figures import prototypes  # noqa: PLC0415

    made = read_placed(path)
    unit = made.unit[made.unit >= 0]
    return {
        "loss": losses(read_log(log), gamma),
        "prototypes": prototypes(made),
        "hits": overview(made.som, occupancy(unit, made.som.shape)),
    }


def write_galaxy_map(path: str | Path, made: GalaxyMap, record: Mapping) -> None:
    """Write a map of galaxies, with all that placing a galaxy on it needs."""
    from skyloom.spectra.desom.networks import write_networks  # noqa: PLC0415

    settings = made.about["settings"]
    facts = {
        "network": settings["network"],
        "latent": settings["latent"],
        "layout": asdict(made.layout),
        "scaling": made.scaler.method,
        "topology": made.som.topology,
        "lattice": made.som.lattice,
        "about": dict(made.about),
        "provenance": dict(record),
    }
    arrays = {"prototypes": made.som.weights, "novelty": made.novelty}
    arrays |= made.scaler.arrays()
    write_networks(path, (made.codec.encoder, made.codec.decoder), arrays, facts)


def write_placed(path: str | Path, made: Placed, record: Mapping) -> None:
    """Write galaxies on a map, to be read without its networks."""
    facts = {"layout": asdict(made.layout), "provenance": dict(record)}
    facts["som"] = [made.som.topology, made.som.lattice]
    arrays = {name: getattr(made, name) for name in ARRAYS}
    text = np.array(json.dumps(facts, sort_keys=True))
    write_npz(path, weights=made.som.weights, facts=text, **arrays)


def read_placed(path: str | Path, prints: Fingerprints | None = None) -> Placed:
    """Read galaxies on a map.

    Raises
    ------
    InputError
        No such file, or galaxies of other fingerprints than `prints`.
    """
    arrays = read_npz(path, KEYS)
    try:
        facts = json.loads(str(arrays["facts"]))
        som, layout = Som(arrays["weights"], *facts["som"]), Layout(**facts["layout"])
    except (KeyError, TypeError, ValueError) as bad:
        raise InputError(path, f"no map ({bad!r})", remedy=REMEDY) from None
    made = Placed(som, layout, *(arrays[name] for name in ARRAYS))
    lengths = {len(arrays[name]) for name in ("latent", "unit", "distance", "novelty")}
    if len(lengths) > 1 or not np.isin(made.unit, np.arange(-1, som.n_units)).all():
        problem = f"arrays of {lengths} galaxies, or units beyond the map"
        expected = f"one number of them, and units of -1 to {som.n_units - 1}"
        raise InputError(path, problem, expected=expected, remedy=REMEDY)
    if prints is None:
        return made
    some = (prints.info["split"] != "empty").to_numpy()
    if prints.layout != made.layout or not np.array_equal(made.unit >= 0, some):
        problem = f"{len(made.unit)} galaxies on the map {made.layout}"
        expected = f"those of the fingerprints, {len(some)} on {prints.layout}"
        raise InputError(path, problem, expected=expected, remedy=REMEDY)
    return made


def truth_of(paths: Iterable[str]) -> pd.DataFrame | None:
    """Return classes and inclination of simulated galaxies; None if there are none."""
    tables = []
    for path in paths:
        with opened(path) as file:
            found = file.columns(1, ["plateifu", "inclination", *CLASSES])
        tables.append(pd.DataFrame({k: _plain(v) for k, v in found.items()}))
    if not tables:
        return None
    return pd.concat(tables, ignore_index=True).drop_duplicates("plateifu")


def _plain(values: np.ndarray) -> np.ndarray:
    return values if values.dtype.kind in "fiu" else values.astype(str)
