"""One row a galaxy of GZ3D: gz3d_catalog.csv."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from skyloom.spirals.gz3d.galaxy import METADATA, Gz3d

COLUMNS = (
    "name",
    *(name.lower() for name, _ in METADATA),
    "relative_gz3d_fits_loc",
    "spiral_asked",
    "bar_asked",
)


def row(galaxy: Gz3d, place: str) -> dict:
    """Return a galaxy's row; `place` is its file's, relative to the folder of all.

    Right ascension and declination are those of the canvas, in full, where GZ3D's own
    table has 32 bits of them.
    """
    own = {name.lower(): galaxy.metadata[name] for name, _ in METADATA}
    marks = galaxy.marks
    return {
        "name": galaxy.name,
        **own,
        "relative_gz3d_fits_loc": place,
        "spiral_asked": marks.asked("spiral"),
        "bar_asked": marks.asked("bar"),
    }


def sheet(rows: Iterable[Mapping]) -> pd.DataFrame:
    """Return the table of rows, sorted by name."""
    table = pd.DataFrame(list(rows), columns=list(COLUMNS))
    return table.sort_values("name", ignore_index=True)
