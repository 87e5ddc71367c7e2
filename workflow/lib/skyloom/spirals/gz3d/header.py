"""Where a file of GZ3D lies on the sky, and its row about the galaxy."""

from __future__ import annotations

import numpy as np

from skyloom.io.errors import InputError
from skyloom.io.fits import FitsFile
from skyloom.spirals.geometry import Canvas
from skyloom.spirals.gz3d.galaxy import METADATA, NAME, name_of

APART = 1.0  # arcsec between CRVAL and the galaxy's row
SURE = ("ra", "dec", "IFUDESIGNSIZE")  # the other numbers may be NaN
NORTH = "TAN, CRPIX at half the side, steps the same and negative: row 0 north"


def canvas_of(file: FitsFile) -> Canvas:
    """Return the canvas by the header of the first map; InputError if it is another."""
    size = file.image(1, 2).shape[0]
    cards = file.cards(1, *_CARDS)
    place = [cards.get(name) for name in ("CRVAL1", "CRVAL2", "CRPIX1", "CRPIX2")]
    numbers = [*place, _step(cards, 1), _step(cards, 2)]
    good = all(isinstance(v, int | float) and np.isfinite(v) for v in numbers)
    if good:
        ra, dec, x, y, step, other = numbers
        good = abs(dec) <= 90 and x == y == size / 2 and step == other < 0
    names = [cards.get(name) for name in ("CTYPE1", "CTYPE2")]
    turned = [cards[name] for name in _OFF_DIAGONAL if cards.get(name)]
    if not good or turned or names != ["RA---TAN", "DEC--TAN"]:
        problem = f"world coordinates {cards}"
        raise InputError(file.path, problem, where="HDU 1", expected=NORTH)
    return Canvas(float(ra) % 360, float(dec), -3600 * step, size)


def about(file: FitsFile, canvas: Canvas) -> dict:
    """Return the row about the galaxy; InputError if it is not that of the file."""
    columns = file.columns(5, [name for name, _ in METADATA])
    row = {name: _value(file, name, columns[name][0], kind) for name, kind in METADATA}
    mangaid, ifu, _ = NAME.fullmatch(name_of(file.path)).groups()
    apart = canvas.drawn(row["ra"], row["dec"]) - canvas.size / 2
    good = {
        f"{len(columns['ra'])} rows; expected one": len(columns["ra"]) == 1,
        f"MANGAID {row['MANGAID']!r}; expected the name's": row["MANGAID"] == mangaid,
        f"IFUDESIGNSIZE {row['IFUDESIGNSIZE']}; expected the name's": (
            row["IFUDESIGNSIZE"] == int(ifu)
        ),
        f"ra, dec {row['ra']}, {row['dec']}; expected within {APART} arcsec of CRVAL, "
        f"{canvas.ra}, {canvas.dec}": np.hypot(*apart) * canvas.scale <= APART,
    }
    for problem, holds in good.items():
        if not holds:
            raise InputError(file.path, problem, where="HDU 5")
    return row | {"ra": canvas.ra, "dec": canvas.dec}


_OFF_DIAGONAL = ("CD1_2", "CD2_1", "PC1_2", "PC2_1")
_CARDS = _OFF_DIAGONAL + tuple(
    f"{name}{i}"
    for i in (1, 2)
    for name in ("CTYPE", "CRVAL", "CRPIX", "CDELT", f"CD{i}_", f"PC{i}_")
)


def _step(cards: dict, i: int) -> float | None:
    if f"CD{i}_{i}" in cards:
        return cards[f"CD{i}_{i}"]
    step, part = cards.get(f"CDELT{i}", 1.0), cards.get(f"PC{i}_{i}", 1.0)
    real = isinstance(step, int | float) and isinstance(part, int | float)
    return step * part if real else None


def _value(file: FitsFile, name: str, value, kind: str):
    if kind.startswith("S"):
        return str(value).strip()
    real = isinstance(value, np.number) and (np.isfinite(value) or name not in SURE)
    if not real:
        where, expected = f"HDU 5, column {name!r}", "a finite number"
        raise InputError(file.path, f"got {value!r}", where=where, expected=expected)
    return float(value) if kind.startswith(">f") else int(value)
