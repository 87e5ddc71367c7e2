"""Galaxy files in redMaPPer's format, invented."""

from __future__ import annotations

import numpy as np
from astropy.io import fits

MASTER = "toy_master_table.fit"


def rows(n=40, start=0, ra=(140.0, 140.4), dec=(65.0, 65.2)):
    """Return n galaxies as columns by name."""
    rng = np.random.default_rng(start)
    mag = 19 + rng.random((n, 1)) + np.array([3.0, 1.4, 0.5, 0.0, -0.3])
    return {
        "ID": np.arange(start, start + n),
        "RA": rng.uniform(*ra, n),
        "DEC": rng.uniform(*dec, n),
        "MAG": mag.astype(">f4"),
        "MAG_ERR": np.full((n, 5), 0.05, ">f4"),
        "EBV": np.full(n, 0.03, ">f4"),
    }


def write(path, columns):
    """Write columns as the table of a FITS file, big-endian."""
    formats = {">f4": "E", "<f4": "E", "<f8": "D", "<i8": "K", ">i4": "J"}
    made = []
    for name, values in columns.items():
        wide = values.shape[1] if values.ndim > 1 else ""
        form = f"{wide}{formats.get(values.dtype.str, 'D')}"
        made.append(fits.Column(name, form, array=values))
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns(made)]).writeto(path)
    return path


def write_folder(folder, n=3):
    """Write n galaxy files of a folder, and return them."""
    paths = [folder / f"toy_galaxies_{k:07d}.fit" for k in range(n)]
    return [write(path, rows(start=100 * k)) for k, path in enumerate(paths)]


def write_master(folder, nside, pixels):
    """Write the master table of a folder."""
    columns = [
        fits.Column("NSIDE", "I", array=[nside]),
        fits.Column("HPIX", f"{len(pixels)}J", array=np.array([pixels])),
    ]
    table = fits.BinTableHDU.from_columns(columns)
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(folder / MASTER)
