"""The third family: quasars that real eigenspectra can make.

redrock's templates are eigenspectra of 240,000 SDSS quasars. A quasar of one of the
analytic families is replaced by the nearest spectrum that the four eigenspectra of
its redshift range can make: real line shapes, the diversity of the family.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from skyloom.io.errors import InputError
from skyloom.quasars.inputs import template
from skyloom.quasars.simulation.frame import WAVE
from skyloom.quasars.spectra.templates import read_template

_BORDER = 1.5  # redshift from which the high-redshift templates are used
_LEAST = 0.05  # of the median: eigenspectra may dip below zero


def read_templates(folder: str | Path) -> list[tuple[np.ndarray, np.ndarray]]:
    """Read ``rrtemplate-QSO-{LOZ,HIZ}-v1.1.fits[.gz]`` of a folder.

    Log wavelengths (m,) and eigenspectra (k, m), of low and of high redshift.

    Raises
    ------
    InputError
        When a file is missing or not in redrock's layout.
    """
    return [_read(Path(folder), name) for name in ("LOZ", "HIZ")]


def _read(folder: Path, name: str) -> tuple[np.ndarray, np.ndarray]:
    path = template(folder, name)
    if not path.is_file():
        remedy = "fetch it from redrock-templates, or leave out the family eigen"
        raise InputError(path, "no such file, packed or not", remedy=remedy)
    return read_template(path)


def project(flux: np.ndarray, z: np.ndarray, templates) -> np.ndarray:
    """Return the nearest spectra (n, SIZE) that eigenspectra can make, float32."""
    out = np.empty_like(flux)
    for i in range(len(z)):
        place, vectors = templates[int(z[i] > _BORDER)]
        rest = np.log10(WAVE / (1 + z[i]))
        basis = np.stack([np.interp(rest, place, v) for v in vectors])
        least = np.linalg.solve(basis @ basis.T, basis @ flux[i])
        made = least @ basis
        out[i] = np.maximum(made, _LEAST * np.median(flux[i]))
    return out
