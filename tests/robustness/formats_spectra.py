"""The formats of the area `spectra`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import small_spectra
from astropy.io import fits
from astropy.table import Table
from formats_hall import IDS, coadd, unsummed
from rows import Format, spectra, within
from skyloom.spectra.readers.chunks import read_chunk, read_table
from skyloom.spectra.readers.cubes import read_cube
from skyloom.spectra.readers.desi import read_coadd
from skyloom.spectra.readers.detect import read_any
from skyloom.spectra.readers.manga import read_galaxy
from skyloom.spectra.readers.single import read_single


def sane_observed(parts: list) -> None:
    assert parts, "no spectrum, and not a word"
    for part in parts:
        waves = np.atleast_2d(part.wave)
        spectra([(waves, part.flux, part.ivar)], part.info)
        within(part.info["redshift"], -1, 50)
        assert (part.info["plateifu"].astype(str) != "").all(), "no name"


def chunk_part(kind: str):
    def make(folder: Path) -> Path:
        return Path(small_spectra.chunk(folder, n=6)[kind])

    return make


def chunk(path: Path) -> list:
    own = {k: path.parent / f"{k}0.npy" for k in ("spec", "wave", "ivar")}
    table = path.parent / "datatab0.fits"
    return list(read_chunk(own["spec"], own["wave"], table, own["ivar"], size=4))


def cube(kind: str):
    def make(folder: Path) -> Path:
        return small_spectra.cube(folder / f"{kind}.fits", kind)

    return make


def cube_of(kind: str):
    return lambda path: list(read_cube(path, kind, 0.03))


def manga(which: int):
    def make(folder: Path) -> Path:
        packed = small_spectra.galaxy(folder)
        for path in packed:  # plain: mutations are of what is packed
            with fits.open(path) as file:
                file.writeto(path.with_suffix(""), overwrite=True)
            path.unlink()
        return packed[which].with_suffix("")

    return make


def galaxy(path: Path) -> list:
    folder, name = path.parent, small_spectra.NAME
    both = (folder / f"manga-{name}-{kind}.fits" for kind in ("LOGCUBE", "MAPS"))
    return list(read_galaxy(*both))


def any_of(path: Path) -> list:
    return list(read_any(path, None, 0.03)[1])


def single(folder: Path) -> Path:
    return small_spectra.sdss(
        folder / "spec-0266-51602-0001.fits", {"Z": 0.1, "ZWARNING": 0}
    )


def desi(folder: Path) -> Path:
    path = unsummed(coadd(folder))
    rows = {"TARGETID": IDS, "Z": [0.1, 0.2, 0.3, 0.4], "ZWARN": [0, 4, 0, 0]}
    made = fits.BinTableHDU(Table(rows), name="REDSHIFTS")
    beside = path.with_name(path.name.replace("coadd", "redrock"))
    fits.HDUList([fits.PrimaryHDU(), made]).writeto(beside, overwrite=True)
    return path


def redrock(folder: Path) -> Path:
    return (path := desi(folder)).with_name(path.name.replace("coadd", "redrock"))


def with_redrock(path: Path) -> list:
    return list(read_coadd(path.with_name(path.name.replace("redrock", "coadd"))))


def by_galaxy(parts: list) -> dict:
    return {
        name: (part.flux[i], part.ivar[i], part.info["redshift"][i])
        for part in parts
        for i, name in enumerate(part.info["plateifu"])
    }


FORMATS = [
    *(
        Format(
            f"chunk {kind}",
            "npy",
            chunk_part(kind),
            read_chunk,
            chunk,
            sane=sane_observed,
        )
        for kind in ("spec", "wave", "ivar")
    ),
    Format(
        "chunk table",
        "fits",
        chunk_part("table"),
        read_table,
        chunk,
        sane=sane_observed,
    ),
    *(
        Format(
            f"cube {kind}",
            "fits",
            cube(kind),
            read_cube,
            cube_of(kind),
            sane=sane_observed,
            weight=0.7,
        )
        for kind in ("muse", "sami", "gmos")
    ),
    Format(
        "manga cube",
        "fits",
        manga(0),
        read_galaxy,
        galaxy,
        sane=sane_observed,
        weight=0.5,
    ),
    Format(
        "manga maps",
        "fits",
        manga(1),
        read_galaxy,
        galaxy,
        sane=sane_observed,
        weight=0.5,
    ),
    Format(
        "single",
        "fits",
        single,
        read_single,
        lambda p: list(read_single(p)),
        sane=sane_observed,
    ),
    Format(
        "desi coadd",
        "fits",
        desi,
        read_coadd,
        with_redrock,
        by_galaxy,
        sane_observed,
        weight=0.5,
    ),
    Format(
        "redrock",
        "fits",
        redrock,
        read_coadd,
        with_redrock,
        by_galaxy,
        sane_observed,
        weight=0.5,
    ),
    Format(
        "any single", "fits", single, read_any, any_of, sane=sane_observed, weight=0.5
    ),
    Format(
        "any cube",
        "fits",
        cube("muse"),
        read_any,
        any_of,
        sane=sane_observed,
        weight=0.5,
    ),
]
