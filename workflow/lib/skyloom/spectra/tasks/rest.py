"""Spectra in: read, brought to rest, cut, and counted."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from skyloom.io.documents import read_json
from skyloom.io.errors import DatumError, InputError, raw_datum
from skyloom.run.log import NAME, progress
from skyloom.spectra.readers.chunks import read_chunk
from skyloom.spectra.readers.manga import read_galaxy
from skyloom.spectra.readers.observed import Observed, at_rest
from skyloom.spectra.readers.single import read_single
from skyloom.spectra.rest.cuts import CUTS, cut
from skyloom.spectra.rest.files import RestSpectra, writing
from skyloom.spectra.rest.grid import RestGrid, grid_from

TEXTS = ("fname", "plateifu")
NUMBERS = ("redshift", "meansn2", "ngoodpixels", "flux_min", "flux_max")
NUMBERS += ("area", "light", "r_re_light")
Read = Callable[[], Iterator[Observed]]


def rest_chunk(
    raw: Mapping[str, Sequence[str]],
    target: str | Path,
    settings: Mapping,
    provenance: Mapping,
) -> dict:
    """Write the spectra of a chunk at rest that pass the cuts; return the counts.

    Parameters
    ----------
    raw : mapping
        Raw files by kind, as of `skyloom.spectra.inputs.Inputs.raw`.
    target : path
        File of flux to write, see `skyloom.spectra.rest.files.paths`.
    settings : mapping
        ``grid``, ``cuts`` and ``sample.scale``.
    provenance : mapping
        Kept in the table.

    Returns
    -------
    dict
        ``read`` and ``kept`` (spectra), ``galaxies`` (kept), ``removed`` (spectra, by
        cut) and ``refused`` (why, by the name of a galaxy or file that cannot be used).

    Raises
    ------
    InputError
        A damaged chunk. A damaged file of one galaxy is recorded, and its others go on.
    """
    grid, method = grid_from(settings["grid"]), settings["sample"]["scale"]
    removed, refused = Counter(dict.fromkeys(CUTS, 0)), {}
    galaxies, read, kept = set(), 0, 0
    with writing(target, None, grid, "none", provenance) as add:
        for observed in _spectra(objects(raw), refused):
            found, counts = cut(at_rest(observed, grid), settings["cuts"], method)
            read, kept = read + len(observed), kept + len(found)
            removed.update(counts)
            galaxies.update(found.info["plateifu"])
            add(found)
        if not kept:
            add(_nothing(grid))
    logging.getLogger(NAME).info(
        "%d of %d spectra kept; removed: %s; refused: %d objects",
        *(kept, read, dict(removed), len(refused)),
    )
    counts = {"read": read, "kept": kept, "galaxies": len(galaxies)}
    return counts | {"removed": dict(removed), "refused": refused}


def objects(raw: Mapping[str, Sequence[str]]) -> list[tuple[str, Read, bool]]:
    """Return name, reader, and whether it may fail alone, of what a chunk is made of.

    A chunk's arrays are one object and must be whole; galaxies and single spectra that
    cannot be read are left out, and said.
    """
    if "table" in raw:
        arrays = [raw[kind][0] for kind in ("spec", "wave", "table")]
        ivar = (raw.get("ivar") or [None])[0]
        return [(Path(arrays[0]).name, partial(read_chunk, *arrays, ivar), False)]
    if "cubes" in raw:
        pairs = zip(raw["cubes"], raw["maps"], strict=True)
        return [(Path(c).name, partial(read_galaxy, c, m), True) for c, m in pairs]
    return [(Path(p).name, partial(read_single, p), True) for p in raw["spectra"]]


def sum_cuts(paths: Sequence[str | Path]) -> dict:
    """Return the counts of all chunks, as of `rest_chunk`, added up.

    Raises
    ------
    InputError
        No spectrum is left.
    """
    parts = [read_json(path) for path in paths]
    total = {k: sum(p[k] for p in parts) for k in ("read", "kept", "galaxies")}
    removed = {name: sum(p["removed"][name] for p in parts) for name in CUTS}
    refused: dict[str, str] = {}
    for part in parts:
        refused |= part["refused"]
    if not total["kept"]:
        some = "; ".join(list(refused.values())[:3])
        problem = f"no spectrum of {total['read']} is left; removed: {removed}; {some}"
        remedy = "loosen spectra.cuts, or see that spectra.grid covers the spectra"
        raise InputError(paths[0], problem.rstrip("; "), remedy=remedy)
    return total | {"removed": removed, "refused": refused}


def _spectra(read: list[tuple[str, Read, bool]], refused: dict) -> Iterator[Observed]:
    """Yield all spectra; note the objects that may fail and do."""
    logger = logging.getLogger(NAME)
    for name, reader, alone in progress(read, "objects read"):
        if not alone:
            yield from reader()
            continue
        try:
            with raw_datum():
                whole = list(reader())  # or an error: never a part of a galaxy
        except DatumError as bad:
            refused[name] = str(bad)
            logger.warning("left out: %s", bad)
        else:
            yield from whole


def _nothing(grid: RestGrid) -> RestSpectra:
    """Return no spectra, with the columns that later rules look for."""
    info = pd.DataFrame({k: np.array([], str) for k in TEXTS})
    for name in NUMBERS:
        info[name] = np.array([], float)
    empty = np.zeros((0, grid.pixels), np.float32)
    return RestSpectra(empty, empty, info, grid)
