"""Maps, votes and measures of galaxies, written as files on the sky."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.table import Table

from skyloom.io.errors import REMADE, DatumError, InputError
from skyloom.io.fits import fill, opened, write_hdus
from skyloom.io.record import cards
from skyloom.run.seeds import rng
from skyloom.sky.tan import wcs_header
from skyloom.spirals.geometry import PICTURE, Stamp
from skyloom.spirals.measure.record import Calibration, Seen, columns, measured
from skyloom.spirals.measure.spaxels import on_spaxels
from skyloom.spirals.network.files import Model
from skyloom.spirals.network.predict import Predictions
from skyloom.spirals.questions import asked, expected_shares, questions
from skyloom.spirals.tasks.cataloguing import vote_columns
from skyloom.spirals.tasks.dataset import stamp_of
from skyloom.spirals.tasks.looking import middle

MAPS = ("SPIRAL", "BAR")
PARTS = ("", "_STD")  # of the names of HDUs: a share of volunteers, its deviation


@dataclass(frozen=True, eq=False)
class Writer:
    """Writes the maps of a chunk's galaxies, and measures them.

    Attributes
    ----------
    record : mapping of str to mapping
        What is known of each galaxy, by name.
    pictures : ndarray of uint8, shape (n, side, side, 3)
        In the order of the record.
    found : Predictions
        In the same order.
    model : Model
        What made them.
    seed : int
        Of the errors' draws.
    spaxel : float or None
        Side of spaxels for further maps [arcsec].
    provenance : mapping
        For the files.
    """

    record: Mapping[str, Mapping]
    pictures: np.ndarray
    found: Predictions
    model: Model
    seed: int
    spaxel: float | None
    provenance: Mapping

    def write(self, name: str, paths: Mapping[str, Path]) -> dict:
        """Write a galaxy's maps and return its row of the catalogue."""
        known, i = self.record[name], list(self.record).index(name)
        if "reason" in known:
            raise DatumError(known["reason"])
        settings = self.model.settings
        whole = stamp_of(known, self.pictures.shape[1])
        stamp = None if whole is None else whole.middle(settings.crop, settings.size)
        maps = {
            f"{kind}{part}": values[i, k]
            for k, kind in enumerate(MAPS)
            for part, values in (("", self.found.mean), ("_STD", self.found.std))
        }
        hdus = [fits.ImageHDU(v, _header(stamp), k) for k, v in maps.items()]
        if stamp is not None and self.spaxel:
            hdus += _spaxels(maps, stamp, self.spaxel)
        row = self._row(name, known, i)
        tables = {"VOTES": vote_table(self.found.concentrations[i])}
        tables["MEASURES"] = measure_table(row)
        for kind, table in tables.items():
            hdus.append(fits.table_to_hdu(table))
            hdus[-1].name = kind
        primary = fits.PrimaryHDU()
        about = {"OBJECT": name, "CROP": (settings.crop, "part of the picture's side")}
        fill(primary.header, about | cards(self.provenance))
        write_hdus(paths["maps"], [primary, *hdus])
        return row

    def rescue(self, name: str, reason: str, paths: Mapping[str, Path]) -> dict:
        """Write a file that says why there are no maps."""
        primary = fits.PrimaryHDU()
        # Cards hold ASCII on one line, and astropy loses a long one after a quote.
        words = " ".join(reason.encode("ascii", "replace").decode().split())
        own = {"OBJECT": name, "REASON": words.replace("'", '"')}
        own |= cards(self.provenance)
        fill(primary.header, own)
        write_hdus(paths["maps"], [primary])
        return {"name": name, "reason": reason}

    def _row(self, name: str, known: Mapping, i: int) -> dict:
        settings, nothing = self.model.settings, float("nan")
        field = nothing if known["pixscale"] is None else known["pixscale"] * PICTURE
        scale = field * settings.crop / settings.size
        redshift = nothing if known["redshift"] is None else known["redshift"]
        seen = Seen(
            self.found.mean[i],
            self.found.std[i],
            middle(self.pictures[i], settings.crop, settings.size),
            self.found.concentrations[i],
            scale,
            redshift,
        )
        fitted = self.model.calibration.get("maps")
        calibration = Calibration.from_json(fitted) if fitted else Calibration()
        row = {"name": name, "ra": known["ra"], "dec": known["dec"]}
        row |= {"redshift": redshift, "pixscale": scale, "reason": ""}
        row |= measured(seen, calibration, rng(self.seed, "measures", name))
        return row | vote_row(self.found.concentrations[i])


def vote_table(concentrations: np.ndarray) -> Table:
    """Return the expected shares of all answers, a row an answer."""
    shares, deviations = expected_shares(concentrations)
    relevant = asked(shares)
    rows = [
        (one.name, answer, concentrations[k], shares[k], deviations[k], relevant[q])
        for q, one in enumerate(questions())
        for k, answer in enumerate(one.answers, start=one.first)
    ]
    names = ("question", "answer", "concentration", "fraction", "fraction_std")
    return Table(rows=rows, names=(*names, "asked"))


def measure_table(row: Mapping) -> Table:
    """Return a galaxy's measures, a row each: a number, or words.

    One column each, as in the catalogue, would take longer to write than all else.
    """
    rows = [
        (one.name, *_number_or_words(row[one.name]), one.unit or "", one.description)
        for one in columns()
    ]
    return Table(rows=rows, names=("measure", "value", "words", "unit", "description"))


def _number_or_words(value: float | str) -> tuple[float, str]:
    return (np.nan, value) if isinstance(value, str) else (float(value), "")


def vote_row(concentrations: np.ndarray) -> dict[str, float]:
    """Return the expected shares of all answers as columns of the catalogue."""
    both = zip(*expected_shares(concentrations), strict=True)
    row = {}
    for column, (share, deviation) in zip(vote_columns(), both, strict=True):
        row |= {column: float(share), f"{column}_std": float(deviation)}
    return row


@dataclass(frozen=True, eq=False)
class Maps:
    """What a file of maps holds.

    Attributes
    ----------
    reason : str
        Why there is nothing; empty where there is.
    crop : float
        Middle part of the picture's side that maps are of.
    mean, std : ndarray, shape (2, size, size)
        Shares of volunteers, arms and bar, and their deviations.
    votes : Table
        A row an answer.
    measures : dict
        As in the catalogue: numbers and words by column.
    scale : float
        Side of a map's pixel [arcsec]; NaN where it is not known.
    """

    reason: str
    crop: float = 1.0
    mean: np.ndarray | None = None
    std: np.ndarray | None = None
    votes: Table | None = None
    measures: dict | None = None
    scale: float = float("nan")


def read_maps(path: str | Path) -> Maps:
    """Read a file of maps.

    InputError for one that lacks a map or a table, or whose maps differ in shape.
    """
    with opened(path) as file:
        about = file.cards(0, "REASON", "CROP")
        if "REASON" in about:
            return Maps(about["REASON"])
        maps = [file.pixels(f"{kind}{part}", 2) for part in PARTS for kind in MAPS]
        shapes = {one.shape for one in maps}
        if len(shapes) > 1 or "CROP" not in about:
            problem = f"maps of the shapes {shapes}" if "CROP" in about else "no CROP"
            expected = "maps of one shape, and the card CROP"
            raise InputError(path, problem, expected=expected, remedy=REMADE)
        mean, std = np.stack(maps).reshape(len(PARTS), len(MAPS), *shapes.pop())
        file.columns("MEASURES", ("measure", "value", "words"))
        votes, told = (file.table(kind) for kind in ("VOTES", "MEASURES"))
        # astropy masks what is NaN, and empty words.
        numbers = np.ma.filled(told["value"], np.nan).tolist()
        words = np.ma.filled(told["words"], "").tolist()
        pairs = zip(told["measure"].tolist(), words, numbers, strict=True)
        measures = {name: said or number for name, said, number in pairs}
        side = file.cards(MAPS[0], "CDELT2").get("CDELT2", float("nan"))
        return Maps("", about["CROP"], mean, std, votes, measures, side * 3600)


def _header(stamp: Stamp | None) -> fits.Header:
    return fits.Header() if stamp is None else wcs_header(stamp.wcs)


def _spaxels(maps: Mapping, stamp: Stamp, side: float) -> list[fits.ImageHDU]:
    found = []
    for name, values in maps.items():
        means, where = on_spaxels(values, stamp, side)
        found.append(fits.ImageHDU(means, _header(where), f"SPAXELS_{name}"))
    return found
