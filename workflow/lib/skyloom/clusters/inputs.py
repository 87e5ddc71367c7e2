"""Which given files a run reads: lists, encoders, PSFs, galaxies.

All of it follows from the configuration while the rules are read; no file is opened.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from os.path import relpath
from pathlib import Path

from skyloom.clusters.bands import BANDS
from skyloom.io.folders import data_files
from skyloom.io.record import checksum
from skyloom.run.config import ConfigError, data_path
from skyloom.run.places import ROOT

PART = re.compile(r"_\d{7}\.fits?(\.gz)?$")  # a catalogue's file of a HEALPix pixel
MASTER = re.compile(r"_master_table\.fits?(\.gz)?$")
LIST = "<results>/raw/clusters.fits"
ENCODER = "<results>/encoder/best_encoder.ckpt"
CALIBRATION = "<results>/encoder/calibration.json"


def cluster_list(config: Mapping) -> str:
    """Return the list of clusters that richness and redshift are drawn from."""
    path = config["paths"]["list"]
    return LIST if path is None else data_path(path)


def optional(section: Mapping, key: str) -> list[str]:
    """Return the file among the data that a key of a section names: one, or none."""
    return [] if section[key] is None else [data_path(section[key])]


def psfex(config: Mapping) -> list[str]:
    """Return PSFEx's models in the order of the bands; none where none are given.

    Raises
    ------
    ConfigError
        A band has none.
    """
    pattern = config["images"]["psfex"]
    if pattern is None:
        return []
    found = [data_path(pattern.replace("{band}", band)) for band in BANDS]
    absent = [path for path in found if not Path(path).is_file()]
    if absent:
        msg = (
            f"clusters.images.psfex: there is no file {absent[0]}; expected one for "
            f"each of {', '.join(BANDS)}; set SKYLOOM_DATA to the folder that holds "
            "them, or correct the pattern"
        )
        raise ConfigError(msg)
    return found


def resource_digests() -> dict[str, str]:
    """Return checksums of the tables of ``resources/clusters``, by their names.

    As inputs of rules they would be other files in every checkout, and rerun them.
    """
    tables = sorted((ROOT / "resources" / "clusters").glob("*.csv"))
    return {path.stem: checksum(path) for path in tables}


def survey_truth(config: Mapping, tiles: Iterable[str]) -> list[str]:
    """Return the truth of the survey's tiles, to judge by: a file a tile, one, none."""
    if config["source"] == "simulated":
        return [f"<results>/survey/truth/{name}.fits" for name in tiles]
    return optional(config["paths"], "survey_truth")


def encoder(config: Mapping) -> dict[str, str]:
    """Return what looks at the survey: an encoder, and what its scores are worth.

    The run's own, or that of the key ``encoder``: a checkpoint of the repository or
    among the data, with ``calibration.json`` beside it.

    Raises
    ------
    ConfigError
        No such file, or null and no field to train on.
    """
    given = config["encoder"]
    if given is None and not config["simulate"]["fields"]["number"]:
        msg = (
            "clusters.encoder is null, and with clusters.simulate.fields.number 0 none "
            "is trained; name an encoder, or ask for fields"
        )
        raise ConfigError(msg)
    if given is None:
        return {"encoder": ENCODER, "calibration": CALIBRATION}
    place = _checkpoint("clusters.encoder", given)
    beside = place.with_name("calibration.json")
    if not beside.is_file():
        msg = (
            f"clusters.encoder: there is no file {beside}, without which the scores of "
            f"{given!r} are no probabilities; copy the calibration.json that was made "
            "with it there"
        )
        raise ConfigError(msg)
    return {"encoder": str(place), "calibration": str(beside)}


def start(config: Mapping) -> list[str]:
    """Return the encoder whose weights a training starts from: one, or none.

    Raises
    ------
    ConfigError
        No such file.
    """
    given = config["train"]["start"]
    return [] if given is None else [str(_checkpoint("clusters.train.start", given))]


def _checkpoint(key: str, given: str) -> Path:
    # Relative, as a moved checkout is no reason to look again.
    places = (Path(relpath(ROOT / given)), Path(data_path(given)))
    place = next((p for p in places if p.is_file()), None)
    if place is None:
        msg = (
            f"{key}: there is no file {given!r}, neither in the repository nor in "
            f"{data_path('')}"
        )
        raise ConfigError(msg)
    return place


def galaxies(config: Mapping) -> list[str]:
    """Return the files of the real field's galaxies: one table, or a folder's.

    Raises
    ------
    ConfigError
        No such field, or the folder has no table of galaxies.
    """
    place = config["real_field"]["galaxies"]
    if place is None:
        msg = "clusters.real_field.galaxies is null: name a table or folder of galaxies"
        raise ConfigError(msg)
    folder = Path(data_path(place))
    if folder.is_file():
        return [str(folder)]
    parts = data_files(folder, PART.search, deep=False)
    found = [*parts, *data_files(folder, MASTER.search, deep=False)]
    if not parts:
        msg = (
            f"clusters.real_field.galaxies: no *_NNNNNNN.fit in {folder}; set "
            "SKYLOOM_DATA to the folder that holds it, or correct the path"
        )
        raise ConfigError(msg)
    return [str(path) for path in found]


def matched(config: Mapping) -> dict[str, str]:
    """Return the two lists that are matched, and their footprint if it is given.

    Raises
    ------
    ConfigError
        One is not given.
    """
    absent = [f"clusters.match.{k}" for k in ("a", "b") if config["match"][k] is None]
    if absent:
        msg = f"no two lists of clusters to match: set {' and '.join(absent)}"
        raise ConfigError(msg)
    given = {key: config["match"][key] for key in ("a", "b", "footprint")}
    return {key: data_path(path) for key, path in given.items() if path is not None}
