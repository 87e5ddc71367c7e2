"""Which files of spectra and which galaxies a run has.

All of it follows from the configuration while the rules are read. Of the seed's chunks
the tables' column of names is read, once: the listing is kept for the jobs of a run.
"""

from __future__ import annotations

import json
import logging
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import Field

from skyloom.io.atomic import write_text
from skyloom.io.folders import data_files
from skyloom.io.record import digest_of
from skyloom.run.chunks import assign
from skyloom.run.config import ConfigError, data_path
from skyloom.run.log import NAME
from skyloom.run.sheets import read_sheet
from skyloom.spectra.simulation.plan import planned, smallest

RAW = "<results>/raw"
LISTED = Path(".snakemake")  # folder of listings, for the jobs of a run
TABLE = re.compile(r"datatab(\d+)\.fits")
CUBE = re.compile(r"manga-(\d+-\d+)-(LOGCUBE|MAPS).*\.fits.*")
SPECTRUM = re.compile(r"spec-.*\.fits(\.gz)?")
KINDS = ("spec", "ivar", "wave")
ARCHIVED = ("LOGCUBE", "MAPS")
PlateIfu = Annotated[
    str, Field(pattern=r"^\d{4,5}-\d{3,5}$", description="A plate-IFU, as 8485-1901.")
]


class Inputs:
    """The chunks of a run, their raw files and their galaxies.

    Parameters
    ----------
    config : mapping
        The area's validated configuration.
    fresh : bool
        False in a job of a run: it reads the listing that the run has left.

    Attributes
    ----------
    chunks : dict of str to list of str
        What each chunk holds: plate-IFUs, or files of single spectra.
    plates : dict of str to list of str
        The galaxies of the entries of each chunk.
    galaxies : dict of str to dict of str to str
        By chunk, the plate-IFU of each galaxy by the name of its files: the number of
        its mangaID, or the plate-IFU where two galaxies have that number.

    Raises
    ------
    ConfigError
        A source without files.
    """

    def __init__(self, config: Mapping, *, fresh: bool = True):
        self.source, self.paths, self.fresh = config["source"], config["paths"], fresh
        self.cubes: list[str] = []
        names: dict[str, str] = {}  # mangaID by plate-IFU
        if self.source == "simulated":
            names = planned(config["simulate"], config["seed"])
            self.chunks = _dealt(names, config["chunks"])
            self.cubes = smallest(names, config["simulate"]["cubes"])
        elif self.source == "manga":
            names = self._listed_cubes()
            self.chunks = _dealt(names, config["chunks"])
        elif self.source == "chunks":
            self.chunks, names = self._tables()
        elif self.source == "spectra":
            files = self._spectra()
            self.chunks = _dealt(files, config["chunks"])
            names = {Path(f).name.split(".fits")[0]: "" for f in files}
        else:
            self.chunks = {}
        self.plates = {c: [*map(_galaxy, some)] for c, some in self.chunks.items()}
        self.galaxies = self._named(names)

    def raw(self, chunk: str) -> dict[str, list[str]]:
        """Return the raw files of a chunk, by kind."""
        if self.source == "simulated":
            kinds = {k: [f"{RAW}/{k}{chunk}.npy"] for k in KINDS}
            return kinds | {"table": [f"{RAW}/datatab{chunk}.fits"]}
        if self.source == "chunks":
            folder = Path(data_path(self.paths["chunks"]))
            files = {k: folder / f"{k}{chunk}.npy" for k in KINDS}
            kinds = {k: [str(p)] for k, p in files.items() if k != "ivar" or p.exists()}
            return kinds | {"table": [str(folder / f"datatab{chunk}.fits")]}
        if self.source == "manga":
            names = self.chunks[chunk]
            return {
                "cubes": [self.cube(name, "LOGCUBE") for name in names],
                "maps": [self.cube(name, "MAPS") for name in names],
            }
        return {"spectra": self.chunks[chunk]}

    def cube(self, plateifu: str, kind: str) -> str:
        """Return where a galaxy's LOGCUBE or MAPS lies, or is fetched to.

        ConfigError: several files of one kind in the folder of the configuration.
        """
        found = self._cubes.get((plateifu, kind), [])
        if len(found) > 1:
            names = ", ".join(sorted(path.name for path in found))
            msg = f"spectra.paths.manga: several {kind} of {plateifu}: {names}"
            raise ConfigError(msg)
        if found:
            return str(found[0])
        return f"<downloads>/manga/manga-{plateifu}-{kind}.fits.gz"

    def fetched(self) -> list[list[str]]:
        """Return the files of galaxies that the folder of the configuration lacks."""
        wanted = [(name, kind) for name in self._listed_cubes() for kind in ARCHIVED]
        return [[self.cube(*one)] for one in wanted if one not in self._cubes]

    @cached_property
    def _cubes(self) -> dict[tuple[str, str], list[Path]]:
        """The files of MaNGA's folder, listed once: a survey has thousands."""
        found: dict[tuple[str, str], list[Path]] = {}
        if folder := self.paths["manga"]:
            for path in data_files(data_path(folder), CUBE.fullmatch, deep=False):
                match = CUBE.fullmatch(path.name)
                found.setdefault((match[1], match[2]), []).append(path)
        return found

    def truth(self) -> list[str]:
        """Return the files of truth, of a simulation only."""
        if self.source != "simulated":
            return []
        return [f"{RAW}/truth{chunk}.fits" for chunk in self.chunks]

    def _listed_cubes(self) -> dict[str, str]:
        sheet = Path(data_path(self.paths["plateifus"]))
        rows = read_sheet(sheet, {"plateifu": PlateIfu}, unique="plateifu")
        return {row["plateifu"]: "" for row in rows}

    def _spectra(self) -> list[str]:
        place = Path(data_path(self.paths["spectra"]))
        if place.is_file():
            return [str(place)]
        found = data_files(place, SPECTRUM.fullmatch)
        if not found:
            msg = f"spectra.paths.spectra: no spec-*.fits in {place}"
            raise ConfigError(msg)
        return [str(path) for path in found]

    def _tables(self) -> tuple[dict[str, list[str]], dict[str, str]]:
        folder = Path(data_path(self.paths["chunks"]))
        listed = data_files(folder, TABLE.fullmatch, deep=False)
        tables = {TABLE.fullmatch(path.name)[1]: path for path in listed}
        if not tables:
            msg = f"spectra.paths.chunks: no datatab<i>.fits in {folder}"
            raise ConfigError(msg)
        facts = [[str(p), p.stat().st_size, p.stat().st_mtime] for p in tables.values()]
        key = digest_of(facts if self.fresh else str(folder))[:16]
        listing = LISTED / f"spectra-{key}.json"
        if listing.is_file():
            found = json.loads(listing.read_text())
        else:
            # Imported here: astropy takes a second, and other sources need none.
            from skyloom.spectra.readers.chunks import names_of  # noqa: PLC0415

            found = {c: names_of(tables[c]) for c in sorted(tables, key=int)}
        for name in (key, digest_of(str(folder))[:16]):
            write_text(LISTED / f"spectra-{name}.json", json.dumps(found))
        chunks: dict[str, list[str]] = {}
        names: dict[str, str] = {}
        for chunk, pairs in found.items():
            chunks[chunk] = sorted(pairs)
            names |= pairs
        return chunks, names

    def _named(self, names: Mapping[str, str]) -> dict[str, dict[str, str]]:
        """Return each chunk's galaxies by the names of their files."""
        wanted = {name: _suffix(manga) or name for name, manga in names.items()}
        shared = {s for s, count in Counter(wanted.values()).items() if count > 1}
        if shared:
            some = ", ".join(sorted(shared)[:5])
            logging.getLogger(NAME).warning(
                "spectra: %d numbers of mangaIDs belong to several plate-IFUs (%s...); "
                "the files of these galaxies are named by plate-IFU",
                *(len(shared), some),
            )
        seen: set[str] = set()
        galaxies = {}
        for chunk, plates in self.plates.items():
            fresh = [p for p in plates if p not in seen]
            seen.update(fresh)
            galaxies[chunk] = {
                p if wanted[p] in shared else wanted[p]: p for p in sorted(fresh)
            }
        return galaxies


def holders(inputs: Inputs, chunk: str) -> list[str]:
    """Return the chunks that hold spectra of a chunk's galaxies: itself, mostly."""
    mine = set(inputs.galaxies[chunk].values())
    return [c for c, plates in inputs.plates.items() if not mine.isdisjoint(plates)]


def _galaxy(entry: str) -> str:
    """Return the plate-IFU that an entry of a chunk is, or that a file stands for."""
    return Path(entry).name.split(".fits")[0]


def _suffix(manga: str) -> str:
    return manga.rpartition("-")[2] if manga else ""


def _dealt(names: Iterable[str], chunks: int) -> dict[str, list[str]]:
    """Return names by chunk, numbered as the seed's files are: 0, 1, ..."""
    dealt = assign(names, chunks)
    return {str(int(chunk.removeprefix("c"))): some for chunk, some in dealt.items()}
