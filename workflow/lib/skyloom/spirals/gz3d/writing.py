"""Writer of Galaxy Zoo: 3D's files, their maps and clusters made of the drawings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.table import Table

from skyloom.io.fits import fill, write_hdus
from skyloom.spirals.geometry import Canvas
from skyloom.spirals.gz3d.clusters import cluster
from skyloom.spirals.gz3d.galaxy import CLICKS, METADATA, PATHS, SUFFIX, Gz3d, Strokes
from skyloom.spirals.gz3d.vertices import text
from skyloom.spirals.segmaps.choice import cleaned
from skyloom.spirals.segmaps.fill import counted

BLOCK = 2880  # bytes of FITS


def write_gz3d(folder: str | Path, galaxy: Gz3d) -> Path:
    """Write the file of a galaxy into a folder, with checksums, and return its path.

    Its `tables` and `maps` are made anew, and need not be there.
    """
    canvas, clicks = galaxy.canvas, galaxy.clicks
    seen = clicks.centres, clicks.stars
    together = [np.concatenate([np.zeros((0, 2)), *each]) for each in seen]
    clusters, maps = zip(*(cluster(each, canvas) for each in together), strict=True)
    columns = dict(zip(CLICKS[1:], seen, strict=True))
    tables = [_about(galaxy), *clusters, _rows(clicks.ids, clicks.times, columns)]
    for kind, (_, name) in PATHS.items():
        strokes = getattr(galaxy, kind)
        maps += (stroke_map(strokes, canvas.size),)
        one = strokes or Strokes((), (), ())
        tables.append(_rows(one.ids, one.times, {name: one.paths}))
    images = [fits.PrimaryHDU(galaxy.image), *map(fits.ImageHDU, maps)]
    for hdu in images:
        fill(hdu.header, _cards(canvas))
    path = Path(folder) / f"{galaxy.name}{SUFFIX}"
    write_hdus(path, [*images, *map(_table_hdu, tables)])
    return path


def stroke_map(strokes: Strokes | None, size: int) -> np.ndarray:
    """Return GZ3D's own map: how many strokes cover each pixel, row 0 north.

    Strokes that cross themselves are dropped; one volunteer may count several times;
    pixels are taken at whole canvas coordinates.
    """
    kept = [c for paths in (strokes.paths if strokes else ()) for c in cleaned(paths)]
    return counted(kept, np.arange(len(kept)), np.ones(len(kept)), (size, size))


def _cards(canvas: Canvas) -> dict:
    cards = {"WCSAXES": 2}
    for i, (name, value) in enumerate([("RA---", canvas.ra), ("DEC--", canvas.dec)], 1):
        cards |= {f"CTYPE{i}": f"{name}TAN", f"CUNIT{i}": "deg", f"CRVAL{i}": value}
        cards |= {f"CRPIX{i}": canvas.size / 2, f"CDELT{i}": 1.0}
        cards[f"PC{i}_{i}"] = -canvas.scale / 3600
    return cards


def _about(galaxy: Gz3d) -> Table:
    row = galaxy.metadata | {"ra": galaxy.canvas.ra, "dec": galaxy.canvas.dec}
    kinds = dict(METADATA)
    return Table({name: np.array([row[name]], kind) for name, kind in kinds.items()})


def _rows(ids, times, columns: dict) -> Table:
    cells = {"time_stamp": times}
    cells |= {name: [text(cell) for cell in column] for name, column in columns.items()}
    # Without rows every column is of float64, as in GZ3D's own files.
    kind = "S" if len(ids) else float
    return Table(
        {"classification_id": np.array(ids, int if len(ids) else float)}
        | {name: np.array(column, kind) for name, column in cells.items()}
    )


def _table_hdu(table: Table) -> fits.BinTableHDU:
    """Return a table as bytes that astropy writes as they are.

    It would look for blanks at the end of wide text character by character, which takes
    as long as all else together.
    """
    rows = table.as_array()
    rows = rows.astype(rows.dtype.newbyteorder(">"))
    content = rows.tobytes()
    header = fits.BinTableHDU(rows).header.tostring().encode()
    return fits.BinTableHDU.fromstring(header + content + bytes(-len(content) % BLOCK))
