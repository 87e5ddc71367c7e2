"""Where SDSS keeps MaNGA's cubes and maps, and how a file of them is fetched."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from skyloom.io.download import download
from skyloom.io.errors import InputError
from skyloom.io.fits import opened
from skyloom.io.tables import Column, read_csv

# SDSS DR17, the last release of MaNGA (Abdurro'uf et al. 2022, ApJS 259, 35).
ARCHIVE = "https://data.sdss.org/sas/dr17/manga/spectro"
DAPTYPE = "HYB10-MILESHC-MASTARSSP"
FILES = {
    "LOGCUBE": "redux/v3_1_1/{plate}/stack/manga-{plate}-{ifu}-LOGCUBE.fits.gz",
    "MAPS": f"analysis/v3_1_1/3.1.0/{DAPTYPE}/{{plate}}/{{ifu}}/"
    f"manga-{{plate}}-{{ifu}}-MAPS-{DAPTYPE}.fits.gz",
}


def manga_url(plateifu: str, kind: str, archive: str = ARCHIVE) -> str:
    """Return the address of a galaxy's LOGCUBE or MAPS."""
    plate, ifu = plateifu.split("-")
    return f"{archive}/{FILES[kind].format(plate=plate, ifu=ifu)}"


def fetched(sheet: str | Path, target: Path, place: Path) -> str:
    """Fetch the file for `target`, ``manga-<plateifu>-<kind>...``, to `place`."""
    _, plate, ifu, rest = target.name.split("-", 3)
    return retrieve(f"{plate}-{ifu}", rest.partition(".")[0], place, sheet)


def retrieve(
    plateifu: str,
    kind: str,
    target: str | Path,
    sheet: str | Path,
    archive: str = ARCHIVE,
) -> str:
    """Fetch a galaxy's LOGCUBE or MAPS and return its sha256.

    It is compared with the sheet's column ``sha256_logcube`` or ``sha256_maps``, where
    that is filled; the checksums inside of the file, and whose it is, always.

    Raises
    ------
    InputError
        No such file, a wrong checksum, no FITS, or the file of another galaxy.
    """
    url, stated = manga_url(plateifu, kind, archive), _stated(sheet, plateifu, kind)
    return download(url, target, stated=stated, check=partial(_check, name=plateifu))


def _check(path: Path, name: str) -> None:
    with opened(path) as file:
        found = file[0].header.get("PLATEIFU")
    if found != name:
        raise InputError(path, f"PLATEIFU is {found!r}", expected=name)


def _stated(sheet: str | Path, plateifu: str, kind: str) -> str | None:
    column = f"sha256_{kind.lower()}"
    optional = Column("str", required=False, empty=True)
    table = read_csv(sheet, {"plateifu": "str", column: optional})
    if column not in table:
        return None
    stated = table.loc[table["plateifu"].str.strip() == plateifu, column]
    return stated.iloc[0] if len(stated) and isinstance(stated.iloc[0], str) else None
