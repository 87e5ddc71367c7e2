"""Which fields, survey tiles and lists a run has, and the files that hold them.

All of it follows from the configuration while the rules are read. Nothing heavy is
imported; folders are listed, no file but a sheet of tiles is opened.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from os.path import relpath
from pathlib import Path

from skyloom.clusters.bands import BANDS
from skyloom.learn.splits import split
from skyloom.run.config import ConfigError, data_path
from skyloom.run.digest import ROOT
from skyloom.run.provenance import checksum
from skyloom.run.sheets import read_sheet

LIST = "<results>/raw/clusters.fits"
OWN = "<results>/encoder"
ENCODER = f"{OWN}/best_encoder.ckpt"
CALIBRATION = "calibration.json"
PATTERNS = {
    "catalogs": ["<results>/catalogs/galsim_des_{i:03d}.dat"],
    "truth": ["<results>/truth/clusters_{i:03d}.fits"],
    "images": [f"<results>/images/galsim_des_{{i:03d}}_{b}.fits" for b in BANDS],
}
SPLITS = ("train", "validate", "test")
TILE = re.compile(r"(?P<tile>.+)_r\d+p\d+_(?P<band>[grizY])_nobkg\.fits(\.fz)?")
TABLE = re.compile(r".+\.fits?(\.gz)?")
TEXT = {"type": "string", "minLength": 1, "description": "Path [text]."}
# Files are called <tile>.<suffix> and <tile>_<band>.<suffix>, and lists of tiles have
# blanks between them: a name must come back from all of these.
NAME = rf"^(?!(.*_)?[{''.join(BANDS)}]$)[A-Za-z0-9+-]+(_[A-Za-z0-9+-]+)*$"
NAMED = (
    "letters, digits, + and - as in DES0001-0207, in parts joined by single _ of which "
    f"the last is no band ({', '.join(BANDS)})"
)
TILE_NAME = TEXT | {
    "pattern": NAME,
    "description": f"Name of a tile: {NAMED}; rename the tile [text].",
}
ROW = {
    "properties": {"tile": TILE_NAME, **dict.fromkeys(BANDS, TEXT)},
    "required": ["tile", *BANDS],
    "unique": ["tile"],
}


def files(config: Mapping) -> dict[int, list[int]]:
    """Return the training fields that each file of data holds, by the file's number.

    Parameters
    ----------
    config : mapping
        The area's configuration.

    Returns
    -------
    dict of int to list of int
        ``data.n_per_file`` fields one after the other; the last file may hold fewer.
        None where an encoder is given: nothing is trained.

    Raises
    ------
    ConfigError
        Fields, but too few files for training, validation and test.
    """
    asked, size = config["simulate"]["fields"]["number"], config["data"]["n_per_file"]
    number = asked if config["encoder"] is None else 0
    starts = range(0, number, size)
    found = {k: list(range(i, min(i + size, number))) for k, i in enumerate(starts)}
    if 0 < len(found) < len(SPLITS):
        msg = (
            f"clusters.simulate.fields.number is {number}, in files of {size}: "
            f"{len(found)} file(s), but training, validation and test need one each; "
            "ask for more fields, or lower clusters.data.n_per_file"
        )
        raise ConfigError(msg)
    return found


def splits(config: Mapping) -> dict[str, list[int]]:
    """Return the numbers of the files to train on, to validate and to test with.

    Whole files, in the order of lots of their own; one at least goes to each.
    """
    shares = {name: config["data"][name] for name in ("test", "validate")}
    return split(files(config), shares, config["seed"])


def data_files(config: Mapping, some: Iterable[int]) -> list[str]:
    """Return the files of data of some numbers."""
    held = files(config)
    folder = "<results>/file_data"
    return [f"{folder}/file_data_{k}_size_{len(held[k])}.pt" for k in some]


def field_files(config: Mapping, kind: str, some: Iterable[int]) -> list[str]:
    """Return the files of one kind of the training fields of some files of data.

    Parameters
    ----------
    config : mapping
        The area's configuration.
    kind : {"catalogs", "truth", "images"}
        Images are one file a band.
    some : iterable of int
        Numbers of files of data.
    """
    held = files(config)
    numbers = [i for k in some for i in held[k]]
    return [pattern.format(i=i) for i in numbers for pattern in PATTERNS[kind]]


def cluster_list(config: Mapping) -> str:
    """Return the list of clusters that richness and redshift are drawn from."""
    path = config["paths"]["list"]
    return LIST if path is None else data_path(path)


def prior_files(config: Mapping) -> dict[str, list[str]]:
    """Return what fields are drawn from, by kind: a list, or the files of a prior."""
    if config["prior"] == "skyloom":
        return {"clusters": [cluster_list(config)]}
    if config["prior"] == "upstream_2024":
        return {}
    return {
        key: optional(config["paths"], key) for key in ("members", "redshifts", "field")
    }


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


def resource_digests(*names: str) -> dict[str, str]:
    """Return checksums of files of ``resources/clusters``, for rules that read them.

    As inputs they would be other files in every checkout, and rerun their rules.
    """
    return {name: checksum(ROOT / "resources" / "clusters" / name) for name in names}


def tiles(config: Mapping) -> dict[str, list[str]]:
    """Return the images of each tile of the survey, in the order of the bands.

    Simulated ones, or those of a sheet, or those of a folder in the layout of DES:
    ``<tile>_r####p##_<band>_nobkg.fits.fz``, at any depth.

    Raises
    ------
    ConfigError
        There is no tile where one should be, or a tile lacks a band, has one twice,
        or has a name that its files would lose.
    InputError
        For a sheet with a wrong row.
    """
    if config["source"] == "simulated":
        names = [f"sim{i:04d}" for i in range(config["simulate"]["survey"]["tiles"])]
        pattern = "<results>/survey/{name}_{band}.fits.fz"
        return {n: [pattern.format(name=n, band=b) for b in BANDS] for n in names}
    paths = config["paths"]
    if paths["survey_sheet"] is not None:
        rows = read_sheet(data_path(paths["survey_sheet"]), ROW)
        return {row["tile"]: [data_path(row[band]) for band in BANDS] for row in rows}
    if paths["survey"] is None:
        msg = (
            "source files needs clusters.paths.survey or clusters.paths.survey_sheet; "
            "set it in the config"
        )
        raise ConfigError(msg)
    return _found(Path(data_path(paths["survey"])))


def survey_truth(config: Mapping) -> list[str]:
    """Return the truth of the survey's tiles, to judge by: a file a tile, one, none."""
    if config["source"] == "simulated":
        return [f"<results>/survey/truth/{name}.fits" for name in tiles(config)]
    return optional(config["paths"], "survey_truth")


def encoder(config: Mapping) -> dict[str, list[str]]:
    """Return what looks at the survey: an encoder, and what its scores are worth.

    The run's own, or that of the key ``encoder``: a checkpoint of the repository or
    among the data, with ``calibration.json`` beside it if it has one.

    Raises
    ------
    ConfigError
        No such file, or null and no field to train on.
    """
    given = config["encoder"]
    if given is None and not files(config):
        msg = (
            "clusters.encoder is null, and with clusters.simulate.fields.number 0 none "
            "is trained; name an encoder, or ask for fields"
        )
        raise ConfigError(msg)
    if given is None:
        return {"encoder": [ENCODER], "calibration": [f"{OWN}/{CALIBRATION}"]}
    place = _checkpoint("clusters.encoder", given)
    beside = place.with_name(CALIBRATION)
    known = [str(beside)] if beside.is_file() else []
    return {"encoder": [str(place)], "calibration": known}


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
    """Return the files of the real field's galaxies; none if there is no such field.

    Raises
    ------
    ConfigError
        The folder has no FITS table.
    """
    place = config["real_field"]["galaxies"]
    if place is None:
        return []
    folder = Path(data_path(place))
    if folder.is_file():
        return [str(folder)]
    found = [str(p) for p in folder.iterdir() if TABLE.fullmatch(p.name)]
    if not found:
        msg = (
            f"clusters.real_field.galaxies: no FITS table in {folder}; set "
            "SKYLOOM_DATA to the folder that holds it, or correct the path"
        )
        raise ConfigError(msg)
    return sorted(found)


def matched(config: Mapping) -> dict[str, str]:
    """Return the two lists that are matched with each other; nothing without them."""
    named = {key: config["match"][key] for key in ("a", "b")}
    return {k: data_path(path) for k, path in named.items() if path is not None}


def _found(folder: Path) -> dict[str, list[str]]:
    named: dict[str, dict[str, str]] = {}
    for path in sorted(folder.rglob("*_nobkg.fits*")):
        match = TILE.fullmatch(path.name)
        if match is not None:
            _refuse_name(match["tile"], path)
            bands = named.setdefault(match["tile"], {})
            other = bands.setdefault(match["band"], str(path))
            if other != str(path):
                msg = (
                    f"clusters.paths.survey: tile {match['tile']} has band "
                    f"{match['band']} twice, {other} and {path}; keep one"
                )
                raise ConfigError(msg)
    if not named:
        msg = (
            "clusters.paths.survey: no <tile>_r####p##_<band>_nobkg.fits.fz in "
            f"{folder}; set SKYLOOM_DATA to the folder that holds them, or correct "
            "the path"
        )
        raise ConfigError(msg)
    _refuse_missing_band(named, folder)
    return {tile: [bands[b] for b in BANDS] for tile, bands in named.items()}


def _refuse_name(tile: str, path: Path) -> None:
    if re.search(NAME, tile) is None:
        msg = (
            f"clusters.paths.survey: the name of {path} begins with the tile {tile!r}; "
            f"expected {NAMED}; rename the file, or list it under another tile in "
            "clusters.paths.survey_sheet"
        )
        raise ConfigError(msg)


def _refuse_missing_band(named: Mapping, folder: Path) -> None:
    for tile, bands in named.items():
        absent = [band for band in BANDS if band not in bands]
        if absent:
            msg = (
                f"clusters.paths.survey: tile {tile} in {folder} lacks "
                f"{', '.join(absent)}; expected one file for each of {', '.join(BANDS)}"
            )
            raise ConfigError(msg)


def training_request(config: Mapping) -> dict[str, int]:
    """Return the ``cores`` and the ``gpus`` that the training asks a cluster for.

    Every device has a process of its own, with its threads and its readers. Of a
    number of devices that is left to Lightning nobody knows before: it counts as one.
    """
    how = config["train"]
    devices = 1 if how["devices"] == "auto" else how["devices"]
    cores = devices * max(how["threads"], how["workers"])
    return {"cores": cores, "gpus": devices if how["accelerator"] == "gpu" else 0}
