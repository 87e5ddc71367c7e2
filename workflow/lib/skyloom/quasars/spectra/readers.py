"""Any file of spectra, and the reader that it needs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from skyloom.io.desi import ARMS, coadd_batches
from skyloom.io.fits import opened
from skyloom.io.sdss import plate_batches, read_spec
from skyloom.io.spectra import Spectra


def kind_of(path: str | Path) -> str:
    """Return ``"coadd"``, ``"spec"`` or ``"plate"``, by what is in the file.

    Raises
    ------
    InputError
        Not a FITS file. One of spectra or not is left to its reader to say.
    """
    with opened(path, verify=False) as file:
        if any(f"{arm.upper()}_FLUX" in file for arm in ARMS):
            return "coadd"
        table = len(file) > 1 and not file[1].is_image
        return "spec" if table and "LOGLAM" in file.column_names(1) else "plate"


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
        Whether a coadd without FIBERMAP is welcome.
    tileid, expid : int, optional
        Of a coadd that does not say them itself, such as a cumulative one.

    Raises
    ------
    InputError
        What the reader raises.
    """
    kind = kind_of(path)
    if kind == "spec":
        yield read_spec(path)
    elif kind == "plate":
        yield from plate_batches(path, size)
    else:
        place = {"tileid": tileid, "expid": expid}
        yield from coadd_batches(path, size, anonymous=anonymous, **place)
