"""Catalogues: tables with units, descriptions and provenance, in FITS and ECSV."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from astropy.io import fits
from astropy.table import Table

from skyloom.io.atomic import replacing
from skyloom.io.fits import fill, write_hdus
from skyloom.io.record import cards


def write_catalogue(
    path: str | Path, table: Table, header: Mapping | None = None
) -> None:
    """Write a catalogue as ``.fits`` or ``.ecsv``, by the path's suffix.

    Units, descriptions and the column meta entry ``ucd`` are kept: in FITS as
    TUNITn, TCOMMn and TUCDn, and as astropy's own comments, from which ``Table.read``
    gives descriptions back. ``table.meta["provenance"]`` is kept whole in ECSV, and as
    `record.cards` of the primary header in FITS, which keeps no other entry of
    ``table.meta``; `header` has further cards.
    """
    path = Path(path)
    if path.suffix == ".fits":
        primary = fits.PrimaryHDU()
        if "provenance" in table.meta:
            fill(primary.header, cards(table.meta["provenance"]))
        fill(primary.header, header or {})
        write_hdus(path, [primary, _catalogue_hdu(table)])
    elif path.suffix == ".ecsv":
        with replacing(path) as temporary:
            table.write(temporary, format="ascii.ecsv")
    else:
        msg = f"{path}: a catalogue ends in .fits or .ecsv"
        raise ValueError(msg)


def _catalogue_hdu(table: Table) -> fits.BinTableHDU:
    bare, stream = table.copy(), BytesIO()
    bare.meta = {}
    bare.write(stream, format="fits")
    stream.seek(0)
    with fits.open(stream, memmap=False) as file:
        hdu = file[1].copy()
    for i, name in enumerate(table.colnames, start=1):
        info = table[name].info
        if info.description:
            hdu.header[f"TCOMM{i}"] = info.description
        if (info.meta or {}).get("ucd"):
            hdu.header[f"TUCD{i}"] = info.meta["ucd"]
    hdu.name = "CATALOGUE"
    return hdu
