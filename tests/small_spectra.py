"""Small files of spectra, in the layouts that the readers read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.table import Table
from skyloom.spectra.rest.resample import C

PIXELS = 300
WAVE = 10 ** (np.log10(4000.0) + 4e-4 * np.arange(PIXELS))
Z = 0.03
NAME = "8080-1901"
SIDE = 6


def line_spectra(n: int, seed: int = 0, z=Z) -> np.ndarray:
    """Return spectra of level 1 to 2 with a line at 4500 Å at rest, shape (n, p)."""
    level = np.random.default_rng(seed).uniform(1, 2, (n, 1))
    centre = 4500 * (1 + np.broadcast_to(z, n))[:, None]
    return level * (1 + np.exp(-0.5 * ((WAVE - centre) / 6) ** 2))


def chunk(folder: Path, n: int = 12, ivar: bool = True, **columns) -> dict[str, str]:
    """Write a chunk of `n` spectra of 3 galaxies; return its files by kind.

    `columns` replace those of the table; None leaves one out.
    """
    flux = line_spectra(n)
    table = {
        "fname": [f"manga-{8080 + i % 3}-1901-LOGCUBE_{i}" for i in range(n)],
        "mangaID": [f"1-{500 + i % 3}" for i in range(n)],
        "redshift": np.full(n, Z),
        "r_re_light": np.linspace(0, 1.5, n),
        "meansn2": np.full(n, 20.0),
        "chi2": np.ones(n),
        "signal": np.ones(n),
    } | columns
    table = {name: values for name, values in table.items() if values is not None}
    arrays = {"spec": flux, "wave": WAVE}
    if ivar:
        arrays["ivar"] = np.full(flux.shape, 400.0)
    for kind, values in arrays.items():
        np.save(folder / f"{kind}0.npy", values.astype(np.float32))
    np.save(folder / "wave0.npy", WAVE)
    Table(table).write(folder / "datatab0.fits", overwrite=True)
    files = {kind: str(folder / f"{kind}0.npy") for kind in arrays}
    return files | {"table": str(folder / "datatab0.fits")}


def binning(side: int = SIDE) -> np.ndarray:
    """Return a BINID plane: a rim without a bin, a bin of 4 spaxels, the rest alone."""
    plane = np.full((side, side), -1)
    inner = (side - 2) ** 2
    plane[1:-1, 1:-1] = np.arange(inner).reshape(side - 2, side - 2)
    plane[1:3, 1:3] = 0
    return plane


def galaxy(
    folder: Path, name: str = NAME, cards=(), maps_cards=(), extra=(), **changed
):
    """Write LOGCUBE and MAPS; return both paths.

    `changed` replaces HDUs by name (MAPS ones too); None leaves one out. MAPS also
    have those of `extra`.
    """
    shape = (PIXELS, SIDE, SIDE)
    flux = line_spectra(SIDE * SIDE).T.reshape(shape)
    noise = np.random.default_rng(3).normal(0, 0.05, shape)
    velocity = np.full((SIDE, SIDE), 60.0)
    cube = {
        "FLUX": (flux + noise).astype(np.float32),
        "IVAR": np.full(shape, 400.0, np.float32),
        "MASK": np.zeros(shape, np.int32),
        "WAVE": WAVE,
    }
    y, x = np.mgrid[:SIDE, :SIDE] * 0.5 - (SIDE - 1) / 4
    maps = {
        "SPX_SKYCOO": np.stack([-x, y]),
        "SPX_ELLCOO": np.stack([np.hypot(x, y), np.hypot(x, y) / 2, 0 * x]),
        "BINID": np.stack([binning()] * 5).astype(np.int32),
        "STELLAR_VEL": velocity,
        "STELLAR_VEL_MASK": np.zeros((SIDE, SIDE), np.int32),
    } | dict(extra)
    header = {"PLATEIFU": name, "MANGAID": "1-500"}
    paths = []
    for kind, hdus, more in (
        ("LOGCUBE", cube, {"DRP3QUAL": 0, **dict(cards)}),
        ("MAPS", maps, {"DAPQUAL": 0, "SCINPVEL": Z * C, **dict(maps_cards)}),
    ):
        primary = fits.PrimaryHDU()
        primary.header.update(header | more)
        images = [
            fits.ImageHDU(values, name=k)
            for k in hdus
            if (values := changed.get(k, hdus[k])) is not None
        ]
        path = folder / f"manga-{name}-{kind}.fits.gz"
        fits.HDUList([primary, *images]).writeto(path, overwrite=True)
        paths.append(path)
    return paths


def cube(path: Path, kind: str = "muse", cards=(), **changed) -> Path:
    """Write a cube of 300 x 4 x 5 in a layout of `skyloom.spectra.readers.cubes`."""
    shape = (PIXELS, 4, 5)
    flux = line_spectra(20).T.reshape(shape)
    hdus = {
        "muse": {"DATA": flux, "STAT": np.full(shape, 0.01)},
        "sami": {"": flux, "VARIANCE": np.full(shape, 0.01)},
        "gmos": {"SCI": flux, "ERR": np.full(shape, 0.1), "MASK": np.zeros((4, 5))},
    }[kind] | changed
    axis = {"CTYPE3": "AWAV", "CUNIT3": "Angstrom", "CRVAL3": 4500.0, "CRPIX3": 1.0}
    axis |= {"CDELT3": 1.25, "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN"}
    axis |= {"CDELT1": -0.2 / 3600, "CDELT2": 0.2 / 3600, "CUNIT1": "deg"}
    axis |= {"CUNIT2": "deg", "CRPIX1": 3.0, "CRPIX2": 2.5, "CRVAL1": 10.0}
    axis |= {"CRVAL2": 2.0, **dict(cards)}
    images = []
    for name, values in hdus.items():
        if values is None:
            continue
        hdu = (
            fits.PrimaryHDU(values) if name == "" else fits.ImageHDU(values, name=name)
        )
        if np.ndim(values) == 3:
            hdu.header.update({k: v for k, v in axis.items() if v is not None})
        images.append(hdu)
    first = [] if kind == "sami" else [fits.PrimaryHDU()]
    fits.HDUList(first + images).writeto(path, overwrite=True)
    return path


def sdss(path: Path, facts: dict | None = None, cards=(), wave=WAVE) -> Path:
    """Write a spectrum in SDSS's layout, with the table of one row `facts`."""
    coadd = Table({"flux": line_spectra(1)[0], "loglam": np.log10(wave)})
    coadd["ivar"] = np.full(len(wave), 400.0)
    primary = fits.PrimaryHDU()
    identity = {"PLATEID": 266, "MJD": 51602, "FIBERID": 1, "PLUG_RA": 1.0}
    primary.header.update(identity | {"PLUG_DEC": 2.0} | dict(cards))
    hdus = [primary, fits.BinTableHDU(coadd, name="COADD")]
    if facts is not None:
        table = Table({k: [v] for k, v in facts.items()})
        hdus.append(fits.BinTableHDU(table, name="SPECOBJ"))
    fits.HDUList(hdus).writeto(path, overwrite=True)
    return path
