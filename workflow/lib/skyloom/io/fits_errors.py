"""What astropy raises of a broken FITS file, as InputErrors."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from astropy.io.fits.verify import VerifyWarning
from astropy.utils.exceptions import AstropyWarning

from skyloom.io.errors import InputError, raise_passing
from skyloom.io.fits_header import UNREADABLE

# What astropy warns of in headers whose numbers are untouched.
HARMLESS = "non-ASCII|.*null bytes instead of spaces|Unexpected bytes trailing END"
BROKEN = "compare it with its original; if they agree, what wrote it broke the standard"


@contextmanager
def reading(path: Path, key: str | int | None = None) -> Iterator[None]:
    """Turn whatever astropy makes of a broken file into an InputError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", AstropyWarning)
            # Old headers break rules of FITS that do not touch the numbers.
            warnings.simplefilter("ignore", VerifyWarning)
            warnings.filterwarnings("ignore", HARMLESS, AstropyWarning)
            # But so does astropy call a file that is cut short.
            warnings.filterwarnings("error", "Error validating header", VerifyWarning)
            yield
    except InputError:
        raise
    except Exception as bad:  # astropy's and cfitsio's have no class in common
        raise_passing(path, bad)
        problem = f"{UNREADABLE} ({type(bad).__name__}: {bad})"
        where = "" if key is None else place(key)
        raise InputError(path, problem, where=where, remedy=BROKEN) from None


def place(key: str | int) -> str:
    """Return how an HDU is called in messages."""
    return f"HDU {key!r}"
