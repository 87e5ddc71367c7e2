"""Tables: GZ3D's files, the crossmatch, and the galaxies that are learned from."""

from __future__ import annotations

import logging
from collections.abc import Iterable

import numpy as np
import pandas as pd

from skyloom.io.errors import InputError
from skyloom.io.parquet import read_parquet
from skyloom.io.tables import read_csv
from skyloom.run.log import NAME
from skyloom.spirals.catalogue.answers import name_of, read_answers
from skyloom.spirals.catalogue.base import read_base, read_sami
from skyloom.spirals.catalogue.crossmatch import crossmatch
from skyloom.spirals.catalogue.cuts import selected
from skyloom.spirals.catalogue.galaxies import ASKED, NUMBERS, parted
from skyloom.spirals.catalogue.master import master, master_galaxies
from skyloom.spirals.catalogue.votes import read_votes
from skyloom.spirals.config import Config
from skyloom.spirals.gz3d.sheet import sheet
from skyloom.spirals.questions import columns
from skyloom.spirals.tasks.dataset import read_record
from skyloom.spirals.tasks.images import SHEET


def sheet_of(records: Iterable[str]) -> pd.DataFrame:
    """Return the table of GZ3D's files, of the records of their marks."""
    known = [one for path in records for one in read_record(path).values()]
    return sheet(one["gz3d"] for one in known if "gz3d" in one)


def matched(
    sheet: pd.DataFrame,
    base: Iterable[str],
    votes: Iterable[str],
    sami: Iterable[str],
    radius: float,
) -> tuple[pd.DataFrame, pd.DataFrame, dict]:
    """Return the crossmatched catalogue, SAMI's part of it, and the counts.

    Votes are those of tables of their own, or of the base catalogue if there is none.
    """
    (path,) = base
    galaxies_desi = read_base(path)
    counts_of, told = read_votes(list(votes) or [path], ["dr8_id"])
    table, counts = master(sheet, galaxies_desi, counts_of, radius)
    targets = pd.DataFrame(columns=["name", "ra", "dec", "dr8_id", "sky_separation"])
    for path in sami:
        listed, ends = read_sami(path), ("_sami", "_desi")
        try:
            targets, counts["sami"] = crossmatch(listed, galaxies_desi, radius, ends)
        except ValueError as none:  # SAMI's south may be all that is listed
            logging.getLogger(NAME).warning("%s: %s", path, none)
            counts["sami"] = {"galaxies_sami": len(listed), "within_radius": 0}
    return table, targets, counts | {"votes": told}


def table_of(
    records: Iterable[str],
    marks: Iterable[str],
    catalogue: Iterable[str],
    answers: Iterable[str],
    how: Config,
    seed: int,
) -> tuple[pd.DataFrame, dict]:
    """Return the galaxies that pass the cuts, each in its part, and the counts.

    Galaxies without a picture are left out, and told.
    """
    known = {name: one for path in records for name, one in read_record(path).items()}
    without = {name: one["reason"] for name, one in known.items() if "reason" in one}
    kept = sorted(known.keys() - without.keys())
    drawn = {name: one for path in marks for name, one in read_record(path).items()}
    table = pd.DataFrame({"name": kept})
    for key in NUMBERS:
        table[key] = np.array([known[name][key] for name in kept], np.float64)
    asked = {key: [drawn.get(name, {}).get(key, 0) for name in kept] for key in ASKED}
    table = table.assign(marks=np.maximum(*asked.values()) > 0, **asked)
    table = table.join(_votes(kept, catalogue, answers))
    table["source"] = [known[name]["source"] for name in kept]
    alike = {name: known[name]["pixels"] for name in kept}
    passed, counts = selected(table, how.cuts)
    shares = {"validate": how.split.validation, "test": how.split.test}
    made = parted(passed, shares, how.split.cell, seed, alike)
    counts |= {"without_picture": dict(sorted(without.items()))}
    counts |= {part: int((made["part"] == part).sum()) for part in ("train", *shares)}
    counts["with_marks"] = int(made["marks"].sum())
    return made, counts


def check_sheet(paths: Iterable[str], records: Iterable[str]) -> None:
    """Tell which rows of a sheet of pictures are of none; InputError if all are."""
    known = {name for path in records for name in read_record(path)}
    for path in paths:
        files = read_csv(path, SHEET)["file"]
        odd = files[~files.map(name_of).isin(known)].tolist()
        if len(odd) == len(files):
            expected = "names of the run's files, without folders"
            raise InputError(path, f"no picture {odd[0]}", expected=expected)
        if odd:
            text = "%s: %d rows of no picture of the run, such as %s"
            logging.getLogger(NAME).warning(text, path, len(odd), odd[0])


def _votes(
    names: list[str], catalogue: Iterable[str], answers: Iterable[str]
) -> pd.DataFrame:
    """Return the votes of galaxies, 0 where there are none."""
    found = [pd.DataFrame(columns=columns(), dtype=np.int32)]
    for path in catalogue:
        found.append(master_galaxies(read_parquet(path)).set_index("name")[columns()])
    for path in answers:
        votes, told = read_answers(path)
        logging.getLogger(NAME).info("%s: %s", path, told)
        if votes.index.isin(names).sum() == 0:
            expected = f"names such as {names[0] if names else 'those of pictures'}"
            raise InputError(path, "no galaxy of the run", expected=expected)
        found.append(votes)
    every = pd.concat(found)
    every = every[~every.index.duplicated()]
    return every.reindex(names).fillna(0).astype(np.int32).reset_index(drop=True)
