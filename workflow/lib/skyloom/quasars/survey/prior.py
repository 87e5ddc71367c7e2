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

AFTERBURNER = {"MGII": "MgII", "HBETA": "Hbeta", "HALPHA": "Halpha"}  # its own names


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
    (the full width in z), of the rows that `quasar` says, about Z_REFINED where a
    template gave one. HDU ``QN_RR``, all rows, with
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
    width, primary = prior_width(arch), fits.PrimaryHDU()
    fill(primary.header, cards(provenance))
    named, like = rows[quasar], np.full(int(quasar.sum()), "tophat")
    priors = [("TARGETID", "K", named["TARGETID"]), ("FUNCTION", "6A", like)]
    centre = named["Z_REFINED"].fillna(named["Z"])
    priors += [("Z", "D", centre), ("SIGMA", "D", width * (1 + centre))]
    cells = [("TARGETID", "K", rows["TARGETID"])]
    cells += [(name, "D", rows[name], "deg") for name in ("RA", "DEC")]
    cells += [("IS_QSO_QN", "L", quasar), ("Z_QN", "D", rows["Z"])]
    cells += [("ZERR_QN", "D", rows["Z_ERR"])]
    for what, form in (("C", "E"), ("Z", "D")):
        for line in arch.lines:
            name = f"{what}_{AFTERBURNER.get(line, line)}"
            cells.append((name, form, rows[f"{what}_{line}"]))
    table = _table("QN_RR", cells)
    table.header["WIDTH"] = (width, "full width of a prior over 1 + z")
    write_hdus(path, [primary, _table("PRIORS", priors), table])


def _table(name: str, cells: list[tuple]) -> fits.BinTableHDU:
    columns = [
        fits.Column(column, form, array=np.asarray(values), unit=next(iter(unit), None))
        for column, form, values, *unit in cells
    ]
    return fits.BinTableHDU.from_columns(columns, name=name)
