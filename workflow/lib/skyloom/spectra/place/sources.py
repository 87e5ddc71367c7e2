"""What is placed, and on which map: from the configuration, while rules are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from os.path import relpath
from pathlib import Path

from skyloom.run.config import ConfigError, data_path
from skyloom.run.places import ROOT
from skyloom.spectra.inputs import RAW
from skyloom.spectra.readers.beside import maps_of, redrock_of

OWN = {
    "map": "<results>/desom1/DESOM_model_final.keras",
    "labels": "<results>/labels/labels.npz",
}
MAPS = ("DESOM_model_final.keras", "map.npz")  # names of a map in a model's folder
LABELS = "labels.npz"
SHOWN = 200  # placed files that the atlas shows
PARTS = ("found", "report", "picture")  # what there is of a placed file


def files(config: Mapping) -> dict[str, str]:
    """Return the files to place, by the name that their products have.

    Raises
    ------
    ConfigError
        A file that is not there, or two of one name.
    """
    found: dict[str, str] = {}
    for given in config["place"]["files"]:
        path = Path(data_path(given))
        if not path.is_file():
            msg = (
                f"spectra.place.files: there is no file {path}; set SKYLOOM_DATA to "
                "the folder that holds it, or give its whole path"
            )
            raise ConfigError(msg)
        name = path.name.split(".fits")[0]
        if name in found:
            msg = (
                f"spectra.place.files: {found[name]} and {path} would both be "
                f"placed/{name}.fits; rename one"
            )
            raise ConfigError(msg)
        found[name] = str(path)
    return found


def simulated(cubes: Iterable[str]) -> dict[str, str]:
    """Return a simulation's cubes, which are placed too, by the names of products."""
    names = [f"manga-{plateifu}-LOGCUBE" for plateifu in cubes]
    return {name: f"{RAW}/cubes/{name}.fits.gz" for name in names}


def model(config: Mapping) -> dict[str, str]:
    """Return the files of the map that they are placed on: ``map`` and ``labels``.

    They are the run's own, or those in the folder of the key ``place.model``, in the
    repository or among the data.

    Raises
    ------
    ConfigError
        No such folder, or one without a map or without labels.
    """
    given = config["place"]["model"]
    if given is None:
        return dict(OWN)
    places = (Path(relpath(ROOT / given)), Path(data_path(given)))
    folder = next((place for place in places if place.is_dir()), None)
    if folder is None:
        tried = " or ".join(map(str, places))
        msg = f"spectra.place.model: there is no folder {tried}"
        raise ConfigError(msg)
    maps = [folder / name for name in MAPS if (folder / name).is_file()]
    labels = folder / LABELS
    if len(maps) != 1 or not labels.is_file():
        msg = (
            f"spectra.place.model: {folder} must hold one map ({' or '.join(MAPS)}) "
            f"and its labels ({LABELS}); copy there what one run has made"
        )
        raise ConfigError(msg)
    return {"map": str(maps[0]), "labels": str(labels)}


def redshifts(config: Mapping) -> dict[str, str]:
    """Return the list of redshifts, if there is one."""
    listed = config["place"]["redshifts"]
    return {"redshifts": data_path(listed)} if isinstance(listed, str) else {}


def redshift(config: Mapping) -> float | None:
    """Return the one redshift of all files, if there is one."""
    given = config["place"]["redshifts"]
    return None if isinstance(given, str) else given


def beside(path: str) -> list[str]:
    """Return what is read beside a file: MAPS of a LOGCUBE, redrock's of a coadd."""
    if path.startswith(RAW):  # which is not there yet
        return [path.replace("LOGCUBE", "MAPS")]
    found = [*maps_of(Path(path)), redrock_of(Path(path))]
    return sorted(str(one) for one in found if one is not None)
