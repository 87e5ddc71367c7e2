"""Files that one task writes and others read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS

from skyloom.clusters.bands import BANDS
from skyloom.clusters.finder.joint import SCORES, Worth
from skyloom.clusters.inference.blend import MAPS, TileMaps
from skyloom.io.documents import read_json
from skyloom.io.errors import AGAIN, InputError
from skyloom.io.fits import opened
from skyloom.io.npz import read_npz, write_npz
from skyloom.io.record import text
from skyloom.sky.tan import wcs_header
from skyloom.stats.logistic import logistic_from_json

NUMBER = re.compile(r"(?:galsim_des|clusters)_(\d+)")
MOST_REDSHIFT = 10  # of a calibration
THRESHOLD = 0.5  # probability, where nothing was calibrated
FIRST_TILE = 1_000_000  # simulated tiles are fields with numbers of their own


def by_field(paths: Iterable[str]) -> dict[int, list[str]]:
    """Return files of fields by the fields' numbers, which stand in their names."""
    return _grouped(paths, lambda path: int(NUMBER.search(Path(path).name)[1]))


def by_tile(paths: Iterable[str]) -> dict[str, list[str]]:
    """Return files by the names of their tiles, in their order."""
    return _grouped(paths, tile_of)


def one_by_tile(paths: Iterable[str]) -> dict[str, str]:
    """Return files by the names of their tiles, of which each has one."""
    return {name: path for name, (path,) in by_tile(paths).items()}


def by_sky(paths: Iterable[str]) -> dict[str, list[str]]:
    """Return files of the real field by their skies, whose names begin theirs."""
    return _grouped(paths, lambda path: Path(path).stem.split("_")[0])


def images_of(names: Sequence, paths: Sequence[str]) -> dict:
    """Return the images of tiles or fields by their names, a file a band in each.

    Both are in one order: the files of a survey need not be called as its tiles.
    """
    bands = len(BANDS)
    groups = [paths[i : i + bands] for i in range(0, len(paths), bands)]
    return dict(zip(names, groups, strict=True))


def tile_of(path: str) -> str:
    """Return the name of a tile from that of one of its own files."""
    name = Path(path).name.split(".")[0]
    stem, _, last = name.rpartition("_")
    return stem if last in BANDS else name


def _grouped(paths: Iterable[str], key: Callable) -> dict:
    found: dict = {}
    for path in paths:
        found.setdefault(key(path), []).append(path)
    return found


def tile_number(name: str) -> int:
    """Return the number by which a simulated tile is drawn, from its name."""
    return FIRST_TILE + int(name.removeprefix("sim"))


def write_prediction(
    path: str | Path, maps: TileMaps, wcs: WCS, provenance: Mapping
) -> None:
    """Write the maps of a tile, with its world coordinates and their record."""
    arrays = asdict(maps)
    single = {name: arrays[name].astype(np.float32) for name in MAPS}
    about = {"wcs": wcs_header(wcs).tostring(), "provenance": text(provenance)}
    write_npz(path, **arrays | single | {k: np.array(v) for k, v in about.items()})


def read_wcs(path: str | Path) -> WCS:
    """Return the world coordinates of a tile from the file of its maps.

    Raises
    ------
    InputError
        There are none, or they are no header.
    """
    known = str(read_npz(path, {"wcs": ("U", 0)})["wcs"])
    try:
        return WCS(fits.Header.fromstring(known))
    except Exception as bad:  # wcslib's errors have no class in common
        raise InputError(path, f"no WCS ({bad})", where="key 'wcs'") from None


def read_candidates(path: str | Path) -> Table:
    """Return candidates, or a catalogue; InputError for a file that cannot be read."""
    with opened(path) as file:
        table = file.table("CATALOGUE")
    table.convert_bytestring_to_unicode()
    return table


def read_calibration(path: str | Path) -> Worth:
    """Return what the scores of a joint list are worth, from its file.

    Raises
    ------
    InputError
        No such file, no calibration of `SCORES` scores in it, or redshifts that are no
        range.
    """
    tree = read_json(path)
    try:
        known = logistic_from_json(tree.get("calibration"), SCORES)
    except ValueError as bad:
        where = "key 'calibration'"
        raise InputError(path, str(bad), where=where, remedy=AGAIN) from None
    ends = tree.get("redshifts")
    numbers = isinstance(ends, list) and len(ends) == 2
    numbers = numbers and all(type(z) in {int, float} for z in ends)
    if not numbers or not 0 <= ends[0] <= ends[1] <= MOST_REDSHIFT:
        problem, where = f"got {str(ends)[:60]}", "key 'redshifts'"
        expected = f"two rising numbers from 0 to {MOST_REDSHIFT}"
        raise InputError(path, problem, where=where, expected=expected, remedy=AGAIN)
    return Worth(known, (float(ends[0]), float(ends[1])))


def read_threshold(path: str | Path) -> float:
    """Return the probability from which on a catalogue is as pure as was asked for.

    Raises
    ------
    InputError
        No such file, or a threshold that is no probability.
    """
    known = read_json(path).get("threshold")
    if known is None:
        return THRESHOLD
    value = known.get("value") if isinstance(known, dict) else None
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 0 <= value <= 1:
        problem, where = f"got {str(known)[:60]}", "key 'threshold'"
        expected = "{value}, a number from 0 to 1"
        raise InputError(path, problem, where=where, expected=expected, remedy=AGAIN)
    return float(value)
