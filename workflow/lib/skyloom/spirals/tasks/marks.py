"""Marks of galaxies from the files that have their drawings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from skyloom.io.errors import DatumError, raw_datum
from skyloom.run.provenance import Recipe
from skyloom.spirals.drawings.subjects import Subject, read_subject, read_turns
from skyloom.spirals.geometry import Canvas
from skyloom.spirals.gz3d.files import read_gz3d
from skyloom.spirals.gz3d.sheet import row
from skyloom.spirals.segmaps.marks import Marks, write_marks


@dataclass(frozen=True)
class Subjects:
    """The files of Galaxy Builder's subjects, by name."""

    models: Mapping[str, str] = field(default_factory=dict)
    images: Mapping[str, str] = field(default_factory=dict)
    turns: Mapping[int, object] = field(default_factory=dict)

    def read(self, name: str) -> Subject:
        """Read a subject; DatumError for one that the table does not know."""
        if int(name) not in self.turns:
            msg = "no row in gal-metadata.csv: how its image lies is not known"
            raise DatumError(msg)
        with raw_datum():
            paths = (self.models[name], self.images[name])
            return read_subject(*paths, self.turns[int(name)])


def subjects(
    models: Iterable[str], images: Iterable[str], turns: Iterable[str]
) -> Subjects:
    """Return the subjects of some files, and of the table of how images lie, if any."""
    known = {k: turn for path in turns for k, turn in read_turns(path).items()}
    named = ({Path(p).name.split(".")[0]: p for p in some} for some in (models, images))
    return Subjects(*named, known)


@dataclass(frozen=True)
class Reader:
    """Reads a galaxy's drawings, and writes its marks.

    Attributes
    ----------
    files : mapping of str to str
        By galaxy: of GZ3D, or of Galaxy Builder.
    subjects : Subjects
        Those of Galaxy Builder.
    recipe : Recipe
        For what is written into them.
    """

    files: Mapping[str, str]
    subjects: Subjects
    recipe: Recipe

    def write(self, name: str, paths: Mapping[str, Path]) -> dict:
        """Write the marks of a galaxy; return how many were asked, and GZ3D's row."""
        path, more = self.files[name], {}
        if name in self.subjects.models:
            marks = self.subjects.read(name).marks
        else:
            with raw_datum():
                galaxy = read_gz3d(path)
            marks, more = galaxy.marks, {"gz3d": row(galaxy, Path(path).name)}
        write_marks(paths["marks"], marks, self.recipe.record([path]))
        return _told(marks) | more


def rescue(name: str, reason: str, paths: Mapping[str, Path]) -> dict:
    """Write that nobody was asked, for a file that cannot be read."""
    marks = Marks(Canvas(0.0, 0.0), None, None)
    write_marks(paths["marks"], marks, {"galaxy": name, "reason": reason})
    return _told(marks) | {"reason": reason}


def _told(marks: Marks) -> dict:
    return {f"{kind}_asked": marks.asked(kind) for kind in ("spiral", "bar")}


def by_name(paths: Iterable[str]) -> dict[str, str]:
    """Return the files of galaxies by the galaxies' names, which are theirs."""
    return {Path(path).name.rpartition(".")[0]: path for path in paths}
