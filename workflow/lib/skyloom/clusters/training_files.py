"""The fields that an encoder learns from, and the files of data that hold them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from skyloom.clusters.bands import BANDS
from skyloom.learn.splits import split
from skyloom.run.config import ConfigError

Held = Mapping[int, list[int]]  # fields by the number of their file of data
SPLITS = ("train", "validate", "calibrate", "test")
PATTERNS = {
    "catalogs": ["<results>/catalogs/galsim_des_{i:03d}.dat"],
    "truth": ["<results>/truth/clusters_{i:03d}.fits"],
    "images": [f"<results>/images/galsim_des_{{i:03d}}_{b}.fits" for b in BANDS],
    "sources": ["<results>/field_sources/galsim_des_{i:03d}.fits"],
}


def files(config: Mapping) -> dict[int, list[int]]:
    """Return the training fields that each file of data holds, by the file's number.

    ``data.n_per_file`` fields one after the other; the last file may hold fewer. None
    where an encoder is given: nothing is trained.

    Raises
    ------
    ConfigError
        Fields, but too few files for each of `SPLITS`.
    """
    asked, size = config["simulate"]["fields"]["number"], config["data"]["n_per_file"]
    number = asked if config["encoder"] is None else 0
    starts = range(0, number, size)
    found = {k: list(range(i, min(i + size, number))) for k, i in enumerate(starts)}
    if 0 < len(found) < len(SPLITS):
        msg = (
            f"clusters.simulate.fields.number is {number}, in files of {size}: "
            f"{len(found)} file(s), but training, validation, calibration and test "
            "need one each; ask for more fields, or lower clusters.data.n_per_file"
        )
        raise ConfigError(msg)
    return found


def splits(config: Mapping, held: Iterable[int]) -> dict[str, list[int]]:
    """Return the numbers of the files of each of `SPLITS`; one at least goes to each.

    `held` are all numbers, the keys of `files`.

    Of those held out by ``data.held_out``, half choose the epoch and scale its logits,
    and half say what the chosen encoder's probabilities are worth.
    """
    half = config["data"]["held_out"] / 2
    shares = {"test": config["data"]["test"], "validate": half, "calibrate": half}
    return split(held, shares, config["seed"])


def data_files(held: Held, some: Iterable[int]) -> list[str]:
    """Return the files of data of some numbers, of those of `files`."""
    folder = "<results>/file_data"
    return [f"{folder}/file_data_{k}_size_{len(held[k])}.pt" for k in some]


def field_files(held: Held, kind: str, some: Iterable[int]) -> list[str]:
    """Return the files of a kind of `PATTERNS` of the fields of some files of data.

    Images are one file a band.
    """
    numbers = fields(held, some)
    return [pattern.format(i=i) for i in numbers for pattern in PATTERNS[kind]]


def fields(held: Held, some: Iterable[int]) -> list[int]:
    """Return the numbers of the fields that some files of data hold."""
    return [i for k in some for i in held[k]]


def request(config: Mapping) -> dict[str, int]:
    """Return the ``cores`` and the ``gpus`` that the training asks a cluster for.

    Every device has a process of its own, with its threads and its readers.
    """
    how = config["train"]
    cores = how["devices"] * max(how["threads"], how["workers"])
    gpus = how["devices"] if how["accelerator"] == "gpu" else 0
    return {"cores": cores, "gpus": gpus}
