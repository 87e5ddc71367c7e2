"""Single spectra of SDSS: ``spec-PLATE-MJD-FIBER.fits``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from skyloom.io.fits import opened
from skyloom.io.sdss import read_spec
from skyloom.spectra.readers.observed import (
    Observed,
    redshift_of,
    wavelengths,
)


def read_single(
    path: str | Path, redshift: float | None = None, otherwise: float | None = None
) -> Iterator[Observed]:
    """Yield the one spectrum of a file.

    Its redshift is `redshift`, or Z of the table SPECOBJ (SPALL) of the pipeline, whose
    warning bits are kept as ``zwarning``, or `otherwise`. Its name is the galaxy's.

    Raises
    ------
    InputError
        What `skyloom.io.sdss.read_spec` raises, or no redshift.
    """
    info = {"fname": Path(path).name, "plateifu": stem(path)}
    arm, facts = read_spec(path).arms[0], _facts(path)
    if "ZWARNING" in facts:
        info["zwarning"] = int(facts["ZWARNING"])
    told = (redshift, facts.get("Z"), otherwise)
    info["redshift"] = redshift_of(path, told, "give its redshift")
    wave = wavelengths(path, "column LOGLAM", arm.wave)
    yield Observed(wave, arm.flux, arm.ivar, pd.DataFrame([info]))


def stem(path: str | Path) -> str:
    """Return a file's name without ``.fits`` and what follows."""
    return Path(path).name.split(".fits")[0]


def _facts(path: str | Path) -> dict:
    with opened(path, verify=False) as file:
        if len(file) < 3 or file[2].is_image:
            return {}
        found = file.numbers(2, (), ("Z",)) | file.integers(2, (), ("ZWARNING",))
        return {k: cell[0] for k, cell in found.items()}
