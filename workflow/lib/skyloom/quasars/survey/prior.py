"""Redshift priors for redrock, in the form that DESI's afterburner makes and takes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.io import fits

from skyloom.io.fits import fill, write_hdus
from skyloom.io.record import cards
from skyloom.quasars.network.architecture import Architecture


def prior_width(arch: Architecture) -> float:
    """Return the full width of a prior over 1 + z: twice a box of the network.

    2 (10^δ − 1), δ = log10(last / first wavelength) / boxes; 0.163 for the published
    networks. Source: desispec 0.70, the QuasarNet afterburner.
    """
    wave = arch.grid.wave
    step = np.log10(wave[-1] / wave[0]) / arch.boxes
    return float(2.0 * (10.0**step - 1.0))


def write_prior(
    path: str | Path,
    rows: pd.DataFrame,
    quasar: np.ndarray,
    arch: Architecture,
    provenance: Mapping,
) -> None:
    """Write what redrock needs to fit quasars again near our redshift.

    HDU ``PRIORS``, which redrock reads: TARGETID, FUNCTION (``tophat``), Z and SIGMA
    (the full width in z), of the rows that `quasar` says. HDU ``QN_RR``, all rows, with
    the afterburner's names: TARGETID, RA, DEC, IS_QSO_QN, Z_QN, and C and Z of each
    line; ZERR_QN is ours. What redrock would have to add (``*_RR``, ``*_NEW``) is left
    out.

    Raises
    ------
    ValueError
        A target twice, as of two exposures: redrock would use its last prior for all.
    """
    again = rows["TARGETID"].duplicated()
    if again.any():
        target = rows["TARGETID"][again].iloc[0]
        msg = f"target {target} stands in {path} twice: give one exposure or coadd"
        raise ValueError(msg)
    width = prior_width(arch)
    primary = fits.PrimaryHDU()
    fill(primary.header, cards(provenance))
    hdus = [primary, _priors(rows[quasar], width)]
    hdus.append(_afterburner(rows, quasar, arch.lines, width))
    write_hdus(path, hdus)


def _priors(rows: pd.DataFrame, width: float) -> fits.BinTableHDU:
    z = rows["Z"].to_numpy(np.float64)
    cells = [
        fits.Column("TARGETID", "K", array=rows["TARGETID"].to_numpy(np.int64)),
        fits.Column("FUNCTION", "6A", array=np.full(len(rows), "tophat")),
        fits.Column("Z", "D", array=z),
        fits.Column("SIGMA", "D", array=width * (1 + z)),
    ]
    return fits.BinTableHDU.from_columns(cells, name="PRIORS")


def _afterburner(rows: pd.DataFrame, quasar: np.ndarray, lines, width: float):
    cells = [
        fits.Column("TARGETID", "K", array=rows["TARGETID"].to_numpy(np.int64)),
        fits.Column("RA", "D", unit="deg", array=rows["RA"].to_numpy()),
        fits.Column("DEC", "D", unit="deg", array=rows["DEC"].to_numpy()),
        fits.Column("IS_QSO_QN", "L", array=np.asarray(quasar, bool)),
        fits.Column("Z_QN", "D", array=rows["Z"].to_numpy()),
        fits.Column("ZERR_QN", "D", array=rows["Z_ERR"].to_numpy()),
    ]
    for what, form in (("C", "E"), ("Z", "D")):
        for line in lines:
            values = rows[f"{what}_{line}"].to_numpy()
            cells.append(fits.Column(f"{what}_{_name(line)}", form, array=values))
    hdu = fits.BinTableHDU.from_columns(cells, name="QN_RR")
    hdu.header["WIDTH"] = (width, "full width of a prior over 1 + z")
    return hdu


def _name(line: str) -> str:
    # The afterburner writes MgII, Hbeta and Halpha.
    return {"MGII": "MgII", "HBETA": "Hbeta", "HALPHA": "Halpha"}.get(line, line)
