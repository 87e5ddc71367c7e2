"""The names of simulated galaxies: plates of 17 units each, as MaNGA's.

It is used while the rules are read, so it imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from skyloom.io.record import checksum
from skyloom.run.config import data_path
from skyloom.run.places import ROOT
from skyloom.run.seeds import rng

UNITS = {19: 2, 37: 4, 61: 4, 91: 2, 127: 5}  # of a plate, by fibres (Drory+15)
PLATE = 9001  # the first plate
TARGET = 500_001  # the first galaxy's number in its mangaID


def planned(simulate: Mapping, seed: int) -> dict[str, str]:
    """Return the mangaID of each simulated galaxy by its plate-IFU.

    Parameters
    ----------
    simulate : mapping
        The section `simulate`: `galaxies`, and `fibres`, of which units a plate has.
    seed : int
        Which units of a plate come first.
    """
    designs = [
        f"{fibres}{number:02d}"
        for fibres in sorted(simulate["fibres"])
        for number in range(1, UNITS[fibres] + 1)
    ]
    names = {}
    for i in range(simulate["galaxies"]):
        plate, place = divmod(i, len(designs))
        order = rng(seed, "plate", PLATE + plate).permutation(len(designs))
        names[f"{PLATE + plate}-{designs[order[place]]}"] = f"1-{TARGET + i}"
    return names


def resources() -> str:
    """Return the checksum of the table of the noise, for the rules that read it."""
    return checksum(ROOT / "resources" / "spectra" / "noise.json")


def templates(simulate: Mapping) -> list[str]:
    """Return the populations' files in the folder that is set; none of a package's."""
    if simulate["templates"] is None:
        return []
    folder = Path(data_path(simulate["templates"]))
    return [str(path) for path in sorted(folder.glob("MaStar-SSP-*.fits.gz"))]


def fibres_of(plateifu: str) -> int:
    """Return the number of fibres of a unit: 19 of ``9001-1902``."""
    return int(plateifu.rpartition("-")[2][:-2])


def smallest(names: Iterable[str], number: int) -> list[str]:
    """Return the plate-IFUs of the smallest units, first those that come first."""
    return sorted(names, key=fibres_of)[:number]
