"""Any file of spectra, and the reader that it needs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from skyloom.io.desi import arms_of, coadd_batches
from skyloom.io.errors import InputError
from skyloom.io.fits import opened
from skyloom.io.sdss import plate_batches, read_spec
from skyloom.io.spectra import Spectra
from skyloom.quasars.spectra.grid import LOG

KNOWN = (
    "a DESI coadd (B_FLUX ..., or BRZ_FLUX), an SDSS spectrum (a table with FLUX, "
    "LOGLAM and IVAR), or a plate of them (an image of two axes)"
)


def kind_of(path: str | Path) -> str:
    """Return ``"coadd"``, ``"spec"`` or ``"plate"``, by what is in the file.

    Raises
    ------
    InputError
        Not a FITS file, or none of these.
    """
    with opened(path, verify=False) as file:
        if arms_of(file):
            return "coadd"
        table = len(file) > 1 and not file[1].is_image
        if table and file.has_column(1, "LOGLAM"):
            return "spec"
        if len(file[0].shape) == 2:
            return "plate"
        problem = f"no spectra among the HDUs {', '.join(file.names)}"
    raise InputError(path, problem, expected=KNOWN)


def spectra_of(
    path: str | Path,
    size: int = 500,
    *,
    anonymous: bool = False,
    tileid: int | None = None,
    expid: int | None = None,
) -> Iterator[Spectra]:
    """Yield the spectra of a file of any kind, `size` at a time, in its order.

    Parameters
    ----------
    path : str or Path
        An SDSS spectrum, a plate of them, or a DESI coadd.
    size : int
        Spectra in memory at once.
    anonymous : bool
        Whether a coadd without a table of targets is welcome.
    tileid, expid : int, optional
        Of a coadd that does not say them itself, such as a cumulative one.

    Raises
    ------
    InputError
        What the reader raises; no wavelength that the networks see.
    """
    kind = kind_of(path)
    if kind == "spec":
        found = iter([read_spec(path)])
    elif kind == "plate":
        found = plate_batches(path, size)
    else:
        place = {"tileid": tileid, "expid": expid}
        found = coadd_batches(path, size, anonymous=anonymous, **place)
    for spectra in found:
        _refuse_elsewhere(path, spectra)
        yield spectra


def _refuse_elsewhere(path: str | Path, spectra: Spectra) -> None:
    if any((LOG.pixel(arm.wave) >= 0).any() for arm in spectra.arms):
        return
    low, high = (
        f(arm.wave[k] for arm in spectra.arms) for f, k in ((min, 0), (max, -1))
    )
    problem = f"wavelengths of {low:.6g} to {high:.6g} Å"
    expected = f"some within {LOG.wave[0]:.0f} to {LOG.wave[-1]:.0f} Å"
    raise InputError(path, problem, expected=expected)
