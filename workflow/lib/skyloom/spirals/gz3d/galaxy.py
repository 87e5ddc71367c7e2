"""Galaxy Zoo: 3D's files of 11 HDUs, `gz3d_<MANGAID>_<IFU size>_<subject>.fits.gz`.

====  =======================================================================
HDU   Content
====  =======================================================================
0     the image that volunteers saw, uint8 (size, size, 3), row 0 north
1, 2  maps of centres and foreground stars: ellipses of clusters of clicks
3, 4  maps of arms and bar: sum of all strokes that do not cross themselves
5     one row about the galaxy
6, 7  clusters of centres and of stars
8     clicks, a row a volunteer
9     strokes of arms, a row a volunteer
10    strokes of the bar
====  =======================================================================

A table of strokes without rows means that nobody was asked. CRPIX is half the image's
side: as FITS counts that is half a pixel off the middle, since GZ3D counts from the
edge; the middle of the canvas is at CRVAL. Both axes run against the sky's, so row 0 is
north. The maps are on whole canvas coordinates, as GZ3D's own; `segmaps` makes better
ones.

Source: the data model of GZ3D (SDSS DR17, MANGA_MORPHOLOGY/galaxyzoo3d v4_0_0) and
github.com/CKrawczyk/GZ3D_production, which wrote them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from skyloom.io.errors import InputError
from skyloom.spirals.geometry import Canvas
from skyloom.spirals.segmaps.marks import Drawing, Marks

HDUS = 11
SUFFIX = ".fits.gz"
NAME = re.compile(r"(?:gz3d_)?(\d+-\d+)_(\d+)_(\d+)")
# The row about the galaxy: name, and type as GZ3D has it.
METADATA = (
    ("ra", ">f4"),
    ("dec", ">f4"),
    ("MANGAID", "S11"),
    ("IAUNAME", "S19"),
    ("IFUDESIGNSIZE", ">f8"),
    ("MANGA_TILEID", ">f8"),
    ("nsa_id", ">i8"),
    ("explorer_link", "S90"),
    ("GZ_total_classifications", ">i2"),
    ("GZ_bar_votes", ">i2"),
    ("GZ_spiral_votes", ">i2"),
    ("sample", "S70"),
)
# HDUs, and columns, of what volunteers did and of what is made of it.
PATHS = {"spiral": (9, "spiral_paths"), "bar": (10, "bar_paths")}
CLICKS = (8, "center_points", "star_points")
TABLES = {"centres": 6, "stars": 7}
MAPS = {"centres": 1, "stars": 2, "spiral": 3, "bar": 4}


@dataclass(frozen=True, eq=False)
class Clicks:
    """Centres and foreground stars, by volunteer: (n, 2) in canvas coordinates."""

    ids: tuple[int, ...] = ()
    times: tuple[str, ...] = ()
    centres: tuple[np.ndarray, ...] = ()
    stars: tuple[np.ndarray, ...] = ()


@dataclass(frozen=True, eq=False)
class Strokes:
    """What volunteers that were asked for it drew: classification, time, strokes."""

    ids: tuple[int, ...]
    times: tuple[str, ...]
    paths: tuple[Drawing, ...]


@dataclass(frozen=True, eq=False)
class Gz3d:
    """A galaxy of GZ3D.

    Attributes
    ----------
    name : str
        Of its file, without suffixes.
    canvas : Canvas
        What volunteers drew on.
    metadata : dict
        Of `METADATA`; ra and dec are those of the canvas, in full.
    spiral, bar : Strokes or None
        None: nobody was asked.
    clicks : Clicks
        Of all volunteers; not read unless the whole file is.
    image : ndarray of uint8, shape (size, size, 3), or None
        Row 0 is north; None unless the whole file is read.
    tables, maps : dict
        HDUs 6 and 7 (``centres``, ``stars``), and 1 to 4 (`MAPS`); empty unless the
        whole file is read. They are made of the others when a file is written.
    """

    name: str
    canvas: Canvas
    metadata: dict
    spiral: Strokes | None = None
    bar: Strokes | None = None
    clicks: Clicks = Clicks()
    image: np.ndarray | None = None
    tables: dict = field(default_factory=dict)
    maps: dict = field(default_factory=dict)

    @property
    def marks(self) -> Marks:
        """Its drawings."""
        both = (self.spiral, self.bar)
        paths = [s.paths if s else None for s in both]
        return Marks(self.canvas, *paths, *(s.ids if s else () for s in both))


def name_of(path: str | Path) -> str:
    """Return the name of a file without suffixes; InputError if it is not GZ3D's.

    Older files lack ``gz3d_``.
    """
    name = Path(path).name.removesuffix(".gz").removesuffix(".fits")
    if not NAME.fullmatch(name):
        expected = "gz3d_<MANGAID>_<IFU size>_<subject>.fits.gz"
        raise InputError(path, f"a file named {name!r}", expected=expected)
    return name
