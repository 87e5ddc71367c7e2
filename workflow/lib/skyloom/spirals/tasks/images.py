"""Pictures of galaxies, north up, and where they lie on the sky."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from skyloom.io.errors import DatumError, InputError, raw_datum
from skyloom.io.parquet import read_parquet
from skyloom.io.record import text
from skyloom.io.tables import REDSHIFT, Column, read_csv
from skyloom.run.provenance import Recipe
from skyloom.spirals.catalogue.master import master_galaxies
from skyloom.spirals.cutouts.colour import rgb
from skyloom.spirals.cutouts.files import Cutout, read_cutout
from skyloom.spirals.cutouts.pictures import SUFFIXES, read_picture, resized
from skyloom.spirals.cutouts.pictures import write_picture as write_png
from skyloom.spirals.cutouts.resample import onto
from skyloom.spirals.geometry import PICTURE, picture_stamp
from skyloom.spirals.tasks.marks import Subjects

CROSSMATCHED = ("simulated", "gz3d")  # no picture where the catalogue has no row
SHEET = {
    "file": Column(unique=True),
    "ra": Column("float", required=False, empty=True, low=0, high=360),
    "dec": Column("float", required=False, empty=True, low=-90, high=90),
    "pixscale": Column("float", required=False, empty=True, low=1e-3, high=100),
    "redshift": replace(REDSHIFT, required=False),
}


@dataclass(frozen=True)
class Place:
    """Where a galaxy is; NaN where that is not known.

    Attributes
    ----------
    ra, dec : float
        Middle of its picture [deg].
    pixscale : float
        Of a picture of 424 px; in a sheet, of what has no world coordinates, of its own
        pixels [arcsec].
    redshift : float
        The galaxy's.
    """

    ra: float = math.nan
    dec: float = math.nan
    pixscale: float = math.nan
    redshift: float = math.nan


@dataclass(frozen=True)
class Studio:
    """How pictures are made.

    Attributes
    ----------
    files : mapping of str to str
        By galaxy, what its picture is made of.
    places : mapping of str to Place
        What catalogue or sheet tell, by galaxy.
    size : int
        Side of a picture [px].
    pixscale : float or None
        Of pictures that do not tell it, in their own pixels [arcsec].
    sources : mapping of str to str
        Where each galaxy comes from.
    subjects : Subjects
        Those of Galaxy Builder.
    recipe : Recipe
        For what is written into them.
    """

    files: Mapping[str, str]
    places: Mapping[str, Place]
    size: int
    pixscale: float | None
    sources: Mapping[str, str]
    subjects: Subjects
    recipe: Recipe

    def make(self, name: str, paths: Mapping[str, Path]) -> dict:
        """Write the picture of a galaxy; return its place, and its pixels' checksum."""
        path, crossmatched = self.files[name], self.sources[name] in CROSSMATCHED
        if crossmatched and name not in self.places:
            msg = "no galaxy of the catalogue that has a pixel scale is near enough; "
            raise DatumError(msg + "see spirals.match.radius")
        if crossmatched and Path(path).stat().st_size == 0:
            # See `.retrieve`: fetched when another catalogue, or radius, had it not.
            problem = f"empty, though the catalogue has {name} now"
            raise InputError(path, problem, remedy="delete it and run the workflow")
        if name in self.subjects.models:
            subject = self.subjects.read(name)
            place = Place(redshift=subject.redshift)
            shown, place = self._north_up(subject.cutout, place)
        else:
            with raw_datum():
                where = self.places.get(name, Place())
                shown, place = self.shown(path, where, placed=crossmatched)
        if (shown == shown[0, 0]).all():
            msg = "its middle is all of one colour; check the position, or the file"
            raise DatumError(msg)
        note = text(self.recipe.record([path]))
        write_png(paths["images"], shown, note)
        digest = hashlib.sha256(np.ascontiguousarray(shown).tobytes()).hexdigest()
        return asdict(place) | {"pixels": digest, "source": self.sources[name]}

    def rescue(self, name: str, reason: str, paths: Mapping[str, Path]) -> dict:
        """Write a black picture of a galaxy that has none, and say why."""
        black = np.zeros((self.size, self.size, 3), np.uint8)
        write_png(paths["images"], black, reason)
        place = self.places.get(name, Place())
        return asdict(place) | {"reason": reason, "source": self.sources[name]}

    def shown(
        self, path: str, place: Place, *, placed: bool = False
    ) -> tuple[np.ndarray, Place]:
        """Return the picture that a file makes, and where it lies.

        What a catalogue or sheet does not tell is that of the file: of FITS with world
        coordinates the largest square in the middle. DatumError where they are missing
        from a file that is to be `placed`, as marks lie on the sky.
        """
        if path.lower().endswith(SUFFIXES):
            picture = read_picture(path)
            return resized(picture, self.size), self._scaled(place, picture.shape[:2])
        cutout = read_cutout(path)
        if placed and cutout.wcs is None:
            msg = "no world coordinates: where the marks lie is not known"
            raise DatumError(msg)
        return self._north_up(cutout, place)

    def _north_up(self, cutout: Cutout, place: Place) -> tuple[np.ndarray, Place]:
        whole = cutout.whole(self.size)
        if cutout.wcs is None:
            return rgb(onto(cutout, whole)), self._scaled(place, cutout.flux.shape[1:])
        if math.isnan(place.ra + place.dec):
            place = replace(place, ra=whole.ra, dec=whole.dec)
        if math.isnan(place.pixscale):
            place = replace(place, pixscale=whole.field / PICTURE)
        stamp = picture_stamp(place.ra, place.dec, place.pixscale, self.size)
        return rgb(onto(cutout, stamp)), place

    def _scaled(self, place: Place, shape: tuple[int, int]) -> Place:
        """Return a place with the scale of a file's own pixels as of a picture's."""
        known = math.isfinite(place.pixscale)
        own = place.pixscale if known else self.pixscale or math.nan
        return replace(place, pixscale=own * min(shape) / PICTURE)


def places(
    master: Iterable[str], sheet: Iterable[str], files: Mapping[str, str]
) -> dict[str, Place]:
    """Return what the crossmatched catalogue and a sheet of pictures tell, by name."""
    found: dict[str, Place] = {}
    for path in master:
        table = master_galaxies(read_parquet(path))
        numbers = table[["ra", "dec", "pixscale", "redshift"]].to_numpy()
        found |= {k: Place(*v) for k, v in zip(table["name"], numbers, strict=True)}
    for path in sheet:
        rows = read_csv(path, SHEET).set_index("file")
        rows.index = [Path(file).name for file in rows.index]
        rows = rows.astype(float).to_dict("index")
        of = {name: Path(file).name for name, file in files.items()}
        found |= {k: Place(**rows[file]) for k, file in of.items() if file in rows}
    return found
