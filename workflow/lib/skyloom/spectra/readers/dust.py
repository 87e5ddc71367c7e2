"""Dust of the Milky Way, undone where a file tells how much lies before a galaxy.

Left in, 0.1 mag of E(B-V) reads as 0.08 mag of dust in the galaxy, and as 0.09 dex of
specific star formation. MaNGA's cubes, SAMI's and DESI's coadds tell it. Cubes of MUSE
and GMOS, SDSS's spectra and chunks do not: theirs stays, as `left_in` says.
"""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from skyloom.io.errors import InputError
from skyloom.run.log import NAME
from skyloom.spectra.readers.observed import Observed, numbers

R_V = 3.1
MOST = 10.0  # mag; no galaxy is seen through more
# Of 1/λ - 1.82 [1/µm], the highest power first: O'Donnell (1994, ApJ 422, 158).
A = (-0.505, 1.647, -0.827, -1.718, 1.137, 0.701, -0.609, 0.104, 1)
B = (3.347, -10.805, 5.491, 11.102, -7.985, -3.989, 2.908, 1.952, 0)


def curve(wave: np.ndarray) -> np.ndarray:
    """Return A(λ) / E(B-V) at 3030 to 33000 Å, above 9090 Å of Cardelli+ 1989."""
    x = 1e4 / np.asarray(wave, np.float64)
    red = (0.574 * R_V - 0.527) * np.minimum(x, 1.1) ** 1.61
    blue = np.polyval(A, np.minimum(x, 3.3) - 1.82) * R_V
    blue += np.polyval(B, np.minimum(x, 3.3) - 1.82)
    return np.where(x > 1.1, blue, red)


def cleared(observed: Observed, path: str | Path, where: str, ebv) -> Observed:
    """Return spectra as they were before the dust of the Milky Way.

    `ebv` is their E(B-V) [mag], one or (n,), as the file tells it at `where`; NaN is
    taken for none. InputError for text, or what no line of sight has.
    """
    ebv = np.nan_to_num(numbers(path, where, np.atleast_1d(ebv)))
    if ((ebv < 0) | (ebv > MOST)).any():
        problem, expected = f"E(B-V) of {ebv.min():g} to {ebv.max():g}", "0 to 10 mag"
        raise InputError(path, problem, where=where, expected=expected)
    factor = (10 ** (0.4 * ebv[:, None] * curve(observed.wave))).astype(np.float32)
    flux, ivar = observed.flux * factor, observed.ivar / factor**2
    return Observed(observed.wave, flux, ivar, observed.info)


def left_in(path: str | Path) -> None:
    """Warn in the log that a file does not tell its E(B-V)."""
    logging.getLogger(NAME).warning(
        "%s: it tells no E(B-V), so the Milky Way's dust is left in and reads as the "
        "galaxy's: 0.1 mag as 0.08 mag of dust, and as 0.09 dex of log sSFR",
        path,
    )
